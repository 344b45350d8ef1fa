/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_AUTOSAVE_H
#define BERTH_AUTOSAVE_H
/*
 * Saved work: what a session's workspace holds and its project's repository does not is kept there on branches
 *
 *   renku/autosave/<user>/<branch>/<7 digits of the start's commit>/<7 digits of HEAD>          (RenkuLab's own form)
 *
 * The workspace is read through the engine's archive API and only read: its HEAD, index, branches, hooks and files stay as they
 * are, the image needs no git, and the container may be running, stopped, dead or gone (then one that is never started reads the
 * volume). Nothing of it is run. Saved are: changed, staged and untracked files that git does not ignore; commits and branches that
 * no remote branch of the workspace has; a detached HEAD (its <branch> is "HEAD"); work on a branch without a commit (the last part
 * is "0000000" then); stashes (their <branch> is "@stash-0", "@stash-1" …). Work in files is one or two commits on top of HEAD:
 * what is staged, then what is not. A branch that another session saved under the same name is left alone: ours then gets "/@2"
 * behind its <branch>, "/@3" …
 */
#include "berth/session.h"

struct autosave_deps { struct loop *loop; struct engine *engine; struct forge *forge; };
struct autosave_query {                /* copied */
	const struct session *session; /* as session_list() tells it */
	const struct project *project; /* the session's own */
	const char *user;              /* in the branches' names; NULL: session->owner */
	const char *author_name, *author_email; /* of the commits; NULL: user */
	bool look_only;                /* only tell what is unsaved: nothing is asked of the forge, nothing written */
};
enum autosave_outcome {
	AUTOSAVE_NOTHING,              /* all of it is in the project's repository already */
	AUTOSAVE_SAVED,                /* every branch of `refs` is there, seen afterwards; or, with look_only, would be made */
};
struct autosave_ref {
	const char *name;              /* "renku/autosave/ada/main/1a2b3c4/5d6e7f8" */
	const char *branch;            /* "main", "HEAD", "@stash-0" */
	struct oid tip;
	bool was_there;                /* and had just that work already */
};
struct autosave_result {               /* lent for the callback */
	enum autosave_outcome outcome;
	const struct autosave_ref *refs; size_t n_refs;
	struct session_work work;      /* how much it is */
	const char *const *notes; size_t n_notes; /* sentences: what could not be taken along (a submodule's own changes …) */
};
struct autosave_events {
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total); /* may be NULL; total 0: unknown */
	void (*got)(void *ctx, const struct autosave_result *r); /* once, before a good end */
	session_end_fn end;            /* an error says why nothing can be promised: then the workspace must stay */
};
/* Runs as far as it gets; nothing of a broken-off one is seen but, at most, a branch that was sent. Two of one session wait for each
 * other on one machine; on two machines the second sees the first's branch. */
struct autosave;
struct autosave *autosave_start(const struct autosave_deps *deps, const struct autosave_query *q, const struct autosave_events *ev, void *ctx);
void autosave_cancel(struct autosave *a);      /* ends with ERR_CANCELLED, later; NULL is fine */

/* ---- the branches ---------------------------------------------------------------------------------------------------------- */
#define AUTOSAVE_PREFIX "renku/autosave/"
struct autosave_name { struct sv user, branch, start7, head7; unsigned nth; /* 1; 2 for "/@2" … */ }; /* borrowed */
/* branch: a branch's name, with or without "origin/" before it. False: it is no autosave. */
bool autosave_name_parse(struct sv branch, struct autosave_name *ret);

/* Lines of a patch in git's form, from HEAD of the session to what it saved; staged and unstaged work together. */
struct autosave_call;
struct autosave_call *autosave_diff(const struct autosave_deps *deps, const struct project *p, const char *name, void (*piece)(void *ctx, struct sv text),
                                    session_end_fn end, void *ctx);
/* Removes such a branch from the project's repository, for good. ERR_USAGE: the name is no autosave's. */
struct autosave_call *autosave_delete(const struct autosave_deps *deps, const struct project *p, const char *name, session_end_fn end, void *ctx);
void autosave_call_cancel(struct autosave_call *c);
#endif
