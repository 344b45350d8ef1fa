/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include "git/loose.h"

/* Repositories are only read, so these extensions change nothing for us: a partial clone's absent objects are reported as
 * missing where they are asked for, and a work tree's own configuration is of no interest. */
static const char *const harmless_extensions[] = { "partialclone", "worktreeconfig", "preciousobjects" };
enum { CACHE_BYTES = 4 << 20, WINDOW_BYTES = 1 << 20, MAPPED_BYTES = 16 << 20 };

/* libgit2 starts with all certificates of the system: 20 ms that the program's start has no need for. So it is started where it
 * is first used, and that is a worker. It is not shut down: it would forget what it keeps for each thread, while the workers live on. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;

static int start(struct err *reterr)
{
	int rc = git_libgit2_init();

	if (rc < 0)
		return git_fail(reterr, rc, "libgit2 can't be started");
	started = true;
	/* git itself does not hash an object anew whenever it is read either; zlib's checksum tells most damage. */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	/* Commits are looked at once and then kept by whoever asked. */
	git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_COMMIT, (size_t)0);
	git_libgit2_opts(GIT_OPT_SET_ODB_LOOSE_PRIORITY, (int)PRIORITY_LIBGIT2_LOOSE);
	git_libgit2_opts(GIT_OPT_SET_ODB_PACKED_PRIORITY, (int)PRIORITY_PACKED);
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
	/* A gigabyte of packs mapped is a gigabyte of memory to whoever looks at this process. */
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_BYTES);
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, harmless_extensions, ARRAY_LEN(harmless_extensions));
	return 0;
}

int git_room_start(struct err *reterr)
{
	pthread_mutex_lock(&lock);
	int rc = started ? 0 : start(reterr);
	pthread_mutex_unlock(&lock);
	return rc;
}

int git_cancelled(struct err *reterr) { return err_set(reterr, ERR_CANCELLED, "cancelled"); }

static enum err_code code_of_class(const git_error *e)
{
	if (!e)
		return ERR_FAILED;
	/* libgit2 keeps a failed system call's errno as words only */
	if (e->klass == GIT_ERROR_OS || e->klass == GIT_ERROR_FILESYSTEM || e->klass == GIT_ERROR_ODB) {
		if (strstr(e->message, strerror(ENOSPC)) || strstr(e->message, strerror(EDQUOT)))
			return ERR_NO_SPACE;
		if (strstr(e->message, strerror(EACCES)))
			return ERR_DENIED;
	}
	switch (e->klass) {
	case GIT_ERROR_ODB: case GIT_ERROR_OBJECT: case GIT_ERROR_ZLIB: case GIT_ERROR_TREE: case GIT_ERROR_TAG: case GIT_ERROR_CONFIG:
		return ERR_DECODE;
	case GIT_ERROR_NET: case GIT_ERROR_HTTP:
		return ERR_NET;
	case GIT_ERROR_SSL:
		return ERR_TLS;
	default:
		return ERR_FAILED;
	}
}

static enum err_code code_of(int rc, const git_error *e)
{
	switch (rc) {
	case GIT_ENOTFOUND: return ERR_NOT_FOUND;
	case GIT_EEXISTS: case GIT_ECONFLICT: case GIT_EMODIFIED: return ERR_CONFLICT;
	case GIT_EAMBIGUOUS: return ERR_CONFLICT;
	case GIT_EINVALIDSPEC: return ERR_USAGE;
	case GIT_EUSER: return ERR_CANCELLED;
	case GIT_ELOCKED: return ERR_BUSY;
	case GIT_EAUTH: return ERR_AUTH;
	case GIT_ECERTIFICATE: return ERR_TLS;
	case GIT_EOWNER: return ERR_DENIED;
	default: return code_of_class(e);
	}
}

int git_fail(struct err *reterr, int rc, const char *fmt, ...)
{
	const git_error *e = git_error_last();
	char context[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(context, sizeof context, fmt, ap);
	va_end(ap);
	enum err_code code = code_of(rc, e);
	if (code == ERR_CANCELLED)
		return git_cancelled(reterr);
	if (e && e->message && e->klass != GIT_ERROR_NONE)
		return err_set(reterr, code, "%s: %s", context, e->message);
	return err_set(reterr, code, "%s", context);
}
