/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_APP_H
#define BERTH_APP_H
/*
 * The core that both faces drive: configuration, commands, the schedule of refreshes, builds and launches. Faces read the
 * store and call these; they never see a forge, an engine, curl, git or JSON.
 */
#include "berth/command.h"
#include "berth/config.h"
#include "berth/diagnosis.h"
#include "berth/image.h"
#include "berth/link.h"
#include "berth/autosave.h"
#include "berth/session.h"
#include "berth/store.h"

struct app;
struct cache;
struct app_deps {
	struct loop *loop; struct net *net; struct store *store; struct config *config;
	struct forge *const *forges; size_t n_forges; /* each has a name of its own; app_make_forges() makes those of a configuration */
	struct engine *engine;         /* for tests; NULL: app finds one as the configuration says, and goes on looking while there is none */
	const char *build_program;     /* what runs a build, see build_spec.program; NULL: none can be begun */
	const char *keeper_program;    /* what is run as "keep --detached" when sessions run and no keeper does; NULL: nothing */
	struct cache *cache;           /* what forges say is kept here; NULL: nowhere */
	bool recall;                   /* and what they said last is in the store at once, stale: for a face that shows ages */
	bool stays;                    /* the face goes on until somebody leaves it: what fails is asked again, and may be said to be */
	bool read_only;
	unsigned close_wait_ms;        /* how long app_free waits at most; 0: 20 s */
};
struct app *app_new(const struct app_deps *deps);              /* borrows all of deps until app_free */
/* The end, in two parts. app_close() begins it: nothing is asked any more, nobody who waits is called, launches under way are
 * undone, a stop that could still be taken back begins; true when nothing is left to wait for (call it again to hear). It may be
 * left out. app_free() does it, turns the loop until all that is over (or the time is up: the next berth then looks after what is
 * left), and ends the app; so it is called outside of the loop. Logs and terminals are stopped by who opened them, before. */
bool app_close(struct app *a);
void app_free(struct app *a);
struct loop *app_loop(const struct app *a);
struct store *app_store(const struct app *a);
const struct config *app_config(const struct app *a);
bool app_read_only(const struct app *a);

/* ---- forges: the lists of all are one, and each says for itself how old it is or why it failed ---- */
/* The local ones that the configuration names (app makes the hosts itself, when it knows their tokens), n at *ret_n; end each by forge_free() after app_free, then free the array. */
struct forge **app_make_forges(const struct app_deps *deps, size_t *ret_n);
size_t app_n_forges(const struct app *a);
const char *app_forge_name(const struct app *a, size_t i);
const struct fresh *app_forge_fresh(const struct app *a, size_t i);

/* ---- wants: a view says each time it draws what it shows; the schedule asks for what is missing or old, and stops asking for what nobody wants ---- */
void app_want_projects(struct app *a);
/* A host gives its list in pages, the newest activity first: the first one is asked for, and the next ones where n rows of each host are
 * wanted. */
void app_want_more_projects(struct app *a, size_t n);
bool app_projects_more(const struct app *a, const char **ret_host); /* a host's list goes on; ret_host may be NULL */
void app_want_branches(struct app *a, struct project_id p);
/* Of the project that was wanted last: a host gives a page of its branches, and more only so (n at least; SIZE_MAX: all). */
void app_want_more_branches(struct app *a, size_t n);
void app_want_commits(struct app *a, struct project_id p, const char *branch, size_t first, size_t n); /* entities of these rows */
void app_want_images(struct app *a, struct project_id p, const struct oid *commits, size_t n);         /* states of rows on screen (n <= 128) */
void app_look_at_image(struct app *a, const struct oid *commit); /* of those: the row under the cursor; more is asked about it once the cursor rests */
/* Somebody has pressed a key. Until then a row that the cursor rests on is told as all others are (pipelines, pin): its tag in the registry, the ancestor
 * that it is the same as, saved work beyond the first page of branches and whose it is are asked for from then on. May be called again. */
void app_somebody_is_here(struct app *a);
void app_want_sessions(struct app *a);
void app_want_usage(struct app *a, const char *session);       /* CPU and memory, every 2 s while wanted */
void app_refresh(struct app *a);                               /* everything wanted, now */
void app_suspend(struct app *a, bool suspended);               /* nothing is asked while suspended */

/* ---- finding what a person named; each gives a number for app_forget() ---- */
typedef void (*app_end_fn)(void *ctx, const struct err *err);
/* A project by path, name or folder; NULL or "": the repository that the current folder is in. ERR_NOT_FOUND, ERR_CONFLICT (several). */
unsigned app_find_project(struct app *a, const char *text, void (*got)(void *ctx, struct project_id p), app_end_fn end, void *ctx);
/* A revision; NULL or "": the default branch. branch: its name when rev is one, else NULL. */
unsigned app_resolve(struct app *a, struct project_id p, const char *rev, void (*got)(void *ctx, const struct oid *id, const char *branch), app_end_fn end, void *ctx);
/* The state of one commit's image, worked out now (also in the store then). */
unsigned app_image(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct image *i), app_end_fn end, void *ctx);
/* Those of a list's rows (n <= 1024), into the store, as far as one question tells of all of them. */
unsigned app_images(struct app *a, struct project_id p, const struct oid *commits, size_t n, app_end_fn end, void *ctx);
/* What a start of this commit begins with: defaults, [start], then .renku/renku.ini there; warnings: a line each, "" when none. */
unsigned app_start_options(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct session_options *o, const char *warnings), app_end_fn end, void *ctx);
/* What was chosen for this project the last time, laid over o (FROM_LAST). */
void app_last_choice(const struct app *a, struct project_id p, struct session_options *o);
/* What its sessions on this machine have really used; false: nothing is known. oom_limit_bytes: the most that was too little, 0: none. */
struct project_use { unsigned n; uint64_t peak_memory_bytes; double peak_cores; uint64_t oom_limit_bytes; };
bool app_project_use(const struct app *a, struct project_id p, struct project_use *ret);
uint64_t project_use_memory(const struct project_use *u);      /* the smallest usual size that fits; 0: can't tell */
double project_use_cores(const struct project_use *u);
void app_forget(struct app *a, unsigned number);               /* no callback of it runs any more; the work goes on */

/* ---- builds ---- */
struct app_build_query { struct project_id project; struct oid commit; bool no_cache, classic; };
int app_build(struct app *a, const struct app_build_query *q, char **ret_id /* owned; may be NULL */, struct err *reterr);
int app_build_cancel(struct app *a, const char *id, struct err *reterr);
/* What a build's own process runs ("berth build-worker ID", begun by app_build): no app, just the build, to its end. Gives the
 * exit code. */
int app_build_worker(const struct app_deps *deps /* only its configuration: a host and where its token is; NULL: only projects of this machine */, const char *build_id);

/* ---- logging in ---- */
/* The address and the configured (or to be configured) name of a host; text NULL: the first configured one. Added to both. */
int app_login_host(const struct app *a, const char *text, struct buf *ret_url, struct buf *ret_name, struct err *reterr);
/* Tries a token (NULL: the one that berth finds for this host): whose it is and what it may do. Gives a number for app_forget(). */
unsigned app_login(struct app *a, const char *url, const struct secret *token, void (*got)(void *ctx, const struct account *a), app_end_fn end, void *ctx);
/* What this token's scopes keep it from, a sentence a call ("Without the scope api: …"); *at is 0 before the first. False: no more. */
bool account_lacks(const struct account *a, size_t *at, struct buf *ret);
/* Puts it into the configuration file, which nobody else can read then; the rest of the file stays as it is. */
int app_login_keep(struct app *a, const char *url, const char *name, const struct secret *token, struct err *reterr);

/* ---- is all well? ---- */
enum check_level { CHECK_OK, CHECK_WARNING, CHECK_PROBLEM };
struct app_check { const char *subject /* "engine"; stays */; enum check_level level; const char *what, *fix /* "": nothing to do; both lent for the callback */; };
struct app_terminal { bool is_terminal, utf8; unsigned rows, columns; };
/* Looks at configuration, folders, terminal, hosts and tokens, engine, registries, keeper and leftovers, each for some seconds at most,
 * and tells a line at a time, in an order that stays. A number for app_forget(). */
unsigned app_doctor(struct app *a, const struct app_terminal *t, void (*got)(void *ctx, const struct app_check *c), app_end_fn end, void *ctx);

/* ---- builds that a host runs ---- */
enum app_deed { APP_RETRY, APP_PLAY, APP_CANCEL /* of the commit's job */, APP_RUN /* a pipeline for the branch that ends there */,
	APP_TOUCH /* a trivial commit, on a branch of its own where the branch has moved on */, APP_FORK /* of the project; needs no commit */,
	APP_PIN, APP_UNPIN /* an image in .renku/renku.ini, as a commit on the branch that ends there; on one of its own where none does */, APP_DEED_COUNT_ };
enum { APP_VARIABLES_MAX = 32 };
struct app_variable { const char *key, *value; bool is_input; };
struct app_deed_query {
	enum app_deed deed;
	struct project_id project; struct oid commit;
	const char *branch;            /* of a run; NULL: one that ends at the commit */
	const struct app_variable *variables; size_t n_variables;
	const char *group, *path;      /* of a fork; NULL: the account's own, the same */
	bool no_build;
	const char *image;             /* to pin; NULL: the commit's own */
	bool beside;                   /* the pin, on a branch of its own in any case */
};
/* 0, or the reason why not: scope, role, the job's state, a forge without CI. Asks nobody. */
int app_may(struct app *a, const struct app_deed_query *q, struct err *reterr);
/* Is the branch what stood in the way (it is checked out, or protected), so that the same deed can be done `beside` it? */
bool app_beside_helps(const struct app_deed_query *q, const struct err *err);
/* Does it; `said` is told in sentences what came of it. Gives a number for app_forget(). */
unsigned app_do(struct app *a, const struct app_deed_query *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx);
bool app_has_jobs(const struct app *a, struct project_id p);   /* its forge builds images itself */

/* ---- builds that somebody waits for, of a host or of berth: told when they end, wherever one looks meanwhile ---- */
struct app_watch_query { struct project_id project; const char *branch; struct oid commit; bool start /* a session when it is ready */; };
int app_watch(struct app *a, const struct app_watch_query *q, struct err *reterr);
void app_unwatch(struct app *a, struct project_id p, const struct oid *commit);
struct app_watched { const struct project *project; const char *branch; const struct image *image; bool start, ended; }; /* borrowed until the next turn */
bool app_watch_at(const struct app *a, size_t i, struct app_watched *ret); /* newest first; false: no more */
bool app_is_watched(const struct app *a, struct project_id p, const struct oid *commit);
/* Called when one ends, beside the message. NULL: nobody. */
void app_on_notify(struct app *a, void (*notify)(void *ctx, bool good, const char *what), void *ctx);

/* ---- projects that no list has yet: hosts are asked for words in names, paths and descriptions ---- */
enum { APP_SEARCH_LETTERS = 3 };   /* a host takes a word that is shorter for a whole name */
struct app_search {
	const char *words;
	size_t max;                    /* of each host; 0: a page */
	size_t few;                    /* where less of this account's own projects are found, all that it may see are asked for too */
};
struct app_searched {              /* what one host said; lent for the callback */
	const char *host;
	size_t n;                      /* found, those that are listed already included */
	bool more;                     /* than that */
	const struct err *err;         /* NULL: it has answered */
};
bool app_can_search(const struct app *a);                      /* a host is there that searches */
/* What is found stands in the store's list, until the end. got: once a host. ERR_UNSUPPORTED: there is no host. Gives a number for
 * app_forget(). */
unsigned app_search(struct app *a, const struct app_search *q, void (*got)(void *ctx, const struct app_searched *s), app_end_fn end, void *ctx);
bool app_search_hit(const struct app *a, struct project_id p); /* the newest search has found it */
bool app_project_is_found(const struct app *a, struct project_id p); /* it was searched for or named, and stands in no list that has come */

/* ---- logs: bytes as they come; one source at a time per follow ---- */
struct app_log;
enum app_log_kind { APP_LOG_BUILD /* id: build id */, APP_LOG_SESSION /* id: session name */, APP_LOG_FILE /* id: path, "-": standard input */, APP_LOG_JOB /* id: app_job_log_id() */ };
char *app_job_log_id(struct project_id p, uint64_t job);       /* owned */
struct app_log_events {
	void (*piece)(void *ctx, struct sv bytes);
	/* The source wrote its log anew: forget what you had, the pieces that follow are from its start. NULL: nobody minds. */
	void (*rewritten)(void *ctx);
	/* How the source is doing: when it last grew (wall clock, 0: unknown) and, in words, why nothing comes ("offline, asks again in
	 * 8 s"; NULL: nothing to say). NULL: nobody wants to know. */
	void (*state)(void *ctx, int64_t grown_at_s, const char *words);
	/* The bytes up to len are in this regular file on disk: read them there; it is called again when there are more, and piece
	 * never is. fd is borrowed until the end: dup it. NULL: they come as pieces. */
	void (*file)(void *ctx, int fd, uint64_t len);
	void (*end)(void *ctx, const struct err *err);         /* once; not after app_log_stop() */
};
/* ev is copied. */
struct app_log *app_log_follow(struct app *a, enum app_log_kind kind, const char *id, bool follow, const struct app_log_events *ev, void *ctx);
void app_log_stop(struct app_log *l);

/* ---- the Dockerfile that a commit's image is built with ---- */
struct app_dockerfile {            /* lent for the callback */
	struct sv text;
	bool generated;                /* the commit has none: berth builds with this one, and commits it nowhere */
	const char *made_from;         /* then: "apt.txt, requirements.txt"; "": no dependency file is there */
};
unsigned app_dockerfile(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_dockerfile *d), app_end_fn end, void *ctx);

/* ---- why a commit has no image ---- */
struct app_why {                   /* lent for the callback */
	const struct diagnosis *diagnosis;
	bool succeeded;                /* that build made an image: there is nothing to diagnose */
	const struct oid *base;        /* the nearest of the last hundred commits before it that has an image; NULL: none */
	const struct environment_file *files; size_t n_files; /* how this commit's environment differs from that one's */
};
/* Diagnoses the newest build of the commit: ours, else the host's job that the store knows of (app_image() asks for it). ERR_NOT_FOUND:
 * there is none, or it is still under way. A number for app_forget(). */
unsigned app_why(struct app *a, struct project_id p, const struct oid *commit, void (*got)(void *ctx, const struct app_why *w), app_end_fn end, void *ctx);
/* Diagnoses a raw log on disk ("-": standard input); base and files stay empty. A number for app_forget(). */
unsigned app_why_of_file(struct app *a, const char *path, void (*got)(void *ctx, const struct app_why *w), app_end_fn end, void *ctx);

/* ---- what a quick start does (quick.c: the rules, pure) ---- */
struct quick_facts {
	bool runs, another;            /* a session of the branch runs or starts already; a second one is asked for all the same */
	bool saved, saved_answered;    /* there is saved work for the branch; the person has said what shall become of it */
	bool image_chosen;             /* by name: the commit's own does not matter */
	bool host_builds;              /* images of this project are built by its host */
	enum image_state image;        /* of the commit */
};
enum quick_way {
	QUICK_CONNECT,                 /* to what runs */
	QUICK_ASK_SAVED,               /* show what was saved and when, and ask */
	QUICK_START,
	QUICK_BUILD,                   /* offer to build the image first, here */
	QUICK_WAIT,                    /* offer to wait for the host's build, and to start by itself then */
	QUICK_FORM,                    /* the form, saying what is wrong with the image */
};
enum quick_way quick_decide(const struct quick_facts *f);

/* The newest work that this person saved of this branch, and not on it (autosaves by the name that the person has on the host); for the default
 * branch, where there is none of it, the newest of what no branch of the project would offer (of one that was never pushed, of none, a
 * stash). NULL: none, or not known yet. Lent until the store changes. */
const struct branch *app_saved_work(const struct app *a, struct project_id p, const char *branch);
bool app_saved_work_known(const struct app *a, struct project_id p); /* false: wait (app_want_saved_work) */
/* A host with more branches than were read is asked for those that hold saved work. */
void app_want_saved_work(struct app *a, struct project_id p);
bool app_saved_work_awaited(const struct app *a, struct project_id p); /* there may be some that is not known yet */

/* ---- launches ---- */
/* Resolves what a quick start means (SPEC §4: running session of the branch, image states …) and starts it. options NULL: project's
 * defaults. A start of the same that is under way is not begun twice: START_LAUNCHED gives its name. */
enum start_kind { START_LAUNCHED, START_ALREADY_RUNNING /* name says which */ };
struct app_start { struct project_id project; const char *branch /* NULL: default branch */; const struct oid *commit /* NULL: the branch's newest */; const struct session_options *options; bool even_if_running; const char *restore /* the name of an autosave: branch and commit are its own then, unless given; NULL: none */; bool remember /* the options, as this project's last choice */; };
/* The name is decided at once; the launch shows in the list below a moment later (its project's options are read first). A
 * failure before that is a message, and app_launch_ended() tells it. */
int app_start(struct app *a, const struct app_start *q, enum start_kind *ret_kind, char **ret_session, struct err *reterr);
size_t app_n_launches(const struct app *a);                    /* running ones, and failed ones until dismissed; newest first */
struct launch *app_launch_at(const struct app *a, size_t i);
struct launch *app_launch(const struct app *a, const char *session);
const struct err *app_launch_error(const struct app *a, const struct launch *l); /* NULL while it runs */
void app_launch_cancel(struct app *a, const char *session);
void app_launch_dismiss(struct app *a, const char *session);   /* forget a failed one */
bool app_launch_ended(const struct app *a, const char *session, const struct err **ret_err); /* for the CLI */

/* ---- new projects (template.h) ---- */
struct template; struct templates; struct template_value;
/* The templates of a folder or a git address, their files read; got may move them out of t. A number for app_forget(). */
unsigned app_templates(struct app *a, const char *where, void (*got)(void *ctx, struct templates *t), app_end_fn end, void *ctx);
struct app_new {
	const char *folder;            /* where: absent, or empty */
	const struct template *template;
	const char *name;              /* of the project */
	const char *origin;            /* NULL: none */
	const struct template_value *values; size_t n_values; /* what is not among them has the template's default */
	const char *host;              /* made there as well, by its name or address, pushed, and its first build run; NULL: nowhere */
	const char *namespace_path, *visibility; /* there: its group (NULL: one's own); "private" (NULL), "internal" or "public" */
};
/* Makes it, with a first commit: all or nothing of the folder. What can't be done at the host afterwards is said so, and the folder
 * stays. `said` (may be NULL) is told in sentences what came of it. A number for app_forget(). */
unsigned app_new_project(struct app *a, const struct app_new *q, void (*said)(void *ctx, const char *text), app_end_fn end, void *ctx);
const char *app_host_at(const struct app *a, size_t i);        /* the names of the hosts that are configured; NULL: no more */

/* ---- links that start a session (link.h) ---- */
struct app_link {                  /* what a link means here; lent for the callback */
	struct project_id project;
	const char *branch;            /* NULL: the commit alone */
	struct oid commit; bool newest /* of the branch, as the link asks */;
	const struct session_options *options; /* the project's, with what the link sets above them; NULL: it sets nothing */
	const char *warnings;          /* of the project's own wishes, a line each */
	const char *doubts;            /* why a person has to confirm it, a sentence a line; "": nothing in it is odd */
};
/* Finds project, branch and commit, and makes nothing. ERR_NOT_FOUND: one of them is not there, or no host is known. l is copied.
 * Gives a number for app_forget(). */
unsigned app_link(struct app *a, const struct link *l, void (*got)(void *ctx, const struct app_link *k), app_end_fn end, void *ctx);
/* The link of a project, autostart set: ret is made anew (link_fini it). ERR_NOT_FOUND: the project is gone. */
int app_link_of(const struct app *a, struct project_id p, struct link *ret, struct err *reterr);

/* False while what an interrupted start has left is being removed, which is told in messages; also when there is no engine: true. */
bool app_has_swept(const struct app *a);

/* ---- sessions ---- */
/* Each gives a number for app_forget(). */
unsigned app_session_url(struct app *a, const char *session, void (*got)(void *ctx, const char *url), app_end_fn end, void *ctx);
/* Its unsaved work goes onto branches of its project now, or (look_only) is only told: then app_forget() ends the looking, too. */
unsigned app_session_save(struct app *a, const char *session, bool look_only, void (*got)(void *ctx, const struct autosave_result *r), app_end_fn end, void *ctx);
/* Git in the running session, as session.h says: commits and pushes with that message; message NULL: pulls. */
unsigned app_session_git(struct app *a, const char *session, const char *message, void (*got)(void *ctx, const struct session_git_done *done), app_end_fn end, void *ctx);
/* Such a branch as a patch; piece NULL: it is removed for good. */
unsigned app_autosave(struct app *a, struct project_id p, const char *name, void (*piece)(void *ctx, struct sv text), app_end_fn end, void *ctx);
enum app_stop {
	APP_STOP_SAVED,                /* saved, and seen to be; then container and workspace go. ERR_CONFLICT: stopped, and both stay with the work that could not be saved */
	APP_STOP_KEEP,                 /* stopped as it is; both stay */
	APP_STOP_DISCARD,              /* both go, whatever they hold */
	APP_STOP_PAUSE,                /* saved as far as that goes, stopped; both stay */
};
/* Begins undo_ms later unless app_undo(), at once when 0. ERR_BUSY: that session is being stopped already. */
unsigned app_session_stop(struct app *a, const char *session, enum app_stop how, unsigned undo_ms, app_end_fn end, void *ctx);
/* One that is stopped goes on, at the same address with a new token. */
unsigned app_session_resume(struct app *a, const char *session, app_end_fn end, void *ctx);
/* Its workspace, also of one that is stopped, as a tar in that file ("-": standard output). It is written beside first, so that half a tar
 * is never taken for a whole one. ERR_CONFLICT: the file is there already. */
unsigned app_session_export(struct app *a, const char *session, const char *path, void (*got)(void *ctx, uint64_t bytes), app_end_fn end, void *ctx);
/* Not stopped for being idle before so many seconds have passed; 0: as many as its limit. *ret_until_s: when that is. */
int app_session_extend(struct app *a, const char *session, uint32_t seconds, int64_t *ret_until_s, struct err *reterr);
void app_want_all_sessions(struct app *a, bool all);           /* also those of other people, for who looks after the engine */
/* Somebody else's: they alone connect to it, have a shell in it, save it (their project is not the one of that name here), commit, pull,
 * extend, resume it, all ERR_DENIED; a stop or a pause only stops it and keeps its workspace. Whose it is; NULL: this person's. */
const char *app_session_others(const struct session *s);
bool app_session_hidden(const struct app *a, const char *name); /* there is one of that name, of somebody whose sessions are not wanted */
/* Watches the sessions that berths with this state folder have started on the engine, until the last has ended: the rule for idle ones,
 * saving, and what was broken off. ERR_BUSY: another one does. For the process that is the keeper; call it when the engine answers. */
unsigned app_keep(struct app *a, app_end_fn end, void *ctx);
char *keeper_unit_path(void);                                  /* where a unit for systemd is, or would be. Owned */
/* The text of one that runs this program as the keeper, with this configuration and the engine of this environment. ERR_UNSUPPORTED:
 * systemd would not start a program of that path. */
int app_keeper_unit(struct app *a, struct buf *b, struct err *reterr);
bool app_undo(struct app *a);                                  /* takes back the newest pending stop; false: nothing pending */
const char *app_pending_undo(const struct app *a, unsigned *ret_left_ms); /* session's name, NULL: none */
struct engine_tty *app_session_attach(struct app *a, const char *session, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx, struct err *reterr);
/* What is typed there: the detach key, then d leaves, ? asks for help, the key once more is sent; with any other both are. */
struct shell_keys { char prefix; bool prefixed; };
enum shell_typed { SHELL_TYPED, SHELL_LEAVE, SHELL_HELP };
void shell_keys_init(struct shell_keys *k, const struct config *c);
/* Cuts what was typed off *rest, up to a wish; what the shell gets is added to out. */
enum shell_typed shell_keys_take(struct shell_keys *k, struct sv *rest, struct buf *out);
/* The byte a "ctrl-]" stands for, or a single character; -1: not one byte. */
int key_byte(const char *name);
/* "ssh -L 40123:127.0.0.1:40123 user@host" when this is an SSH session ($SSH_CONNECTION), for a session's port, or the like to
 * the machine of an engine that is reached by ssh; NULL: neither. Owned. */
char *app_ssh_line(const struct app *a, const struct session *s);
void app_say(struct app *a, enum message_level level, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);
void app_say_err(struct app *a, enum message_level level, const struct err *err, const char *prefix); /* prefix may be NULL */
#endif
