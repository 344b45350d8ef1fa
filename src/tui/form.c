/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form's state: what is typed is checked at once, against the table and against what the engine has. */
#include "tui/form.h"

#include <stdio.h>

static void form_fini(struct overlay *o)
{
	struct form *f = (struct form *)o;
	if (f->asking)
		app_forget(f->t->app, f->asking);
	options_fini(&f->options);
	options_fini(&f->base);
	for (int i = 0; i < OPT_COUNT_; i++)
		line_fini(&f->lines[i]);
	free(f->branch);
	free(f->warnings);
	free(f->wrong);
	free(f);
}

/* ---- what the engine has: only what is asked for by hand is refused, a project's wish shrinks at the start ---- */
static void check_against_engine(struct form *f, enum option_id id)
{
	const struct engine_status *e = store_engine(f->t->store);
	struct err *err = &f->errors[id];
	AUTO(buf_fini) struct buf has = BUF_INIT;
	if (id == OPT_NAME && *options_text(&f->options, id) && store_session(f->t->store, options_text(&f->options, id)))
		err_set(err, ERR_CONFLICT, "a session of that name is there already");
	if (!e || e->state != ENGINE_UP)
		return;
	if (id == OPT_CPUS && e->cpus && options_cores(&f->options) > e->cpus)
		err_set(err, ERR_USAGE, "the engine has %u CPU%s", e->cpus, e->cpus == 1 ? "" : "s");
	if (id == OPT_GPUS && options_count(&f->options, id) && !e->has_gpus)
		err_set(err, ERR_USAGE, "the engine offers none");
	else if (id == OPT_GPUS && e->n_gpus && options_count(&f->options, id) > e->n_gpus)
		err_set(err, ERR_USAGE, "the engine has %u", e->n_gpus);
	if (id == OPT_DISK && e->disk_free_bytes && e->limits_disk && options_bytes(&f->options, id) > e->disk_free_bytes) {
		text_add_binary_size(&has, e->disk_free_bytes);
		err_set(err, ERR_USAGE, "%s are free", buf_str(&has));
		return;
	}
	if ((id != OPT_MEMORY && id != OPT_SHM) || !e->memory_bytes || options_bytes(&f->options, id) <= e->memory_bytes)
		return;
	text_add_binary_size(&has, e->memory_bytes);
	err_set(err, ERR_USAGE, "the engine has %s of memory", buf_str(&has));
}

static void check(struct form *f, enum option_id id)
{
	f->errors[id] = (struct err){ 0 };
	if (options_set(&f->options, id, buf_str(&f->lines[id].text), FROM_USER, &f->errors[id]) == 0)
		check_against_engine(f, id);
}

void form_set(struct form *f, enum option_id id, const char *text)
{
	line_set(&f->lines[id], text);
	f->touched[id] = true;
	check(f, id);
	tui_dirty(f->t);
}

/* What was not touched shows what `from` has. */
static void fill(struct form *f, const struct session_options *from)
{
	for (int i = 0; i < OPT_COUNT_; i++) {
		if (f->touched[i])
			continue;
		options_take(&f->options, from, (enum option_id)i);
		AUTO_STR typed = options_typed(from, (enum option_id)i);
		line_set(&f->lines[i], typed);
		f->errors[i] = (struct err){ 0 };
	}
}

/* ---- what the project asks for at the commit ---- */
static void got_options(void *form, const struct session_options *o, const char *warnings)
{
	struct form *f = form;
	AUTO(options_fini) struct session_options all;
	options_fini(&f->base);
	options_dup(&f->base, o);
	options_dup(&all, o);
	app_last_choice(f->t->app, f->project, &all);
	str_replace(&f->warnings, warnings);
	fill(f, &all);
}

static void options_ended(void *form, const struct err *err)
{
	struct form *f = form;
	f->asking = 0;
	f->loaded = true;
	if (err)
		str_replace(&f->warnings, err->text);
	tui_dirty(f->t);
}

void form_go_to(struct form *f, const char *branch, const struct oid *commit)
{
	AUTO_STR kept = xstrdup(branch);
	str_replace(&f->branch, kept);
	f->commit = *commit;
	f->loaded = false;
	if (f->asking)
		app_forget(f->t->app, f->asking);
	f->asking = 0;
	unsigned number = app_start_options(f->t->app, f->project, &f->commit, got_options, options_ended, f);
	if (!f->loaded)
		f->asking = number;
	app_want_images(f->t->app, f->project, &f->commit, 1);
	tui_dirty(f->t);
}

bool form_is_wrong(const struct form *f)
{
	for (int i = 0; i < OPT_COUNT_; i++)
		if (f->errors[i].code)
			return true;
	return false;
}

/* ---- the start ---- */
char *form_command(const struct form *f)
{
	const struct project *p = store_project(f->t->store, f->project);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	char sha[8];
	oid_sha7(&f->commit, sha);
	buf_add_str(&b, "berth start ");
	buf_add_shell_quoted(&b, sv_of(p ? p->path : ""));
	buf_addf(&b, " %s", sha);
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		struct sv rest = sv_of(options_text(&f->options, d->id)), name, value;
		if (strcmp(options_text(&f->options, d->id), options_text(&f->base, d->id)) == 0)
			continue;
		while (d->kind == OPTION_ENV && options_env_next(&rest, &name, &value)) {
			buf_addf(&b, " --env %.*s=", (int)name.len, name.p);
			buf_add_shell_quoted(&b, value);
		}
		if (d->kind == OPTION_ENV)
			continue;
		buf_addf(&b, " --%s=", d->name);
		buf_add_shell_quoted(&b, rest);
	}
	return buf_take(&b);
}

static void start(struct form *f, bool attach)
{
	struct tui *t = f->t;
	struct app_start q = { .project = f->project, .branch = f->branch, .commit = &f->commit, .options = &f->options, .even_if_running = true, .remember = true };
	struct err err = { 0 };
	enum start_kind kind;
	AUTO_STR name = NULL;
	for (int i = 0; i < OPT_COUNT_; i++)
		if (f->errors[i].code) {
			f->at = FIELD_OPTIONS + i;
			return;
		}
	if (app_start(t->app, &q, &kind, &name, &err) < 0) {
		say_error(t, &err);
		return;
	}
	say(t, MESSAGE_INFO, attach ? "starting %s; a shell in it opens then" : "starting %s", name);
	overlay_close(t);
	if (attach)
		attach_when_ready(t, name);
}

/* ---- keys ---- */
/* One more or less: sizes double and halve, numbers go by one (cores by a half below two). */
static bool step(struct form *f, enum option_id id, bool up)
{
	const struct option_def *d = option_def(id);
	AUTO_STR text = NULL;
	uint64_t bytes = options_bytes(&f->options, id);
	double n = d->kind == OPTION_CORES ? options_cores(&f->options) : options_count(&f->options, id);
	double by = d->kind == OPTION_CORES && n < (up ? 2 : 2.5) ? 0.5 : 1;
	if (d->kind == OPTION_BYTES && bytes)
		text = xasprintf("%lluK", (unsigned long long)(up ? bytes * 2 : bytes / 2) / 1024);
	else if ((d->kind == OPTION_CORES || d->kind == OPTION_COUNT) && (up || n >= by))
		text = xasprintf("%.4g", up ? n + by : n - by);
	if (!text || options_set(&f->options, id, text, FROM_USER, NULL) < 0) /* past an end: stays */
		return true;
	form_set(f, id, options_text(&f->options, id));
	return true;
}

static bool field_key(struct form *f, const struct key *k)
{
	const char *n = k->name;
	if (f->at < FIELD_OPTIONS)
		return strcmp(n, "space") == 0 || strcmp(n, "right") == 0 ? form_pick(f, f->at) : false;
	enum option_id id = (enum option_id)(f->at - FIELD_OPTIONS);
	enum option_kind kind = option_def(id)->kind;
	if (kind == OPTION_YES_NO && (strcmp(n, "space") == 0 || strcmp(n, "left") == 0 || strcmp(n, "right") == 0)) {
		form_set(f, id, options_yes(&f->options, id) ? "no" : "yes");
		return true;
	}
	if ((kind == OPTION_CORES || kind == OPTION_BYTES || kind == OPTION_COUNT) && (strcmp(n, "+") == 0 || strcmp(n, "-") == 0))
		return step(f, id, *n == '+');
	if (!line_key(&f->lines[id], k))
		return n[0] && !n[1];
	f->touched[id] = true;
	check(f, id);
	return true;
}

static void press(struct form *f)
{
	if (f->at == BUTTON_START || f->at == BUTTON_ATTACH)
		start(f, f->at == BUTTON_ATTACH);
	else if (f->at == BUTTON_CANCEL)
		overlay_close(f->t);
	else if (!form_pick(f, f->at))
		f->at++;
}

static void to_defaults(struct form *f)
{
	memset(f->touched, 0, sizeof f->touched);
	fill(f, &f->base);
}

static bool form_key(struct tui *t, struct overlay *o, const struct key *k)
{
	struct form *f = (struct form *)o;
	const char *n = k->name;
	if (strcmp(n, "tab") == 0 || strcmp(n, "down") == 0)
		f->at = (f->at + 1) % FORM_STOPS;
	else if (strcmp(n, "shift-tab") == 0 || strcmp(n, "up") == 0)
		f->at = (f->at + FORM_STOPS - 1) % FORM_STOPS;
	else if (strcmp(n, "ctrl-s") == 0 || strcmp(n, "ctrl-a") == 0)
		start(f, n[5] == 'a');
	else if (strcmp(n, "enter") == 0)
		press(f);
	else if (strcmp(n, "ctrl-r") == 0)
		to_defaults(f);
	else if (strcmp(n, "ctrl-y") == 0) {
		AUTO_STR command = form_command(f);
		do_copy_text(t, "command", sv_of(command));
	} else
		return f->at < FIELDS && field_key(f, k);
	return true;
}

static void form_click(struct tui *t, struct overlay *o, int value)
{
	struct form *f = (struct form *)o;
	bool again = f->at == value;
	(void)t;
	f->at = value;
	if (again || value >= FIELDS)
		press(f);
}

static const struct overlay_ops ops = {
	"form", form_height, form_draw, form_key, NULL, form_fini, "tab moves   enter chooses   + - change   ctrl-r defaults   ctrl-y copies", form_click,
};

struct form *form_of(struct overlay *o)
{
	return o && o->ops == &ops ? (struct form *)o : NULL;
}

struct form *form_on_top(struct tui *t)
{
	return form_of(t->top);
}

void form_complain(struct tui *t, const char *what)
{
	struct form *f = form_on_top(t);
	if (f)
		str_replace(&f->wrong, what);
}

void open_form(struct tui *t)
{
	const struct project *p = sel_project(t);
	if (!p || !t->sel.has_commit) {
		say(t, MESSAGE_WARN, "there is no commit to start from");
		return;
	}
	struct form *f = xcalloc(1, sizeof *f);
	struct oid commit = t->sel.commit;
	f->o.ops = &ops;
	f->o.title = xasprintf("Start a session of %s", p->name);
	f->t = t;
	f->project = p->id;
	f->at = FIELD_OPTIONS;
	options_init(&f->options);
	options_init(&f->base);
	fill(f, &f->base);
	app_project_use(t->app, f->project, &f->use);
	overlay_push(t, &f->o);
	form_go_to(f, t->sel.branch, &commit);
}
