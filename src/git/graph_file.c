/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "git/graph_file.h"

enum { MAX_LAYERS = 64, HEADER_LEN = 8, TOC_ROW = 12, OID_LEN = 20, ROW_LEN = OID_LEN + 16 };
#define PARENT_NONE 0x70000000u
#define PARENT_EXTRA 0x80000000u

struct layer {
	unsigned char *map;
	size_t map_len;
	bool mapped;                  /* else allocated */
	const unsigned char *fanout, *oids, *rows, *extra;
	size_t n_extra;               /* in 4-byte words */
	uint32_t n, base;             /* rows here; rows in the layers below */
};
struct graph_file { struct layer layers[MAX_LAYERS]; size_t n_layers; };

static uint32_t be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static uint64_t be64(const unsigned char *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }

static void layer_fini(struct layer *l)
{
	if (l->mapped)
		munmap(l->map, l->map_len);
	else
		free(l->map);
	*l = (struct layer){ 0 };
}

/* The chunk named by `id`, from the table of contents: rows of a 4-byte name and an 8-byte offset, ended by the next row's. */
static const unsigned char *chunk_find(const struct layer *l, const char id[4], size_t *ret_len)
{
	unsigned n_chunks = l->map[6];

	if (l->map_len < HEADER_LEN + (size_t)(n_chunks + 1) * TOC_ROW)
		return NULL;
	for (unsigned i = 0; i < n_chunks; i++) {
		const unsigned char *row = l->map + HEADER_LEN + (size_t)i * TOC_ROW;
		uint64_t from = be64(row + 4), to = be64(row + TOC_ROW + 4);
		if (memcmp(row, id, 4))
			continue;
		if (from > to || to > l->map_len)
			return NULL;
		*ret_len = (size_t)(to - from);
		return l->map + from;
	}
	return NULL;
}

static bool fanout_ok(const struct layer *l)
{
	uint32_t last = 0;

	for (size_t i = 0; i < 256; i++) {
		uint32_t here = be32(l->fanout + i * 4);
		if (here < last)
			return false;
		last = here;
	}
	return true;
}

static bool layer_scan(struct layer *l)
{
	size_t fanout_len = 0, oids_len = 0, rows_len = 0, extra_len = 0;

	/* "CGPH", version 1, hash 1 (SHA-1), chunks, layers below */
	if (l->map_len < HEADER_LEN || memcmp(l->map, "CGPH", 4) || l->map[4] != 1 || l->map[5] != 1)
		return false;
	l->fanout = chunk_find(l, "OIDF", &fanout_len);
	l->oids = chunk_find(l, "OIDL", &oids_len);
	l->rows = chunk_find(l, "CDAT", &rows_len);
	l->extra = chunk_find(l, "EDGE", &extra_len);
	l->n_extra = l->extra ? extra_len / 4 : 0;
	if (!l->fanout || !l->oids || !l->rows || fanout_len < 256 * 4 || !fanout_ok(l))
		return false;
	l->n = be32(l->fanout + 255 * 4);
	return l->n < PARENT_NONE && oids_len / OID_LEN >= l->n && rows_len / ROW_LEN >= l->n;
}

static bool layer_open(struct layer *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= HEADER_LEN) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED)
			*l = (struct layer){ .map = map, .map_len = (size_t)st.st_size, .mapped = true };
	}
	close(fd);
	if (!l->map)
		return false;
	if (layer_scan(l))
		return true;
	layer_fini(l);
	return false;
}

static bool file_add(struct graph_file *f, struct layer l)
{
	const struct layer *below = f->n_layers ? &f->layers[f->n_layers - 1] : NULL;

	l.base = below ? below->base + below->n : 0;
	if (f->n_layers == MAX_LAYERS || l.base + (uint64_t)l.n >= PARENT_NONE) {
		layer_fini(&l);
		return false;
	}
	f->layers[f->n_layers++] = l;
	return true;
}

/* A chain lists its layers from the oldest; each one's positions count on from those below, so a missing one ends it. */
static void chain_open(struct graph_file *f, const char *objects_dir)
{
	AUTO_STR chain = path_join(objects_dir, "info/commit-graphs/commit-graph-chain");
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(1 << 16);
	struct sv rest, line;

	if (file_read(chain, 1 << 16, &text, NULL))
		return;
	rest = buf_sv(&text);
	while (sv_split(&rest, '\n', &line) && line.len) {
		struct oid hash;
		struct layer l = { 0 };
		if (!oid_parse(line, &hash))
			return;
		AUTO_STR path = xasprintf("%s/info/commit-graphs/graph-%.*s.graph", objects_dir, (int)line.len, line.p);
		if (!layer_open(&l, path) || !file_add(f, l))
			return;
	}
}

struct graph_file *graph_file_open(const char *objects_dir)
{
	AUTO_STR single = path_join(objects_dir, "info/commit-graph");
	struct graph_file *f = xcalloc(1, sizeof *f);
	struct layer l = { 0 };

	if (layer_open(&l, single))
		file_add(f, l);
	else
		chain_open(f, objects_dir);
	if (f->n_layers)
		return f;
	graph_file_free(f);
	return NULL;
}

struct graph_file *graph_file_of(const void *bytes, size_t len)
{
	struct layer l = { .map = xmalloc(len ? len : 1), .map_len = len };
	struct graph_file *f;

	if (len)
		memcpy(l.map, bytes, len);
	if (!layer_scan(&l)) {
		layer_fini(&l);
		return NULL;
	}
	f = xcalloc(1, sizeof *f);
	file_add(f, l);
	return f;
}

void graph_file_free(struct graph_file *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n_layers; i++)
		layer_fini(&f->layers[i]);
	free(f);
}

size_t graph_file_len(const struct graph_file *f)
{
	const struct layer *top = &f->layers[f->n_layers - 1];
	return top->base + top->n;
}

static bool layer_find(const struct layer *l, const struct oid *id, uint32_t *ret_pos)
{
	uint32_t low = id->b[0] ? be32(l->fanout + ((size_t)id->b[0] - 1) * 4) : 0, high = be32(l->fanout + (size_t)id->b[0] * 4);

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = memcmp(id->b, l->oids + (size_t)mid * OID_LEN, OID_LEN);
		if (!order) {
			*ret_pos = l->base + mid;
			return true;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

bool graph_file_find(const struct graph_file *f, const struct oid *id, uint32_t *ret_pos)
{
	for (size_t i = f->n_layers; i > 0; i--)
		if (layer_find(&f->layers[i - 1], id, ret_pos))
			return true;
	return false;
}

static const struct layer *layer_at(const struct graph_file *f, uint32_t pos)
{
	for (size_t i = f->n_layers; i > 0; i--)
		if (pos >= f->layers[i - 1].base)
			return pos - f->layers[i - 1].base < f->layers[i - 1].n ? &f->layers[i - 1] : NULL;
	return NULL;
}

bool graph_file_oid(const struct graph_file *f, uint32_t pos, struct oid *ret)
{
	const struct layer *l = layer_at(f, pos);

	if (!l)
		return false;
	memcpy(ret->b, l->oids + (size_t)(pos - l->base) * OID_LEN, OID_LEN);
	return true;
}

/* Parents from the third on: words in EDGE until one with the top bit. */
static bool extra_parents(const struct layer *l, uint32_t at, uint32_t *parents, size_t *n)
{
	for (; at < l->n_extra; at++) {
		uint32_t word = be32(l->extra + (size_t)at * 4);
		if (*n == GRAPH_FILE_MAX_PARENTS)
			return false;
		parents[(*n)++] = word & ~PARENT_EXTRA;
		if (word & PARENT_EXTRA)
			return true;
	}
	return false;
}

bool graph_file_row(const struct graph_file *f, uint32_t pos, int64_t *ret_time_s, uint32_t ret_parents[GRAPH_FILE_MAX_PARENTS], size_t *ret_n)
{
	const struct layer *l = layer_at(f, pos);

	*ret_n = 0;
	if (!l)
		return false;
	const unsigned char *row = l->rows + (size_t)(pos - l->base) * ROW_LEN + OID_LEN;
	uint32_t first = be32(row), second = be32(row + 4);
	/* 30 bits of generation, then 34 bits of seconds */
	*ret_time_s = (int64_t)(be64(row + 8) & 0x3ffffffffu);
	if (first != PARENT_NONE)
		ret_parents[(*ret_n)++] = first;
	if (second & PARENT_EXTRA) {
		if (!extra_parents(l, second & ~PARENT_EXTRA, ret_parents, ret_n))
			return false;
	} else if (second != PARENT_NONE) {
		ret_parents[(*ret_n)++] = second;
	}
	for (size_t i = 0; i < *ret_n; i++)
		if (ret_parents[i] >= graph_file_len(f))
			return false;
	return true;
}
