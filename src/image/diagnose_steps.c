/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which step of a build a line belongs to. */
#include "diagnose_steps.h"

#include "berth/mem.h"

enum { STEPS_MAX = 4096, NAME_MAX_BYTES = 400, CLASSIC_BASE = 1 << 20 };

void build_steps_init(struct build_steps *s)
{
	*s = (struct build_steps){ 0 };
}

static void forget(struct build_steps *s)
{
	for (size_t i = 0; i < s->items.len; i++) {
		free(s->items.items[i].name);
		free(s->items.items[i].command);
	}
	VEC_CLEAR(&s->items);
}

void build_steps_fini(struct build_steps *s)
{
	forget(s);
	VEC_FINI(&s->items);
}

static struct build_step *step_at(struct build_steps *s, uint32_t number)
{
	for (size_t i = s->items.len; i-- > 0;)
		if (s->items.items[i].number == number)
			return &s->items.items[i];
	return NULL;
}

const struct build_step *build_steps_at(const struct build_steps *s, uint32_t number)
{
	for (size_t i = s->items.len; i-- > 0;)
		if (s->items.items[i].number == number)
			return &s->items.items[i];
	return NULL;
}

const struct build_step *build_steps_failed(const struct build_steps *s)
{
	for (size_t i = 0; i < s->items.len; i++)
		if (s->items.items[i].failed)
			return &s->items.items[i];
	return s->current ? build_steps_at(s, s->current) : NULL;
}

static struct sv cut(struct sv s, size_t n)
{
	return (struct sv){ s.p + n, s.len - n };
}

static struct build_step *step_new(struct build_steps *s, uint32_t number, struct sv name)
{
	if (s->items.len >= STEPS_MAX)
		return NULL;
	name.len = utf8_floor(name, MIN_OF(name.len, (size_t)NAME_MAX_BYTES));
	struct build_step step = { .number = number, .name = sv_dup(name), .exit_code = -1 };
	const char *run = strstr(step.name, "RUN ");
	if (run && (run == step.name || run[-1] == ' '))
		step.command = xstrdup(run + 4);
	VEC_PUSH(&s->items, step);
	return VEC_LAST(&s->items);
}

/* The number after `mark`, or -1. */
static int number_after(struct sv line, const char *mark)
{
	const char *at = memmem(line.p, line.len, mark, strlen(mark));
	uint64_t n;
	if (!at)
		return -1;
	struct sv rest = sv_trim(cut(line, (size_t)(at - line.p) + strlen(mark)));
	size_t digits = 0;
	while (digits < rest.len && digits < 9 && rest.p[digits] >= '0' && rest.p[digits] <= '9')
		digits++;
	return sv_to_u64((struct sv){ rest.p, digits }, &n) ? (int)n : -1;
}

static void fail(struct build_step *step, int exit_code)
{
	if (!step)
		return;
	step->failed = true;
	if (exit_code >= 0)
		step->exit_code = exit_code;
}

/* ---- BuildKit: what follows "#7 " ---- */
static struct sv without_seconds(struct sv text)
{
	size_t i = 0;
	while (i < text.len && ((text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '.'))
		i++;
	return i && i < text.len && text.p[i] == ' ' ? cut(text, i + 1) : text;
}

/* "[stage-1 3/5] RUN x" is "stage-1 3/5 RUN x"; "[internal] load …" stays. */
static struct sv vertex_name(struct sv text, struct buf *b)
{
	const char *end = text.len && text.p[0] == '[' ? memchr(text.p, ']', text.len) : NULL;
	if (!end || sv_starts(text, SV("[internal]")) || sv_starts(text, SV("[auth]")))
		return text;
	buf_add(b, text.p + 1, (size_t)(end - text.p) - 1);
	buf_add_sv(b, cut(text, (size_t)(end - text.p) + 1));
	return buf_sv(b);
}

static uint32_t vertex_line(struct build_steps *s, uint32_t number, struct sv text, struct sv *ret_text)
{
	AUTO(buf_fini) struct buf name = BUF_INIT_MAX(8192);
	struct build_step *step = step_at(s, number);
	s->current = 0;
	if (!step || (text.len && text.p[0] == '[' && !step->failed && number == 1 && !sv_eq(sv_of(step->name), vertex_name(text, &name)))) {
		if (number == 1 && step)
			forget(s);             /* another build begins in the same log */
		buf_clear(&name);
		step = step_new(s, number, vertex_name(text, &name));
	}
	if (sv_starts(text, SV("ERROR")))
		fail(step, number_after(text, "exit code: "));
	*ret_text = without_seconds(text);
	return number;
}

static bool vertex_prefix(struct sv line, uint32_t *ret_number, struct sv *ret_text)
{
	struct sv rest = cut(line, 1), digits;
	uint64_t n;
	if (!sv_split(&rest, ' ', &digits) || !rest.p || !sv_to_u64(digits, &n) || n == 0 || n >= CLASSIC_BASE)
		return false;
	*ret_number = (uint32_t)n;
	*ret_text = rest;
	return true;
}

/* ---- the classic builder, and Podman's ---- */
static bool classic_step(struct build_steps *s, struct sv line)
{
	if (!sv_starts(line, SV("Step ")) && !sv_starts(line, SV("STEP ")))
		return false;
	struct sv rest = cut(line, 5), n, of;
	uint64_t step, steps;
	if (!sv_split(&rest, '/', &n) || !sv_split(&rest, ':', &of) || !sv_to_u64(n, &step) || !sv_to_u64(sv_trim(of), &steps) || !step || step > steps || steps > 100000)
		return false;
	if (step == 1)
		forget(s);
	AUTO_STR name = xasprintf("%u/%u %.*s", (unsigned)step, (unsigned)steps, (int)MIN_OF(sv_trim(rest).len, (size_t)NAME_MAX_BYTES), sv_trim(rest).p);
	s->current = CLASSIC_BASE + (uint32_t)step;
	step_new(s, s->current, sv_of(name));
	return true;
}

/* Words with which a builder gives up the step that it is at. */
static bool gives_up(struct sv line, int *ret_exit_code)
{
	static const char *const ends[] = { "COPY failed: ", "ADD failed: ", "Error: building at STEP ", "Error: error building at STEP ", "no source files were specified" };
	*ret_exit_code = number_after(line, "returned a non-zero code: ");
	if (*ret_exit_code >= 0)
		return true;
	*ret_exit_code = number_after(line, "exit status ");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (memmem(line.p, line.len, ends[i], strlen(ends[i])))
			return true;
	return false;
}

static bool build_is_over(struct sv line)
{
	static const char *const words[] = { "Running after_script", "Running after script", "Cleaning up project directory", "Uploading artifacts for failed job", "ERROR: Job failed" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_starts(line, sv_of(words[i])))
			return true;
	return false;
}

/* What a builder says of the failed step after it: "ERROR: failed to solve: …", "berth: the build failed after 2s: …". */
static bool is_summary(struct sv line)
{
	static const char *const words[] = { "ERROR: failed to ", "error: failed to solve", "failed to solve", "berth: the build failed" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_starts(line, sv_of(words[i])))
			return true;
	return false;
}

/* ---- kaniko, which jobs without a docker daemon use ---- */
static bool is_instruction(struct sv text)
{
	static const char *const words[] = { "RUN ", "COPY ", "ADD ", "WORKDIR ", "ENV ", "USER ", "ARG ", "LABEL ", "EXPOSE ", "CMD ", "ENTRYPOINT ", "VOLUME ", "SHELL ", "HEALTHCHECK ", "STOPSIGNAL ", "ONBUILD " };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sv_starts(text, sv_of(words[i])))
			return true;
	return false;
}

/* "INFO[0012] RUN pip install x" begins a step, which has no number of its own; false: none of kaniko's lines. */
static bool kaniko_line(struct build_steps *s, struct sv line)
{
	const char *end = sv_starts(line, SV("INFO[")) ? memmem(line.p, line.len, "] ", 2) : NULL;
	if (!end)
		return false;
	struct sv text = sv_trim(cut(line, (size_t)(end - line.p) + 2));
	if (is_instruction(text)) {
		s->current = CLASSIC_BASE + (uint32_t)s->items.len + 1;
		step_new(s, s->current, text);
	}
	return true;
}

/* How it gives up. What no command of a step has done is said of no step: a COPY fails before its line is there. */
static bool kaniko_gives_up(struct build_steps *s, struct sv line, uint32_t *ret_number)
{
	static const char *const ends[] = { "error building image: ", "error pushing image: ", "error checking push permissions" };
	bool gives_up = false;
	for (size_t i = 0; i < ARRAY_LEN(ends) && !gives_up; i++)
		gives_up = sv_starts(line, sv_of(ends[i]));
	if (!gives_up)
		return false;
	int code = number_after(line, "waiting for process to exit: exit status ");
	*ret_number = code >= 0 ? s->current : 0;
	if (code >= 0)
		fail(step_at(s, s->current), code);
	s->current = 0;
	return true;
}

static uint32_t classic_line(struct build_steps *s, struct sv line)
{
	int code;
	uint32_t given_up;
	if (classic_step(s, line) || kaniko_line(s, line))
		return s->current;
	if (kaniko_gives_up(s, line, &given_up))
		return given_up;
	uint32_t number = s->current;
	if (number && gives_up(line, &code)) {
		fail(step_at(s, number), code);
		s->current = 0;
	} else if (sv_starts(line, SV("Successfully built ")) || sv_starts(line, SV("Successfully tagged "))) {
		s->current = 0;
	}
	return number;
}

static bool is_builders_own(struct sv text, bool vertex)
{
	static const char *const vertex_words[] = { "[", "ERROR", "DONE", "CACHED", "CANCELED" };
	static const char *const classic_words[] = { "Step ", "STEP ", " ---> ", "The command '", "Removing intermediate container", "Error: building at STEP", "INFO[", "error building image: error building stage: failed to execute command" };
	const char *const *words = vertex ? vertex_words : classic_words;
	for (size_t i = 0; i < (vertex ? ARRAY_LEN(vertex_words) : ARRAY_LEN(classic_words)); i++)
		if (sv_starts(text, sv_of(words[i])))
			return true;
	return false;
}

uint32_t build_steps_line(struct build_steps *s, struct sv line, struct sv *ret_text, bool *ret_own)
{
	uint32_t number;
	struct sv text;
	*ret_text = line;
	*ret_own = false;
	if (build_is_over(line)) {
		fail(step_at(s, s->current), -1);
		s->over = true;
		s->current = 0;
	}
	if (line.len > 2 && line.p[0] == '#' && vertex_prefix(line, &number, &text)) {
		*ret_own = is_builders_own(text, true);
		return vertex_line(s, number, text, ret_text);
	}
	if (!s->current && is_summary(line)) {
		struct build_step *failed = (struct build_step *)build_steps_failed(s);
		int code = number_after(line, "exit code: ");
		if (failed && code >= 0 && failed->exit_code < 0)
			failed->exit_code = code;
		*ret_own = failed != NULL;
		return failed ? failed->number : 0;
	}
	*ret_own = is_builders_own(line, false);
	return classic_line(s, line);
}
