/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_PLACE_H
#define BERTH_GIT_PLACE_H
/* Private to git/place*.c. */
#include "git/git_priv.h"

DEFINE_AUTO(git_packbuilder_free, git_packbuilder)
DEFINE_AUTO(git_revwalk_free, git_revwalk)
/* Whether HEAD of the repository, or of one of its linked work trees, stands on this branch ("refs/heads/…"). */
bool place_checked_out(git_repository *git, const char *name);
/* What q->from has of the updates and `into` lacks is brought there. there: the references of `into`. */
int place_objects_send(struct repo *into, const struct place_push *q, const git_refs *there, const atomic_bool *stop, struct err *reterr);
int url_refs(const struct git_place *p, const char *prefix, const atomic_bool *stop, git_refs *ret, struct err *reterr);
int url_push(const struct git_place *p, const struct place_push *q, const atomic_bool *stop, struct err *reterr);
int url_fetch(const struct git_place *p, struct repo *into, const struct git_ref *ref, const atomic_bool *stop, struct err *reterr);
#endif
