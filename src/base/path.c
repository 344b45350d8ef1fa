/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/path.h"

#include <errno.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"

static const struct base { const char *variable, *under_home; } bases[] = {
	[PATH_CONFIG] = { "XDG_CONFIG_HOME", ".config" },
	[PATH_STATE] = { "XDG_STATE_HOME", ".local/state" },
	[PATH_CACHE] = { "XDG_CACHE_HOME", ".cache" },
	[PATH_RUNTIME] = { "XDG_RUNTIME_DIR", NULL },
};

/* The specification: a path that is not absolute is to be ignored. */
static const char *absolute_env(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] == '/' ? value : NULL;
}

static char *base_dir(enum path_base base)
{
	const char *from_env = absolute_env(bases[base].variable);

	if (from_env)
		return path_join(from_env, "berth");
	if (!bases[base].under_home) {
		AUTO_STR state = base_dir(PATH_STATE);
		return path_join(state, "run");
	}
	AUTO_STR home = path_home();
	AUTO_STR dir = path_join(home, bases[base].under_home);
	return path_join(dir, "berth");
}

char *path_of(enum path_base base, const char *rest)
{
	AUTO_STR dir = base_dir(base);

	return rest && *rest ? path_join(dir, rest) : xstrdup(dir);
}

char *path_home(void)
{
	const char *home = absolute_env("HOME");
	struct passwd entry, *found = NULL;
	char strings[4096];

	if (home)
		return xstrdup(home);
	if (!getpwuid_r(getuid(), &entry, strings, sizeof strings, &found) && found && found->pw_dir[0] == '/')
		return xstrdup(found->pw_dir);
	return xstrdup("/");
}

char *path_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);

	while (name[0] == '/')
		name++;
	if (!len)
		return xstrdup(name);
	return xasprintf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

char *path_absolute(const char *path)
{
	char *here = path[0] == '/' ? NULL : getcwd(NULL, 0);
	char *whole = here ? path_join(here, path) : xstrdup(path);
	free(here);
	return whole;
}

char *path_expand_home(const char *path)
{
	if (path[0] != '~' || (path[1] && path[1] != '/'))
		return xstrdup(path);
	AUTO_STR home = path_home();
	return path[1] ? path_join(home, path + 2) : xstrdup(home);
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int make_dir(const char *path, struct err *reterr)
{
	if (!mkdir(path, 0700))
		return 0;
	int errnum = errno;
	if (is_dir(path)) /* asked after, so that another who makes it meanwhile is fine */
		return 0;
	return err_set_errno(reterr, errnum == EEXIST ? ENOTDIR : errnum, "can't make folder %s", path);
}

int path_make_dirs(const char *dir, struct err *reterr)
{
	AUTO_STR path = xstrdup(dir);

	if (!*path)
		return err_set(reterr, ERR_USAGE, "can't make a folder without a name");
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int r = make_dir(path, reterr);
		if (r)
			return r;
		*slash = '/';
	}
	return make_dir(path, reterr);
}
