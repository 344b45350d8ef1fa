/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/path.h"
#include "tests/contract/forge.h"

static struct forge *make(struct loop *on)
{
	AUTO_STR dir = fixture_path("projects");
	const char *const folders[] = { dir };
	const struct forge_local_config config = { .name = "local", .folders = folders, .n_folders = 1, .depth = 2 };

	return forge_local_new(on, &config);
}

static void drop_branch(const char *project, const char *branch)
{
	AUTO_STR dir = xasprintf("%s/projects/%s", fixture_dir(), project);

	git_run(dir, "branch", "-q", "-D", branch);
}

static void drop_project(const char *project)
{
	AUTO_STR dir = xasprintf("%s/projects/%s", fixture_dir(), project);

	assert_int_equal(path_remove_tree(dir, NULL), 0);
}

const struct maker maker_local = { .name = "local", .group = "", .listed = "empty:no commits yet|long:|usual:|",
	.branches = "main* +0 -0|feature/x +2 -3|", .make = make, .drop_branch = drop_branch, .drop_project = drop_project };
