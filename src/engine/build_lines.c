/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build_lines.h"

#include "berth/json.h"
#include "berth/mem.h"

enum { HEAD_MAX = 512, MESSAGE_MAX = 8 << 20 };

static void tell(struct build_lines *b, int kind, struct sv text)
{
	struct engine_build_event ev = { .text = text };

	ev.kind = kind == BUILD_EVENT_IMAGE ? BUILD_EVENT_IMAGE : BUILD_EVENT_LOG;
	if (b->event)
		b->event(b->ctx, &ev);
}

static void tell_log(void *ctx, struct sv text)
{
	tell(ctx, BUILD_EVENT_LOG, text);
}

static void tell_step(void *ctx, struct sv name, uint32_t step, uint32_t steps)
{
	struct build_lines *b = ctx;
	struct engine_build_event ev = { .kind = BUILD_EVENT_STEP, .text = name, .step = step, .steps = steps };

	if (b->event)
		b->event(b->ctx, &ev);
}

void build_lines_init(struct build_lines *b, void (*event)(void *ctx, const struct engine_build_event *ev), void *ctx)
{
	*b = (struct build_lines){ .lines = LINES_INIT, .event = event, .ctx = ctx };
	bk_trace_init(&b->trace, &(struct bk_out){ tell_log, tell_step, b });
}

void build_lines_fini(struct build_lines *b)
{
	lines_fini(&b->lines);
	bk_trace_fini(&b->trace);
	buf_fini(&b->line);
	free_p(&b->image_id);
}

/* ---- the classic builder's text ---- */
/* "Step 2/9 : RUN …", Podman "STEP 2/9: RUN …" */
static void classic_line(struct build_lines *b, struct sv line)
{
	struct sv rest = line, n, of;
	uint64_t step, steps;

	if (!sv_starts(line, SV("Step ")) && !sv_starts(line, SV("STEP ")))
		return;
	rest = (struct sv){ line.p + 5, line.len - 5 };
	if (!sv_split(&rest, '/', &n) || !sv_split(&rest, ':', &of) || !sv_to_u64(n, &step) || !sv_to_u64(sv_trim(of), &steps) || steps > 100000 || step > steps)
		return;
	tell_step(b, sv_trim(rest), (uint32_t)step, (uint32_t)steps);
}

static void classic_text(struct build_lines *b, struct sv text)
{
	tell(b, BUILD_EVENT_LOG, text);
	while (text.len) {
		const char *lf = memchr(text.p, '\n', text.len);
		size_t n = lf ? (size_t)(lf - text.p) : text.len;
		size_t room = HEAD_MAX - MIN_OF(b->line.len, (size_t)HEAD_MAX);
		buf_add(&b->line, text.p, MIN_OF(n, room));
		if (!lf)
			return;
		classic_line(b, buf_sv(&b->line));
		buf_clear(&b->line);
		text = (struct sv){ text.p + n + 1, text.len - n - 1 };
	}
}

/* Pulling the base image: each layer's last words, not its progress. */
static void pull_text(struct build_lines *b, const json_t *line, const char *status)
{
	const char *id = json_str(line, "id", NULL);

	if (json_int(line, "progressDetail.current", 0) > 0 || strcmp(status, "Waiting") == 0)
		return;
	AUTO_STR text = id ? xasprintf("%s: %s\n", id, status) : xasprintf("%s\n", status);
	tell(b, BUILD_EVENT_LOG, sv_of(text));
}

static void trace_text(struct build_lines *b, const char *base64)
{
	AUTO(buf_fini) struct buf message = BUF_INIT_MAX(MESSAGE_MAX);

	if (buf_add_base64_decoded(&message, sv_of(base64)) && !message.overflow)
		bk_trace_feed(&b->trace, buf_sv(&message), &b->err);
	else
		err_set(&b->err, ERR_DECODE, "BuildKit's progress is not base64");
}

static bool build_line(void *ctx, const json_t *line)
{
	struct build_lines *b = ctx;
	const char *status = json_str(line, "status", NULL), *id = json_str(line, "aux.ID", NULL);
	const json_t *stream = json_path(line, "stream"), *aux = json_path(line, "aux");

	if (stream_error(line, &b->err))
		return false;
	if (json_is_string(stream))
		classic_text(b, (struct sv){ json_string_value(stream), json_string_length(stream) });
	else if (json_is_string(aux) && strcmp(json_str(line, "id", ""), "moby.buildkit.trace") == 0)
		trace_text(b, json_string_value(aux));
	else if (id)
		str_replace(&b->image_id, id);          /* stages have one each: the last is the image */
	else if (status)
		pull_text(b, line, status);
	return !b->err.code;
}

bool build_lines_feed(struct build_lines *b, struct sv bytes)
{
	return lines_feed(&b->lines, bytes, build_line, b, &b->err) == 0 && !b->err.code;
}

int build_lines_end(struct build_lines *b)
{
	if (!b->err.code)
		lines_end(&b->lines, build_line, b, &b->err);
	bk_trace_flush(&b->trace);
	if (!b->err.code && !b->image_id) {
		err_set(&b->err, ERR_FAILED, "the engine ended the build without an image");
		err_hint(&b->err, "look at the log, and at the engine's own");
	}
	if (b->err.code)
		return -b->err.code;
	tell(b, BUILD_EVENT_IMAGE, sv_of(b->image_id));
	return 0;
}
