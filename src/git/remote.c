/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Talking to a URL through libgit2: certificates, who we are, and what went wrong. A user's name and token live in memory only:
 * libgit2 asks for them when the host wants them, and they are given to the host of the URL alone.
 */
#include <pthread.h>
#include <time.h>
#include <unistd.h>
#include "git/remote.h"

int remote_create(git_remote **ret, git_repository *repo, const char *name, const char *url)
{
	git_remote_create_options o;
	git_remote_create_options_init(&o, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	o.repository = repo;
	o.name = name;
	o.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	return git_remote_create_with_opts(ret, url, &o);
}

int remote_create_for_clone(git_remote **ret, git_repository *repo, const char *name, const char *url, void *payload)
{
	(void)payload;
	return remote_create(ret, repo, name, url);
}

/* ---- whose signatures are trusted ------------------------------------------------------------------------------------------------ */
static pthread_mutex_t certificates = PTHREAD_MUTEX_INITIALIZER;
static bool certificates_changed;     /* under the mutex */

int certificates_lock(const atomic_bool *stop, struct err *reterr)
{
	while (!stopped(stop)) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 100 * 1000 * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (!pthread_mutex_timedlock(&certificates, &until))
			return 0;
	}
	return git_cancelled(reterr);
}

static const char *certificates_of_system(void)
{
	static const char *const places[] = { "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem" };

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!access(places[i], R_OK))
			return places[i];
	}
	return NULL;
}

int certificates_set(const char *ca_file, struct err *reterr)
{
	const char *file = ca_file ? ca_file : certificates_changed ? certificates_of_system() : NULL;
	int rc = file ? git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL) : 0;

	if (rc)
		return git_fail(reterr, rc, "the certificates in %s can't be used", file);
	certificates_changed = ca_file != NULL;
	return 0;
}

void certificates_unlock(void) { pthread_mutex_unlock(&certificates); }

/* ---- who asks ------------------------------------------------------------------------------------------------------------------- */
/* "https://host:port" of an address: what both must have in common. */
static size_t origin_len(const char *url)
{
	const char *host = strstr(url, "://");
	return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : 0;
}

bool url_same_origin(const char *a, const char *b)
{
	size_t n = origin_len(a);
	return n && n == origin_len(b) && !strncmp(a, b, n);
}

int remote_login_give(git_credential **out, struct remote_login *l, const char *url, unsigned allowed)
{
	if (l->asked++ || !url_same_origin(url, l->url) || !l->password || !(allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
		return GIT_EAUTH;
	struct sv token = secret_reveal(l->password);
	char *copy = xstrndup(token.p, token.len);
	int rc = git_credential_userpass_plaintext_new(out, l->user ? l->user : "oauth2", copy);
	wipe(copy, token.len);
	free(copy);
	return rc;
}

void remote_clone_options(git_clone_options *o, const struct secret *password)
{
	git_clone_options_init(o, GIT_CLONE_OPTIONS_VERSION);
	o->checkout_opts.disable_filters = 1;
	o->fetch_opts.proxy_opts.type = GIT_PROXY_AUTO;
	o->remote_cb = remote_create_for_clone;
	if (password)
		o->fetch_opts.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
}

int remote_failed(int rc, const struct remote_login *l, const char *deed, const char *scope, struct err *reterr)
{
	const char *said = git_error_last() && git_error_last()->message ? git_error_last()->message : "";

	if (rc == GIT_EAUTH || strstr(said, "status code: 401")) {
		err_set(reterr, ERR_AUTH, l->password ? "%s does not take the token" : "%s wants a token", l->url);
		err_hint(reterr, "the token may have ended, or lacks the scope %s: berth login", scope);
		return -ERR_AUTH;
	}
	if (strstr(said, "status code: 403")) {
		err_set(reterr, ERR_DENIED, "%s may not be %s with this token", l->url, deed);
		err_hint(reterr, "it needs the scope %s, or the project lets only its members do that", scope);
		return -ERR_DENIED;
	}
	if (strstr(said, "status code: 404"))
		return err_set(reterr, ERR_NOT_FOUND, "%s is not there, or this account may not see it", l->url);
	return git_fail(reterr, rc, "%s can't be %s", l->url, deed);
}
