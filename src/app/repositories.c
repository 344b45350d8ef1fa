/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repositories that sessions were started of though no configured folder has them (berth was started in one): noted, so that the
 * keeper, and every later berth, knows where their work goes. The local forge reads the file whenever it lists projects.
 */
#include "app/app_impl.h"
#include "berth/log.h"
#include "berth/path.h"

enum { FILE_MAX = 1 << 20, LINES_MAX = 500 };

char *repositories_path(void)
{
	return path_of(PATH_STATE, "repositories");
}

static bool is_below(const char *dir, const char *folder)
{
	AUTO_STR real = realpath(folder, NULL);
	size_t n = real ? strlen(real) : 0;
	return n && strncmp(dir, real, n) == 0 && (!dir[n] || dir[n] == '/' || n == 1);
}

static bool is_searched(const struct app *a, const char *dir)
{
	struct config_forge f;
	for (size_t i = 0; config_forge_at(a->config, i, &f); i++)
		for (size_t k = 0; f.kind == FORGE_KIND_LOCAL && k < f.n_folders; k++)
			if (is_below(dir, f.folders[k]))
				return true;
	return false;
}

/* The new one comes last: names of projects depend on the order. The oldest ones go when there are too many. */
void repositories_note(const struct app *a, const struct project *p)
{
	AUTO_STR path = repositories_path();
	AUTO_STR dir = p->dir ? realpath(p->dir, NULL) : NULL;
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(FILE_MAX);
	struct err err = { 0 };
	struct sv rest, line;
	size_t n = 0;
	if (!dir || strchr(dir, '\n') || is_searched(a, dir))
		return;
	if (file_read(path, FILE_MAX, &b, &err) < 0 && err.code != ERR_NOT_FOUND)
		buf_clear(&b); /* what can't be read is written anew */
	for (rest = buf_sv(&b); sv_split(&rest, '\n', &line); n++)
		if (sv_eq(line, sv_of(dir)))
			return;
	AUTO(buf_fini) struct buf out = BUF_INIT_MAX(2 * FILE_MAX);
	rest = buf_sv(&b);
	while (sv_split(&rest, '\n', &line))
		if (n-- < LINES_MAX && line.len)
			buf_addf(&out, "%.*s\n", (int)line.len, line.p);
	buf_addf(&out, "%s\n", dir);
	if (file_write_atomic(path, buf_sv(&out), &err) < 0)
		log_warn("app", "where %s lies could not be noted: %s", p->name, err.text);
}
