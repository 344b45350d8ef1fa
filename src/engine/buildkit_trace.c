/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buildkit_trace.h"

#include "berth/mem.h"
#include "berth/text.h"

enum { VERTICES_MAX = 4096, STATUSES_MAX = 1024, NAME_MAX_BYTES = 1000, PARTIAL_MAX = 64 << 10 };

/* ---- protobuf, as much as is needed ---- */
struct field { uint32_t number; int wire; uint64_t varint; struct sv bytes; };

static bool pb_varint(struct sv *rest, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (!rest->len)
			return false;
		unsigned char c = (unsigned char)*rest->p;
		*rest = (struct sv){ rest->p + 1, rest->len - 1 };
		v |= (uint64_t)(c & 127) << shift;
		if (c < 128) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static bool pb_bytes(struct sv *rest, uint64_t n, struct sv *ret)
{
	if (n > rest->len)
		return false;
	*ret = (struct sv){ rest->p, (size_t)n };
	*rest = (struct sv){ rest->p + n, rest->len - (size_t)n };
	return true;
}

/* 1: a field, 0: the end, -1: not protobuf. */
static int pb_next(struct sv *rest, struct field *f)
{
	uint64_t key, n;

	*f = (struct field){ 0 };
	if (!rest->len)
		return 0;
	if (!pb_varint(rest, &key))
		return -1;
	f->number = (uint32_t)(key >> 3);
	f->wire = (int)(key & 7);
	switch (f->wire) {
	case 0: return pb_varint(rest, &f->varint) ? 1 : -1;
	case 1: return pb_bytes(rest, 8, &f->bytes) ? 1 : -1;
	case 2: return pb_varint(rest, &n) && pb_bytes(rest, n, &f->bytes) ? 1 : -1;
	case 5: return pb_bytes(rest, 4, &f->bytes) ? 1 : -1;
	default: return -1;
	}
}

static int64_t pb_time_ns(struct sv message)
{
	struct field f;
	int64_t s = 0, ns = 0;

	while (pb_next(&message, &f) > 0) {
		if (f.number == 1 && f.varint < (uint64_t)1 << 33)
			s = (int64_t)f.varint;
		else if (f.number == 2 && f.varint < 1000000000)
			ns = (int64_t)f.varint;
	}
	return s * 1000000000 + ns;
}

/* ---- vertices ---- */
static struct bk_vertex *trace_vertex(struct bk_trace *t, struct sv digest)
{
	for (size_t i = t->vertices.len; i-- > 0;)
		if (sv_eq(sv_of(t->vertices.items[i].digest), digest))
			return &t->vertices.items[i];
	if (t->vertices.len >= VERTICES_MAX)
		return NULL;
	VEC_PUSH(&t->vertices, ((struct bk_vertex){ .digest = sv_dup(digest), .partial = { BUF_INIT_MAX(PARTIAL_MAX), BUF_INIT_MAX(PARTIAL_MAX) } }));
	return VEC_LAST(&t->vertices);
}

static void trace_line(struct bk_trace *t, struct bk_vertex *v, const char *time, struct sv text)
{
	AUTO(buf_fini) struct buf line = BUF_INIT;

	buf_addf(&line, "#%u %s", v->number, time);
	buf_add_sv(&line, text);
	buf_add_char(&line, '\n');
	t->out.log(t->out.ctx, buf_sv(&line));
}

static char *seconds_text(int64_t ns)
{
	int64_t ms = ns > 0 ? ns / 1000000 : 0;

	return ms < 10000 ? xasprintf("%lld.%lld", (long long)(ms / 1000), (long long)(ms % 1000 / 100)) : xasprintf("%lld", (long long)(ms / 1000));
}

/* "[builder 2/5] RUN …"; steps without such a mark are BuildKit's own. */
static bool is_step(struct sv name)
{
	const char *close = name.len && name.p[0] == '[' ? memchr(name.p, ']', name.len) : NULL;
	uint64_t n, of;

	if (!close)
		return false;
	struct sv inside = { name.p + 1, (size_t)(close - name.p) - 1 };
	const char *space = memrchr(inside.p, ' ', inside.len);
	struct sv numbers = space ? (struct sv){ space + 1, inside.len - (size_t)(space + 1 - inside.p) } : inside, first;
	return sv_split(&numbers, '/', &first) && sv_to_u64(first, &n) && sv_to_u64(numbers, &of) && n <= of;
}

static void vertex_show(struct bk_trace *t, struct bk_vertex *v)
{
	if (v->number)
		return;
	v->number = ++t->shown;
	if (t->shown > 1)
		t->out.log(t->out.ctx, SV("\n"));
	trace_line(t, v, "", sv_of(v->name ? v->name : v->digest));
}

static void vertex_begin(struct bk_trace *t, struct bk_vertex *v)
{
	if (v->begun)
		return;
	v->begun = true;
	vertex_show(t, v);
	if (!v->name || !is_step(sv_of(v->name)))
		return;
	t->step++;
	t->out.step(t->out.ctx, sv_of(v->name), t->step, MAX_OF(t->steps, t->step));
}

/* ---- output of programs ---- */
/* What a carriage return would have overwritten is left out. */
static void vertex_line(struct bk_trace *t, struct bk_vertex *v, struct sv line, int64_t at_ns)
{
	while (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	const char *cr = memrchr(line.p, '\r', line.len);
	if (cr)
		line = (struct sv){ cr + 1, line.len - (size_t)(cr + 1 - line.p) };
	int64_t ms = v->started_ns && at_ns > v->started_ns ? (at_ns - v->started_ns) / 1000000 : 0;
	AUTO_STR time = xasprintf("%lld.%03lld ", (long long)(ms / 1000), (long long)(ms % 1000));
	trace_line(t, v, time, line);
}

static void partial_flush(struct bk_trace *t, struct bk_vertex *v, struct buf *partial, int64_t at_ns)
{
	if (partial->len)
		vertex_line(t, v, buf_sv(partial), at_ns);
	buf_clear(partial);
}

static void vertex_flush(struct bk_trace *t, struct bk_vertex *v, int64_t at_ns)
{
	partial_flush(t, v, &v->partial[0], at_ns);
	partial_flush(t, v, &v->partial[1], at_ns);
}

/* Programs write a message to standard error in several pieces, with their output between them: each stream has its own lines. */
static void vertex_output(struct bk_trace *t, struct bk_vertex *v, bool is_stderr, struct sv text, int64_t at_ns)
{
	struct buf *partial = &v->partial[is_stderr];
	while (text.len) {
		const char *lf = memchr(text.p, '\n', text.len);
		size_t n = lf ? (size_t)(lf - text.p) : text.len;
		if (partial->len + n > PARTIAL_MAX)
			partial_flush(t, v, partial, at_ns);
		if (lf && !partial->len) {
			vertex_line(t, v, (struct sv){ text.p, n }, at_ns);
		} else {
			buf_add(partial, text.p, MIN_OF(n, (size_t)PARTIAL_MAX));
			if (lf && partial->len)
				partial_flush(t, v, partial, at_ns);
		}
		n += lf ? 1 : 0;
		text = (struct sv){ text.p + n, text.len - n };
	}
}

/* ---- messages ---- */
struct vertex_message { struct sv digest, name, error; int64_t started, completed; bool cached; };

static void vertex_end(struct bk_trace *t, struct bk_vertex *v, const struct vertex_message *m)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;

	if (v->ended || (!m->completed && !m->cached && !m->error.len))
		return;
	v->ended = true;
	vertex_flush(t, v, m->completed);
	if (m->error.len && memmem(m->error.p, m->error.len, "context canceled", 16))
		buf_add_str(&text, "CANCELED");
	else if (m->error.len)
		buf_addf(&text, "ERROR: %.*s", (int)MIN_OF(m->error.len, (size_t)NAME_MAX_BYTES), m->error.p);
	else if (m->cached) {
		buf_add_str(&text, "CACHED");
	} else {
		AUTO_STR took = seconds_text(m->completed - v->started_ns);
		buf_addf(&text, "DONE %ss", took);
	}
	trace_line(t, v, "", buf_sv(&text));
}

static int vertex_parse(struct sv message, struct vertex_message *m)
{
	struct field f;
	int r;

	*m = (struct vertex_message){ 0 };
	while ((r = pb_next(&message, &f)) > 0) {
		switch (f.number) {
		case 1: m->digest = f.bytes; break;
		case 3: m->name = f.bytes; break;
		case 4: m->cached = f.varint != 0; break;
		case 5: m->started = pb_time_ns(f.bytes); break;
		case 6: m->completed = pb_time_ns(f.bytes); break;
		case 7: m->error = f.bytes; break;
		default: break;
		}
	}
	return r;
}

/* Names first, so that the first step of a message knows how many there are. */
static int trace_vertex_name(struct bk_trace *t, struct sv message)
{
	struct vertex_message m;
	int r = vertex_parse(message, &m);
	struct bk_vertex *v = r == 0 && m.digest.len ? trace_vertex(t, m.digest) : NULL;

	if (v && !v->name && m.name.len) {
		v->name = sv_dup((struct sv){ m.name.p, MIN_OF(m.name.len, (size_t)NAME_MAX_BYTES) });
		t->steps += is_step(m.name);
	}
	return r;
}

static int trace_vertex_message(struct bk_trace *t, struct sv message)
{
	struct vertex_message m;
	int r = vertex_parse(message, &m);
	struct bk_vertex *v = r == 0 && m.digest.len ? trace_vertex(t, m.digest) : NULL;

	if (!v)
		return r;
	if (m.started && !v->started_ns)
		v->started_ns = m.started;
	if (m.started || m.cached || m.error.len)
		vertex_begin(t, v);
	if (v->begun)
		vertex_end(t, v, &m);
	return 0;
}

struct status_message { struct sv id, vertex, name; int64_t started, completed; uint64_t now, total; };

static struct bk_status *vertex_status(struct bk_vertex *v, struct sv id)
{
	uint64_t hash = hash_bytes(id.p, id.len);

	for (size_t i = 0; i < v->statuses.len; i++)
		if (v->statuses.items[i].id == hash)
			return &v->statuses.items[i];
	if (v->statuses.len >= STATUSES_MAX)
		return NULL;
	VEC_PUSH(&v->statuses, ((struct bk_status){ .id = hash }));
	return VEC_LAST(&v->statuses);
}

/* Told when it is done, and on the way at each tenth of what has more than a megabyte. */
static void status_show(struct bk_trace *t, struct bk_vertex *v, const struct status_message *m)
{
	struct bk_status *s = vertex_status(v, m->id);
	AUTO(buf_fini) struct buf text = BUF_INIT;
	int tenth = m->total > 1000000 ? (int)MIN_OF(m->now / (m->total / 10), (uint64_t)10) : 0;

	if (!s || s->done || (!m->completed && tenth <= s->tenth))
		return;
	s->tenth = tenth;
	s->done = m->completed != 0;
	buf_addf(&text, "%.*s", (int)MIN_OF(m->id.len, (size_t)NAME_MAX_BYTES), m->id.p);
	if (m->total) {
		buf_add_char(&text, ' ');
		text_add_size(&text, m->now);
		buf_add_str(&text, " / ");
		text_add_size(&text, m->total);
	}
	if (s->done) {
		AUTO_STR took = seconds_text(m->completed - m->started);
		buf_addf(&text, " %ss done", m->started ? took : "0.0");
	}
	vertex_show(t, v);
	trace_line(t, v, "", buf_sv(&text));
}

static int trace_status_message(struct bk_trace *t, struct sv message)
{
	struct status_message m = { 0 };
	struct field f;
	int r;

	while ((r = pb_next(&message, &f)) > 0) {
		switch (f.number) {
		case 1: m.id = f.bytes; break;
		case 2: m.vertex = f.bytes; break;
		case 4: m.now = f.varint; break;
		case 5: m.total = f.varint; break;
		case 7: m.started = pb_time_ns(f.bytes); break;
		case 8: m.completed = pb_time_ns(f.bytes); break;
		default: break;
		}
	}
	struct bk_vertex *v = r == 0 && m.id.len && m.vertex.len ? trace_vertex(t, m.vertex) : NULL;
	if (v)
		status_show(t, v, &m);
	return r;
}

static int trace_log_message(struct bk_trace *t, struct sv message)
{
	struct sv vertex = { 0 }, text = { 0 };
	int64_t at = 0;
	uint64_t stream = 1;
	struct field f;
	int r;

	while ((r = pb_next(&message, &f)) > 0) {
		switch (f.number) {
		case 1: vertex = f.bytes; break;
		case 2: at = pb_time_ns(f.bytes); break;
		case 3: stream = f.varint; break;
		case 4: text = f.bytes; break;
		default: break;
		}
	}
	struct bk_vertex *v = r == 0 && vertex.len ? trace_vertex(t, vertex) : NULL;
	if (v) {
		vertex_show(t, v);
		vertex_output(t, v, stream == 2, text, at);
	}
	return r;
}

/* VertexWarning{1 vertex, 2 level, 3 short text …}, from newer engines. */
static int trace_warning_message(struct bk_trace *t, struct sv message)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	struct field f;
	int r;

	while ((r = pb_next(&message, &f)) > 0)
		if (f.number == 3 && f.wire == 2)
			buf_addf(&text, "WARNING: %.*s\n", (int)MIN_OF(f.bytes.len, (size_t)NAME_MAX_BYTES), f.bytes.p);
	if (text.len)
		t->out.log(t->out.ctx, buf_sv(&text));
	return r;
}

static int trace_part(struct bk_trace *t, const struct field *f)
{
	if (f->wire != 2)
		return 0;
	switch (f->number) {
	case 1: return trace_vertex_message(t, f->bytes);
	case 2: return trace_status_message(t, f->bytes);
	case 3: return trace_log_message(t, f->bytes);
	case 4: return trace_warning_message(t, f->bytes);
	default: return 0;
	}
}

int bk_trace_feed(struct bk_trace *t, struct sv message, struct err *reterr)
{
	struct sv rest = message;
	struct field f;
	int r, part = 0;

	while ((r = pb_next(&rest, &f)) > 0 && part >= 0)
		if (f.wire == 2 && f.number == 1)
			part = trace_vertex_name(t, f.bytes);
	rest = message;
	while (part >= 0 && (r = pb_next(&rest, &f)) > 0)
		part = trace_part(t, &f);
	return r < 0 || part < 0 ? err_set(reterr, ERR_DECODE, "BuildKit's progress is not in a form that berth knows") : 0;
}

void bk_trace_init(struct bk_trace *t, const struct bk_out *out)
{
	*t = (struct bk_trace){ .out = *out };
}

void bk_trace_flush(struct bk_trace *t)
{
	for (size_t i = 0; i < t->vertices.len; i++)
		vertex_flush(t, &t->vertices.items[i], t->vertices.items[i].started_ns);
}

void bk_trace_fini(struct bk_trace *t)
{
	for (size_t i = 0; i < t->vertices.len; i++) {
		struct bk_vertex *v = &t->vertices.items[i];
		free(v->digest);
		free(v->name);
		buf_fini(&v->partial[0]);
		buf_fini(&v->partial[1]);
		VEC_FINI(&v->statuses);
	}
	VEC_FINI(&t->vertices);
}
