/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "docker.h"

#include "auth.h"
#include "berth/mem.h"
#include "find.h"
#include "pull.h"

/* ---- the sum over layers ---- */
struct layer { uint64_t now, total; };

void pull_sum_init(struct pull_sum *p)
{
	*p = (struct pull_sum){ .layers = map_new(free) };
}

void pull_sum_fini(struct pull_sum *p)
{
	map_free(p->layers);
	p->layers = NULL;
}

static struct layer *sum_layer(struct pull_sum *p, const char *id)
{
	struct layer *l = map_get(p->layers, sv_of(id));

	if (!l) {
		l = xcalloc(1, sizeof *l);
		map_put(p->layers, sv_of(id), l);
	}
	return l;
}

static void sum_count(struct pull_sum *p)
{
	size_t pos = 0;
	struct sv key;
	void *value;

	p->now = p->total = 0;
	while (map_next(p->layers, &pos, &key, &value)) {
		const struct layer *l = value;
		p->now += l->now;
		p->total += l->total;
	}
}

bool pull_sum_line(struct pull_sum *p, const json_t *line, struct engine_progress *ret)
{
	const char *status = json_str(line, "status", ""), *id = json_str(line, "id", NULL);
	int64_t now = json_int(line, "progressDetail.current", 0), total = json_int(line, "progressDetail.total", 0);

	if (id && map_len(p->layers) < 4096) {
		struct layer *l = sum_layer(p, id);
		if (strcmp(status, "Downloading") == 0) {
			l->total = total > 0 ? (uint64_t)total : l->total;
			l->now = now > 0 ? (uint64_t)now : l->now;
		} else if (strcmp(status, "Download complete") == 0 || strcmp(status, "Pull complete") == 0) {
			l->now = l->total;
		}
		p->unpacking = strcmp(status, "Extracting") == 0 || (p->unpacking && strcmp(status, "Pull complete") == 0);
		sum_count(p);
	}
	*ret = (struct engine_progress){ .now = p->now, .total = p->total };
	ret->what = !id ? status : p->unpacking ? "unpacking layers" : p->total ? "downloading layers" : "asking the registry";
	return *status;
}

/* ---- pulling, as a step of any call ---- */
void pull_step_stop(struct pull_step *p)
{
	auth_cancel(p->auth);
	p->auth = NULL;
	secret_free(p->header);
	p->header = NULL;
	if (p->lines) {
		lines_fini(p->lines);
		free(p->lines);
		p->lines = NULL;
	}
	if (p->sum.layers)
		pull_sum_fini(&p->sum);
	free_p(&p->ref);
}

static bool pull_line(void *ctx, const json_t *line)
{
	struct pull_step *p = ctx;
	struct engine_progress what;

	if (stream_error(line, &p->err))
		return false;
	if (pull_sum_line(&p->sum, line, &what) && p->progress)
		p->progress(p, &what);
	return !p->call->base.ended;
}

static void pull_data(struct docker_call *c, struct sv bytes)
{
	struct pull_step *p = c->step;
	int r = lines_feed(p->lines, bytes, pull_line, p, &p->err);

	if (!c->base.ended && (r < 0 || p->err.code))
		docker_call_fail(c, &p->err);
}

static void pull_streamed(struct docker_call *c)
{
	struct pull_step *p = c->step;

	if (lines_end(p->lines, pull_line, p, &p->err) < 0 || p->err.code) {
		docker_call_fail(c, &p->err);
		return;
	}
	if (c->base.ended)
		return;
	pull_step_stop(p);
	p->done(p);
}

static void pull_request(struct pull_step *p)
{
	AUTO_STR name = NULL;
	AUTO_STR tag = NULL;
	AUTO(buf_fini) struct buf path = BUF_INIT;
	struct docker_ask ask = { .method = "POST", .idle_ms = DOCKER_NO_LIMIT };

	docker_ref_split(p->ref, &name, &tag);
	buf_add_str(&path, "/images/create");
	docker_path_add(&path, "fromImage", name);
	docker_path_add(&path, "tag", tag);
	ask.path = buf_str(&path);
	if (p->header)
		ask.header = (struct net_header){ "X-Registry-Auth", secret_reveal(p->header).p };
	p->lines = xcalloc(1, sizeof *p->lines);
	*p->lines = LINES_INIT;
	pull_sum_init(&p->sum);
	docker_stream(p->call, &ask, pull_data, pull_streamed);
}

static void pull_authorised(void *ctx, const struct secret *header)
{
	struct pull_step *p = ctx;
	AUTO_HOLD(&p->call->base);

	p->auth = NULL;
	p->header = secret_dup(header);
	if (p->only_with_credentials && !header) {
		pull_step_stop(p);
		p->done(p);
	} else {
		pull_request(p);
	}
}

void pull_step_start(struct pull_step *p, struct docker_call *c, const char *ref)
{
	AUTO(find_env_fini) struct find_env env;
	AUTO_STR registry = auth_registry_of(ref);

	find_env_read(&env);
	pull_step_stop(p);
	p->call = c;
	p->ref = xstrdup(ref);
	p->err = (struct err){ 0 };
	c->step = p;
	if (p->given) {
		p->header = secret_dup(p->given);
		pull_request(p);
		return;
	}
	p->auth = auth_find(c->base.engine->loop, env.config_dir, registry, pull_authorised, p);
}

/* ---- the call ---- */
struct pull_call { struct docker_call call; struct pull_step pull; void (*progress)(void *ctx, const struct engine_progress *p); };

static void pull_progress(struct pull_step *p, const struct engine_progress *what)
{
	struct pull_call *c = (struct pull_call *)p->call;

	if (c->progress)
		c->progress(c->call.base.ctx, what);
}

static void pull_done(struct pull_step *p)
{
	docker_call_done(p->call);
}

static void pull_begin(struct docker_call *c)
{
	struct pull_call *p = (struct pull_call *)c;
	struct err err = { 0 };
	AUTO_STR sound = docker_image_path("", c->arg, "", &err);

	if (!sound) {
		docker_call_fail(c, &err);
		return;
	}
	p->pull.progress = pull_progress;
	p->pull.done = pull_done;
	pull_step_start(&p->pull, c, c->arg);
}

static void pull_let_go(struct docker_call *c)
{
	auth_cancel(((struct pull_call *)c)->pull.auth);
	((struct pull_call *)c)->pull.auth = NULL;
}

static void pull_fini(struct docker_call *c)
{
	pull_step_stop(&((struct pull_call *)c)->pull);
	secret_free(((struct pull_call *)c)->pull.given);
}

struct engine_call *docker_pull(struct engine *e, const char *ref, const struct engine_login *login, void (*progress)(void *, const struct engine_progress *), engine_end_fn end, void *ctx)
{
	struct docker_call *c = docker_call_new(e, sizeof(struct pull_call), pull_begin, end, ctx);

	c->arg = xstrdup(ref);
	c->let_go = pull_let_go;
	c->fini = pull_fini;
	((struct pull_call *)c)->progress = progress;
	if (login) {
		AUTO_STR registry = auth_registry_of(ref);
		((struct pull_call *)c)->pull.given = registry_login_of(registry, login);
	}
	return &c->base;
}
