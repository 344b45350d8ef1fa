/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sessions of a project have really used, kept on disk: a file a project under PATH_STATE/use, a line a session, the
 * newest last. Written when a session's peak has grown by a sixteenth, so rarely.
 */
#include <stdio.h>

#include "app/app_impl.h"
#include "berth/log.h"
#include "berth/path.h"

enum { KEPT = 20, FILE_MAX = 64 << 10, GREW = 16 };

struct use { char name[80]; uint64_t created_at_s, peak_bytes, peak_millicores, limit_bytes, oom; };
struct uses { struct use items[KEPT]; size_t n; };

static char *file_of(struct project_id p)
{
	AUTO_STR name = xasprintf("use/%016llx", (unsigned long long)p.v);
	return path_of(PATH_STATE, name);
}

static bool read_line(struct sv line, struct use *ret)
{
	struct sv word;
	uint64_t *const numbers[] = { &ret->created_at_s, &ret->peak_bytes, &ret->peak_millicores, &ret->limit_bytes, &ret->oom };
	*ret = (struct use){ 0 };
	if (!sv_split(&line, ' ', &word) || !word.len || word.len >= sizeof ret->name)
		return false;
	memcpy(ret->name, word.p, word.len);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (!sv_split(&line, ' ', &word) || !sv_to_u64(word, numbers[i]))
			return false;
	return true;
}

static void uses_read(struct project_id p, struct uses *ret)
{
	AUTO_STR path = file_of(p);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv rest, line;
	struct use one;
	ret->n = 0;
	if (file_read(path, FILE_MAX, &b, NULL) < 0)
		return;
	for (rest = buf_sv(&b); ret->n < KEPT && sv_split(&rest, '\n', &line);)
		if (read_line(line, &one))
			ret->items[ret->n++] = one;
}

static void uses_write(struct project_id p, const struct uses *u)
{
	AUTO_STR path = file_of(p);
	AUTO_STR dir = path_of(PATH_STATE, "use");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct err err = { 0 };
	for (size_t i = 0; i < u->n; i++) {
		const struct use *x = &u->items[i];
		buf_addf(&b, "%s %llu %llu %llu %llu %llu\n", x->name, (unsigned long long)x->created_at_s, (unsigned long long)x->peak_bytes, (unsigned long long)x->peak_millicores,
		         (unsigned long long)x->limit_bytes, (unsigned long long)x->oom);
	}
	if (path_make_dirs(dir, &err) < 0 || file_write_atomic(path, buf_sv(&b), &err) < 0)
		log_debug("app", "what sessions use can't be kept: %s", err.text);
}

static struct use *use_of(struct uses *u, const struct session *s)
{
	for (size_t i = 0; i < u->n; i++)
		if (strcmp(u->items[i].name, s->name) == 0 && u->items[i].created_at_s == (uint64_t)s->created_at_s)
			return &u->items[i];
	if (u->n == KEPT)
		memmove(&u->items[0], &u->items[1], (--u->n) * sizeof u->items[0]);
	struct use *x = &u->items[u->n++];
	*x = (struct use){ .created_at_s = (uint64_t)MAX_OF(s->created_at_s, (int64_t)0), .limit_bytes = s->memory_limit_bytes };
	snprintf(x->name, sizeof x->name, "%s", s->name);
	return x;
}

/* ---- what has been written already, so that a sample costs nothing ---- */
static struct use_seen *seen_of(struct app *a, const char *name)
{
	for (size_t i = 0; i < a->n_uses_seen; i++)
		if (strcmp(a->uses_seen[i].name, name) == 0)
			return &a->uses_seen[i];
	size_t at = a->n_uses_seen < ARRAY_LEN(a->uses_seen) ? a->n_uses_seen++ : a->uses_seen_next++ % ARRAY_LEN(a->uses_seen);
	a->uses_seen[at] = (struct use_seen){ 0 };
	snprintf(a->uses_seen[at].name, sizeof a->uses_seen[at].name, "%s", name);
	return &a->uses_seen[at];
}

static bool grew(uint64_t now, uint64_t before)
{
	return now > before + before / GREW;
}

void use_note(struct app *a, const struct session *s, const struct usage *u)
{
	if (!s || !s->project || !s->forge || strlen(s->name) >= sizeof a->uses_seen[0].name || a->read_only)
		return;
	struct use_seen *seen = seen_of(a, s->name);
	uint64_t bytes = u ? MAX_OF(u->memory_bytes, u->memory_peak_bytes) : 0, millicores = u ? (uint64_t)(u->cpu_cores * 1000) : 0;
	if (!grew(bytes, seen->bytes) && !grew(millicores, seen->millicores) && s->oom == seen->oom)
		return;
	struct uses all;
	struct project_id p = project_id_of(s->forge, s->project);
	uses_read(p, &all);
	struct use *x = use_of(&all, s);
	x->peak_bytes = MAX_OF(x->peak_bytes, bytes);
	x->peak_millicores = MAX_OF(x->peak_millicores, millicores);
	x->oom = x->oom || s->oom;
	seen->bytes = x->peak_bytes;
	seen->millicores = x->peak_millicores;
	seen->oom = s->oom;
	uses_write(p, &all);
}

bool app_project_use(const struct app *a, struct project_id p, struct project_use *ret)
{
	struct uses all;
	(void)a;
	*ret = (struct project_use){ 0 };
	uses_read(p, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct use *x = &all.items[i];
		ret->n += x->peak_bytes > 0;
		ret->peak_memory_bytes = MAX_OF(ret->peak_memory_bytes, x->peak_bytes);
		ret->peak_cores = MAX_OF(ret->peak_cores, (double)x->peak_millicores / 1000);
		ret->oom_limit_bytes = x->oom ? MAX_OF(ret->oom_limit_bytes, x->limit_bytes) : ret->oom_limit_bytes;
	}
	return ret->n > 0 || ret->oom_limit_bytes;
}

/* The smallest of the usual sizes with a quarter to spare; twice what was too little. */
uint64_t project_use_memory(const struct project_use *u)
{
	uint64_t want = u->peak_memory_bytes + u->peak_memory_bytes / 4, size = (uint64_t)512 << 20;
	if (u->oom_limit_bytes && u->oom_limit_bytes <= UINT64_MAX / 2)
		want = MAX_OF(want, u->oom_limit_bytes * 2);
	while (size < want && size < (uint64_t)1 << 44)
		size *= 2;
	return want ? size : 0;
}

double project_use_cores(const struct project_use *u)
{
	double size = 0.5;
	while (size < u->peak_cores * 1.1 && size < 256)
		size = size < 1 ? 1 : size * 2;
	return u->peak_cores > 0 ? size : 0;
}
