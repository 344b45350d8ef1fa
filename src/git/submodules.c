/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Submodules of a clone: each is a clone of its own in its folder, at the commit that the project names. What their addresses say is a
 * stranger's text: a folder of this machine is only taken where the project lies on this machine, too, and names it relatively.
 *
 * .gitmodules is read by our own reader, and what it names relatively is worked out here: libgit2 1.5 looks both up by expressions, and
 * loses 20 KiB for each setting that does not match one.
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
	const char *dir, *base;        /* the clone; the address that relative ones are beside */
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

/* "../lib.git" beside "https://host/group/name" or "/srv/name": owned, or NULL where it leads above the host. */
static char *beside(const char *base, const char *relative)
{
	const char *host = strstr(base, "://");
	size_t least = host ? (size_t)(host - base) + 3 + strcspn(host + 3, "/") : 0, n = strlen(base);

	for (;;) {
		while (n > least && base[n - 1] == '/')
			n--;
		if (!strncmp(relative, "./", 2)) {
			relative += 2;
		} else if (!strncmp(relative, "../", 3)) {
			if (n <= least)
				return NULL;
			while (n > least && base[n - 1] != '/')
				n--;
			relative += 3;
		} else {
			return xasprintf("%.*s/%s", (int)n, base, relative);
		}
	}
}

static struct module *module_named(struct modules *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->items[i].name, name))
			return &m->items[i];
	if (m->n == MODULES_MAX)
		return NULL;
	m->items = xrealloc(m->items, m->n + 1, sizeof *m->items);
	m->items[m->n] = (struct module){ .name = xstrdup(name) };
	return &m->items[m->n++];
}

static int listed(void *modules, const struct gitconf_entry *e, struct err *reterr)
{
	bool path = !strcmp(e->name, "path"), url = !strcmp(e->name, "url");
	struct module *s = !strcmp(e->section, "submodule") && *e->subsection && (path || url) ? module_named(modules, e->subsection) : NULL;

	(void)reterr;
	if (s)
		str_replace(path ? &s->path : &s->url, e->value);
	return 0;
}

static struct module *module_at(struct modules *m, const char *path)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->items[i].path && !strcmp(m->items[i].path, path))
			return &m->items[i];
	struct module *s = module_named(m, path); /* the list says nothing of it */
	if (s && !s->path)
		s->path = xstrdup(path);
	return s;
}

static void module_address(struct modules *m, struct module *s)
{
	AUTO_STR given = s->url;
	char *full;

	s->relative = given && (!strncmp(given, "./", 2) || !strncmp(given, "../", 3));
	full = !given ? NULL : s->relative ? beside(m->base, given) : xstrdup(given);
	s->url = full ? without_ssh(m->place, full) : NULL;
	if (s->url)
		free(full);
	else
		s->url = full;
}

/* What the list names and the commit has not is no submodule; what the commit has is one, whatever the list says. */
static int modules_find(struct modules *m, const char *list, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	git_index *index = NULL;
	int rc = gitconf_each(list, listed, m, reterr);

	if (rc < 0 || (rc = repo_open(m->dir, &r, reterr)) < 0)
		return rc;
	rc = git_repository_index(&index, r->git);
	for (size_t i = 0; !rc && i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		struct module *s = e->mode == GIT_FILEMODE_COMMIT && !git_index_entry_stage(e) ? module_at(m, e->path) : NULL;
		if (s && s->path && !strcmp(s->path, e->path))
			oid_from_git(&s->id, &e->id);
	}
	git_index_free(index);
	for (size_t i = 0; i < m->n; i++)
		module_address(m, &m->items[i]);
	return rc ? git_fail(reterr, rc, "the commit's files can't be listed") : 0;
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

static int modules_run(const char *dir, const char *base, struct modules *above);

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
	return modules_run(dir, s->url, m);
}

static int modules_run(const char *dir, const char *base, struct modules *above)
{
	AUTO(modules_fini) struct modules m = { .place = above->place, .stop = above->stop, .notes = above->notes, .dir = dir, .base = base, .depth = above->depth + 1 };
	AUTO_STR list = path_join(dir, ".gitmodules");
	struct stat st;
	struct err err = { 0 };
	int rc = 0;

	if (lstat(list, &st) || !S_ISREG(st.st_mode) || m.depth > DEPTH_MAX)
		return 0;
	if (modules_find(&m, list, &err) < 0) {
		char *note = xasprintf("the submodules can't be read: %s", err.text);
		VEC_PUSH(m.notes, note);
	}
	for (size_t i = 0; !rc && i < m.n; i++)
		if (!oid_is_zero(&m.items[i].id))
			rc = module_get(&m, &m.items[i]);
	return rc;
}

int clone_submodules(const char *dir, const struct git_place *place, const atomic_bool *stop, strings *ret_notes, struct err *reterr)
{
	struct modules top = { .place = place, .stop = stop, .notes = ret_notes };

	if (!place->url)
		return 0;
	return modules_run(dir, place->url, &top) < 0 ? git_cancelled(reterr) : 0;
}
