/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_AUTOSAVE_IMPL_H
#define BERTH_SESSION_AUTOSAVE_IMPL_H
/*
 * An autosave: the loop's side (autosave.c) gets the workspace from the engine as a tar and hands it on through a pipe; a worker
 * (autosave_job.c) takes it apart (autosave_copy.c), decides what is nowhere else (git's salvage), and sends that (autosave_send.c).
 */
#include "berth/autosave.h"
#include "berth/salvage.h"
#include "parts.h"

struct lfs_push;
struct save_ref { char *name, *branch; struct oid tip; bool was_there; };
struct save_job {                                /* the worker's own until it is done */
	struct autosave *a;                         /* NULL: forgotten; the loop's thread only */
	struct loop_work *work;
	atomic_bool stop, cut /* the tar ended before its end */;
	int in;                                     /* the pipe's end */
	char *dir;                                  /* ours, removed in the end */
	char *root;                                 /* "flights": what every path in the tar begins with */
	char *user, *author_name, *author_email, *session, *branch /* that the session began on; NULL: none */;
	struct oid start;
	struct git_place place;
	bool look_only, sends;                      /* sends: there is something, and a second turn */
	struct salvage *salvage;
	struct lfs_push *upload;                    /* between the turns; the loop thread's */
	struct salvage_result found;
	VEC(struct save_ref) refs;
	int rc;
	struct err err;
};
/* The loop's. */
struct autosave {
	struct autosave_deps deps;
	struct session session;
	struct git_place place;
	char *user, *author_name, *author_email;
	bool look_only;
	struct autosave_events ev;
	void *ctx;
	/* under way */
	struct engine_call *call;
	struct loop_timer *timer;
	struct save_job *job;
	int lock, out;                              /* -1: none */
	struct loop_fd *watch;
	struct buf waiting;                         /* of the tar, for the worker */
	char *container, *helper;                   /* whose files are read; helper: made for it */
	bool found, copied, cancelled, worker_left;
	unsigned tries, n_images;
	struct err err;                             /* of the engine's side */
};
void autosave_look_for_container(void *autosave);
void autosave_get_workspace(struct autosave *a);
void autosave_wind_up(struct autosave *a, const struct err *err); /* err NULL: as a->err says */

/* The worker (autosave_job.c), from the loop's side: its two turns, and their end. */
void autosave_job_start(struct save_job *j);
void autosave_upload_cancel(struct save_job *j);
void autosave_job_over(struct save_job *j);

/* Reads the tar from j->in into s. ERR_CONFLICT: it was cut short, or the workspace changed meanwhile. */
int autosave_copy(struct save_job *j, struct salvage *s, struct err *reterr);
/* Gives each saved thing its name, sends it, and sees it there. */
int autosave_send(struct save_job *j, struct salvage *s, struct err *reterr);
void autosave_report(struct save_job *j, const char *what /* a literal */, uint64_t now, uint64_t total); /* from the worker */
void autosave_name_add(struct buf *b, const char *user, const char *branch, unsigned nth, const char *start7, const char *head7);
#endif
