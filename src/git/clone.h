/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_CLONE_H
#define BERTH_GIT_CLONE_H
/* Private to git/clone*.c: a clone that is being made. */
#include "git/remote.h"

struct cloning {
	const atomic_bool *stop;
	const char *into;
	void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
	void *ctx;
	git_repository *git;
	git_odb *odb;
	char *branch;                 /* the local branch's name; NULL: detached */
	uint64_t bytes_done, bytes_total;
	/* of a clone from a URL */
	const struct clone_spec *spec;
	struct remote_login login;
};
void clone_report(struct cloning *c, const char *what, uint64_t now, uint64_t total);
/* Fetches all branches of spec->url_or_path; nothing is checked out. */
int clone_remote(struct cloning *c, const struct clone_spec *spec, struct err *reterr);
/* Copies every object file of `from`, and of the stores it borrows from, into c->git's. */
int clone_copy_objects(struct cloning *c, struct repo *from, struct err *reterr);
/* Opens c->into afresh: libgit2 has looked at its empty store already. And it can't cancel a checkout that writes files, but it
 * reads each file's contents through the object store: that one fails once stop is set. */
int clone_reopen(struct cloning *c, struct err *reterr);
#endif
