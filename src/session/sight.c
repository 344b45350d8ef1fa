/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look at a session: is anything in it used? CPU from the engine's statistics; all else by one command in the container, whose
 * answer is lines. Jupyter is asked from within, with the token that lies there: it never leaves the container for this, the
 * connection is none from outside, and engines on other machines are no different. Neither question counts as use for Jupyter.
 */
#include <stdio.h>

#include "berth/json.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "call.h"

enum { SECOND_SAMPLE_MS = 400, GIVE_UP_MS = 30000, ANSWER_MAX = 4 << 20, JSON_MAX = 1 << 20, DU_EVERY_S = 3600 };

/* ---- pure ---- */
static struct sv next_word(struct sv *rest)
{
	struct sv word = { NULL, 0 };
	while (sv_split(rest, ' ', &word) && !word.len)
		;
	return word;
}

/* "0100007F:22B8", or 32 digits before the colon; words of four bytes each are in the machine's order. */
static bool is_loopback(struct sv address)
{
	const char *colon = memchr(address.p, ':', address.len);
	size_t n = colon ? (size_t)(colon - address.p) : 0;
	struct sv host = { address.p, n };
	if (n == 8)
		return sv_ends(host, SV("7F"));
	return n == 32 && (sv_eq(host, SV("00000000000000000000000001000000")) ||
	                   (sv_starts(host, SV("0000000000000000FFFF0000")) && sv_ends(host, SV("7F"))));
}

static struct sv port_of(struct sv address)
{
	const char *colon = memrchr(address.p, ':', address.len);
	return colon ? (struct sv){ colon, address.len - (size_t)(colon - address.p) } : (struct sv){ "", 0 };
}

/* "  0: LOCAL REMOTE STATE …": state 0A listens, 01 is a connection. */
static bool tcp_line(struct sv line, struct sv *ret_local, struct sv *ret_remote, struct sv *ret_state)
{
	struct sv number = next_word(&line);
	*ret_local = next_word(&line);
	*ret_remote = next_word(&line);
	*ret_state = next_word(&line);
	return number.len > 1 && sv_ends(number, SV(":")) && ret_state->len == 2;
}

static bool listens(struct sv tables, struct sv port)
{
	struct sv line, local, remote, state;
	while (sv_split(&tables, '\n', &line))
		if (tcp_line(line, &local, &remote, &state) && sv_eq(state, SV("0A")) && sv_eq(port_of(local), port))
			return true;
	return false;
}

unsigned proc_net_connections(struct sv tables)
{
	struct sv line, local, remote, state, rest = tables;
	unsigned n = 0;
	while (sv_split(&rest, '\n', &line))
		n += tcp_line(line, &local, &remote, &state) && sv_eq(state, SV("01")) && !is_loopback(remote) && n < 1000 && listens(tables, port_of(local));
	return n;
}

static uint64_t number_of(struct sv word)
{
	uint64_t n;
	return sv_to_u64(word, &n) && n <= UINT64_MAX / 1024 ? n : 0;
}

void sight_parse(struct sv text, struct sight_text *ret)
{
	struct sv line, rest = text;
	*ret = (struct sight_text){ 0 };
	while (sv_split(&rest, '\n', &line)) {
		struct sv key = next_word(&line);
		if (sv_eq(key, SV("ptys")))
			ret->n_terminals = (unsigned)MIN_OF(number_of(line), (uint64_t)UINT32_MAX);
		else if (sv_eq(key, SV("disk"))) {
			ret->size_kib = number_of(next_word(&line));
			next_word(&line);
			ret->free_kib = number_of(next_word(&line));
		} else if (sv_eq(key, SV("used")))
			ret->used_kib = number_of(next_word(&line));
		else if (sv_eq(key, SV("changed")))
			ret->change = sv_eq(line, SV("no")) ? CHANGE_NONE : CHANGE_SOME;
		else if (sv_eq(key, SV("kernels")))
			ret->kernels = line;
		else if (sv_eq(key, SV("status")))
			ret->status = line;
	}
	ret->n_connections = proc_net_connections(text);
}

unsigned jupyter_kernels_activity(struct sv text)
{
	AUTO_JSON all = json_read(text, JSON_MAX, NULL);
	size_t i;
	json_t *kernel;
	json_array_foreach(all, i, kernel)
		if (strcmp(json_str(kernel, "execution_state", ""), "busy") == 0)
			return ACTIVITY_KERNEL;
	return 0;
}

unsigned jupyter_status_activity(struct sv text, int64_t since_s)
{
	AUTO_JSON status = json_read(text, JSON_MAX, NULL);
	int64_t last_s;
	unsigned active = json_int(status, "connections", 0) > 0 ? ACTIVITY_CONNECTION : 0;
	if (since_s && time_parse_rfc3339(sv_of(json_str(status, "last_activity", "")), &last_s) && last_s > since_s)
		active |= ACTIVITY_USED;
	return active;
}

/* ---- the look ---- */
struct look_call {
	struct session_call base;
	char *container;
	bool sampled_twice, measures_disk;
	int64_t since_s;
	char changed_min[24];                       /* minutes in which files may have changed; "": not asked */
	struct session_sight sight;
	struct engine_usage sample;
	struct buf out;
	void (*got)(void *ctx, const struct session_sight *v);
};

static const char commands[] =
	"n=0; for p in /dev/pts/[0-9]*; do [ -e \"$p\" ] && n=$((n+1)); done; echo \"ptys $n\"\n"
	"cat /proc/net/tcp /proc/net/tcp6 2>/dev/null\n"
	"df -Pk . 2>/dev/null | while read -r a b c d e; do echo \"disk $b $c $d\"; done\n"
	"[ \"$1\" = du ] && du -sk . 2>/dev/null | while read -r a b; do echo \"used $a\"; done\n"
	/* The time of a file's change can't be set by who changes it. What a find can't tell counts as a change. */
	"[ -n \"$3\" ] && if find . -maxdepth 0 -cmin +0 >/dev/null 2>&1 && "
	"found=$(timeout 15 find . -path ./.git/objects -prune -o -cmin \"-$3\" -print 2>/dev/null || echo slow) && [ -z \"$found\" ]; "
	"then echo 'changed no'; else echo 'changed yes'; fi\n"
	"[ -r " SETTINGS_DIR "/token ] && command -v python3 >/dev/null 2>&1 && exec python3 -c \"$2\"\n"
	"exit 0\n";

static const char jupyter_asks[] =
	"import urllib.request as u\n"
	"token = open('" SETTINGS_DIR "/token').read().strip()\n"
	"for name, path in ('kernels', '/api/kernels?no_track_activity=1'), ('status', '/api/status'):\n"
	"    q = u.Request('http://127.0.0.1:8888' + path, headers={'Authorization': 'token ' + token})\n"
	"    print(name, ' '.join(u.urlopen(q, timeout=5).read().decode().split()))\n";

static void look_fini(struct session_call *c)
{
	struct look_call *l = (struct look_call *)c;
	free(l->container);
	buf_fini(&l->out);
}

static void look_output(void *call, int stream, struct sv bytes)
{
	struct look_call *l = call;
	if (stream == 1)
		buf_add_sv(&l->out, bytes);
}

static void take_text(struct look_call *l)
{
	struct sight_text t;
	struct session_sight *v = &l->sight;
	sight_parse(buf_sv(&l->out), &t);
	v->active |= t.n_terminals ? ACTIVITY_TERMINAL : 0;
	v->active |= t.n_connections ? ACTIVITY_CONNECTION : 0;
	v->active |= jupyter_kernels_activity(t.kernels) | jupyter_status_activity(t.status, l->since_s);
	v->change = l->changed_min[0] ? t.change : CHANGE_UNKNOWN;
	v->disk_used_bytes = t.used_kib * 1024;
	v->disk_free_bytes = t.free_kib * 1024;
	v->disk_size_bytes = t.size_kib * 1024;
}

static void commands_end(void *call, const struct err *err)
{
	struct look_call *l = call;
	if (!session_call_back(&l->base, err))
		return;
	if (err && err->code != ERR_FAILED) { /* FAILED: the image has no shell; the engine is there */
		struct err copy = *err;
		session_call_end(&l->base, &copy);
		return;
	}
	if (!l->out.overflow)
		take_text(l);
	l->got(l->base.ctx, &l->sight);
	session_call_end(&l->base, NULL);
}

static void give_up(void *call)
{
	struct look_call *l = call;
	loop_timer_stop(l->base.timer);
	l->base.timer = NULL;
	engine_cancel(l->base.call);
}

static void run_commands(struct look_call *l)
{
	const char *argv[] = { "/bin/sh", "-c", commands, "berth", l->measures_disk ? "du" : "", jupyter_asks, l->changed_min };
	struct engine_exec_query q = { .container = l->container, .argv = argv, .n_argv = ARRAY_LEN(argv) };
	l->base.timer = loop_timer_start(l->base.loop, GIVE_UP_MS, 0, give_up, l);
	l->base.call = engine_exec(l->base.engine, &q, look_output, NULL, commands_end, l);
}

static void ask_sample(void *call);

static void sampled(void *call, const struct engine_usage *u)
{
	((struct look_call *)call)->sample = *u;
}

static void sample_end(void *call, const struct err *err)
{
	struct look_call *l = call;
	if (!session_call_ok(&l->base, err))
		return;
	if (!l->sample.cpu_known && !l->sampled_twice) {
		l->sampled_twice = true;
		l->base.timer = loop_timer_start(l->base.loop, SECOND_SAMPLE_MS, 0, ask_sample, l);
		return;
	}
	l->sight.cpu_cores = l->sample.cpu_known ? l->sample.cpu_cores : 0;
	l->sight.memory_bytes = l->sample.memory_bytes;
	l->sight.active = l->sight.cpu_cores >= IDLE_CPU_CORES ? ACTIVITY_CPU : 0;
	run_commands(l);
}

static void ask_sample(void *call)
{
	struct look_call *l = call;
	loop_timer_stop(l->base.timer);
	l->base.timer = NULL;
	l->base.call = engine_stats(l->base.engine, l->container, sampled, sample_end, l);
}

struct session_call *session_look(struct engine *e, struct loop *l, const struct session *s, const struct session_since *since,
                                  void (*got)(void *ctx, const struct session_sight *v), session_end_fn end, void *ctx)
{
	struct look_call *c = session_call_new(sizeof *c, e, l, end, ctx);
	c->base.fini = look_fini;
	c->container = xstrdup(s->container_id);
	c->since_s = since->look_s;
	c->measures_disk = !since->look_s || clock_wall_s() / DU_EVERY_S != since->look_s / DU_EVERY_S;
	if (since->change_s && clock_wall_s() >= since->change_s) /* a minute more at either end: clocks differ a little */
		snprintf(c->changed_min, sizeof c->changed_min, "%lld", (long long)((clock_wall_s() - since->change_s) / 60 + 2));
	c->out = BUF_INIT_MAX(ANSWER_MAX);
	c->got = got;
	ask_sample(c);
	return &c->base;
}
