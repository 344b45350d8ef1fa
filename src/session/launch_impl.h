/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_LAUNCH_IMPL_H
#define BERTH_SESSION_LAUNCH_IMPL_H
/*
 * A launch is a machine over a table of steps (launch.c). A step's `start` begins its work and, sooner or later, from the
 * loop, calls exactly one of step_next, step_skip or step_fail. `undo` takes back whatever the step may have made, finished
 * or not, and calls undo_next; it runs for every step that was begun, last one first, when one fails or the launch is
 * cancelled.
 */
#include "parts.h"

struct step_ops {
	const char *title;
	void (*start)(struct launch *l);
	void (*undo)(struct launch *l);         /* NULL: nothing to take back */
};
extern const struct step_ops check_step, image_step, workspace_step, clone_step, create_step, start_step, ready_step;

/* What may exist and is ours to remove. Set before it is asked for: an answer can get lost. */
enum { MADE_JOURNAL = 1, MADE_PROBE = 2, MADE_VOLUME = 4, MADE_CLONE = 8, MADE_NETWORK = 16, MADE_CONTAINER = 32 };

struct ready_state {
	uint64_t began_ms, listens_since_ms;
	unsigned n_asked;
	bool running, listens, answered, open_checked;
	struct buf table;                       /* /proc/net/tcp, as the container shows it */
	bool exec_useless;                      /* the image has no cat: HTTP must do */
};

struct launch {
	struct launch_deps deps;
	struct launch_events ev;
	void *ctx;
	/* what is asked for */
	struct project project;
	struct session_options options;
	char *author_name, *author_email, *restore;
	struct oid restore_tip;
	struct tree_work *tree;                 /* what is done to the clone (launch_tree.c) */
	struct session session;                 /* what will run: goes into labels */
	char *container, *probe, *token_of_owner;
	/* the machine */
	struct step_status status[STEP_COUNT_];
	enum launch_step current;
	unsigned made;
	bool cancelled, undoing, ended, dropped /* freed: callbacks do nothing */, breaking /* likewise, for a moment */;
	bool leftovers /* of an undo: they stay in the journal */;
	bool atomic /* the call under way is not to be broken off */;
	struct err err;
	/* what is under way; at most one of each */
	struct engine_call *call;
	struct forge_call *clone;
	void *build, *awaited;         /* of image_ops */
	struct net *net;
	struct net_call *http;
	struct loop_timer *timer, *cancel_timer;
	struct tar_feed *feed;
	/* what was found out */
	struct image_facts image;
	struct image_user user;
	void (*look_done)(struct launch *l);
	void (*log_done)(struct launch *l);
	void (*created)(struct launch *l);
	struct run_plan plan;
	char *work_root, *workdir, *clone_dir, *extra_env;
	unsigned look_at, n_links;              /* launch_look.c */
	struct words look_paths;
	char *look_path;
	struct buf bytes, passwd, group, complaints; /* bytes: of the file or log being read; complaints: what of a log is stderr */
	bool has_lfs_files, found, volume_ours, no_nofile, image_pulled, copied, network_there, was_started;
	unsigned tries;                         /* of starting: a port can be taken in between */
	uint32_t machine_cpus; unsigned machine_caps; char machine_arch[24];
	double held_cpus;
	uint64_t machine_memory, held_memory;   /* held: by the sessions that run */
	unsigned n_held;
	struct secret *token;
	struct ready_state ready;
	int network_lock;                       /* a descriptor + 1; 0: not held */
	int exit_code;
	bool oom, died;
	unsigned oom_looks;
	char *engine_error;
	char *engine_root;                      /* where it keeps volumes, on its machine */
	char *log_path;
};

void step_detail(struct launch *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
void step_progress(struct launch *l, uint64_t now, uint64_t total);
void step_next(struct launch *l);
void step_skip(struct launch *l, const char *why);
void step_fail(struct launch *l, const struct err *err);
void undo_next(struct launch *l);
void disk_is_not_limited(struct launch *l);     /* says so, and goes on without (launch_check.c) */
void launch_warn(struct launch *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Every end of an engine call of a step begins with it: false means that the step has failed (or was cancelled) and nothing
 * more is to be done. call_is_over() is for those that look at err themselves: false when cancelled or dropped. */
bool launch_goes_on(const struct launch *l); /* false: what comes back now belongs to nobody */
bool call_ok(struct launch *l, const struct err *err);
bool call_is_over(struct launch *l);
/* For undo: the call is over, whatever became of it; false when the launch was dropped. Failures other than "not there" are kept
 * for the last word (what is left behind). */
bool undo_call_over(struct launch *l, const struct err *err, const char *what);
void launch_labels(const struct launch *l, struct label_set *ret);
/* Looks into the image (launch_look.c): its user, whether it has a shell and Jupyter. done(l) on success, else step_fail. */
void look_into_image(struct launch *l, void (*done)(struct launch *l));
void look_undo(struct launch *l, void (*done)(struct launch *l));
/* The clone is in the container, or not wanted: removed from this machine. */
void clone_forget(struct launch *l);
void clone_progress(void *launch, const char *what, uint64_t now, uint64_t total);
/* The clone is there: submodules, files in LFS, saved work; ends the step. */
void tree_begin(struct launch *l);
void tree_forget(struct launch *l);             /* nobody waits for it any more */
void network_unlock(struct launch *l);
/* launch_create.c's, used again when a port was taken: container away, another port, once more. */
void create_again(struct launch *l);
/* Keeps the container's log (launch_log.c), then done(l). */
void keep_log(struct launch *l, void (*done)(struct launch *l));
/* The container is no longer running: fails the step with its own words. */
void fail_as_dead(struct launch *l);
#endif
