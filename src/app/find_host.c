/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects that no list has: named by their path on a host, or meant by the remotes of the repository around us. */
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/git.h"
#include "berth/path.h"

enum { HOSTS_MAX = 16, REMOTES_MAX = 32, SSH_CONFIG_MAX = 256 << 10 };

struct place { struct forge *forge; char *path; };
struct host_find {
	struct ask *ask;
	struct place places[HOSTS_MAX];
	size_t n, at;
	struct err err;                /* what is said when none of them has it */
	void (*otherwise)(struct ask *k, const struct err *err);
	struct project_id found;
};

static void host_find_free(struct host_find *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->places[i].path);
	free(f);
}

static void add_place(struct host_find *f, struct forge *forge, struct sv path)
{
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	if (f->n == HOSTS_MAX || !forge || !path.len || !(forge_caps(forge) & FORGE_FINDS_BY_PATH))
		return;
	f->places[f->n].forge = forge;
	f->places[f->n++].path = sv_dup(path);
}

/* "gitlab.example.org/group/flights", an address as in a browser, or a path that any of them may have. */
static void places_of_text(struct app *a, struct host_find *f, const char *text)
{
	struct forge *forge;
	const char *url;
	for (size_t i = 0; (url = host_url(a, i, &forge)); i++) {
		size_t n = strlen(url), m = forge ? strlen(forge_name(forge)) : 0;
		const char *bare = strstr(url, "://");
		size_t b = bare ? strlen(bare + 3) : 0;
		if (strncmp(text, url, n) == 0 && text[n] == '/')
			add_place(f, forge, sv_of(text + n + 1));
		else if (b && strncmp(text, bare + 3, b) == 0 && text[b] == '/')
			add_place(f, forge, sv_of(text + b + 1));
		else if (m && strncmp(text, forge_name(forge), m) == 0 && text[m] == '/')
			add_place(f, forge, sv_of(text + m + 1));
	}
	if (f->n || !strchr(text, '/') || strstr(text, "://") || *text == '/' || *text == '.' || *text == '~')
		return;
	for (size_t i = 0; (url = host_url(a, i, &forge)); i++)
		add_place(f, forge, sv_of(text));
}

/* ---- the repository around us ---- */
struct remotes {
	struct forge_remote items[REMOTES_MAX];
	size_t n;
};

static int remote_entry(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct remotes *r = ctx;
	(void)reterr;
	if (strcmp(e->section, "remote") != 0 || strcmp(e->name, "url") != 0 || r->n == REMOTES_MAX)
		return 0;
	r->items[r->n].name = xstrdup(e->subsection);
	r->items[r->n++].url = xstrdup(e->value);
	return 0;
}

static void remotes_fini(struct remotes *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free((char *)(uintptr_t)r->items[i].name);
		free((char *)(uintptr_t)r->items[i].url);
	}
}

static void places_of_remotes(struct app *a, struct host_find *f)
{
	AUTO_STR around = NULL;
	AUTO(remotes_fini) struct remotes r = { .n = 0 };
	AUTO(buf_fini) struct buf ssh = BUF_INIT_MAX(SSH_CONFIG_MAX);
	struct forge_host hosts[HOSTS_MAX];
	struct forge *forges[HOSTS_MAX];
	struct forge_place place;
	size_t n = 0;
	while (n < HOSTS_MAX && (hosts[n].url = host_url(a, n, &forges[n])))
		hosts[n++].ssh_host = NULL;
	if (!n || repo_around(".", &around, NULL) < 0)
		return;
	AUTO_STR inside = path_join(around, ".git/config");
	AUTO_STR bare = path_join(around, "config");
	if (gitconf_each(access(inside, R_OK) == 0 ? inside : bare, remote_entry, &r, NULL) < 0)
		return;
	AUTO_STR ssh_config = path_expand_home("~/.ssh/config");
	file_read(ssh_config, SSH_CONFIG_MAX, &ssh, NULL);
	const struct forge_remotes q = { .remotes = r.items, .n_remotes = r.n, .hosts = hosts, .n_hosts = n, .ssh_config = buf_sv(&ssh) };
	if (!forge_place_of_remotes(&q, &place))
		return;
	add_place(f, forges[place.host], sv_of(place.path));
	free(place.path);
}

/* ---- asking one after the other ---- */
static void found_item(void *find, const struct project *p)
{
	struct host_find *f = find;
	if (!f->ask->app)
		return;
	forges_keep(f->ask->app, p, 1);
	f->found = p->id;
}

static void ask_next(struct host_find *f);

static void found_end(void *find, const struct err *err)
{
	struct host_find *f = find;
	struct ask *k = f->ask;
	struct err last = f->err;
	f->at++;
	if (!err && f->found.v) {
		if (ask_heard(k))
			k->got.project(k->ctx, f->found);
	} else if (k->app && err && err->code == ERR_NOT_FOUND && f->at < f->n) {
		ask_next(f);
		return;
	} else if (err && err->code != ERR_NOT_FOUND) {
		last = *err;
	}
	bool good = !err && f->found.v;
	void (*otherwise)(struct ask *, const struct err *) = f->otherwise;
	host_find_free(f);
	k->hosts_asked = true;
	if (good || !k->app)
		ask_end(k, good ? NULL : &last);
	else
		otherwise(k, &last);
}

static void ask_next(struct host_find *f)
{
	f->ask->cancel = cancel_forge;
	f->ask->call = forge_project(f->places[f->at].forge, f->places[f->at].path, found_item, found_end, f);
}

enum clone_of find_clone(struct app *a, struct project_id *ret_known)
{
	struct host_find here = { .n = 0 };
	places_of_remotes(a, &here);
	const char *forge = here.n ? forge_name(here.places[0].forge) : NULL;
	const struct project *p = forge ? store_project(a->store, project_id_of(forge, here.places[0].path)) : NULL;
	const struct forge_slot *slot = forge ? forge_slot_named(a, forge) : NULL;
	enum clone_of of = !forge ? CLONE_OF_NO_HOST : slot && slot->asked && !slot->pages && !slot->fresh.at_s ? CLONE_AWAITED : CLONE_OF_HOST;
	for (size_t i = 0; i < here.n; i++)
		free(here.places[i].path);
	*ret_known = p ? p->id : (struct project_id){ 0 };
	return of;
}

bool find_on_hosts(struct ask *k, void (*otherwise)(struct ask *k, const struct err *err), const struct err *err)
{
	struct host_find *f = xcalloc(1, sizeof *f);
	f->ask = k;
	f->err = *err;
	f->otherwise = otherwise;
	if (k->text && *k->text)
		places_of_text(k->app, f, k->text);
	else
		places_of_remotes(k->app, f);
	if (!f->n) {
		host_find_free(f);
		return false;
	}
	k->close = NULL;
	ask_next(f);
	return true;
}
