/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_H
#define BERTH_SESSION_H
/*
 * Sessions: the table of their options, the steps of a launch, and what runs. Labels on the engine's containers and volumes
 * ("io.berth.*") are the only registry. Tokens live in the container's memory file system; they are read back by exec.
 */
#include "berth/engine.h"
#include "berth/forge.h"

/* ---- options: one table for CLI flags, the form, .renku/renku.ini and labels -------------------------------------------- */
enum option_id {
	OPT_IMAGE, OPT_ENVIRONMENT, OPT_CPUS, OPT_MEMORY, OPT_GPUS, OPT_DISK, OPT_SHM, OPT_LFS, OPT_ENV, OPT_IDLE, OPT_PIDS, OPT_NAME, OPT_COUNT_
};
enum option_kind {
	OPTION_TEXT, OPTION_CORES, OPTION_BYTES, OPTION_COUNT, OPTION_PATH, OPTION_YES_NO,
	OPTION_TIME,                   /* "24h", "30m", "2d"; "0": never */
	OPTION_ENV,                    /* typed as in a shell: A=b C="d e"; kept as lines of NAME=VALUE */
};
struct option_def {
	enum option_id id; enum option_kind kind;
	const char *name;              /* "memory": the flag --memory and the form's field */
	const char *ini_key;           /* "mem_request", or NULL */
	const char *title, *help;      /* for the form and --help */
	const char *least, *most, *fallback; /* as typed; NULL: none. fallback: the default when nobody says otherwise */
};
const struct option_def *option_def(enum option_id id);
const struct option_def *option_by_name(const char *name);
enum option_source { FROM_DEFAULT, FROM_CONFIG, FROM_PROJECT, FROM_LAST /* what was chosen for the project before */, FROM_USER };
struct session_options { struct { char *text; enum option_source source; } values[OPT_COUNT_]; };
void options_init(struct session_options *o);                  /* the table's fallbacks */
void options_fini(struct session_options *o);
void options_dup(struct session_options *out, const struct session_options *o);
/* Checks as typed (range, unit, form) and normalises. ERR_USAGE says the range. A lower source never replaces a higher one. */
int options_set(struct session_options *o, enum option_id id, const char *text, enum option_source source, struct err *reterr);
const char *options_text(const struct session_options *o, enum option_id id);  /* "" when none */
double options_cores(const struct session_options *o);
uint64_t options_bytes(const struct session_options *o, enum option_id id);
uint32_t options_count(const struct session_options *o, enum option_id id);
void options_take(struct session_options *o, const struct session_options *from, enum option_id id); /* that value as it is, whoever set it */
bool options_yes(const struct session_options *o, enum option_id id);
uint32_t options_seconds(const struct session_options *o, enum option_id id);  /* 0: never */
/* As typed, for a field or a command line: variables quoted as a shell wants them. Owned. */
char *options_typed(const struct session_options *o, enum option_id id);
/* The word that a value is on a command line: "SIZE"; NULL for a switch. */
const char *option_word(const struct option_def *d);
/* One more variable, NAME=VALUE as it is. ERR_USAGE: no name, set already, or one that the session sets itself. */
int options_env_add(struct session_options *o, struct sv pair, enum option_source source, struct err *reterr);
/* Cuts the next variable off what options_text(o, OPT_ENV) gave; false at the end. */
bool options_env_next(struct sv *rest, struct sv *ret_name, struct sv *ret_value);
/* Reads [interactive], else [renku "interactive"], of a project's renku.ini. What is wrong there warns (one line each,
 * naming key and value) and never blocks. image_out of band: options_text(o, OPT_IMAGE). */
void options_read_ini(struct session_options *o, struct sv ini, void (*warn)(void *ctx, const char *text), void *ctx);

/* ---- launch --------------------------------------------------------------------------------------------------------------- */
enum launch_step { STEP_CHECK, STEP_IMAGE, STEP_WORKSPACE, STEP_CLONE, STEP_CREATE, STEP_START, STEP_READY, STEP_COUNT_ };
const char *launch_step_title(enum launch_step s);             /* "get image" */
enum step_state { STEP_WAITING, STEP_RUNNING, STEP_DONE, STEP_SKIPPED, STEP_FAILED, STEP_CANCELLED };
const char *step_state_name(enum step_state s);
struct step_status { enum step_state state; char detail[200]; uint64_t now, total; int64_t began_ms, ended_ms; };

struct launch_request {            /* copied */
	const struct project *project;
	const char *branch;            /* NULL: the commit alone */
	struct oid commit;
	const struct session_options *options;
	const char *author_name, *author_email, *owner;
	/* Saved work (autosave.h) that is put into the workspace, and where it leads; its branch is then the session's. NULL: none. */
	const char *restore; struct oid restore_tip;
};
/* How the image step gets an image that neither engine nor registry has: app hands a build in. start gives a handle for
 * cancel; progress and end as the other ports do. ref: what image_ref_of says. */
struct launch_awaited { const struct project *project; const struct oid *commit; const char *ref; };
struct launch_image_ops {
	void *(*start)(void *self, const struct project *p, const struct oid *commit, const char *ref,
	               void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total), void (*end)(void *ctx, const struct err *err), void *ctx);
	void (*cancel)(void *self, void *handle);
	/* Waits for an image that somebody else builds, before it is pulled. NULL: nobody does, and end is not called; else end comes once,
	 * later: NULL, it may be pulled now; or why it will never be there. The slot may be NULL. */
	void *(*await)(void *self, const struct launch_awaited *q, void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total),
	               void (*end)(void *ctx, const struct err *err), void *ctx);
	void (*leave)(void *self, void *handle);                    /* waits no longer */
};
struct launch_deps { struct loop *loop; struct forge *forge; struct engine *engine; const struct launch_image_ops *image_ops; void *image_self; };
struct launch_events {
	void (*on_change)(void *ctx);                               /* a step moved: read launch_step_status() */
	void (*on_warning)(void *ctx, const char *text);
	void (*on_end)(void *ctx, const struct err *err);           /* NULL: it runs and answers. On failure everything made was removed, the log kept */
};
struct launch;
struct launch *launch_start(const struct launch_deps *deps, const struct launch_request *q, const struct launch_events *ev, void *ctx);
void launch_cancel(struct launch *l);                           /* undoes what was made, then on_end with ERR_CANCELLED */
void launch_free(struct launch *l);                             /* after on_end */
const struct step_status *launch_step_status(const struct launch *l, enum launch_step s);
const char *launch_session_name(const struct launch *l);
const struct project *launch_project(const struct launch *l);
const struct session *launch_session(const struct launch *l);   /* what will run: its branch and commit, and what of it is known already */
const struct session_options *launch_options(const struct launch *l);
const char *launch_log_path(const struct launch *l);            /* a failed start's container log, under PATH_STATE; NULL: none */
enum launch_step launch_current_step(const struct launch *l);

/* ---- what runs ------------------------------------------------------------------------------------------------------------ */
struct session_call;
struct git_place;                       /* git.h */
typedef void (*session_end_fn)(void *ctx, const struct err *err);
void session_cancel(struct session_call *c);
struct session_call *session_list(struct engine *e, struct loop *l, void (*item)(void *ctx, const struct session *s), session_end_fn end, void *ctx);
struct session_call *session_usage(struct engine *e, struct loop *l, const char *container_id, void (*got)(void *ctx, const struct usage *u), session_end_fn end, void *ctx);
/* The address a person opens, token included, read from the container. */
struct session_call *session_url(struct engine *e, struct loop *l, const struct session *s, void (*got)(void *ctx, const char *url_with_token), session_end_fn end, void *ctx);
/* Stops the container; then removes it, its volume unless keep_workspace, and, with the last session, the network. */
struct session_call *session_stop(struct engine *e, struct loop *l, const struct session *s, bool keep_workspace, void (*progress)(void *ctx, const char *what), session_end_fn end, void *ctx);
/* What an attach runs: the best shell the image has, in the workspace. */
void session_shell_query(const struct session *s, struct engine_exec_query *ret);
/* Work in the workspace, as a look of autosave.h finds it. */
struct session_work {
	uint32_t changed, untracked;   /* files */
	uint32_t staged, unmerged;     /* of the changed ones */
	uint32_t ahead;                /* commits of HEAD and all branches that no remote branch has */
	uint32_t behind;               /* commits that the project's branch of HEAD's name has more; of a host's project as of the last fetch in it */
	bool behind_more;              /* that branch has moved on since: it has commits that `behind` does not count */
	uint64_t tip;                  /* oid_number() of the commit that it was counted to, where HEAD is on the branch that the session began on; 0: not known */
	uint32_t unpushed;             /* branches with such commits */
	uint32_t stashes;
	bool detached, unborn;         /* HEAD is on no branch; on one without a commit */
};
bool session_work_any(const struct session_work *w); /* is there anything that is nowhere else? */
/* What git in a session is given: the login of the project's own address (an http one; else there is none), and who the author is where
 * the image doesn't say. All borrowed, any may be NULL. */
struct session_git { const char *url, *user; const struct secret *password; const char *ca_file, *author_name, *author_email;
	const char *lfs; /* "fetched" or "pointers": the clone has such files, and git-lfs is set up for it; NULL: nothing is done */ };
/* Gives a running session git's login (again): its host's token has changed. */
struct session_call *session_hand_git(struct engine *e, struct loop *l, const struct session *s, const struct session_git *g, session_end_fn end, void *ctx);
/* Brings what was pushed in a running session of a local project to its repository, and that one's branches into the session. got: what
 * became of what was pushed, a sentence a line; whoever pushes and waits in the session is told the same. */
struct session_call *session_exchange(struct engine *e, struct loop *l, const struct session *s, const struct git_place *place, void (*got)(void *ctx, const char *said), session_end_fn end, void *ctx);
/* asked comes for each push and fetch in it, until the session ends. One listens at a time: the newest. */
struct session_call *session_listen(struct engine *e, struct loop *l, const struct session *s, void (*asked)(void *ctx), session_end_fn end, void *ctx);
/* Git in a running session: the image's own, as the image's user, with this user's configuration and hooks (gitrun.c). */
struct session_git_done {              /* all borrowed for the call */
	const char *branch;            /* of the session, and of the project */
	const char *landed;            /* the project's branch that took what was pushed, where `branch` could not; NULL: `branch` did */
	const char *commit;            /* the one that was made, shortened; NULL: there was nothing to commit */
	uint32_t files;                /* in it; or changed by what came */
	uint32_t sent, came;           /* commits that were pushed; that came */
	uint32_t ahead;                /* commits of the session's that the project still lacks, after a pull */
	bool pushed;                   /* false: the project had all of it already */
	const char *const *commits; size_t n_commits; /* what came, newest first, at most 20: "9f8e7d6 subject", cleaned */
	const char *const *notes; size_t n_notes;     /* sentences about what is worth knowing beside, cleaned */
};
/* Commits all that is dirty on the session's branch, and pushes it to the project's branch of that name; when there is nothing to commit, pushes
 * what is ahead. message: lines. Where the project's branch has other commits, nothing is done (ERR_CONFLICT says how many). ERR_DENIED, ERR_AUTH,
 * ERR_NET: it may be committed and not pushed; the text says so. got comes before the end, when all went well. Cancelled, git there goes on by itself. */
struct session_call *session_commit(struct engine *e, struct loop *l, const struct session *s, const char *message, void (*got)(void *ctx, const struct session_git_done *done), session_end_fn end, void *ctx);
/* Moves the session's branch forwards to the project's branch of that name, files along. ERR_CONFLICT: there are commits on both sides, or changed files
 * are in the way; then nothing was touched. */
struct session_call *session_pull(struct engine *e, struct loop *l, const struct session *s, void (*got)(void *ctx, const struct session_git_done *done), session_end_fn end, void *ctx);
/* Begins one that is stopped again, with a new token where it has one; ends when it runs and has answered (where it serves something). */
struct session_call *session_resume(struct engine *e, struct loop *l, const struct session *s, const struct session_git *g, void (*progress)(void *ctx, const char *what), session_end_fn end, void *ctx);
/* Its workspace as a tar, from a container that may be stopped. ERR_UNSUPPORTED: where the workspace is was not kept. */
struct session_call *session_export(struct engine *e, struct loop *l, const struct session *s, void (*piece)(void *ctx, struct sv tar), session_end_fn end, void *ctx);

/* ---- idle: nothing in it busy, nobody connected, no terminal, little CPU, all for the whole time (idle.c, pure) ----------- */
enum activity {
	ACTIVITY_KERNEL = 1,           /* a kernel is busy */
	ACTIVITY_CONNECTION = 2,       /* somebody is connected */
	ACTIVITY_TERMINAL = 4,         /* a terminal is open */
	ACTIVITY_CPU = 8,              /* IDLE_CPU_CORES or more on the average since the look before */
	ACTIVITY_USED = 16,            /* Jupyter was used since the look before */
};
#define IDLE_CPU_CORES 0.2
enum {
	IDLE_LOOK_S = 300,             /* between two looks … */
	IDLE_LONG_S = 3600,            /* … and IDLE_GAP_S of one that has been idle for so long */
	IDLE_GAP_S = 900,              /* time in which nobody looked counts for at most so much: what happened in it is not known */
	IDLE_WARN_S = 3600,            /* the warning comes so long before the end (half of a limit that is shorter than twice that) */
	IDLE_SOONEST_S = 10,           /* the shortest time between two looks */
};
enum idle_verdict { IDLE_GOES_ON, IDLE_WARN, IDLE_STOP };
/* One look more: active is what was seen in it, bits of enum activity. */
void idle_add(struct session_watch *w, int64_t at_s, unsigned active);
/* Seconds until it stops when nothing happens in it; 0: now; INT64_MAX: never. limit_s 0: never. */
int64_t idle_left_s(const struct session_watch *w, uint32_t limit_s, int64_t now_s);
/* What the look that was just added asks for. IDLE_STOP comes only after a warning. */
enum idle_verdict idle_verdict(const struct session_watch *w, uint32_t limit_s);
bool idle_is_near(const struct session_watch *w, uint32_t limit_s, int64_t now_s); /* within the time of the warning */
uint32_t idle_next_look_s(const struct session_watch *w, uint32_t limit_s);
void activity_words(struct buf *b, unsigned active);           /* "a kernel is busy, a terminal is open"; "" for 0 */

/* What a look sees. Cores are the mean since the last look through this engine object. */
enum sight_change { CHANGE_UNKNOWN, CHANGE_NONE, CHANGE_SOME };
struct session_sight {
	unsigned active;
	enum sight_change change;      /* of anything in the workspace, since the time that was asked for */
	double cpu_cores;
	uint64_t memory_bytes, disk_used_bytes, disk_free_bytes, disk_size_bytes;
};
struct session_since { int64_t look_s /* the look before; 0: none */, change_s /* for changes of files; 0: they are not asked for */; };
/* Where commands can't be run in the container, CPU alone tells. */
struct session_call *session_look(struct engine *e, struct loop *l, const struct session *s, const struct session_since *since, void (*got)(void *ctx, const struct session_sight *v), session_end_fn end, void *ctx);

/* ---- what is remembered beside the labels, which can't change: small files under PATH_STATE/sessions (notes.c) ------------- */
enum fate_kind {
	FATE_NONE,
	FATE_STOPPING, FATE_PAUSING,   /* begun by `owner`; when that is dead, somebody else goes on with it */
	FATE_PAUSED, FATE_UNSAVED,
	FATE_ENGINE,                   /* the engine went down while it ran */
	FATE_COUNT_
};
struct session_fate { enum fate_kind kind; int64_t at_s; bool keep, force, owner_is_dead; char *owner, *why; };
void session_fate_fini(struct session_fate *f);
/* engine: engine_identity(). A name that could not be a file's is refused. fate_set fills in at_s and this process as the owner. */
int fate_set(const char *engine, const char *session, const struct session_fate *f, struct err *reterr);
bool fate_get(const char *engine, const char *session, struct session_fate *ret);  /* false: none, ret is empty */
void fate_clear(const char *engine, const char *session);
int watch_set(const char *engine, const char *session, const struct session_watch *w, struct err *reterr);
bool watch_get(const char *engine, const char *session, struct session_watch *ret); /* with what kept_set said; false: all zero */
int kept_set(const char *engine, const char *session, int64_t until_s, struct err *reterr);
bool session_is_saved_now(const char *session);               /* somebody on this machine is at it */
void notes_forget(const char *engine, const char *session);    /* all of one that is gone */
/* The number of this state folder, made when it is first asked for; NULL: the folder can't be written. Owned. */
char *home_id(void);
/* The lock of an engine's keeper. Owned. */
char *keeper_lock_path(const char *engine);

/* What removed launches left behind on the engine (labels say they never became ready, and no berth that lives owns them). */
struct session_call *session_sweep(struct engine *e, struct loop *l, void (*removed)(void *ctx, const char *what), session_end_fn end, void *ctx);
/* The same things, told and left alone (goes: a sweep would remove it); and, by name, volumes that are called like ours and have no label. */
struct session_call *session_leftovers(struct engine *e, struct loop *l, void (*found)(void *ctx, const char *what, bool goes), session_end_fn end, void *ctx);
/* The words for a dead one: exit code, OOM, command not found … (docker.md, states and exit codes). Adds to b. */
void session_explain_exit(struct buf *b, int exit_code, bool oom, struct sv engine_error);
#endif
