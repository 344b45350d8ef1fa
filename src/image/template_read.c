/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a template that lies in a folder. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/template.h"

enum { DEPTH_MAX = 16 };
struct tree { struct template *into; size_t bytes; unsigned depth; };

static int add_file(struct tree *t, const char *path, const char *name, const struct stat *st, struct err *reterr)
{
	struct template *into = t->into;
	if (into->n_files == TEMPLATE_FILES_MAX)
		return err_set(reterr, ERR_TOO_BIG, "the template has more than %d files", TEMPLATE_FILES_MAX);
	into->files = xrealloc(into->files, into->n_files + 1, sizeof *into->files);
	struct template_file *f = &into->files[into->n_files++];
	*f = (struct template_file){ .path = xstrdup(name), .executable = st->st_mode & S_IXUSR };
	int r = file_read(path, TEMPLATE_BYTES_MAX - t->bytes, &f->bytes, reterr);
	t->bytes += f->bytes.len;
	return r;
}

static int read_folder(struct tree *t, const char *dir, const char *prefix, struct err *reterr)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int r = 0;
	if (!d)
		return err_set_errno(reterr, errno, "%s can't be read", dir);
	while (r == 0 && (e = readdir(d))) {
		struct stat st;
		AUTO_STR path = path_join(dir, e->d_name);
		AUTO_STR name = *prefix ? path_join(prefix, e->d_name) : xstrdup(e->d_name);
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, ".git") == 0 || lstat(path, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode)) {
			r = add_file(t, path, name, &st, reterr);
		} else if (S_ISDIR(st.st_mode) && t->depth < DEPTH_MAX) {
			t->depth++;
			r = read_folder(t, path, name, reterr);
			t->depth--;
		}
	}
	closedir(d);
	return r;
}

int template_read(const char *folder, struct template *t, struct err *reterr)
{
	struct tree tree = { .into = t };
	int r = read_folder(&tree, folder, "", reterr);
	if (r == 0 && !t->n_files)
		r = err_set(reterr, ERR_NOT_FOUND, "%s holds no files to make a project of", folder);
	return r;
}
