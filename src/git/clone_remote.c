/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clones from a URL, through libgit2's own clone. */
#include "git/clone.h"

static int credentials(git_credential **out, const char *url, const char *user, unsigned allowed, void *payload)
{
	return remote_login_give(out, &((struct cloning *)payload)->login, url, allowed);
}

/* ---- the clone -------------------------------------------------------------------------------------------------------------------- */
static int fetch_progress(const git_indexer_progress *stats, void *payload)
{
	struct cloning *c = payload;

	if (stopped(c->stop))
		return GIT_EUSER;
	clone_report(c, "objects", stats->received_objects, stats->total_objects);
	return 0;
}

static int sideband(const char *text, int len, void *payload) { return stopped(((struct cloning *)payload)->stop) ? GIT_EUSER : 0; }

static int clone_from(struct cloning *c, struct err *reterr)
{
	git_clone_options options;

	remote_clone_options(&options, c->spec->password);
	options.checkout_opts.checkout_strategy = GIT_CHECKOUT_NONE;
	options.fetch_opts.callbacks.transfer_progress = fetch_progress;
	options.fetch_opts.callbacks.sideband_progress = sideband;
	options.fetch_opts.callbacks.credentials = credentials;
	options.fetch_opts.callbacks.payload = c;
	options.fetch_opts.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_ALL;
	options.local = GIT_CLONE_NO_LOCAL;
	int rc = git_clone(&c->git, c->spec->url_or_path, c->into, &options);
	if (rc)
		return stopped(c->stop) ? git_cancelled(reterr) : remote_failed(rc, &c->login, "cloned", "read_repository", reterr);
	return clone_reopen(c, reterr);
}

int clone_remote(struct cloning *c, const struct clone_spec *spec, struct err *reterr)
{
	int rc = certificates_lock(c->stop, reterr);

	if (rc)
		return rc;
	c->spec = spec;
	c->login = (struct remote_login){ .url = spec->url_or_path, .user = spec->user, .password = spec->password };
	rc = certificates_set(spec->ca_file, reterr);
	if (!rc)
		rc = clone_from(c, reterr);
	certificates_unlock();
	return rc;
}
