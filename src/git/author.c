/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A repository's configuration: who commits, and values that a clone is given. */
#include "git/git_priv.h"

static char *value_of(git_config *config, const char *name)
{
	git_buf text = { 0 };
	char *value = !git_config_get_string_buf(&text, config, name) && text.size ? xstrndup(text.ptr, text.size) : NULL;

	git_buf_dispose(&text);
	return value;
}

void git_author(const char *dir, char **ret_name, char **ret_email)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	AUTO(git_config_free_p) git_config *config = NULL;

	*ret_name = *ret_email = NULL;
	if (git_room_start(NULL))
		return;
	bool in = dir && !git_repository_open(&git, dir);
	if (in ? git_repository_config_snapshot(&config, git) : git_config_open_default(&config))
		return;
	*ret_name = value_of(config, "user.name");
	*ret_email = value_of(config, "user.email");
}

int repo_config_set(const char *dir, const char *name, const char *value, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(git_config_free_p) git_config *config = NULL;
	AUTO(git_config_free_p) git_config *local = NULL;
	int rc = repo_open(dir, &r, reterr);

	if (rc)
		return rc;
	rc = git_repository_config(&config, r->git);
	if (!rc)
		rc = git_config_open_level(&local, config, GIT_CONFIG_LEVEL_LOCAL);
	if (!rc)
		rc = git_config_set_string(local, name, value);
	return rc ? git_fail(reterr, rc, "%s of %s can't be set", name, dir) : 0;
}
