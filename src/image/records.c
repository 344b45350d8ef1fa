/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of builds on disk: reading one and all, writing, removing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "image/record.h"

enum { RECORD_MAX = 64 * 1024, SHA7 = 7 };

const char *builds_dir(void)
{
	static char *dir;              /* asked anew each time: the environment may have moved it (tests do) */
	free(dir);
	dir = path_of(PATH_STATE, "builds");
	if (access(dir, F_OK))
		path_make_dirs(dir, NULL);
	return dir;
}

bool build_id_valid(struct sv id)
{
	struct sv slug, rest = id;
	if (!sv_split(&rest, '/', &slug) || !slug.len || slug.p[0] == '.' || slug.p[0] == '-' || rest.len < SHA7 + 2 || rest.p[SHA7] != '-')
		return false;
	for (size_t i = 0; i < slug.len; i++)
		if (!slug.p[i] || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", slug.p[i]))
			return false;
	for (size_t i = 0; i < rest.len; i++)
		if (i != SHA7 && (!rest.p[i] || !strchr(i < SHA7 ? "0123456789abcdef" : "0123456789", rest.p[i])))
			return false;
	return true;
}

char *build_file(const char *id, const char *name)
{
	return xasprintf("%s/%s%s%s", builds_dir(), id, name ? "/" : "", name ? name : "");
}

/* ---- one ---- */
int record_read_raw(const char *id, struct record *ret, struct err *reterr)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	if (!build_id_valid(sv_of(id))) {
		err_set(reterr, ERR_NOT_FOUND, "'%s' is no build", id);
		err_hint(reterr, "A build is named like flights/1a2b3c4-1.");
		return -ERR_NOT_FOUND;
	}
	AUTO_STR path = build_file(id, "record");
	struct err err = { 0 };
	int r = file_read(path, RECORD_MAX, &text, &err);
	if (r == -ERR_NOT_FOUND)
		return err_set(reterr, ERR_NOT_FOUND, "there is no build %s", id);
	if (!r)
		r = record_decode(buf_sv(&text), ret, &err);
	if (r < 0) {
		err_prefix(&err, "the record of build %s can't be read", id);
		return err_copy(reterr, &err);
	}
	str_replace(&ret->b.id, id); /* the folder's name is what counts */
	free(ret->b.log_path);
	ret->b.log_path = build_file(id, "log");
	return 0;
}

static bool seems_abandoned(const struct record *r)
{
	AUTO_STR lock = build_file(r->b.id, "lock");
	if (!build_is_active(&r->b) || lock_held(lock))
		return false;
	return r->b.state == BUILD_RUNNING || clock_wall_s() > r->b.started_at_s + WORKER_COMES_WITHIN_S;
}

static void say_abandoned(struct record *r)
{
	AUTO_STR cancel = build_file(r->b.id, "cancel");
	struct stat st;
	bool began = r->b.state == BUILD_RUNNING;
	r->b.pid = 0;
	if (!r->b.ended_at_s && !stat(r->b.log_path, &st))
		r->b.ended_at_s = MAX_OF((int64_t)st.st_mtime, r->b.started_at_s);
	if (!access(cancel, F_OK)) {
		r->b.state = BUILD_CANCELED;
		return;
	}
	r->b.state = BUILD_LOST;
	str_replace(&r->b.error, began ? "the process that ran it is gone without a word: it was killed, or this machine went down"
	                               : "the process that should run it never came");
	str_replace(&r->b.hint, "Build it again.");
}

int record_read(const char *id, struct record *ret, struct err *reterr)
{
	int r = record_read_raw(id, ret, reterr);
	if (r < 0 || !seems_abandoned(ret))
		return r;
	/* It may have ended between the two looks: what it wrote last counts. */
	record_fini(ret);
	r = record_read_raw(id, ret, reterr);
	if (!r && seems_abandoned(ret))
		say_abandoned(ret);
	return r;
}

void builds_touch(void)
{
	AUTO_STR path = path_join(builds_dir(), ".changed");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	futimens(fd, NULL);
	close(fd);
}

int record_write(const struct record *r, struct err *reterr)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	AUTO_STR path = build_file(r->b.id, "record");
	record_encode(r, &text);
	int n = file_write_atomic(path, buf_sv(&text), reterr);
	builds_touch();
	return n;
}

int build_read(const char *id, struct build *ret, struct err *reterr)
{
	struct record r = { 0 };
	int n = record_read(id, &r, reterr);
	if (n < 0)
		return n;
	build_dup(ret, &r.b);
	record_fini(&r);
	return 0;
}

/* ---- all ---- */
static void close_dir_p(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* A damaged record is set aside, so that it is told of once. */
static void set_aside(const char *id, const struct err *err, char **ret_note)
{
	AUTO_STR from = build_file(id, "record");
	AUTO_STR to = build_file(id, "record.damaged");
	if (!ret_note)
		return; /* nobody would be told: it stays where it is */
	bool moved = err->code == ERR_DECODE && !rename(from, to);
	char *note = xasprintf("%s%s%s%s%s", *ret_note ? *ret_note : "", *ret_note ? "; " : "", err->text,
	                       moved ? "; it was set aside as " : "", moved ? to : "");
	free(*ret_note);
	*ret_note = note;
}

static void read_one(const char *id, builds *ret, char **ret_note)
{
	struct record r = { 0 };
	struct err err = { 0 };
	int n = record_read(id, &r, &err);
	if (!n) {
		VEC_PUSH(ret, r.b);
		r.b = (struct build){ 0 };
	} else if (n != -ERR_NOT_FOUND) {
		set_aside(id, &err, ret_note);
	}
	record_fini(&r);
}

static void read_project(const char *slug, builds *ret, char **ret_note)
{
	AUTO_STR path = path_join(builds_dir(), slug);
	AUTO(close_dir_p) DIR *dir = opendir(path);
	struct dirent *e;
	while (dir && (e = readdir(dir))) {
		AUTO_STR id = xasprintf("%s/%s", slug, e->d_name);
		if (build_id_valid(sv_of(id)))
			read_one(id, ret, ret_note);
	}
}

static int64_t number_of(const struct build *b)
{
	int64_t n = 0;
	const char *dash = strrchr(b->id, '-');
	return dash && sv_to_i64(sv_of(dash + 1), &n) ? n : 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct build *x = a, *y = b;
	if (x->started_at_s != y->started_at_s)
		return x->started_at_s < y->started_at_s ? 1 : -1;
	int64_t i = number_of(x), k = number_of(y);
	return i != k ? (i < k ? 1 : -1) : strcmp(x->id, y->id);
}

int builds_read(builds *ret, char **ret_note, struct err *reterr)
{
	AUTO(close_dir_p) DIR *dir = opendir(builds_dir());
	struct dirent *e;
	if (ret_note)
		*ret_note = NULL;
	if (!dir)
		return err_set_errno(reterr, errno, "the folder of builds can't be read: %s", builds_dir());
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			read_project(e->d_name, ret, ret_note);
	if (ret->len)
		qsort(ret->items, ret->len, sizeof *ret->items, newest_first);
	return 0;
}

void builds_fini(builds *b)
{
	for (size_t i = 0; i < b->len; i++)
		build_fini(&b->items[i]);
	VEC_FINI(b);
}

int build_remove(const char *id, struct err *reterr)
{
	struct build b = { 0 };
	int r = build_read(id, &b, reterr);
	if (r < 0)
		return r;
	bool active = build_is_active(&b);
	build_fini(&b);
	if (active)
		return err_set(reterr, ERR_CONFLICT, "build %s has not ended: cancel it first", id);
	AUTO_STR path = build_file(id, NULL);
	r = path_remove_tree(path, reterr);
	builds_touch();
	return r;
}
