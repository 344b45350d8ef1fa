/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads a commit's environment: its tree, then its Dockerfile, or else the dependency files one is made from. */
#include "berth/mem.h"
#include "image/dockerfile.h"
#include "image/environment.h"

enum { IGNORE_FILE = 1, FIRST_DEPENDENCY };
static const char *const wanted[] = { "Dockerfile", ".dockerignore", "environment.yml", "apt.txt", "requirements.txt", "install.R" };

struct environment_load {
	struct forge *forge;
	struct project project;
	struct oid commit;
	VEC(struct forge_tree_item) items; /* paths owned */
	char *texts[ARRAY_LEN(wanted)];
	bool there[ARRAY_LEN(wanted)];
	size_t at;                     /* which of wanted is read */
	struct forge_call *call;
	bool cancelled;
	void (*done)(void *ctx, const struct environment *e, const struct err *err);
	void *ctx;
};

static void load_free(struct environment_load *l)
{
	for (size_t i = 0; i < l->items.len; i++)
		free((char *)(uintptr_t)l->items.items[i].path);
	VEC_FINI(&l->items);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		free(l->texts[i]);
	project_fini(&l->project);
	free(l);
}

static void load_fail(struct environment_load *l, const struct err *err)
{
	struct err copy = *err;
	void (*done)(void *, const struct environment *, const struct err *) = l->done;
	void *ctx = l->ctx;
	load_free(l);
	done(ctx, NULL, &copy);
}

static bool get_text(void *load, const char *path, struct sv *ret)
{
	struct environment_load *l = load;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (strcmp(path, wanted[i]) == 0 && l->texts[i]) {
			*ret = sv_of(l->texts[i]);
			return true;
		}
	return false;
}

static void load_succeed(struct environment_load *l)
{
	AUTO(buf_fini) struct buf made = BUF_INIT, names = BUF_INIT;
	struct environment e = { .generated = !l->there[0], .items = l->items.items, .n_items = l->items.len };
	if (e.generated) {
		environment_dockerfile(&made, get_text, l);
		for (size_t i = FIRST_DEPENDENCY; i < ARRAY_LEN(wanted); i++)
			if (l->there[i])
				buf_addf(&names, "%s%s", names.len ? ", " : "", wanted[i]);
	}
	e.dockerfile = e.generated ? buf_sv(&made) : sv_of(l->texts[0]);
	e.dockerignore = sv_of(l->texts[IGNORE_FILE]);
	e.made_from = buf_str(&names);
	/* The made one counts as the tree's own would: what it copies decides too. */
	e.fingerprint = environment_fingerprint(l->items.items, l->items.len, e.dockerfile, e.dockerignore);
	void (*done)(void *, const struct environment *, const struct err *) = l->done;
	done(l->ctx, &e, NULL);
	load_free(l);
}

static void load_next(struct environment_load *l);

static void file_got(void *load, struct sv bytes)
{
	struct environment_load *l = load;
	free(l->texts[l->at]);
	l->texts[l->at] = sv_dup(bytes);
}

static void file_end(void *load, const struct err *err)
{
	struct environment_load *l = load;
	l->call = NULL;
	if (l->cancelled) {
		load_free(l);
		return;
	}
	if (err) {
		struct err e = *err;
		err_prefix(&e, "%s", wanted[l->at]);
		load_fail(l, &e);
		return;
	}
	if (!l->texts[l->at])
		l->texts[l->at] = xstrdup("");
	l->at++;
	load_next(l);
}

static void load_next(struct environment_load *l)
{
	while (l->at < ARRAY_LEN(wanted) && !l->there[l->at])
		l->at++;
	if (l->there[0] && l->at >= FIRST_DEPENDENCY)
		l->at = ARRAY_LEN(wanted); /* with a Dockerfile nothing is made from these */
	if (l->at == ARRAY_LEN(wanted))
		load_succeed(l);
	else
		l->call = forge_file(l->forge, &(struct forge_file_query){ &l->project, l->commit, wanted[l->at], DOCKERFILE_MAX }, file_got, file_end, l);
}

static void tree_item(void *load, const struct forge_tree_item *i)
{
	struct environment_load *l = load;
	struct forge_tree_item copy = { xstrdup(i->path), i->blob, i->mode };
	VEC_PUSH(&l->items, copy);
	for (size_t k = 0; k < ARRAY_LEN(wanted); k++)
		if (strcmp(i->path, wanted[k]) == 0)
			l->there[k] = true;
}

static void tree_end(void *load, const struct err *err)
{
	struct environment_load *l = load;
	l->call = NULL;
	if (l->cancelled)
		load_free(l);
	else if (err)
		load_fail(l, err);
	else
		load_next(l);
}

struct environment_load *environment_load(struct forge *f, const struct project *p, const struct oid *commit,
                                          void (*done)(void *ctx, const struct environment *e, const struct err *err), void *ctx)
{
	struct environment_load *l = xcalloc(1, sizeof *l);
	l->forge = f;
	l->commit = *commit;
	l->done = done;
	l->ctx = ctx;
	project_dup(&l->project, p);
	l->call = forge_tree(f, p, commit, tree_item, tree_end, l);
	return l;
}

void environment_load_cancel(struct environment_load *l)
{
	if (!l)
		return;
	l->cancelled = true;
	forge_cancel(l->call);
}
