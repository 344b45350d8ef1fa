/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a link to a session asks for, line by line, before anything is started. */
#include "berth/present.h"

#include "berth/mem.h"

static void add_variables(const struct link *l, present_why_fn line, void *ctx)
{
	struct sv rest = sv_of(options_text(&l->options, OPT_ENV)), name, value;
	bool first = true;
	while (options_env_next(&rest, &name, &value)) {
		AUTO_STR pair = xasprintf("%.*s=%.*s", (int)name.len, name.p, (int)value.len, value.p);
		line(ctx, first ? "Variables" : NULL, STYLE_WARN, pair);
		first = false;
	}
}

void present_link(const struct link *l, present_why_fn line, void *ctx)
{
	line(ctx, "Host", STYLE_REF, l->host);
	line(ctx, "Project", STYLE_BOLD, l->project);
	line(ctx, "Branch", STYLE_PLAIN, l->branch ? l->branch : l->commit ? "none" : "the default one");
	line(ctx, "Commit", STYLE_PLAIN, l->commit ? l->commit : "the newest");
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		AUTO_STR text = link_sets(l, d->id) ? xasprintf("%s: %s", d->title, options_text(&l->options, d->id)) : NULL;
		if (text && d->id != OPT_ENV)
			line(ctx, "Option", d->id == OPT_IMAGE ? STYLE_WARN : STYLE_PLAIN, text);
	}
	add_variables(l, line, ctx);
	for (size_t i = 0; i < l->n_extras; i++) {
		AUTO_STR pair = xasprintf("%s=%s", l->extras[i].name, l->extras[i].value);
		line(ctx, i ? NULL : "Not used", STYLE_DIM, pair);
	}
}
