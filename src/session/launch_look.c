/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an image's configuration doesn't say: which numbers its user has, whether there is a shell, whether there is Jupyter.
 * A container that is made of it, never started and removed again lets its files be read, whatever the image has in it.
 */
#include "berth/mem.h"
#include "launch_impl.h"

enum { LOOK_PASSWD, LOOK_GROUP, LOOK_SH, LOOK_FIRST_JUPYTER, LINKS_MAX = 5, FILE_BYTES_MAX = 5 << 20 };

static void look_next(struct launch *l);

static void add_jupyter_paths(struct launch *l)
{
	static const char *const programs[] = { "jupyter-lab", "jupyter-server", "jupyter" };
	struct sv dir, rest = sv_of(l->image.path ? l->image.path : "/usr/local/bin:/usr/bin:/bin");
	for (int n = 0; n < 10 && sv_split(&rest, ':', &dir); n++)
		for (size_t i = 0; dir.len && i < ARRAY_LEN(programs); i++) {
			AUTO_STR path = xasprintf("%.*s/%s", (int)dir.len, dir.p, programs[i]);
			words_add(&l->look_paths, path);
		}
}

static void removed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (!err)
		l->made &= ~(unsigned)MADE_PROBE;
	if (call_ok(l, err))
		l->look_done(l);
}

static void look_over(struct launch *l)
{
	l->atomic = true;
	l->call = engine_remove(l->deps.engine, l->probe, true, removed, l);
}

/* ---- one file ---- */
static void piece(void *launch, struct sv tar)
{
	struct launch *l = launch;
	l->found = true;
	if (l->look_at < LOOK_SH)
		buf_add_sv(&l->bytes, tar);
	else
		engine_cancel(l->call); /* it is there: enough */
}

static void ask_file(struct launch *l, const char *path);

/* Sees to it that /etc/passwd may be a link. True when another file is asked for. */
static bool took_file(struct launch *l, struct buf *into, struct err *reterr)
{
	AUTO_STR link = NULL;
	if (tar_first(buf_sv(&l->bytes), into, &link, reterr) < 0 || !link || l->n_links++ == LINKS_MAX)
		return false;
	const char *slash = strrchr(l->look_path, '/');
	AUTO_STR target = link[0] == '/' ? xstrdup(link) : xasprintf("%.*s/%s", (int)(slash - l->look_path), l->look_path, link);
	ask_file(l, target);
	return true;
}

static void file_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err bad = { 0 };
	bool enough = l->found && l->look_at >= LOOK_SH;
	if (!call_is_over(l))
		return;
	if (err && err->code != ERR_NOT_FOUND && !enough) {
		step_fail(l, err);
		return;
	}
	if (l->look_at == LOOK_SH)
		l->image.has_sh = l->found;
	else if (l->look_at >= LOOK_FIRST_JUPYTER)
		l->image.has_jupyter = l->found;
	else if (l->found && took_file(l, l->look_at == LOOK_PASSWD ? &l->passwd : &l->group, &bad))
		return;
	if (bad.code) {
		step_fail(l, &bad);
		return;
	}
	l->look_at++;
	l->n_links = 0;
	look_next(l);
}

static void ask_file(struct launch *l, const char *path)
{
	str_replace(&l->look_path, path);
	buf_fini(&l->bytes);
	l->bytes = BUF_INIT_MAX(FILE_BYTES_MAX);
	l->found = false;
	l->call = engine_archive_get(l->deps.engine, l->probe, path, piece, file_end, l);
}

static void look_next(struct launch *l)
{
	static const char *const first[] = { "/etc/passwd", "/etc/group", "/bin/sh" };
	unsigned at = l->look_at - LOOK_FIRST_JUPYTER;
	if (l->look_at < LOOK_FIRST_JUPYTER) {
		ask_file(l, first[l->look_at]);
		return;
	}
	bool own_server = l->image.port && l->image.port != JUPYTER_PORT;
	if (!l->image.has_sh || own_server || l->image.has_jupyter || at >= l->look_paths.n)
		look_over(l);
	else
		ask_file(l, l->look_paths.items[at]);
}

static void probe_created(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (err && err->code == ERR_CONFLICT)
		l->made &= ~(unsigned)MADE_PROBE;
	if (call_ok(l, err))
		look_next(l);
}

void look_into_image(struct launch *l, void (*done)(struct launch *l))
{
	static const char *const cmd[] = { "berth" };
	struct net_header labels[] = { { LABEL("look"), l->session.name }, { LABEL("pending"), l->token_of_owner } };
	struct engine_create_query q = {
		.name = l->probe, .image = l->session.image_ref, .cmd = cmd, .n_cmd = 1, .labels = labels, .n_labels = ARRAY_LEN(labels),
		.drop_caps = true, .no_new_privileges = true,
	};
	l->look_done = done;
	l->look_at = LOOK_PASSWD;
	l->image.has_jupyter = image_facts_mention_jupyter(&l->image);
	add_jupyter_paths(l);
	l->made |= MADE_PROBE;
	l->atomic = true;
	l->call = engine_create(l->deps.engine, &q, NULL, probe_created, l);
}

/* ---- back ---- */
static void undo_removed(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (undo_call_over(l, err, "the container that was looked into"))
		l->look_done(l);
}

void look_undo(struct launch *l, void (*done)(struct launch *l))
{
	l->look_done = done;
	if (l->made & MADE_PROBE)
		l->call = engine_remove(l->deps.engine, l->probe, true, undo_removed, l);
	else
		done(l);
}
