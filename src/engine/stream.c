/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

#include "berth/json.h"
#include "errors.h"

void lines_fini(struct lines *l)
{
	buf_fini(&l->pending);
}

/* Not json_read(): a build may print a NUL byte, which stands in its line as \u0000. */
static int line_parse(struct sv line, bool (*item)(void *ctx, const json_t *j), void *ctx, bool *ret_go_on, struct err *reterr)
{
	line = sv_trim(line);
	if (!line.len)
		return 0;
	json_error_t why;
	json_auto_t *j = json_loadb(line.p, line.len, JSON_ALLOW_NUL, &why);
	if (!json_is_object(j))
		return err_set(reterr, ERR_DECODE, "the engine sent a line that is no JSON object: %.*s%s", (int)MIN_OF(line.len, 80u), line.p,
		               line.len > 80 ? "..." : "");
	*ret_go_on = item(ctx, j);
	return 0;
}

static int lines_too_long(struct err *reterr)
{
	return err_set(reterr, ERR_TOO_BIG, "the engine sent a line of more than %zu MiB", LINES_MAX >> 20);
}

int lines_feed(struct lines *l, struct sv bytes, bool (*item)(void *ctx, const json_t *j), void *ctx, struct err *reterr)
{
	bool go_on = true;

	while (bytes.len && go_on) {
		const char *lf = memchr(bytes.p, '\n', bytes.len);
		size_t n = lf ? (size_t)(lf - bytes.p) : bytes.len;
		if (l->pending.len + n > LINES_MAX)
			return lines_too_long(reterr);
		struct sv line = { bytes.p, n };
		if (!lf || l->pending.len) {
			buf_add_sv(&l->pending, line);
			line = buf_sv(&l->pending);
		}
		bytes = (struct sv){ bytes.p + n + (lf ? 1 : 0), bytes.len - n - (lf ? 1 : 0) };
		if (!lf)
			return l->pending.overflow ? lines_too_long(reterr) : 0;
		int r = line_parse(line, item, ctx, &go_on, reterr);
		buf_clear(&l->pending);
		if (r)
			return r;
	}
	return 0;
}

int lines_end(struct lines *l, bool (*item)(void *ctx, const json_t *j), void *ctx, struct err *reterr)
{
	bool go_on = true;
	int r = line_parse(buf_sv(&l->pending), item, ctx, &go_on, reterr);

	buf_clear(&l->pending);
	return r;
}

bool stream_error(const json_t *line, struct err *ret)
{
	const char *words = json_str(line, "errorDetail.message", NULL);

	if (!words)
		words = json_str(line, "error", NULL);
	if (!words)
		return false;
	engine_error_words(ret, 0, sv_of(words));
	return true;
}

static int frame_head(struct frames *f, struct err *reterr)
{
	if (f->head[0] > 3 || f->head[1] || f->head[2] || f->head[3])
		return err_set(reterr, ERR_DECODE, "the engine's stream has no frame where one should begin (%02x %02x %02x %02x)",
		               f->head[0], f->head[1], f->head[2], f->head[3]);
	f->stream = f->head[0] == 0 ? 1 : f->head[0];
	f->left = (uint32_t)f->head[4] << 24 | (uint32_t)f->head[5] << 16 | (uint32_t)f->head[6] << 8 | f->head[7];
	f->n_head = 0;
	return 0;
}

int frames_feed(struct frames *f, struct sv bytes, void (*piece)(void *ctx, int stream, struct sv bytes), void *ctx, struct err *reterr)
{
	while (bytes.len) {
		if (f->left) {
			size_t n = MIN_OF((size_t)f->left, bytes.len);
			struct sv part = { bytes.p, n };
			bytes = (struct sv){ bytes.p + n, bytes.len - n };
			f->left -= (uint32_t)n;
			piece(ctx, f->stream, part);
			continue;
		}
		f->head[f->n_head++] = (unsigned char)bytes.p[0];
		bytes = (struct sv){ bytes.p + 1, bytes.len - 1 };
		if (f->n_head < sizeof f->head)
			continue;
		int r = frame_head(f, reterr);
		if (r)
			return r;
	}
	return 0;
}

bool frames_between(const struct frames *f)
{
	return !f->left && !f->n_head;
}
