/* SPDX-License-Identifier: GPL-3.0-or-later */
/* app.h, played. */
#include "berth/template.h"
#include "fake.h"

#include <fcntl.h>
#include <unistd.h>

enum { LOOK_NUMBER = 77 };

struct app_log { struct app *app; };

static void note(struct app *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct app *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&a->calls, fmt, ap);
	va_end(ap);
	buf_add_char(&a->calls, '\n');
}

static struct config *config_from(const char *text)
{
	char path[] = "/tmp/berth-screen-XXXXXX";
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	struct config *c = config_read(path, NULL);
	unlink(path);
	return c;
}

struct app *fake_app_new(struct loop *loop, enum fake_world world, const char *config_text)
{
	struct app *a = xcalloc(1, sizeof *a);
	a->loop = loop;
	a->store = store_new();
	a->config = config_from(config_text);
	fake_fill(a, world);
	store_flush(a->store);
	return a;
}

static void launch_drop(struct launch *l)
{
	free(l->name);
	project_fini(&l->project);
	options_fini(&l->options);
	free(l);
}

void fake_app_free(struct app *a)
{
	for (size_t i = 0; i < a->n_launches; i++)
		launch_drop(a->launches[i]);
	store_free(a->store);
	config_free(a->config);
	buf_fini(&a->calls);
	free(a->undo);
	free(a->ssh);
	free(a->log.id);
	loop_timer_stop(a->search.timer);
	free(a);
}

struct loop *app_loop(const struct app *a) { return a->loop; }
struct store *app_store(const struct app *a) { return a->store; }
const struct config *app_config(const struct app *a) { return a->config; }
bool app_read_only(const struct app *a) { return a->read_only; }

/* ---- wants ---- */
void app_want_projects(struct app *a) { (void)a; }
void app_want_branches(struct app *a, struct project_id p) { (void)a, (void)p; }
void app_want_more_branches(struct app *a, size_t n) { a->want_branches = n; }
void app_want_saved_work(struct app *a, struct project_id p)
{
	if (store_branches_more(a->store, p))
		note(a, "look for saved work");
}
bool app_saved_work_awaited(const struct app *a, struct project_id p) { return store_branches_more(a->store, p) && !a->looked_for_saved; }
bool app_saved_work_known(const struct app *a, struct project_id p)
{
	return fresh_is_answered(store_branches_fresh(a->store, p)) && !app_saved_work_awaited(a, p);
}
void app_want_images(struct app *a, struct project_id p, const struct oid *commits, size_t n) { (void)a, (void)p, (void)commits, (void)n; }
void app_look_at_image(struct app *a, const struct oid *commit) { (void)a, (void)commit; }
void app_somebody_is_here(struct app *a) { (void)a; }
void app_want_sessions(struct app *a) { (void)a; }
void app_want_usage(struct app *a, const char *session) { (void)a, (void)session; }
void app_refresh(struct app *a) { note(a, "refresh"); }
void app_suspend(struct app *a, bool suspended) { (void)a, (void)suspended; }

void app_want_commits(struct app *a, struct project_id p, const char *branch, size_t first, size_t n)
{
	(void)p, (void)branch;
	a->want_first = first;
	a->want_n = n;
}

/* ---- asking ---- */
unsigned app_find_project(struct app *a, const char *text, void (*got)(void *ctx, struct project_id p), app_end_fn end, void *ctx)
{
	(void)text;
	a->find.got = got;
	a->find.end = end;
	a->find.ctx = ctx;
	return 1;
}

void fake_found(struct app *a, struct project_id p)
{
	a->find.got(a->find.ctx, p);
	a->find.end(a->find.ctx, NULL);
}

unsigned app_start_options(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct session_options *o, const char *warnings), app_end_fn end, void *ctx)
{
	struct session_options o;
	(void)a, (void)p, (void)commit;
	options_init(&o);
	got(ctx, &o, "");
	end(ctx, NULL);
	options_fini(&o);
	return 0;
}

void app_last_choice(const struct app *a, struct project_id p, struct session_options *o)
{
	(void)p;
	if (a->last_memory)
		options_set(o, OPT_MEMORY, a->last_memory, FROM_LAST, NULL);
}

bool app_project_use(const struct app *a, struct project_id p, struct project_use *ret)
{
	(void)p;
	*ret = a->use;
	return a->use.n > 0;
}

uint64_t project_use_memory(const struct project_use *u) { return u->n ? (u->oom_limit_bytes ? u->oom_limit_bytes * 2 : (uint64_t)2 << 30) : 0; }
double project_use_cores(const struct project_use *u) { return u->n ? 1 : 0; }

void app_forget(struct app *a, unsigned number) { a->n_forgotten += number == LOOK_NUMBER; }

/* ---- builds and logs ---- */
int app_build(struct app *a, const struct app_build_query *q, char **ret_id, struct err *reterr)
{
	char sha[8];
	(void)reterr;
	oid_sha7(&q->commit, sha);
	note(a, "build %s", sha);
	if (ret_id)
		*ret_id = xstrdup("flights/1");
	return 0;
}

int app_build_cancel(struct app *a, const char *id, struct err *reterr)
{
	(void)reterr;
	note(a, "cancel build %s", id);
	return 0;
}

unsigned app_do(struct app *a, const struct app_deed_query *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx)
{
	(void)said, (void)end, (void)ctx;
	note(a, "deed %d", (int)q->deed);
	return 1;
}
bool app_beside_helps(const struct app_deed_query *q, const struct err *err) { return !q->beside && err && err->code == ERR_BUSY; }
char *app_job_log_id(struct project_id p, uint64_t job) { return xasprintf("%llx-%llu", (unsigned long long)p.v, (unsigned long long)job); }
int app_watch(struct app *a, const struct app_watch_query *q, struct err *reterr)
{
	(void)reterr;
	note(a, "watch%s", q->start ? " and start" : "");
	return 0;
}
void app_unwatch(struct app *a, struct project_id p, const struct oid *commit) { (void)p, (void)commit; note(a, "unwatch"); }
bool app_watch_at(const struct app *a, size_t i, struct app_watched *ret) { (void)a, (void)i, (void)ret; return false; }
bool app_is_watched(const struct app *a, struct project_id p, const struct oid *commit) { (void)a, (void)p, (void)commit; return false; }
void app_on_notify(struct app *a, void (*notify)(void *ctx, bool good, const char *what), void *ctx) { (void)a, (void)notify, (void)ctx; }

struct app_log *app_log_follow(struct app *a, enum app_log_kind kind, const char *id, bool follow, const struct app_log_events *ev, void *ctx)
{
	static struct app_log one;
	(void)follow;
	note(a, "follow %d %s", (int)kind, id);
	a->log.ev = *ev;
	a->log.ctx = ctx;
	a->log.live = true;
	str_replace(&a->log.id, id);
	one.app = a;
	return &one;
}

void app_log_stop(struct app_log *l)
{
	if (l)
		l->app->log.live = false;
}

void fake_log(struct app *a, struct sv bytes)
{
	if (a->log.live)
		a->log.ev.piece(a->log.ctx, bytes);
}

void fake_log_end(struct app *a)
{
	if (a->log.live)
		a->log.ev.end(a->log.ctx, NULL);
}

/* ---- launches ---- */
int app_start(struct app *a, const struct app_start *q, enum start_kind *ret_kind, char **ret_session, struct err *reterr)
{
	char sha[8] = "-";
	(void)reterr;
	if (q->commit)
		oid_sha7(q->commit, sha);
	if (q->restore)
		note(a, "restore %s", q->restore);
	note(a, "start branch=%s commit=%s memory=%s", q->branch ? q->branch : "-", sha, q->options ? options_text(q->options, OPT_MEMORY) : "-");
	*ret_kind = START_LAUNCHED;
	*ret_session = xstrdup("flights-main-77");
	return 0;
}

size_t app_n_launches(const struct app *a) { return a->n_launches; }
struct launch *app_launch_at(const struct app *a, size_t i) { return a->launches[i]; }

struct launch *app_launch(const struct app *a, const char *session)
{
	for (size_t i = 0; i < a->n_launches; i++)
		if (strcmp(a->launches[i]->name, session) == 0)
			return a->launches[i];
	return NULL;
}

const struct err *app_launch_error(const struct app *a, const struct launch *l) { (void)a; return l->err.code ? &l->err : NULL; }
void app_launch_cancel(struct app *a, const char *session) { note(a, "cancel start %s", session); }
void app_launch_dismiss(struct app *a, const char *session) { note(a, "dismiss %s", session); }
bool app_launch_ended(const struct app *a, const char *session, const struct err **ret_err) { (void)session; *ret_err = NULL; return a->launch_over; }

const struct step_status *launch_step_status(const struct launch *l, enum launch_step s) { return &l->steps[s]; }
const char *launch_session_name(const struct launch *l) { return l->name; }
const struct project *launch_project(const struct launch *l) { return &l->project; }
const struct session *launch_session(const struct launch *l) { return &l->session; }
const struct session_options *launch_options(const struct launch *l) { return &l->options; }
const char *launch_log_path(const struct launch *l) { return l->err.code ? "/home/ann/.local/state/berth/failed/1.log" : NULL; }
enum launch_step launch_current_step(const struct launch *l) { return l->current; }
const char *launch_step_title(enum launch_step s)
{
	static const char *const titles[] = { "check request", "get image", "make workspace", "clone", "create container", "start", "wait for answer" };
	return titles[s];
}

void fake_launch(struct app *a, const char *name, enum launch_step at, const char *failed)
{
	struct launch *l = xcalloc(1, sizeof *l);
	l->name = xstrdup(name);
	project_dup(&l->project, store_project_at(a->store, 0));
	l->session = (struct session){ .branch = (char *)(uintptr_t)"main", .commit = store_branch_at(a->store, l->project.id, 0)->tip };
	options_init(&l->options);
	options_set(&l->options, OPT_MEMORY, "4G", FROM_USER, NULL);
	options_env_add(&l->options, SV("API_KEY=not to be shown"), FROM_USER, NULL);
	l->current = at;
	for (int i = 0; i < STEP_COUNT_; i++) {
		l->steps[i].state = i < (int)at ? STEP_DONE : i > (int)at ? STEP_WAITING : failed ? STEP_FAILED : STEP_RUNNING;
		l->steps[i].ended_ms = i < (int)at ? 2000 * i : 0;
	}
	if (!failed) {
		l->steps[at].now = 62;
		l->steps[at].total = 100;
		memcpy(l->steps[at].detail, "62 of 100 MB", 13);
	} else {
		err_set(&l->err, ERR_FAILED, "%s", failed);
	}
	a->launches[a->n_launches++] = l;
	store_note_launch(a->store);
}

/* ---- sessions ---- */
unsigned app_session_url(struct app *a, const char *session, void (*got)(void *ctx, const char *url), app_end_fn end, void *ctx)
{
	note(a, "url %s", session);
	const struct session *s = store_session(a->store, session);
	got(ctx, s && !s->has_token ? "http://127.0.0.1:32775/lab" : "http://127.0.0.1:32774/lab?token=0123456789abcdef0123456789abcdef");
	end(ctx, NULL);
	return 0;
}

unsigned app_session_save(struct app *a, const char *session, bool look_only, void (*got)(void *ctx, const struct autosave_result *r), app_end_fn end, void *ctx)
{
	const struct autosave_result r = { .outcome = AUTOSAVE_SAVED, .work = { .changed = 2, .untracked = 1 } };
	note(a, "%s %s", look_only ? "unsaved" : "save", session);
	if (a->slow_look)
		return LOOK_NUMBER;
	got(ctx, &r);
	end(ctx, NULL);
	return 0;
}

unsigned app_session_git(struct app *a, const char *session, const char *message, void (*got)(void *ctx, const struct session_git_done *done), app_end_fn end, void *ctx)
{
	static const char *const commits[] = { "a1b2c3d fix requirements", "9f8e7d6 add conda env" };
	const struct session_git_done committed = { .branch = "main", .commit = "c0ffee1", .files = 3, .sent = 1, .pushed = true };
	const struct session_git_done pulled = { .branch = "main", .came = 2, .files = 1, .commits = commits, .n_commits = 2 };
	note(a, "%s %s%s%s", message ? "commit" : "pull", session, message ? ": " : "", message ? message : "");
	got(ctx, message ? &committed : &pulled);
	end(ctx, NULL);
	return 0;
}

const struct branch *app_saved_work(const struct app *a, struct project_id p, const char *branch)
{
	for (size_t i = 0; a->has_saved && *branch && i < store_n_branches(a->store, p); i++)
		if (sv_starts(sv_of(store_branch_at(a->store, p, i)->name), SV(AUTOSAVE_PREFIX)))
			return store_branch_at(a->store, p, i);
	return NULL;
}

unsigned app_autosave(struct app *a, struct project_id p, const char *name, void (*piece)(void *ctx, struct sv text), app_end_fn end, void *ctx)
{
	note(a, "%s %s", piece && p.v ? "diff" : "delete", name);
	if (piece)
		piece(ctx, SV("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+two\n"));
	end(ctx, NULL);
	return 0;
}

unsigned app_why(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_why *w), app_end_fn end, void *ctx)
{
	char cause[] = "pip finds no package for the requirement numpyy==1.24.", step[] = "3/4 RUN pip install -r requirements.txt";
	char todo[] = "Check the spelling in requirements.txt; or it needs another Python, or another index (--extra-index-url).";
	char evidence[] = "ERROR: Could not find a version that satisfies the requirement numpyy==1.24 (from versions: none)";
	const struct diagnosis d = { .rule = "pip-no-such-package", .cause = cause, .todo = todo, .evidence = evidence, .evidence_line = 122, .step = step, .exit_code = 1 };
	static const struct environment_file file = { "requirements.txt", "-numpy==1.24\n+numpyy==1.24", ENVIRONMENT_CHANGED };
	const struct oid base = fake_oid(0, 1);
	const struct app_why w = { .diagnosis = &d, .base = &base, .files = &file, .n_files = 1 };
	note(a, "why %d", p.v != 0 && !oid_is_zero(commit));
	got(ctx, &w);
	end(ctx, NULL);
	return 0;
}

unsigned app_session_stop(struct app *a, const char *session, enum app_stop how, unsigned undo_ms, app_end_fn end, void *ctx)
{
	(void)end, (void)ctx;
	note(a, "stop %s how=%d undo=%u", session, (int)how, undo_ms);
	str_replace(&a->undo, session);
	a->undo_left_ms = undo_ms;
	return 2;
}

unsigned app_session_resume(struct app *a, const char *session, app_end_fn end, void *ctx)
{
	(void)end, (void)ctx;
	note(a, "resume %s", session);
	return 3;
}

unsigned app_session_export(struct app *a, const char *session, const char *path, void (*got)(void *ctx, uint64_t bytes), app_end_fn end, void *ctx)
{
	(void)end;
	note(a, "export %s %s", session, path);
	got(ctx, 4096);
	return 4;
}

int app_session_extend(struct app *a, const char *session, uint32_t seconds, int64_t *ret_until_s, struct err *reterr)
{
	(void)reterr;
	note(a, "extend %s %u", session, seconds);
	*ret_until_s = FAKE_NOW + 86400;
	return 0;
}

const char *app_session_others(const struct session *s)
{
	return s->owner && strcmp(s->owner, "ann") != 0 ? s->owner : NULL;
}

void app_want_all_sessions(struct app *a, bool all)
{
	note(a, "all sessions %d", all);
}

bool app_undo(struct app *a)
{
	bool had = a->undo != NULL;
	note(a, "undo");
	str_replace(&a->undo, NULL);
	return had;
}

const char *app_pending_undo(const struct app *a, unsigned *ret_left_ms)
{
	*ret_left_ms = a->undo_left_ms;
	return a->undo;
}

struct engine_tty *app_session_attach(struct app *a, const char *session, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx, struct err *reterr)
{
	(void)rows, (void)cols, (void)ev, (void)ctx;
	note(a, "attach %s", session);
	err_set(reterr, ERR_UNSUPPORTED, "this app is played and has no shell");
	return NULL;
}

char *app_ssh_line(const struct app *a, const struct session *s) { (void)s; return xstrdup(a->ssh); }

void app_say(struct app *a, enum message_level level, const char *hint, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	store_add_message(a->store, &(struct message){ .level = level, .text = b.p ? b.p : (char *)"", .hint = (char *)hint, .named = err_begins_with_name(fmt) });
}

void app_say_err(struct app *a, enum message_level level, const struct err *err, const char *prefix)
{
	AUTO_STR text = xasprintf("%s%s", prefix ? prefix : "", err->text);
	store_add_message(a->store, &(struct message){ .level = level, .text = text, .hint = (char *)err->hint, .named = !prefix && err->named });
}

/* ---- links ---- */
unsigned app_link(struct app *a, const struct link *l, void (*got)(void *ctx, const struct app_link *k), app_end_fn end, void *ctx)
{
	const struct project *p = store_project_at(a->store, 0);
	struct app_link k = { .project = p->id, .branch = "main", .newest = true, .warnings = "", .doubts = "It sets 1 environment variable.\n" };
	note(a, "link %s %s", l->host, l->project);
	got(ctx, &k);
	end(ctx, NULL);
	return 1;
}

int app_link_of(const struct app *a, struct project_id p, struct link *ret, struct err *reterr)
{
	const struct project *project = store_project(a->store, p);
	(void)reterr;
	link_init(ret);
	ret->host = xstrdup("local");
	ret->project = xstrdup(project->path);
	ret->berth = ret->autostart = true;
	return 0;
}

const char *app_host_at(const struct app *a, size_t i) { (void)a; return i ? NULL : "gitlab"; }
unsigned app_new_project(struct app *a, const struct app_new *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx)
{
	(void)said;
	note(a, "new %s %s at %s in %s", q->folder, q->template->name, q->host ? q->host : "-", q->namespace_path ? q->namespace_path : "-");
	end(ctx, NULL);
	return 1;
}

unsigned app_doctor(struct app *a, const struct app_terminal *t, void (*got)(void *ctx, const struct app_check *c), app_end_fn end, void *ctx)
{
	static const struct app_check lines[] = {
		{ "config", CHECK_OK, "/home/ann/.config/berth/config is understood, every line", "" },
		{ "host", CHECK_WARNING, "gitlab: the token expires in 3d04h", "Make another at https://gitlab.example/-/user_settings/personal_access_tokens, then: berth login gitlab" },
		{ "engine", CHECK_PROBLEM, "only 412 MB are free where it keeps images and workspaces", "Remove images that nobody needs." },
	};
	(void)a;
	(void)t;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		got(ctx, &lines[i]);
	end(ctx, NULL);
	return 0;
}

unsigned app_dockerfile(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_dockerfile *d), app_end_fn end, void *ctx)
{
	static const char *const text = "# Generated by berth, because this project has no Dockerfile of its own.\nFROM debian:trixie-slim\n\nRUN apt-get update \\\n && apt-get install --yes git\033[2J\n";
	(void)p, (void)commit;
	note(a, "dockerfile");
	got(ctx, &(struct app_dockerfile){ sv_of(text), true, "requirements.txt" });
	end(ctx, NULL);
	return 0;
}
