/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The GitLab forge: the same repositories, behind the stand-in. */
#include "tests/contract/forge.h"
#include "tests/contract/standin.h"

static struct standin *standin;

static void begin(void)
{
	AUTO(buf_fini) struct buf world = BUF_INIT;
	static const char *const names[] = { "usual", "long", "empty" };

	buf_add_str(&world, "{\"users\":[\"zoe\"],\"tokens\":[{\"value\":\"glpat-zoe\",\"user\":\"zoe\",\"scopes\":[\"api\"]}],"
	                    "\"groups\":[{\"path\":\"team\",\"members\":{\"zoe\":\"maintainer\"}}],\"projects\":[");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR dir = fixture_path("projects");
		buf_addf(&world, "%s{\"path\":\"team/%s\",\"age_s\":%zu,", i ? "," : "", names[i], 100 * (ARRAY_LEN(names) - i));
		if (!strcmp(names[i], "empty"))
			buf_add_str(&world, "\"empty\":true}");
		else
			buf_addf(&world, "\"repository\":\"%s/%s\"}", dir, names[i]);
	}
	buf_add_str(&world, "]}");
	standin = standin_new(loop, buf_str(&world), NULL);
}

static void end(void)
{
	standin_free(standin);
	standin = NULL;
}

static struct forge *make(struct loop *on)
{
	AUTO(secret_free_p) struct secret *token = secret_new(SV("glpat-zoe"));

	return forge_gitlab_new(on, standin->net, &(struct forge_gitlab_config){ .name = "fake", .url = standin->url, .token = token });
}

static void drop_branch(const char *project, const char *branch)
{
	AUTO_STR url = xasprintf("http://oauth2:glpat-zoe@%s/team/%s.git", standin->url + strlen("http://"), project);
	AUTO_STR ref = xasprintf(":refs/heads/%s", branch);
	AUTO_STR dir = xasprintf("%s/projects/usual", fixture_dir());

	git_run(dir, "push", "-q", url, ref);
}

static void drop_project(const char *project)
{
	AUTO_STR path = xasprintf("/projects/team/%s", project);

	standin_tell(standin, "DELETE", path, NULL);
}

const struct maker maker_gitlab = { .name = "gitlab", .group = "team/", .listed = "team/empty:no commits yet|team/long:|team/usual:|",
	.branches = "main* +0 -0|feature/x +0 -0|", .begin = begin, .end = end, .make = make, .drop_branch = drop_branch, .drop_project = drop_project };
