/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching a repository: HEAD, packed-refs and every folder below refs/, where git puts new files whenever a branch moves.
 * (The repository's own folder is not watched: git status alone writes its index there.) Which folders those are is found
 * on a worker, anew after each change, since a branch "a/b" makes a folder. Several changes at once are told once.
 */
#include <dirent.h>
#include <sys/stat.h>
#include "berth/path.h"
#include "forge/local.h"

enum { SETTLE_MS = 250, MAX_FOLDERS = 256, MAX_DEPTH = 8 };

struct watch {
	struct forge_watch *front;    /* NULL: unwatched, waits for its scan to end */
	struct loop *loop;
	struct loop_timer *settle;
	VEC(struct loop_path *) paths;
	strings watched;              /* what they watch */
	char *dir;
	bool scanning, again;
	/* the scan's, while it runs */
	strings found;
	int rc;
};
DEFINE_AUTO(closedir, DIR)

static void scan_begin(struct watch *w);

/* ---- on a worker ------------------------------------------------------------------------------------------------------------ */
static void refs_scan(strings *out, const char *dir, unsigned depth)
{
	AUTO(closedir_p) DIR *d = opendir(dir);
	struct stat st;

	if (!d)
		return;
	VEC_PUSH(out, xstrdup(dir));
	for (struct dirent *e; (e = readdir(d)) && out->len < MAX_FOLDERS && depth;) {
		if (e->d_name[0] == '.')
			continue;
		AUTO_STR below = path_join(dir, e->d_name);
		if (e->d_type == DT_DIR || (e->d_type == DT_UNKNOWN && !lstat(below, &st) && S_ISDIR(st.st_mode)))
			refs_scan(out, below, depth - 1);
	}
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void scan_process(struct loop_work *work, void *ctx)
{
	struct watch *w = ctx;
	AUTO(repo_free_p) struct repo *r = NULL;

	w->rc = repo_open(w->dir, &r, NULL);
	if (w->rc)
		return;
	VEC_PUSH(&w->found, path_join(repo_gitdir(r), "HEAD"));
	VEC_PUSH(&w->found, path_join(repo_commondir(r), "packed-refs"));
	AUTO_STR refs = path_join(repo_commondir(r), "refs");
	refs_scan(&w->found, refs, MAX_DEPTH);
	qsort(w->found.items, w->found.len, sizeof w->found.items[0], by_name);
}

/* ---- on the loop ---------------------------------------------------------------------------------------------------------------- */
static void watch_free(struct watch *w)
{
	strings_fini(&w->watched);
	strings_fini(&w->found);
	VEC_FINI(&w->paths);
	free(w->dir);
	free(w);
}

static void settled(void *ctx)
{
	struct watch *w = ctx;

	loop_timer_stop(w->settle);
	w->settle = NULL;
	scan_begin(w);
	forge_watch_tell(w->front); /* last: it may unwatch */
}

static void path_changed(void *ctx)
{
	struct watch *w = ctx;

	if (!w->settle)
		w->settle = loop_timer_start(w->loop, SETTLE_MS, 0, settled, w);
}

static bool same_paths(const strings *a, const strings *b)
{
	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (strcmp(a->items[i], b->items[i]))
			return false;
	return a->len == b->len;
}

static void paths_stop(struct watch *w)
{
	for (size_t i = 0; i < w->paths.len; i++)
		loop_path_unwatch(w->paths.items[i]);
	VEC_CLEAR(&w->paths);
}

static void paths_watch(struct watch *w)
{
	paths_stop(w);
	strings_fini(&w->watched);
	w->watched = w->found;
	w->found = (strings)VEC_INIT;
	for (size_t i = 0; i < w->watched.len; i++) {
		struct loop_path *p = loop_path_watch(w->loop, w->watched.items[i], path_changed, w, NULL);
		if (p)
			VEC_PUSH(&w->paths, p);
	}
}

static void scan_done(void *ctx, bool cancelled)
{
	struct watch *w = ctx;
	bool first = !w->watched.len;

	w->scanning = false;
	if (!w->front) {
		watch_free(w);
		return;
	}
	if (!cancelled && !w->rc && !same_paths(&w->found, &w->watched)) {
		paths_watch(w);
		/* A folder that came may have been filled before it was watched. */
		if (!first)
			path_changed(w);
	}
	strings_fini(&w->found);
	if (w->again && !cancelled)
		scan_begin(w);
}

static void scan_begin(struct watch *w)
{
	w->again = w->scanning;
	if (w->scanning)
		return;
	w->scanning = true;
	loop_work_submit(w->loop, scan_process, scan_done, w);
}

bool local_watch(struct forge *f, struct forge_watch *front, const struct project *p, void **ret_impl)
{
	if (!p->dir)
		return false;
	struct watch *w = xcalloc(1, sizeof *w);
	w->front = front;
	w->loop = f->loop;
	w->dir = xstrdup(p->dir);
	scan_begin(w);
	*ret_impl = w;
	return true;
}

void local_unwatch(void *impl)
{
	struct watch *w = impl;

	w->front = NULL;
	loop_timer_stop(w->settle);
	w->settle = NULL;
	paths_stop(w);
	if (!w->scanning)
		watch_free(w);
}
