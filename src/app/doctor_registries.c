/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor's look at registries: those that Docker's own file has a login for, and those of the hosts' projects. */
#include "app/doctor.h"
#include "berth/registry.h"

struct registry_ask { struct part_call call; char *name; };

/* ---- asking one ---- */
static void cancel_look(void *call)
{
	registry_cancel(call);
}

/* An image that nobody has is asked for: that it is not there, or not to be seen, is an answer, and the login was taken. */
static void looked(void *call, const struct registry_image *i, const struct err *err)
{
	struct registry_ask *r = call;
	struct part *p = r->call.part;
	(void)i;
	if (request_over(&r->call.request)) {
		AUTO_STR before = xasprintf("%s: ", r->name);
		if (!err || err->code == ERR_NOT_FOUND || err->code == ERR_DENIED)
			part_add(p, CHECK_OK, NULL, "%s answers", r->name);
		else if (err->code == ERR_AUTH)
			part_add_err(p, CHECK_WARNING, err, before);
		else
			part_add_err(p, CHECK_PROBLEM, err, before);
	}
	free(r->name);
	free(r);
}

static bool is_asked(const struct part *p, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(p->calls); i++)
		if (p->calls[i] && strcmp(((struct registry_ask *)p->calls[i])->name, name) == 0)
			return true;
	return false;
}

static void ask_one(struct part *p, const char *name)
{
	struct app *a = part_app(p);
	AUTO_STR ref = xasprintf("%s/berth-doctor/asks:nothing", name);
	struct registry_ask *r = is_asked(p, name) ? NULL : part_call_new(p, sizeof *r, cancel_look);
	if (!r)
		return;
	r->name = xstrdup(name);
	r->call.request.call = registry_look(a->registries, ref, false, looked, r);
}

/* ---- which ones ---- */
static void one_login(void *part, const char *registry, const char *helper)
{
	struct part *p = part;
	if (helper && (strchr(helper, '/') || !doctor_has_program(helper))) {
		part_add(p, CHECK_WARNING, "Install that program, or log in again without it: docker login", "%s: its login is kept by %s, which is not installed", registry, helper);
		return;
	}
	ask_one(p, registry);
}

void doctor_registries(struct part *p)
{
	struct app *a = part_app(p);
	struct err err = { 0 };
	if (!a->registries) {
		part_done(p);
		return;
	}
	if (registry_logins_each(one_login, p, &err) < 0)
		part_add_err(p, CHECK_PROBLEM, &err, "Docker's own configuration: ");
	app_want_projects(a);
}

void doctor_registries_look(struct part *p)
{
	struct app *a = part_app(p);
	struct fresh f = forges_fresh(a);
	struct host_facts h;
	bool any_host = host_at(a, 0, &h);
	if (any_host && !fresh_is_answered(&f) && loop_now_ms(a->loop) < p->began_ms + DOCTOR_PART_MS / 3)
		return; /* its projects say where their images are */
	if (!p->which++)
		for (size_t i = 0; any_host && i < store_n_projects(a->store); i++) {
			struct sv prefix = sv_of(store_project_at(a->store, i)->image_prefix), name;
			if (!prefix.len || !sv_split(&prefix, '/', &name) || !name.len)
				continue;
			AUTO_STR registry = sv_dup(name);
			ask_one(p, registry);
		}
	if (!part_calls_over(p))
		return;
	if (!p->lines.len)
		part_add(p, CHECK_OK, NULL, "no registry has a login of yours; public images need none");
	part_done(p);
}
