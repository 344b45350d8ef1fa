/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registries, as this person may see them: the registry of a GitLab host's projects with that host's token, others with what Docker's
 * own files and helpers have. A token goes to the registry that its host names, and back to the host for that registry's tokens.
 */
#include "app/app_impl.h"

struct login_ask {
	struct app *app;
	struct registry_want *want;
	struct registry_login_call *call;
	struct login_ask *next;
};

static bool is_registry_of(const struct project *p, const char *registry)
{
	struct sv prefix = sv_of(p->image_prefix), host;
	return prefix.len && sv_split(&prefix, '/', &host) && sv_eq(host, sv_of(registry));
}

/* The host whose projects keep their images in this registry. */
static bool host_of_registry(const struct app *a, const char *registry, struct host_facts *ret)
{
	for (size_t i = 0; i < store_n_projects(a->store); i++) {
		const struct project *p = store_project_at(a->store, i);
		for (size_t k = 0; is_registry_of(p, registry) && host_at(a, k, ret); k++)
			if (strcmp(ret->name, p->forge) == 0)
				return true;
	}
	return false;
}

/* ---- logins ---- */
static void login_got(void *ask, const struct secret *login)
{
	struct login_ask *l = ask;
	for (struct login_ask **at = &l->app->login_asks; *at; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			break;
		}
	registry_login_found(l->want, login);
	free(l);
}

static void find_login(void *app, struct registry_want *w, const char *registry)
{
	struct app *a = app;
	struct host_facts host;
	struct forge_login as;
	if (host_of_registry(a, registry, &host) && host.forge && forge_login(host.forge, &as)) {
		AUTO(secret_free_p) struct secret *login = registry_login_of(registry, &(struct engine_login){ as.user, as.token });
		registry_login_found(w, login);
		return;
	}
	struct login_ask *l = xcalloc(1, sizeof *l);
	*l = (struct login_ask){ .app = a, .want = w, .next = a->login_asks };
	a->login_asks = l;
	l->call = registry_login_find(a->loop, registry, login_got, l);
}

static bool trusts(void *app, const char *registry, const char *host)
{
	struct host_facts h;
	return host_of_registry(app, registry, &h) && sv_eq(sv_url_host(h.url), sv_of(host));
}

static const char *ca_file(void *app, const char *registry)
{
	struct host_facts h;
	return host_of_registry(app, registry, &h) ? h.ca_file : NULL;
}

/* ---- life ---- */
void registries_init(struct app *a)
{
	if (a->net)
		a->registries = registries_new(&(struct registries_config){ a->loop, a->net, find_login, trusts, ca_file, a });
}

void registries_fini(struct app *a)
{
	registries_free(a->registries);
	while (a->login_asks) {
		struct login_ask *l = a->login_asks;
		registry_login_cancel(l->call);
		login_got(l, NULL);
	}
}

struct image_resolver *resolver_new(struct app *a, const struct project *p)
{
	struct image_resolver *r = image_resolver_new(forge_of(a, p), link_engine(a), p);
	image_resolver_ask_registries(r, a->registries);
	return r;
}
