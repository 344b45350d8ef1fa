/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Step "check request": the engine answers, the machine is big enough, the name is free. Nothing is made yet. */
#include <stdio.h>

#include "berth/mem.h"
#include "berth/text.h"
#include "launch_impl.h"

static void add_bytes(struct buf *b, uint64_t bytes)
{
	buf_addf(b, "%.1f GiB", (double)bytes / (double)(1 << 30));
}

/* What somebody asked for by hand is refused when it can't be; a default or a project's wish shrinks, with a word. */
static bool asked_by_hand(const struct launch *l, enum option_id id)
{
	return l->options.values[id].source == FROM_USER || l->options.values[id].source == FROM_CONFIG;
}

/* ", of which sessions that run may take 3.0 GiB" */
static void add_held(struct buf *b, const struct launch *l, enum option_id id)
{
	if (!l->n_held)
		return;
	buf_add_str(b, ", of which sessions that run may take ");
	if (id == OPT_MEMORY)
		add_bytes(b, l->held_memory);
	else
		buf_addf(b, "%g", l->held_cpus);
}

static int check_memory(struct launch *l)
{
	AUTO(buf_fini) struct buf has = BUF_INIT;
	struct session *s = &l->session;
	if (!l->machine_memory || s->memory_limit_bytes <= l->machine_memory)
		return 0;
	add_bytes(&has, l->machine_memory);
	if (!asked_by_hand(l, OPT_MEMORY)) {
		launch_warn(l, "%s of memory are more than the engine's machine has: %s goes with %s", options_text(&l->options, OPT_MEMORY), s->name, buf_str(&has));
		s->memory_limit_bytes = l->machine_memory & ~(uint64_t)((1 << 20) - 1);
		return 0;
	}
	add_held(&has, l, OPT_MEMORY);
	err_set(&l->err, ERR_USAGE, "%s of memory are asked for, but the engine's machine has %s", options_text(&l->options, OPT_MEMORY), buf_str(&has));
	err_hint(&l->err, "Ask for less with --memory.");
	return -1;
}

static int check_cpus(struct launch *l)
{
	AUTO(buf_fini) struct buf has = BUF_INIT;
	struct session *s = &l->session;
	if (!l->machine_cpus || s->cpu_limit_cores <= l->machine_cpus)
		return 0;
	if (!asked_by_hand(l, OPT_CPUS)) {
		launch_warn(l, "%s CPUs are more than the engine's machine has: %s goes with %u", options_text(&l->options, OPT_CPUS), s->name, l->machine_cpus);
		s->cpu_limit_cores = l->machine_cpus;
		return 0;
	}
	buf_addf(&has, "%u", l->machine_cpus);
	add_held(&has, l, OPT_CPUS);
	err_set(&l->err, ERR_USAGE, "%s CPUs are asked for, but the engine's machine has %s", options_text(&l->options, OPT_CPUS), buf_str(&has));
	err_hint(&l->err, "Ask for fewer with --cpus.");
	return -1;
}

static const char limits_hint[] = "A rootless engine limits them once their cgroup controllers are delegated to its user.";

/* An engine refuses a limit of CPUs that it can't keep, and lets one of memory fall without an error. */
static int check_limits(struct launch *l)
{
	struct session *s = &l->session;
	if (l->machine_caps & ENGINE_NO_MEMORY_LIMITS && s->memory_limit_bytes) {
		launch_warn(l, "the engine can't limit memory: %s may take all of the machine's. %s", s->name, limits_hint);
		s->memory_limit_bytes = 0;
	}
	if (!(l->machine_caps & ENGINE_NO_CPU_LIMITS) || !(s->cpu_limit_cores > 0))
		return 0;
	if (!asked_by_hand(l, OPT_CPUS)) {
		launch_warn(l, "the engine can't limit CPUs: %s may use all of the machine's. %s", s->name, limits_hint);
		s->cpu_limit_cores = 0;
		return 0;
	}
	err_set(&l->err, ERR_USAGE, "%s CPUs are asked for, but the engine can't limit CPUs", options_text(&l->options, OPT_CPUS));
	err_hint(&l->err, "Start without --cpus. %s", limits_hint);
	return -1;
}

static int check_gpus(struct launch *l)
{
	struct session *s = &l->session;
	if (!s->gpus || (l->machine_caps & ENGINE_HAS_GPUS))
		return 0;
	if (!asked_by_hand(l, OPT_GPUS)) {
		launch_warn(l, "%u GPU%s asked for, but the engine offers none: %s goes without", s->gpus, s->gpus == 1 ? " is" : "s are", s->name);
		s->gpus = 0;
		return 0;
	}
	err_set(&l->err, ERR_USAGE, "%u GPU%s asked for, but the engine offers none", s->gpus, s->gpus == 1 ? " is" : "s are");
	err_hint(&l->err, "Start without --gpus. An engine offers GPUs once NVIDIA's container toolkit is set up for it.");
	return -1;
}

void disk_is_not_limited(struct launch *l)
{
	launch_warn(l, "the engine's storage can't limit disk space: %s goes without a limit", l->session.name);
	l->session.disk_limit_bytes = 0;
}

static void check_disk(struct launch *l)
{
	if (l->session.disk_limit_bytes && !(l->machine_caps & ENGINE_LIMITS_DISK))
		disk_is_not_limited(l);
}

static void engine_told(void *launch, const struct engine_info *i)
{
	struct launch *l = launch;
	step_detail(l, "%s %s, %u CPUs", i->product, i->version, i->cpus);
	l->machine_memory = i->memory_bytes;
	l->machine_cpus = i->cpus;
	l->machine_caps = i->caps;
	str_replace(&l->engine_root, i->root_dir);
	snprintf(l->machine_arch, sizeof l->machine_arch, "%s", i->arch ? i->arch : "");
}

/* ---- the name, and what others hold ---- */
static void one_container(void *launch, const struct engine_container *c)
{
	struct launch *l = launch;
	AUTO(session_fini) struct session s;
	labels_read(c->labels, c->n_labels, &s);
	if (strcmp(c->name, l->container) == 0) {
		err_set(&l->err, ERR_CONFLICT, "there is a session %s already, of %s", l->session.name, s.project ? s.project : "another program");
		err_hint(&l->err, "Connect to it, or take another name with --name.");
	}
	if (strcmp(c->status, "running") == 0) {
		l->held_memory += s.memory_limit_bytes;
		l->held_cpus += s.cpu_limit_cores;
		l->n_held++;
	}
}

static void one_volume(void *launch, const struct engine_volume *v)
{
	struct launch *l = launch;
	if (strcmp(v->name, l->session.volume) != 0 || l->err.code)
		return;
	err_set(&l->err, ERR_CONFLICT, "the workspace of an earlier session %s is still there", l->session.name);
	err_hint(&l->err, "Take another name with --name, or remove it: berth stop %s", l->session.name);
}

static bool failed_here(struct launch *l)
{
	struct err err = l->err;
	if (!err.code)
		return false;
	l->err = (struct err){ 0 };
	step_fail(l, &err);
	return true;
}

static void volumes_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (!call_ok(l, err) || failed_here(l))
		return;
	if (check_memory(l) == 0 && check_cpus(l) == 0 && check_limits(l) == 0 && check_gpus(l) == 0)
		check_disk(l);
	if (failed_here(l))
		return;
	if (l->n_held && l->machine_memory && l->held_memory + l->session.memory_limit_bytes > l->machine_memory) {
		AUTO(buf_fini) struct buf held = BUF_INIT;
		add_bytes(&held, l->held_memory);
		launch_warn(l, "%u running session%s may take %s already: together with %s that is more than the engine's machine has", l->n_held,
		            l->n_held == 1 ? "" : "s", buf_str(&held), l->session.name);
	}
	step_next(l);
}

static void containers_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (call_ok(l, err) && !failed_here(l))
		l->call = engine_volumes(l->deps.engine, LABEL("session"), one_volume, volumes_end, l);
}

static void ping_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (call_ok(l, err))
		l->call = engine_containers(l->deps.engine, LABEL("session"), one_container, containers_end, l);
}

static void check_start(struct launch *l)
{
	struct err err = { 0 };
	if (!*l->session.image_ref) {
		err_set(&err, ERR_USAGE, "no image is named to start %s from", l->session.name);
		err_hint(&err, "Build the commit's image first, or name one with --image.");
		step_fail(l, &err);
		return;
	}
	l->call = engine_ping(l->deps.engine, engine_told, ping_end, l);
}

const struct step_ops check_step = { "check request", check_start, NULL };

/* ---- step "get image" ---------------------------------------------------------------------------------------------------- */
static void image_look(struct launch *l);

static void words_copy(struct words *w, const char *const *items, size_t n)
{
	words_fini(w);
	for (size_t i = 0; i < n; i++)
		words_add(w, items[i]);
}

static void take_env(struct image_facts *f, const char *pair)
{
	struct sv s = sv_of(pair);
	if (sv_starts(s, SV("PATH=")))
		str_replace(&f->path, pair + 5);
	if (sv_starts(s, SV("JUPYTER_CONFIG_PATH=")))
		str_replace(&f->jupyter_config_path, pair + 20);
	f->sets_git_config = f->sets_git_config || sv_starts(s, SV("GIT_CONFIG_COUNT="));
	f->sets_omp_threads = f->sets_omp_threads || sv_starts(s, SV("OMP_NUM_THREADS="));
}

/* It may run all the same, where the engine's machine emulates that processor. */
static void warn_of_platform(struct launch *l, const struct engine_image *i)
{
	if (i->arch && *i->arch && *l->machine_arch && strcmp(i->arch, l->machine_arch) != 0)
		launch_warn(l, "the image %s was made for %s processors, the engine's machine has %s: it may not start there", l->session.image_ref, i->arch, l->machine_arch);
}

static void image_got(void *launch, const struct engine_image *i)
{
	struct launch *l = launch;
	struct image_facts *f = &l->image;
	warn_of_platform(l, i);
	image_facts_fini(f);
	f->id = xstrdup(i->id);
	f->user = xstrdup(i->user);
	f->workdir = xstrdup(i->workdir);
	words_copy(&f->entrypoint, i->entrypoint, i->n_entrypoint);
	words_copy(&f->cmd, i->cmd, i->n_cmd);
	for (size_t k = 0; k < i->n_env; k++)
		take_env(f, i->env[k]);
	for (size_t k = 0; k < i->n_exposed_tcp; k++)
		if (!f->port || i->exposed_tcp[k] == JUPYTER_PORT)
			f->port = i->exposed_tcp[k];
}

static void image_progress(void *launch, const char *what, uint64_t now, uint64_t total)
{
	struct launch *l = launch;
	if (launch_goes_on(l) && !l->undoing) {
		step_detail(l, "%s", what ? what : "");
		step_progress(l, now, total);
	}
}

static void pull_progress(void *launch, const struct engine_progress *p)
{
	image_progress(launch, p->what, p->now, p->total);
}

static void pull_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err failed = { 0 };
	if (!call_is_over(l))
		return;
	if (!err) {
		image_look(l);
		return;
	}
	err_copy(&failed, err);
	err_prefix(&failed, "the image %s is not on the engine and can't be pulled", l->session.image_ref);
	err_hint(&failed, "Check its name, build the commit's image, or name another with --image.");
	step_fail(l, &failed);
}

static void build_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	struct err failed = { 0 };
	l->build = NULL;
	if (!call_is_over(l))
		return;
	if (!err) {
		image_look(l);
		return;
	}
	err_copy(&failed, err);
	err_prefix(&failed, "the image was not built");
	step_fail(l, &failed);
}

/* An image in the registry of the project's host is pulled as who reads the project; no other registry ever sees that token. */
static bool is_in_own_registry(const struct launch *l, const char *ref)
{
	struct sv prefix = sv_of(l->project.image_prefix), image = sv_of(ref), own, registry;
	return prefix.len && sv_split(&prefix, '/', &own) && sv_split(&image, '/', &registry) && image.len && sv_eq(own, registry);
}

static void pull(struct launch *l, const char *ref)
{
	struct forge_login login;
	struct engine_login as;
	bool own = is_in_own_registry(l, ref) && forge_login(l->deps.forge, &login);
	if (own)
		as = (struct engine_login){ login.user, login.token };
	step_detail(l, "pulling %s", ref);
	l->call = engine_pull_as(l->deps.engine, ref, own ? &as : NULL, pull_progress, pull_end, l);
}

static void await_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	l->awaited = NULL;
	if (!call_is_over(l))
		return;
	if (err)
		step_fail(l, err);
	else
		pull(l, l->session.image_ref);
}

/* False: nobody builds it. */
static bool await_image(struct launch *l, const char *ref)
{
	const struct launch_awaited q = { &l->project, &l->session.commit, ref };
	if (l->deps.image_ops && l->deps.image_ops->await)
		l->awaited = l->deps.image_ops->await(l->deps.image_self, &q, image_progress, await_end, l);
	return l->awaited != NULL;
}

static void image_absent(struct launch *l)
{
	const char *ref = l->session.image_ref;
	struct err err = { 0 };
	if (l->image_pulled) {
		err_set(&err, ERR_FAILED, "the engine doesn't have the image %s, though it was just got", ref);
		err_hint(&err, "Does somebody remove images at this moment? Try again.");
		step_fail(l, &err);
		return;
	}
	l->image_pulled = true;
	if (sv_starts(sv_of(ref), SV("berth/")) && l->deps.image_ops) {
		step_detail(l, "building %s", ref);
		l->build = l->deps.image_ops->start(l->deps.image_self, &l->project, &l->session.commit, ref, image_progress, build_end, l);
	} else if (!await_image(l, ref)) {
		pull(l, ref);
	}
}

static void image_end(void *launch, const struct err *err)
{
	struct launch *l = launch;
	if (!call_is_over(l))
		return;
	if (!err) {
		step_detail(l, "%s", l->session.image_ref);
		step_next(l);
	} else if (err->code == ERR_NOT_FOUND) {
		image_absent(l);
	} else {
		step_fail(l, err);
	}
}

static void image_look(struct launch *l)
{
	l->call = engine_image_inspect(l->deps.engine, l->session.image_ref, image_got, image_end, l);
}

const struct step_ops image_step = { "get image", image_look, NULL };
