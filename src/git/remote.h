/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_GIT_REMOTE_H
#define BERTH_GIT_REMOTE_H
/*
 * Private to git/: talking to a URL. libgit2 keeps certificates for the whole process, so those who want others than the system's
 * wait for each other.
 */
#include "git/git_priv.h"

int certificates_lock(const atomic_bool *stop, struct err *reterr);
int certificates_set(const char *ca_file, struct err *reterr); /* locked; NULL: the system's */
void certificates_unlock(void);

/* Who we are is told to the host of `url` alone, and once. */
struct remote_login { const char *url, *user; const struct secret *password; unsigned asked; };
int remote_login_give(git_credential **out, struct remote_login *l, const char *url, unsigned allowed);
bool url_same_origin(const char *a, const char *b);     /* scheme, host and port */
/* The remote of a URL, just as it stands: no insteadOf of a configuration leads elsewhere. repo, name: NULL for one that is written nowhere.
 * (Where it looks for insteadOf, libgit2 1.5 also loses 20 KiB for each setting that is none.) */
int remote_create(git_remote **ret, git_repository *repo, const char *name, const char *url);
int remote_create_for_clone(git_remote **ret, git_repository *repo, const char *name, const char *url, void *payload); /* the same, as libgit2's clone wants it */
/* The options of any clone of a URL: no checkout filters, the system's proxy, the URL just as it stands, and no redirect where there is a
 * password. Callbacks and payload are the caller's. */
void remote_clone_options(git_clone_options *o, const struct secret *password);
/* What libgit2 failed with, as a sentence: deed is "cloned", "pushed to". */
int remote_failed(int rc, const struct remote_login *l, const char *deed, const char *scope, struct err *reterr);
#endif
