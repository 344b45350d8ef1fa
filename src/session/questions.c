/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions about one session: how much it uses, its address with the token; and what an attach runs. */
#include "berth/mem.h"
#include "berth/path.h"
#include "call.h"

enum { SECOND_SAMPLE_MS = 400, OUTPUT_MAX = 1 << 20 };

/* ---- usage ---- */
struct usage_call { struct session_call base; char *container; unsigned n; struct engine_usage sample; void (*got)(void *ctx, const struct usage *u); };

static void usage_fini(struct session_call *c)
{
	free(((struct usage_call *)c)->container);
}

static void usage_sampled(void *call, const struct engine_usage *s)
{
	((struct usage_call *)call)->sample = *s;
}

static void usage_ask(void *call);

static void usage_end(void *call, const struct err *err)
{
	struct usage_call *u = call;
	if (!session_call_ok(&u->base, err))
		return;
	if (!u->sample.cpu_known && u->n++ == 0) { /* a rate needs two samples: the first of a container has none */
		u->base.timer = loop_timer_start(u->base.loop, SECOND_SAMPLE_MS, 0, usage_ask, u);
		return;
	}
	struct usage usage = { .cpu_cores = u->sample.cpu_known ? u->sample.cpu_cores : 0, .memory_bytes = u->sample.memory_bytes,
	                       .memory_peak_bytes = u->sample.memory_bytes, .pids = u->sample.pids, .at_s = clock_wall_s() };
	u->got(u->base.ctx, &usage);
	session_call_end(&u->base, NULL);
}

static void usage_ask(void *call)
{
	struct usage_call *u = call;
	loop_timer_stop(u->base.timer);
	u->base.timer = NULL;
	u->base.call = engine_stats(u->base.engine, u->container, usage_sampled, usage_end, u);
}

struct session_call *session_usage(struct engine *e, struct loop *l, const char *container_id, void (*got)(void *ctx, const struct usage *u),
                                   session_end_fn end, void *ctx)
{
	struct usage_call *u = session_call_new(sizeof *u, e, l, end, ctx);
	u->base.fini = usage_fini;
	u->container = xstrdup(container_id);
	u->got = got;
	usage_ask(u);
	return &u->base;
}

/* ---- the address with the token ---- */
struct url_call { struct session_call base; char *address, *default_url, *name; struct buf token; int exit_code; bool running; void (*got)(void *ctx, const char *url); };

static void url_fini(struct session_call *c)
{
	struct url_call *u = (struct url_call *)c;
	free(u->address);
	free(u->default_url);
	free(u->name);
	if (u->token.p)
		wipe(u->token.p, u->token.len);
	buf_fini(&u->token);
}

static void url_output(void *call, int stream, struct sv bytes)
{
	struct url_call *u = call;
	if (stream == 1)
		buf_add_sv(&u->token, bytes);
}

static void url_exit(void *call, int exit_code)
{
	((struct url_call *)call)->exit_code = exit_code;
}

static void url_fail(struct url_call *u, enum err_code code, const char *why, const char *hint)
{
	struct err err = { 0 };
	err_set(&err, code, "%s %s", u->name, why);
	err_hint(&err, "%s", hint);
	session_call_end(&u->base, &err);
}

static void url_end(void *call, const struct err *err)
{
	struct url_call *u = call;
	if (!session_call_ok(&u->base, err))
		return;
	struct sv token = sv_trim(buf_sv(&u->token));
	if (u->exit_code != 0 || !token.len) {
		url_fail(u, ERR_FAILED, "doesn't give its token away", "Is it still starting? Try again in a moment; its log may say more.");
		return;
	}
	AUTO(buf_fini) struct buf url = BUF_INIT;
	buf_addf(&url, "%s%s%ctoken=", u->address, u->default_url, strchr(u->default_url, '?') ? '&' : '?');
	buf_add_urlencoded(&url, token, NULL);
	u->got(u->base.ctx, buf_str(&url));
	wipe(url.p, url.len);
	session_call_end(&u->base, NULL);
}

static void url_without_token(void *call)
{
	struct url_call *u = call;
	loop_timer_stop(u->base.timer);
	u->base.timer = NULL;
	AUTO_STR url = xasprintf("%s%s", u->address ? u->address : "", u->default_url);
	if (!u->address) {
		url_fail(u, ERR_UNSUPPORTED, "serves nothing that a browser could open", "Attach a shell to it.");
		return;
	}
	u->got(u->base.ctx, url);
	session_call_end(&u->base, NULL);
}

struct session_call *session_url(struct engine *e, struct loop *l, const struct session *s, void (*got)(void *ctx, const char *url_with_token),
                                 session_end_fn end, void *ctx)
{
	static const char *const argv[] = { "/bin/sh", "-c", "IFS= read -r token <" SETTINGS_DIR "/token && printf '%s' \"$token\"" };
	struct url_call *u = session_call_new(sizeof *u, e, l, end, ctx);
	u->base.fini = url_fini;
	u->address = xstrdup(s->address);
	u->default_url = xstrdup(s->default_url ? s->default_url : "");
	u->name = xstrdup(s->name);
	u->token = BUF_INIT_MAX(4096);
	u->got = got;
	struct engine_exec_query q = { .container = s->container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/" };
	if (s->address && s->has_token)
		u->base.call = engine_exec(e, &q, url_output, url_exit, url_end, u);
	else
		u->base.timer = loop_timer_start(l, 0, 0, url_without_token, u);
	return &u->base;
}

/* ---- attach ---- */
void session_shell_query(const struct session *s, struct engine_exec_query *ret)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l" };
	static const struct net_header env[] = { { "TERM", "xterm-256color" } };
	*ret = (struct engine_exec_query){ .container = s->container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .env = env, .n_env = 1 };
}

bool session_work_any(const struct session_work *w)
{
	return w->changed || w->untracked || w->staged || w->unmerged || w->ahead || w->unpushed || w->stashes;
}
