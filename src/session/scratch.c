/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders that saves work in: PATH_CACHE/saves/NAME, and beside each NAME.owner, which was there first and says who works in it. So
 * what somebody left who was killed is told from what is in use, and goes with the next berth.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "parts.h"

#define SUFFIX ".owner"
enum { HALF_WRITTEN_S = 600 };

char *scratch_new(const char *what, struct err *reterr)
{
	AUTO_STR parent = path_of(PATH_CACHE, "saves");
	AUTO(secret_free_p) struct secret *tail = secret_random(6);
	AUTO_STR token = owner_token();
	struct sv text = secret_reveal(tail);
	char *dir = xasprintf("%s/%s-%.*s", parent, what, (int)text.len, text.p);
	AUTO_STR owner = xasprintf("%s" SUFFIX, dir);
	if (path_make_dirs(parent, reterr) < 0 || file_write_atomic(owner, sv_of(token), reterr) < 0)
		free_p(&dir);
	return dir;
}

void scratch_remove(const char *dir)
{
	AUTO_STR owner = xasprintf("%s" SUFFIX, dir);
	if (path_remove_tree(dir, NULL) == 0 || access(dir, F_OK) < 0)
		unlink(owner);
}

static bool is_left(const char *owner)
{
	AUTO(buf_fini) struct buf token = BUF_INIT;
	return file_read(owner, 4096, &token, NULL) == 0 && owner_life(buf_str(&token)) == OWNER_DEAD;
}

static void sweep_owned(void)
{
	AUTO_STR parent = path_of(PATH_CACHE, "saves");
	DIR *d = opendir(parent);
	for (struct dirent *at; d && (at = readdir(d)) != NULL;) {
		if (!sv_ends(sv_of(at->d_name), SV(SUFFIX)))
			continue;
		AUTO_STR owner = path_join(parent, at->d_name);
		AUTO_STR dir = xstrndup(owner, strlen(owner) - strlen(SUFFIX));
		if (is_left(owner))
			scratch_remove(dir);
	}
	if (d)
		closedir(d);
}

/* "x.fate.Ab3dEf": what file_write_atomic() was about to give its name. */
static bool is_half_written(const char *name)
{
	const char *dot = strrchr(name, '.');
	bool known = false;
	static const char *const ends[] = { ".starting", ".watch", ".kept", ".fate", SUFFIX };
	if (!dot || strlen(dot) != 7)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		known = known || sv_ends((struct sv){ name, (size_t)(dot - name) }, sv_of(ends[i]));
	return known;
}

static void sweep_half_written(const char *parent)
{
	DIR *d = opendir(parent);
	struct stat st;
	for (struct dirent *at; d && (at = readdir(d)) != NULL;)
		if (is_half_written(at->d_name) && fstatat(dirfd(d), at->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    clock_wall_s() - st.st_mtime > HALF_WRITTEN_S)
			unlinkat(dirfd(d), at->d_name, 0);
	if (d)
		closedir(d);
}

void scratch_sweep(void)
{
	AUTO_STR saves = path_of(PATH_CACHE, "saves");
	AUTO_STR launches = path_of(PATH_STATE, "launches");
	AUTO_STR notes = path_of(PATH_STATE, "sessions");
	sweep_owned();
	sweep_half_written(saves);
	sweep_half_written(launches);
	sweep_half_written(notes);
}
