/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person chose for a project the last time, a file a project under PATH_STATE/choices. What is said of one start alone
 * (image, variables, name) is not kept. */
#include "app/app_impl.h"
#include "berth/log.h"
#include "berth/path.h"

enum { FILE_MAX = 64 << 10 };

static bool is_kept(enum option_id id)
{
	return id != OPT_IMAGE && id != OPT_ENV && id != OPT_NAME;
}

static char *file_of(struct project_id p)
{
	AUTO_STR name = xasprintf("choices/%016llx", (unsigned long long)p.v);
	return path_of(PATH_STATE, name);
}

void choices_keep(struct project_id p, const struct session_options *o)
{
	AUTO_STR path = file_of(p);
	AUTO_STR dir = path_of(PATH_STATE, "choices");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct err err = { 0 };
	for (int i = 0; i < OPT_COUNT_; i++)
		if (is_kept((enum option_id)i) && o->values[i].source >= FROM_LAST)
			buf_addf(&b, "%s %s\n", option_def((enum option_id)i)->name, options_text(o, (enum option_id)i));
	if (path_make_dirs(dir, &err) < 0 || file_write_atomic(path, buf_sv(&b), &err) < 0)
		log_debug("app", "what was chosen can't be kept: %s", err.text);
}

void app_last_choice(const struct app *a, struct project_id p, struct session_options *o)
{
	AUTO_STR path = file_of(p);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv rest, line, name;
	(void)a;
	if (file_read(path, FILE_MAX, &b, NULL) < 0)
		return;
	for (rest = buf_sv(&b); sv_split(&rest, '\n', &line);) {
		if (!sv_split(&line, ' ', &name))
			continue;
		AUTO_STR word = sv_dup(name);
		AUTO_STR value = sv_dup(line);
		const struct option_def *d = option_by_name(word);
		if (d && is_kept(d->id))
			options_set(o, d->id, value, FROM_LAST, NULL); /* a value of another version that is none here: left out */
	}
}
