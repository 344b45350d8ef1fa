/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes of a path that may come and go. Two watches: one on the nearest folder above that exists, which tells of the
 * path's own coming, changing and going (or of the next folder on the way to it), and, when the path is a folder, one
 * inside. Both are set anew whenever a name on the way appears or disappears. All that comes in one turn is told once.
 */
#include <sys/stat.h>
#include "loop_impl.h"

struct loop_path {
	struct handle handle;
	uv_fs_event_t above, inside;
	char *path;                             /* no slash at the end */
	char *folder;                           /* what `above` watches; NULL: nothing */
	char *next_name;                        /* the component of path below `folder` */
	void (*fn)(void *ctx);
	void *ctx;
	unsigned n_open;                        /* uv handles that are not closed yet */
	bool told, rearm;
};

static bool is_dir(const char *path)
{
	struct stat st;
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The nearest folder above path that exists, and the name of what lies below it on the way to path. Both owned. */
static void nearest_folder(const char *path, char **ret_folder, char **ret_name)
{
	size_t end = strlen(path);
	for (;;) {
		size_t slash = end;
		while (slash && path[slash - 1] != '/')
			slash--;
		char *folder = slash > 1 ? xstrndup(path, slash - 1) : xstrdup(slash ? "/" : ".");
		if (slash <= 1 || is_dir(folder)) {
			*ret_folder = folder;
			*ret_name = xstrndup(path + slash, end - slash);
			return;
		}
		free(folder);
		end = slash - 1;
	}
}

static void path_arm(struct loop_path *w);

static void path_tell(void *ctx)
{
	struct loop_path *w = ctx;
	w->told = false;
	if (w->rearm)
		path_arm(w);
	w->rearm = false;
	w->fn(w->ctx);
}

static void path_note(struct loop_path *w, bool rearm)
{
	w->rearm |= rearm;
	if (w->told)
		return;
	w->told = true;
	loop_defer(w->handle.loop, path_tell, w);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void above_changed(uv_fs_event_t *h, const char *name, int events, int status)
{
	struct loop_path *w = h->data;
	bool itself = name && w->folder && !strcmp(name, base_name(w->folder)); /* also a child named as its folder: harmless */
	if (!name || itself || !strcmp(name, w->next_name))
		path_note(w, (events & UV_RENAME) || status < 0 || itself);
}

static void inside_changed(uv_fs_event_t *h, const char *name, int events, int status)
{
	path_note(h->data, status < 0 || !is_dir(((struct loop_path *)h->data)->path));
}

static int path_try_arm(struct loop_path *w)
{
	uv_fs_event_stop(&w->above);
	uv_fs_event_stop(&w->inside);
	free(w->folder);
	free(w->next_name);
	nearest_folder(w->path, &w->folder, &w->next_name);
	int r = uv_fs_event_start(&w->above, above_changed, w->folder, 0);
	if (!r && is_dir(w->path))
		r = uv_fs_event_start(&w->inside, inside_changed, w->path, 0);
	return r;
}

/* A folder may appear between the look and the watch: looks again until both say the same. Returns a uv error of the last try. */
static int path_arm_settled(struct loop_path *w)
{
	enum { TRIES = 8 };
	int r = 0;
	for (int i = 0; i < TRIES; i++) {
		r = path_try_arm(w);
		char *folder = NULL, *name = NULL;
		nearest_folder(w->path, &folder, &name);
		bool settled = !strcmp(folder, w->folder) && r != UV_ENOENT && uv_is_active((uv_handle_t *)&w->inside) == is_dir(w->path);
		free(folder);
		free(name);
		if (settled)
			break;
	}
	return r;
}

static void path_arm(struct loop_path *w)
{
	int r = path_arm_settled(w);
	if (r)
		log_debug("loop", "%s is not watched any more: %s", w->path, uv_strerror(r));
}

static void path_closed(uv_handle_t *h)
{
	struct loop_path *w = h->data;
	if (--w->n_open)
		return;
	free(w->path);
	free(w->folder);
	free(w->next_name);
	free(w);
}

static void path_end(struct handle *h)
{
	loop_path_unwatch((struct loop_path *)h);
}

struct loop_path *loop_path_watch(struct loop *l, const char *path, void (*fn)(void *ctx), void *ctx, struct err *reterr)
{
	struct loop_path *w = xcalloc(1, sizeof *w);
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	w->path = xstrndup(path, len);
	w->fn = fn;
	w->ctx = ctx;
	w->n_open = 2;
	uv_fs_event_init(&l->uv, &w->above);
	uv_fs_event_init(&l->uv, &w->inside);
	w->above.data = w->inside.data = w;
	handle_link(l, &w->handle, "a path", path_end);
	int r = path_arm_settled(w);
	if (!r)
		return w;
	err_set_errno(reterr, -r, "can't watch %s for changes", path);
	if (r == UV_ENOSPC || r == UV_EMFILE)
		err_hint(reterr, "raise fs.inotify.max_user_watches and max_user_instances with sysctl");
	loop_path_unwatch(w);
	return NULL;
}

void loop_path_unwatch(struct loop_path *w)
{
	if (!w)
		return;
	handle_unlink(&w->handle);
	loop_defer_cancel(w->handle.loop, path_tell, w);
	uv_close((uv_handle_t *)&w->above, path_closed);
	uv_close((uv_handle_t *)&w->inside, path_closed);
}
