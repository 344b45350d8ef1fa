/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that a start begins with: the table's, the configuration's, the project's at the commit. */
#include "app/app_impl.h"

enum { INI_MAX = 256 << 10 };

static void from_config(struct app *a, struct session_options *o)
{
	for (int i = 0; i < OPT_COUNT_; i++) {
		const char *text = config_start_option(a->config, option_def((enum option_id)i)->name);
		if (text)
			options_set(o, (enum option_id)i, text, FROM_CONFIG, NULL);
	}
}

struct defaults {
	struct ask *ask;
	struct session_options options;
	struct buf warnings;
};

static void warning(void *defaults, const char *text)
{
	struct defaults *d = defaults;
	buf_addf(&d->warnings, "%s\n", text);
}

static void ini_got(void *defaults, struct sv bytes)
{
	struct defaults *d = defaults;
	options_read_ini(&d->options, bytes, warning, d);
}

static void ini_end(void *defaults, const struct err *err)
{
	struct defaults *d = defaults;
	struct ask *k = d->ask;
	bool cancelled = err && err->code == ERR_CANCELLED;
	if (err && !cancelled && err->code != ERR_NOT_FOUND)
		buf_addf(&d->warnings, RENKU_INI " could not be read: %s\n", err->text);
	if (ask_heard(k) && !cancelled)
		k->got.options(k->ctx, &d->options, buf_str(&d->warnings));
	options_fini(&d->options);
	buf_fini(&d->warnings);
	ask_end(k, cancelled ? err : NULL);
	free(d);
}

unsigned app_start_options(struct app *a, struct project_id p, const struct oid *commit,
                           void (*got)(void *ctx, const struct session_options *o, const char *warnings), app_end_fn end, void *ctx)
{
	struct ask *k = ask_new(a, end, ctx);
	const struct project *project = store_project(a->store, p);
	struct err err = { 0 };
	k->got.options = got;
	if (!project) {
		err_set(&err, ERR_NOT_FOUND, "the project is gone");
		return ask_fail(k, &err);
	}
	struct defaults *d = xcalloc(1, sizeof *d);
	d->ask = k;
	options_init(&d->options);
	from_config(a, &d->options);
	k->cancel = cancel_forge;
	k->call = forge_file(forge_of(a, project), &(struct forge_file_query){ project, *commit, RENKU_INI, INI_MAX }, ini_got, ini_end, d);
	return k->number;
}
