/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .renku/renku.ini as options of a start, leniently: what can't be taken is warned of and left out. */
#include <strings.h>

#include "berth/ini.h"
#include "berth/mem.h"
#include "berth/session.h"

enum { WARNINGS_MAX = 20, SHOWN_MAX = 60 };

struct reading {
	struct session_options *options;
	void (*warn)(void *ctx, const char *text);
	void *ctx;
	unsigned n_warnings;
};

static void warn(struct reading *r, const char *text)
{
	if (r->n_warnings++ < WARNINGS_MAX && r->warn)
		r->warn(r->ctx, text);
}

static bool is_word(struct sv s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.p, word, s.len) == 0;
}

static const struct option_def *option_of_key(struct sv key)
{
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		if (d->ini_key && is_word(key, d->ini_key))
			return d;
	}
	return is_word(key, "defaultUrl") ? option_def(OPT_ENVIRONMENT) : NULL;
}

static void take_pair(void *reading, struct sv key, struct sv value)
{
	struct reading *r = reading;
	const struct option_def *d = option_of_key(key);
	struct err err = { 0 };
	if (!d) {
		AUTO_STR text = xasprintf("renku.ini: %.*s = %.*s is left out: no option of a session has that name", (int)MIN_OF(key.len, (size_t)SHOWN_MAX), key.p,
		                          (int)MIN_OF(value.len, (size_t)SHOWN_MAX), value.p);
		warn(r, text);
		return;
	}
	AUTO_STR copy = sv_dup(value);
	if (options_set(r->options, d->id, copy, FROM_PROJECT, &err) < 0) {
		AUTO_STR text = xasprintf("renku.ini: %.*s = %.*s is left out: %s", (int)MIN_OF(key.len, (size_t)SHOWN_MAX), key.p,
		                          (int)MIN_OF(value.len, (size_t)SHOWN_MAX), value.p, err.text);
		warn(r, text);
	}
}

void options_read_ini(struct session_options *o, struct sv ini, void (*warn_fn)(void *ctx, const char *text), void *ctx)
{
	struct reading r = { o, warn_fn, ctx, 0 };
	if (!ini_section(ini, "interactive", take_pair, &r))
		ini_section(ini, "renku \"interactive\"", take_pair, &r);
	if (r.n_warnings > WARNINGS_MAX && warn_fn)
		warn_fn(ctx, "renku.ini: more lines like these follow");
}
