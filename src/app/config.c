/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/config_impl.h"

#include <string.h>
#include <sys/stat.h>

#include "berth/app.h"
#include "berth/command.h"
#include "berth/path.h"
#include "berth/text.h"

/* Every setting that there is one of: section.name, what it may be, and what it is when nobody says. */
static const struct setting settings[SET_COUNT] = {
	[SET_HOST] = { "engine.default.host", "", NULL, "where the container engine listens (unix:///…, tcp://host:port); empty: found", KIND_TEXT },
	[SET_THEME] = { "ui.theme", "default", NULL, "a theme's name, or the path of a .theme file", KIND_TEXT },
	[SET_COLOUR] = { "ui.colour", "auto", "auto true 256 16 none", "how many colours to use", KIND_CHOICE },
	[SET_MOUSE] = { "ui.mouse", "true", NULL, "whether clicks and the wheel work", KIND_BOOL },
	[SET_NOTIFY] = { "ui.notify", "bell", "none bell osc9 osc777", "how a watched build's end is told to somebody who looks elsewhere", KIND_CHOICE },
	[SET_DETACH] = { "ui.detach-key", "ctrl-]", NULL, "the key that, followed by d, leaves an attached shell", KIND_KEY },
};

void value_set(struct value *v, const char *text, const struct gitconf_entry *e)
{
	str_replace(&v->text, text);
	free(v->from);
	v->from = xasprintf("%s:%u", e->file, e->line);
}

void value_fini(struct value *v)
{
	free(v->text);
	free(v->from);
}

void config_problem(struct config *c, const char *from, const char *what, const char *hint)
{
	struct err err = { 0 };
	err_set(&err, ERR_CONFIG, "%s: %s", from, what);
	if (hint)
		err_hint(&err, "%s", hint);
	VEC_PUSH(&c->problems, err);
}

void config_problem_in(struct config *c, const struct gitconf_entry *e, const char *what, const char *hint)
{
	AUTO_STR from = xasprintf("%s:%u", e->file, e->line);
	config_problem(c, from, what, hint);
}

static bool parse_bool(const char *s, bool *ret)
{
	static const char *const yes[] = { "", "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off", "0" };
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (strcmp(s, yes[i]) == 0)
			return *ret = true;
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		if (strcmp(s, no[i]) == 0)
			return *ret = false, true;
	return false;
}

static bool choice_has(const char *choices, const char *word)
{
	struct sv rest = sv_of(choices), one;
	while (sv_split(&rest, ' ', &one))
		if (sv_eq(one, sv_of(word)))
			return true;
	return false;
}

char *setting_wrong(const struct setting *s, const char *key, const char *value)
{
	bool truth;
	uint64_t number;
	switch (s->kind) {
	case KIND_BOOL:
		return parse_bool(value, &truth) ? NULL : xasprintf("%s is %s, which is neither true nor false", key, value);
	case KIND_NUMBER:
		return sv_to_u64(sv_of(value), &number) && number <= 64 ? NULL : xasprintf("%s is %s, which is not a number from 0 to 64", key, value);
	case KIND_CHOICE:
		return choice_has(s->choices, value) ? NULL : xasprintf("%s is %s; it can be one of: %s", key, value, s->choices);
	case KIND_KEY:
		return key_byte(value) >= 0 ? NULL : xasprintf("%s is %s, which is no single key that a terminal sends as one byte, such as ctrl-]", key, value);
	case KIND_MANY:
	case KIND_TEXT:
	case KIND_SECRET:
		break;
	}
	return NULL;
}

static void take_setting(struct config *c, const struct gitconf_entry *e, enum setting_id id)
{
	AUTO_STR what = setting_wrong(&settings[id], settings[id].key, e->value);
	if (what)
		config_problem_in(c, e, what, "the default is used instead");
	else
		value_set(&c->values[id], e->value, e);
}

static void option_unknown(struct config *c, const struct gitconf_entry *e)
{
	struct text_nearest n = { .typed = sv_of(e->name) };
	for (int i = 0; i < OPT_COUNT_; i++)
		text_nearest_offer(&n, option_def((enum option_id)i)->name);
	AUTO_STR what = xasprintf("[start] has no setting named %s", e->name);
	AUTO_STR hint = n.best ? xasprintf("did you mean %s? `berth start --help` lists all", n.best) : xstrdup("`berth start --help` lists them");
	config_problem_in(c, e, what, hint);
}

static void take_option(struct config *c, const struct gitconf_entry *e)
{
	struct session_options probe;
	struct err err = { 0 };
	const struct option_def *d = option_by_name(e->name);
	if (!d) {
		option_unknown(c, e);
		return;
	}
	options_init(&probe);
	if (options_set(&probe, d->id, e->value, FROM_CONFIG, &err) < 0) {
		err_prefix(&err, "%s", e->name);
		config_problem_in(c, e, err.text, err.hint);
	} else {
		value_set(&c->options[d->id], e->value, e);
	}
	options_fini(&probe);
}

void config_unknown(struct config *c, const struct gitconf_entry *e, const char *key)
{
	bool of_forge = strcmp(e->section, "forge") == 0;
	struct text_nearest n = { .typed = sv_of(of_forge ? e->name : key) };
	for (size_t i = 0; i < SET_COUNT && !of_forge; i++)
		text_nearest_offer(&n, settings[i].key);
	if (of_forge)
		forges_offer(&n);
	AUTO_STR meant = of_forge && n.best ? xasprintf("forge.%s.%s", *e->subsection ? e->subsection : "NAME", n.best) : xstrdup(n.best);
	AUTO_STR what = xasprintf("there is no setting %s", key);
	AUTO_STR hint = meant ? xasprintf("did you mean %s? `berth config` lists all", meant) : xstrdup("`berth config` lists all settings");
	config_problem_in(c, e, what, hint);
}

static void take_key(struct config *c, const struct gitconf_entry *e)
{
	if (!command_by_name(e->name)) {
		const char *near = command_nearest(e->name);
		AUTO_STR what = xasprintf("[keys] names no command: %s", e->name);
		AUTO_STR hint = near ? xasprintf("did you mean %s?", near) : NULL;
		config_problem_in(c, e, what, hint);
		return;
	}
	struct key_row k = { xstrdup(e->subsection), xstrdup(e->name), xstrdup(e->value) };
	VEC_PUSH(&c->keys, k);
}

static int take_entry(const struct gitconf_entry *e, struct config *c)
{
	if (strcmp(e->section, "start") == 0)
		return take_option(c, e), 0;
	if (strcmp(e->section, "keys") == 0)
		return take_key(c, e), 0;
	if (strcmp(e->section, "forge") == 0 && *e->subsection)
		return forges_take(c, e), 0;
	AUTO_STR key = *e->subsection ? xasprintf("%s.%s.%s", e->section, e->subsection, e->name) : xasprintf("%s.%s", e->section, e->name);
	for (size_t i = 0; i < SET_COUNT; i++)
		if (strcmp(settings[i].key, key) == 0)
			return take_setting(c, e, (enum setting_id)i), 0;
	config_unknown(c, e, key);
	return 0;
}

static int each_entry(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	(void)reterr;
	return take_entry(e, ctx);
}

static bool others_may_read(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH));
}

struct config *config_read(const char *path, struct err *reterr)
{
	struct config *c = xcalloc(1, sizeof *c);
	struct err err = { 0 };
	c->path = path ? path_absolute(path) : /* keepers and builds are started elsewhere */ path_of(PATH_CONFIG, "config");
	c->exposed = others_may_read(c->path);
	forges_begin(c);
	int r = gitconf_each(c->path, each_entry, c, &err);
	if (r == -ERR_NOT_FOUND && path)
		err_copy(reterr, &err);
	if (r < 0 && r != -ERR_NOT_FOUND)
		VEC_PUSH(&c->problems, err);
	forges_finish(c);
	return c;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < SET_COUNT; i++)
		value_fini(&c->values[i]);
	for (size_t i = 0; i < OPT_COUNT_; i++)
		value_fini(&c->options[i]);
	for (size_t i = 0; i < c->keys.len; i++)
		free(c->keys.items[i].pane), free(c->keys.items[i].command), free(c->keys.items[i].key);
	VEC_FINI(&c->keys);
	VEC_FINI(&c->problems);
	forges_end(c);
	free(c->path);
	free(c);
}

static const char *setting_text(const struct config *c, enum setting_id id)
{
	return c->values[id].text ? c->values[id].text : settings[id].fallback;
}

const char *config_path(const struct config *c)
{
	return c->path;
}

size_t config_n_problems(const struct config *c)
{
	return c->problems.len;
}

const struct err *config_problem_at(const struct config *c, size_t i)
{
	return &c->problems.items[i];
}

const char *config_theme(const struct config *c)
{
	return setting_text(c, SET_THEME);
}

enum ui_colour config_colour(const struct config *c)
{
	static const char *const names[] = { "auto", "true", "256", "16", "none" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(setting_text(c, SET_COLOUR), names[i]) == 0)
			return (enum ui_colour)i;
	return UI_COLOUR_AUTO;
}

enum ui_notify config_notify(const struct config *c)
{
	static const char *const names[] = { "none", "bell", "osc9", "osc777" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(setting_text(c, SET_NOTIFY), names[i]) == 0)
			return (enum ui_notify)i;
	return UI_NOTIFY_BELL;
}

bool config_mouse(const struct config *c)
{
	bool on = true;
	parse_bool(setting_text(c, SET_MOUSE), &on);
	return on;
}

const char *config_detach_key(const struct config *c)
{
	return setting_text(c, SET_DETACH);
}

const char *config_engine_host(const struct config *c)
{
	const char *host = setting_text(c, SET_HOST);
	return *host ? host : NULL;
}

const char *config_engine_name(const struct config *c)
{
	(void)c;
	return "default";
}

const char *config_start_option(const struct config *c, const char *name)
{
	const struct option_def *d = option_by_name(name);
	return d ? c->options[d->id].text : NULL;
}

bool config_key_at(const struct config *c, size_t i, const char **ret_pane, const char **ret_command, const char **ret_key)
{
	if (i >= c->keys.len)
		return false;
	*ret_pane = c->keys.items[i].pane;
	*ret_command = c->keys.items[i].command;
	*ret_key = c->keys.items[i].key;
	return true;
}

void config_row_of(struct config_row *row, const struct value *v, const char *fallback, const char *help)
{
	row->value = v->text ? v->text : fallback;
	row->from = v->from ? v->from : "default";
	row->help = help;
}

bool config_row_at(const struct config *c, size_t i, struct config_row *ret)
{
	static const char *const start_keys[OPT_COUNT_] = {
		[OPT_IMAGE] = "start.image", [OPT_ENVIRONMENT] = "start.environment", [OPT_CPUS] = "start.cpus", [OPT_MEMORY] = "start.memory",
		[OPT_GPUS] = "start.gpus", [OPT_DISK] = "start.disk", [OPT_SHM] = "start.shm", [OPT_LFS] = "start.lfs", [OPT_ENV] = "start.env",
		[OPT_IDLE] = "start.idle", [OPT_PIDS] = "start.pids", [OPT_NAME] = "start.name",
	};
	if (i < SET_COUNT) {
		ret->key = settings[i].key;
		config_row_of(ret, &c->values[i], settings[i].fallback, settings[i].help);
		return true;
	}
	i -= SET_COUNT;
	if (forges_row_at(c, &i, ret))
		return true;
	if (i >= OPT_COUNT_)
		return false;
	const struct option_def *d = option_def((enum option_id)i);
	ret->key = start_keys[i];
	config_row_of(ret, &c->options[i], d->fallback ? d->fallback : "", d->help);
	return true;
}
