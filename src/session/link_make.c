/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links that start a session, written: what is not a letter, a digit or one of -._~ is percent-encoded, so that a link is safe in markdown, too. */
#include "berth/link.h"
#include "berth/mem.h"

static void add_pair(struct buf *b, const char *name, struct sv value)
{
	buf_addf(b, "&%s=", name);
	buf_add_urlencoded(b, value, "/");
}

static void add_options(struct buf *b, const struct link *l)
{
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		struct sv rest = sv_of(options_text(&l->options, d->id)), name, value;
		if (!link_sets(l, d->id))
			continue;
		while (d->kind == OPTION_ENV && options_env_next(&rest, &name, &value)) {
			buf_add_str(b, "&env%5B");
			buf_add_urlencoded(b, name, NULL);
			buf_add_str(b, "%5D=");
			buf_add_urlencoded(b, value, NULL);
		}
		if (d->kind != OPTION_ENV)
			add_pair(b, d->name, rest);
	}
}

void link_make(struct buf *b, const struct link *l)
{
	buf_addf(b, "%s://%s/%s", l->berth ? "berth" : "https", l->host, l->berth ? "" : "projects/");
	buf_add_urlencoded(b, sv_of(l->project), "/");
	buf_addf(b, "%s?autostart=%d", l->berth ? "" : "/sessions/new", l->autostart);
	if (l->branch)
		add_pair(b, "branch", sv_of(l->branch));
	if (l->commit)
		add_pair(b, "commit", sv_of(l->commit));
	add_options(b, l);
	for (size_t i = 0; i < l->n_extras; i++) {
		buf_add_char(b, '&');
		buf_add_urlencoded(b, sv_of(l->extras[i].name), NULL);
		buf_add_char(b, '=');
		buf_add_urlencoded(b, sv_of(l->extras[i].value), "/");
	}
}

/* A host that is no RenkuLab has no picture at that address; the words in its place are a link as well. */
void link_make_badge(struct buf *b, const struct link *l)
{
	if (l->berth)
		buf_add_str(b, "[launch - berth](");
	else
		buf_addf(b, "[![launch - renku](https://%s/renku-badge.svg)](", l->host);
	link_make(b, l);
	buf_add_char(b, ')');
}
