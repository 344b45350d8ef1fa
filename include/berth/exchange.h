/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_EXCHANGE_H
#define BERTH_EXCHANGE_H
/*
 * Branches between a local project's repository and a session of it. The session's `origin` is a bare repository inside of its clone
 * (.git/berth), with the host's branches as refs/heads/…, and as refs/berth/host/… what they were when both were last compared.
 * What was pushed is what differs. Everything but exchange_read() blocks: on workers.
 */
#include "berth/git.h"

#define EXCHANGE_DIR "berth"           /* below .git */
struct exchange_ref { char *name; /* "main" */ struct oid pushed, base; /* zero: not there */ };
typedef VEC(struct exchange_ref) exchange_refs;
void exchange_refs_fini(exchange_refs *r);
/* Lines "<40 hex> <reference>", as for-each-ref of that repository says: a stranger's. Others, and names that no branch could have, are passed over. */
void exchange_read(struct sv text, exchange_refs *ret);
bool exchange_is_pushed(const struct exchange_ref *r);

/* In a clone that was just made of place (a path): makes the bare repository, and origin lead to where it will be in the session. */
int exchange_prepare(const char *dir, const struct git_place *place, const char *workdir, struct err *reterr);

struct exchange {
	const struct git_place *place;
	const char *dir;               /* an absent folder, ours; removed again */
	const char *session;           /* work that can't be put on its branch lands on "<branch>-<session>" */
	const exchange_refs *refs;     /* of the session */
	struct sv pack;                /* what its pushed branches have more than their bases; may be empty */
};
struct exchanged {
	struct buf said;               /* sentences, a line each: what became of what was pushed */
	struct buf updates;            /* for `git update-ref --stdin` in the session's bare repository; empty: nothing moved */
	struct buf pack;               /* for `git index-pack --stdin` there, before them; may be empty */
};
void exchanged_fini(struct exchanged *e);
/* A line of `said`, as it comes back by way of the session: the branch that took what was pushed in the place of its own. Points into it; NULL: its own did, or it is no such line. */
const char *exchange_landed(const char *line);
/* Branches are only moved forwards, never one that is checked out; none is ever removed. */
int exchange_run(const struct exchange *x, const atomic_bool *stop, struct exchanged *ret, struct err *reterr);
#endif
