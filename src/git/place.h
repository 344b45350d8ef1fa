/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_PLACE_H
#define BERTH_GIT_PLACE_H
/* Private to git/place*.c. */
#include "git/git_priv.h"

DEFINE_AUTO(git_packbuilder_free, git_packbuilder)
DEFINE_AUTO(git_revwalk_free, git_revwalk)
/* Whether HEAD of the repository, or of one of its linked work trees, stands on this branch ("refs/heads/…"). */
bool place_checked_out(git_repository *git, const char *name);
/* Objects on their way (place_objects.c), of which big files go by themselves: libgit2 would hold each whole in memory. */
struct place_sending {
	const struct place_push *q;
	const atomic_bool *stop;
	git_packbuilder *pack;        /* all that is not big */
	uint64_t big_bytes;
	int (*big)(struct place_sending *s, const git_oid *blob); /* once or more often; it is a loose object of q->from */
	struct repo *into;            /* NULL: elsewhere */
	VEC(git_oid) bigs;            /* the big function's own */
	struct err *reterr;
};
/* What the updates have and none of these references. */
int place_objects_fill(struct place_sending *s, const git_refs *there);
/* The same as a pack in a file without a name (in berth's cache folder), from its beginning; *ret_fd is the caller's. */
int place_pack(const struct place_push *q, const git_refs *there, const atomic_bool *stop, int *ret_fd, struct err *reterr);
/* A host's answer to a push. */
struct place_report { bool unpacked; char refusal[300] /* "refs/heads/x: why"; "": nothing was refused */; struct buf said /* words beside it */; };
void place_report_read(struct sv bytes, struct place_report *ret);
void place_report_fini(struct place_report *r);
/* What q->from has of the updates and `into` lacks is brought there. there: the references of `into`. */
int place_objects_send(struct repo *into, const struct place_push *q, const git_refs *there, const atomic_bool *stop, struct err *reterr);
int url_refs(const struct git_place *p, const char *prefix, const atomic_bool *stop, git_refs *ret, struct err *reterr);
int url_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr);
int url_fetch(const struct git_place *p, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr);
#endif
