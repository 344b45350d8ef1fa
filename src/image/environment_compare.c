/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the environments of two commits differ: both are loaded, then the texts of the files that differ. */
#include "berth/git.h"
#include "berth/mem.h"
#include "image/environment.h"

enum { TEXT_MAX_BYTES = 256 << 10, FILES_MAX = 64, DIFF_LINES_MAX = 60, DIFF_LINE_MAX_BYTES = 300 };

struct counted { char *path; struct oid blob; unsigned mode; };
typedef VEC(struct counted) counted_files;
struct differs { char *path; enum environment_change change; };

struct environment_compare {
	struct forge *forge;
	struct project project;
	struct oid commits[2];         /* before, now */
	counted_files trees[2];
	size_t loading;                /* which of the two */
	struct environment_load *load;
	VEC(struct differs) files;
	size_t at;                     /* the file whose texts are read */
	unsigned side;
	char *texts[2];
	struct forge_call *call;
	bool cancelled;
	void (*file)(void *ctx, const struct environment_file *e);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};

static void compare_free(struct environment_compare *c)
{
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < c->trees[side].len; i++)
			free(c->trees[side].items[i].path);
		VEC_FINI(&c->trees[side]);
		free(c->texts[side]);
	}
	for (size_t i = 0; i < c->files.len; i++)
		free(c->files.items[i].path);
	VEC_FINI(&c->files);
	project_fini(&c->project);
	free(c);
}

static void compare_end(struct environment_compare *c, const struct err *err)
{
	struct err copy = err ? *err : (struct err){ 0 };
	void (*end)(void *, const struct err *) = c->end;
	void *ctx = c->ctx;
	compare_free(c);
	end(ctx, err ? &copy : NULL);
}

/* ---- texts ---- */
static void diff_line(void *diff, char sign, struct sv text)
{
	struct buf *b = diff;
	text.len = utf8_floor(text, MIN_OF(text.len, (size_t)DIFF_LINE_MAX_BYTES));
	if (b->len)
		buf_add_char(b, '\n');
	buf_add_char(b, sign);
	buf_add_sv(b, text);
}

static void tell_file(struct environment_compare *c)
{
	AUTO(buf_fini) struct buf diff = BUF_INIT_MAX((size_t)DIFF_LINES_MAX * DIFF_LINE_MAX_BYTES);
	const struct differs *f = &c->files.items[c->at];
	bool texts = (c->texts[0] || f->change == ENVIRONMENT_ADDED) && (c->texts[1] || f->change == ENVIRONMENT_REMOVED);
	if (texts && text_diff(sv_of(c->texts[0] ? c->texts[0] : ""), sv_of(c->texts[1] ? c->texts[1] : ""), diff_line, &diff, NULL) < 0)
		buf_clear(&diff);
	if (diff.overflow)
		buf_clear(&diff);
	c->file(c->ctx, &(struct environment_file){ f->path, buf_str(&diff), f->change });
}

static void text_next(struct environment_compare *c);

static void text_got(void *compare, struct sv bytes)
{
	struct environment_compare *c = compare;
	free(c->texts[c->side]);
	c->texts[c->side] = memchr(bytes.p, 0, bytes.len) ? NULL : sv_dup(bytes);
}

static void text_end(void *compare, const struct err *err)
{
	struct environment_compare *c = compare;
	c->call = NULL;
	if (c->cancelled) {
		compare_free(c);
		return;
	}
	c->side++;                     /* a text that can't be had leaves the file without lines */
	text_next(c);
}

static void text_next(struct environment_compare *c)
{
	for (; c->at < c->files.len; c->at++, c->side = 0) {
		const struct differs *f = &c->files.items[c->at];
		if (c->side == 0 && f->change == ENVIRONMENT_ADDED)
			c->side = 1;
		if (c->side < (f->change == ENVIRONMENT_REMOVED ? 1 : 2)) {
			struct forge_file_query q = { &c->project, c->commits[c->side], f->path, TEXT_MAX_BYTES };
			c->call = forge_file(c->forge, &q, text_got, text_end, c);
			return;
		}
		tell_file(c);
		free_p(&c->texts[0]);
		free_p(&c->texts[1]);
		if (c->cancelled) {
			compare_free(c);
			return;
		}
	}
	compare_end(c, NULL);
}

/* ---- trees ---- */
static void note(struct environment_compare *c, const char *path, enum environment_change change)
{
	struct differs d = { xstrdup(path), change };
	if (c->files.len < FILES_MAX)
		VEC_PUSH(&c->files, d);
	else
		free(d.path);
}

/* Both lists are in git's path order, which for files alone is that of bytes. */
static void find_differences(struct environment_compare *c)
{
	const counted_files *a = &c->trees[0], *b = &c->trees[1];
	size_t i = 0, k = 0;
	while (i < a->len || k < b->len) {
		int order = i == a->len ? 1 : k == b->len ? -1 : strcmp(a->items[i].path, b->items[k].path);
		if (order < 0) {
			note(c, a->items[i++].path, ENVIRONMENT_REMOVED);
		} else if (order > 0) {
			note(c, b->items[k++].path, ENVIRONMENT_ADDED);
		} else {
			if (!oid_eq(&a->items[i].blob, &b->items[k].blob) || a->items[i].mode != b->items[k].mode)
				note(c, b->items[k].path, ENVIRONMENT_CHANGED);
			i++;
			k++;
		}
	}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct counted *)a)->path, ((const struct counted *)b)->path);
}

static void load_next(struct environment_compare *c);

static void loaded(void *compare, const struct environment *e, const struct err *err)
{
	struct environment_compare *c = compare;
	counted_files *files = &c->trees[c->loading];
	c->load = NULL;
	if (err) {
		compare_end(c, err);
		return;
	}
	struct environment_sources *sources = environment_sources(e->dockerfile, e->dockerignore);
	for (size_t i = 0; i < e->n_items; i++)
		if (environment_has(sources, &e->items[i])) {
			struct counted one = { xstrdup(e->items[i].path), e->items[i].blob, e->items[i].mode };
			VEC_PUSH(files, one);
		}
	environment_sources_free(sources);
	if (files->len)
		qsort(files->items, files->len, sizeof *files->items, by_path);
	c->loading++;
	load_next(c);
}

static void load_next(struct environment_compare *c)
{
	if (c->loading < 2) {
		c->load = environment_load(c->forge, &c->project, &c->commits[c->loading], loaded, c);
		return;
	}
	find_differences(c);
	text_next(c);
}

struct environment_compare *environment_compare(struct forge *f, const struct project *p, const struct oid *before, const struct oid *now,
                                                void (*file)(void *ctx, const struct environment_file *e), void (*end)(void *ctx, const struct err *err), void *ctx)
{
	struct environment_compare *c = xcalloc(1, sizeof *c);
	c->forge = f;
	c->commits[0] = *before;
	c->commits[1] = *now;
	c->file = file;
	c->end = end;
	c->ctx = ctx;
	project_dup(&c->project, p);
	load_next(c);
	return c;
}

void environment_compare_cancel(struct environment_compare *c)
{
	if (!c)
		return;
	c->cancelled = true;
	if (c->load) {
		environment_load_cancel(c->load);
		compare_free(c);
	} else if (c->call) {
		forge_cancel(c->call);     /* its end frees */
	}
}
