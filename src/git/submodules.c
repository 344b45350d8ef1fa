/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Submodules of a clone: each is a clone of its own in its folder, at the commit that the project names. What their addresses say is a
 * stranger's text: a folder of this machine is only taken where the project lies on this machine, too, and names it relatively.
 */
#include <sys/stat.h>
#include "berth/lfs.h"
#include "berth/path.h"
#include "git/remote.h"

enum { DEPTH_MAX = 8, MODULES_MAX = 500 };

struct modules {
	const struct git_place *place;
	const atomic_bool *stop;
	strings *notes;
	const char *dir;
	struct repo *repo;
	unsigned depth;
	struct module { char *name, *path, *url; bool relative; struct oid id; } *items;
	size_t n;
};

static void modules_fini(struct modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].name);
		free(m->items[i].path);
		free(m->items[i].url);
	}
	free(m->items);
	repo_free(m->repo);
}

static bool is_here(const char *url) { return url[0] == '/'; }

/* ---- which there are ------------------------------------------------------------------------------------------------------------ */
/* "git@host:group/lib.git", "ssh://git@host:22/group/lib.git" at the place's own host: by the way that there is a login for. Owned, or NULL. */
static char *without_ssh(const struct git_place *place, const char *url)
{
	struct sv host = sv_url_host(place->url), theirs = { url, 0 };
	const char *path = NULL;

	if (!strncmp(url, "ssh://", 6)) {
		theirs = sv_url_host(url);
		path = strchr(url + 6, '/');
	} else if (!strstr(url, "://") && strchr(url, '@') && strchr(url, ':')) {
		theirs.p = strchr(url, '@') + 1;
		path = strchr(theirs.p, ':');
		theirs.len = path ? (size_t)(path - theirs.p) : 0;
	}
	if (!path || !theirs.len || !sv_eq(host, theirs) || is_here(place->url))
		return NULL;
	const char *begin = strstr(place->url, "://") + 3;
	return xasprintf("%.*s/%s", (int)(begin - place->url + (long)strcspn(begin, "/")), place->url, path + 1 + (path[1] == '/'));
}

static void module_add(struct modules *m, git_submodule *s, const char *name)
{
	const git_oid *id = git_submodule_index_id(s);
	const char *url = git_submodule_url(s);
	git_buf full = { 0 };

	if (!id || m->n == MODULES_MAX)
		return;
	struct module one = { .name = xstrdup(name), .path = xstrdup(git_submodule_path(s)) };
	oid_from_git(&one.id, id);
	one.relative = url && (!strncmp(url, "./", 2) || !strncmp(url, "../", 3));
	if (url && !git_submodule_resolve_url(&full, m->repo->git, url) && full.size)
		one.url = without_ssh(m->place, full.ptr);
	if (!one.url && full.size)
		one.url = xstrndup(full.ptr, full.size);
	git_buf_dispose(&full);
	m->items = xrealloc(m->items, m->n + 1, sizeof *m->items);
	m->items[m->n++] = one;
}

static int module_seen(git_submodule *s, const char *name, void *modules)
{
	module_add(modules, s, name);
	return 0;
}

/* ---- one ------------------------------------------------------------------------------------------------------------------------ */
static bool name_is_sound(const char *name)
{
	struct sv part, rest = sv_of(name);

	while (sv_split(&rest, '/', &part))
		if (!part.len || sv_eq(part, SV(".")) || sv_eq(part, SV("..")))
			return false;
	return *name != '\0';
}

/* What the project's own repository keeps of a submodule has it without asking anybody. */
static char *kept_of(const struct modules *m, const struct module *s)
{
	AUTO(repo_free_p) struct repo *project = NULL;
	AUTO(repo_free_p) struct repo *kept = NULL;
	git_oid id;

	if (!is_here(m->place->url) || !name_is_sound(s->name) || repo_open(m->place->url, &project, NULL))
		return NULL;
	AUTO_STR path = xasprintf("%s/modules/%s", repo_commondir(project), s->name);
	return repo_open(path, &kept, NULL) || !git_odb_exists(kept->odb, oid_to_git(&s->id, &id)) ? NULL : xstrdup(path);
}

static int may_be_had(const struct modules *m, const struct module *s, struct err *reterr)
{
	if (!s->url)
		return err_set(reterr, ERR_NOT_FOUND, "it has no address in .gitmodules");
	if (is_here(s->url) && !(is_here(m->place->url) && s->relative))
		return err_set(reterr, ERR_DENIED, "its address is a folder of this machine, which a project may not name");
	if (!is_here(s->url) && strncmp(s->url, "https://", 8) && strncmp(s->url, "http://", 7))
		return err_set(reterr, ERR_UNSUPPORTED, "its address is no https one: %s", s->url);
	return 0;
}

static int module_clone(const struct modules *m, const struct module *s, const char *from, struct err *reterr)
{
	AUTO_STR into = path_join(m->dir, s->path);
	AUTO_STR parent = xstrndup(into, (size_t)(strrchr(into, '/') - into));
	bool ours = !from && url_same_origin(s->url, m->place->url);
	const struct clone_spec spec = { .url_or_path = from ? from : s->url, .commit = s->id, .origin_url = s->url, .into = into,
		.user = ours ? m->place->user : NULL, .password = ours ? m->place->password : NULL, .ca_file = ours ? m->place->ca_file : NULL };
	int rc = path_make_dirs(parent, reterr);

	return rc < 0 ? rc : repo_clone(&spec, m->stop, NULL, NULL, reterr);
}

static int modules_run(const char *dir, struct modules *above);

static void module_note(struct modules *m, const struct module *s, const struct err *err)
{
	char *note = xasprintf("the submodule %s is left out: %s", s->path, err->text);
	VEC_PUSH(m->notes, note);
}

static void module_config(struct modules *m, const struct module *s)
{
	AUTO_STR url = xasprintf("submodule.%s.url", s->name);
	AUTO_STR active = xasprintf("submodule.%s.active", s->name);
	repo_config_set(m->dir, url, s->url, NULL);
	repo_config_set(m->dir, active, "true", NULL);
}

static int module_get(struct modules *m, const struct module *s)
{
	AUTO_STR kept = kept_of(m, s);
	AUTO_STR dir = path_join(m->dir, s->path);
	struct err err = { 0 };
	int rc = kept && s->url ? 0 : may_be_had(m, s, &err);

	if (!rc)
		rc = module_clone(m, s, s->url ? kept : NULL, &err);
	if (stopped(m->stop))
		return -ERR_CANCELLED;
	if (rc < 0) {
		module_note(m, s, &err);
		return 0;
	}
	module_config(m, s);
	return modules_run(dir, m);
}

static int modules_run(const char *dir, struct modules *above)
{
	AUTO(modules_fini) struct modules m = { .place = above->place, .stop = above->stop, .notes = above->notes, .dir = dir, .depth = above->depth + 1 };
	AUTO_STR list = path_join(dir, ".gitmodules");
	struct stat st;
	int rc = 0;

	if (lstat(list, &st) || !S_ISREG(st.st_mode) || m.depth > DEPTH_MAX || repo_open(dir, &m.repo, NULL))
		return 0;
	if (git_submodule_foreach(m.repo->git, module_seen, &m)) {
		char *note = xasprintf("the submodules can't be read: %s", git_error_last() ? git_error_last()->message : ".gitmodules is damaged");
		VEC_PUSH(m.notes, note);
	}
	for (size_t i = 0; !rc && i < m.n; i++)
		rc = module_get(&m, &m.items[i]);
	return rc;
}

int clone_submodules(const char *dir, const struct git_place *place, const atomic_bool *stop, strings *ret_notes, struct err *reterr)
{
	struct modules top = { .place = place, .stop = stop, .notes = ret_notes };

	if (!place->url)
		return 0;
	return modules_run(dir, &top) < 0 ? git_cancelled(reterr) : 0;
}
