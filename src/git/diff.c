/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two texts, line by line, by libgit2's diff. */
#include "git/git_priv.h"

struct diff_out {
	void (*line)(void *ctx, char sign, struct sv text);
	void *ctx;
};

static int diff_line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line, void *out)
{
	const struct diff_out *o = out;
	size_t len = line->content_len;
	if (line->origin != GIT_DIFF_LINE_ADDITION && line->origin != GIT_DIFF_LINE_DELETION)
		return 0;
	while (len && (line->content[len - 1] == '\n' || line->content[len - 1] == '\r'))
		len--;
	o->line(o->ctx, line->origin, (struct sv){ line->content, len });
	return 0;
}

int text_diff(struct sv before, struct sv now, void (*line)(void *ctx, char sign, struct sv text), void *ctx, struct err *reterr)
{
	struct diff_out out = { line, ctx };
	git_diff_options options;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = 0;
	options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_IGNORE_WHITESPACE_EOL;
	int rc = git_diff_buffers(before.p, before.len, NULL, now.p, now.len, NULL, &options, NULL, NULL, NULL, diff_line, &out);
	return rc ? git_fail(reterr, rc, "the two texts can't be compared") : 0;
}
