/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The launches that have made something and are not ready yet, one small file each, four lines: engine (its own ID: names and
 * addresses are not the engine), session, token of
 * who starts it, folder of its clone; and a fifth, FAILED, when the start has failed and could not be undone.
 * Labels can't be changed on a container that exists, so this, and not a label, says
 * whether a volume was made by a start that never became ready, and may be thrown away.
 */
#include <dirent.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "parts.h"

#define SUFFIX ".starting"
#define FAILED "failed"
enum { ENTRY_MAX = 8192 };

static char *journal_dir(void)
{
	return path_of(PATH_STATE, "launches");
}

char *launch_log_file(const char *session)
{
	AUTO_STR dir = journal_dir();
	return xasprintf("%s/%s.log", dir, session);
}

static char *entry_path(const char *engine, const char *session)
{
	AUTO_STR dir = journal_dir();
	AUTO(buf_fini) struct buf slug = BUF_INIT;
	buf_add_slug(&slug, sv_of(engine));
	return xasprintf("%s/%s@%s" SUFFIX, dir, session, buf_str(&slug));
}

void journal_entry_fini(struct journal_entry *e)
{
	free(e->engine);
	free(e->session);
	free(e->token);
	free(e->clone_dir);
	*e = (struct journal_entry){ 0 };
}

int journal_add(const struct journal_entry *e, struct err *reterr)
{
	AUTO_STR dir = journal_dir();
	AUTO_STR path = entry_path(e->engine, e->session);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_addf(&b, "%s\n%s\n%s\n%s\n%s", e->engine, e->session, e->token, e->clone_dir, e->failed ? FAILED "\n" : "");
	int r = path_make_dirs(dir, reterr);
	return r < 0 ? r : file_write_atomic(path, buf_sv(&b), reterr);
}

static bool read_entry(const char *path, struct journal_entry *ret)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv rest, line[4];
	*ret = (struct journal_entry){ 0 };
	if (file_read(path, ENTRY_MAX, &b, NULL) < 0)
		return false;
	rest = buf_sv(&b);
	for (int i = 0; i < 4; i++)
		if (!sv_split(&rest, '\n', &line[i]))
			return false;
	*ret = (struct journal_entry){ sv_dup(line[0]), sv_dup(line[1]), sv_dup(line[2]), sv_dup(line[3]),
	                               sv_eq(sv_trim(rest), SV(FAILED)) };
	return true;
}

bool journal_get(const char *engine, const char *session, struct journal_entry *ret)
{
	AUTO_STR path = entry_path(engine, session);
	return read_entry(path, ret);
}

void journal_remove(const char *engine, const char *session)
{
	AUTO_STR path = entry_path(engine, session);
	unlink(path);
}

void journal_each(const char *engine, void (*item)(void *ctx, const struct journal_entry *e), void *ctx)
{
	AUTO_STR dir = journal_dir();
	DIR *d = opendir(dir);
	for (struct dirent *at; d && (at = readdir(d)) != NULL;) {
		if (!sv_ends(sv_of(at->d_name), SV(SUFFIX)))
			continue;
		AUTO_STR path = path_join(dir, at->d_name);
		AUTO(journal_entry_fini) struct journal_entry e;
		if (read_entry(path, &e) && strcmp(e.engine, engine) == 0)
			item(ctx, &e);
	}
	if (d)
		closedir(d);
}
