/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Begins a build: its folder, its record, its process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "image/record.h"

static void close_p(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static char *slug_of(const struct build_spec *spec)
{
	struct buf b = BUF_INIT;
	AUTO_STR elsewhere = xasprintf("%s/%s", spec->forge, spec->project_path);
	buf_add_slug(&b, sv_of(strcmp(spec->forge, "local") == 0 ? spec->project_path : elsewhere));
	return buf_take(&b);
}

/* The highest number of builds of this commit, and the one that is under way on the same engine (NULL: none). */
static int64_t look_at_builds(const char *slug, const struct build_spec *spec, char **ret_active)
{
	AUTO_STR path = path_join(builds_dir(), slug);
	DIR *dir = opendir(path);
	struct dirent *e;
	char sha[8];
	int64_t highest = 0, n;
	oid_sha7(&spec->commit, sha);
	while (dir && (e = readdir(dir))) {
		AUTO_STR id = xasprintf("%s/%s", slug, e->d_name);
		struct record r = { 0 };
		if (!build_id_valid(sv_of(id)) || strncmp(e->d_name, sha, 7) || !sv_to_i64(sv_of(e->d_name + 8), &n))
			continue;
		highest = MAX_OF(highest, n);
		if (!*ret_active && !record_read(id, &r, NULL) && build_is_active(&r.b) && oid_eq(&r.b.commit, &spec->commit) &&
		    (!spec->engine || !r.b.engine || strcmp(spec->engine, r.b.engine) == 0))
			*ret_active = xstrdup(id);
		record_fini(&r);
	}
	if (dir)
		closedir(dir);
	return highest;
}

static int make_folder(const char *slug, const struct build_spec *spec, int64_t number, char **ret_id, struct err *reterr)
{
	char sha[8];
	oid_sha7(&spec->commit, sha);
	for (;; number++) {
		AUTO_STR id = xasprintf("%s/%s-%lld", slug, sha, (long long)number);
		AUTO_STR path = build_file(id, NULL);
		if (!mkdir(path, 0700)) {
			*ret_id = xstrdup(id);
			return 0;
		}
		if (errno != EEXIST)
			return err_set_errno(reterr, errno, "can't make the build's folder %s", path);
	}
}

static int write_first(const char *id, const struct build_spec *spec, struct err *reterr)
{
	const struct engine_config *e = spec->engine_config;
	const struct project project = { .path = (char *)(uintptr_t)spec->project_path };
	struct record r = { .no_cache = spec->no_cache, .classic = spec->classic, .dir = xstrdup(spec->project_dir) };
	r.b = (struct build){
		.id = xstrdup(id), .forge = xstrdup(spec->forge), .project = xstrdup(spec->project_path), .commit = spec->commit,
		.state = BUILD_QUEUED, .image_ref = image_local_ref_of(&project, &spec->commit), .engine = xstrdup(spec->engine),
		.started_at_s = clock_wall_s(),
	};
	if (e) {
		r.host = xstrdup(e->host);
		r.ca_file = xstrdup(e->ca_file);
		r.cert_file = xstrdup(e->cert_file);
		r.key_file = xstrdup(e->key_file);
		r.tls_insecure = e->tls_insecure;
	}
	int n = record_write(&r, reterr);
	record_fini(&r);
	return n;
}

/* What the worker says before it has opened its log, or while it dies, goes to the log too. */
static int start_worker(struct loop *l, const char *id, const struct build_spec *spec, struct err *reterr)
{
	AUTO_STR log = build_file(id, "log");
	AUTO(close_p) int fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	const char *plain[] = { spec->program, "build-worker", id, NULL };
	const char *configured[] = { spec->program, "--config", spec->config_file, "build-worker", id, NULL };
	const char *const *argv = spec->config_file ? configured : plain;
	struct loop_child_spec child = { .argv = argv, .cwd = "/", .detached = true, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = fd };
	if (fd < 0)
		return err_set_errno(reterr, errno, "can't make the build's log %s", log);
	struct loop_child *c = loop_child_spawn(l, &child, NULL, NULL, reterr);
	if (!c)
		return -ERR_FAILED;
	loop_child_forget(c);
	return 0;
}

int build_begin(struct loop *l, const struct build_spec *spec, char **ret_id, bool *ret_running, struct err *reterr)
{
	AUTO_STR slug = slug_of(spec);
	AUTO_STR folder = path_join(builds_dir(), slug);
	AUTO_STR lock = path_join(folder, ".lock");
	AUTO_STR active = NULL;
	AUTO_STR id = NULL;
	struct err err = { 0 };
	*ret_running = false;
	if (!spec->program)
		return err_set(reterr, ERR_UNSUPPORTED, "no program is named that would run the build");
	int r = path_make_dirs(folder, reterr);
	if (r < 0)
		return r;
	AUTO(close_p) int fd = lock_take(lock, /* wait= */ true, reterr);
	if (fd < 0)
		return fd;
	int64_t highest = look_at_builds(slug, spec, &active);
	if (active) {
		*ret_running = true;
		*ret_id = xstrdup(active);
		return 0;
	}
	r = make_folder(slug, spec, highest + 1, &id, reterr);
	if (r < 0)
		return r;
	r = write_first(id, spec, &err);
	if (!r)
		r = start_worker(l, id, spec, &err);
	if (r < 0) {
		AUTO_STR path = build_file(id, NULL);
		path_remove_tree(path, NULL);
		err_prefix(&err, "the build could not be started");
		return err_copy(reterr, &err);
	}
	*ret_id = xstrdup(id);
	return 0;
}
