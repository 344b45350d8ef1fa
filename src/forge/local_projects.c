/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/map.h"
#include "berth/path.h"
#include "forge/local.h"

enum { LISTED_MAX = 1 << 20 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Where a repository lies below the folder that was searched; two folders may hold the same, then the second one's name is
 * put before it, then it is the whole path. So that a project keeps its name, the first folder's never change. */
static char *project_path(const char *folder, const char *repo, const struct map *taken)
{
	size_t len = strlen(folder);
	const char *below = !strncmp(repo, folder, len) && repo[len] == '/' ? repo + len + 1 : base_name(repo);
	AUTO_STR longer = xasprintf("%s/%s", base_name(folder), below);

	if (!map_get(taken, sv_of(below)))
		return xstrdup(below);
	return xstrdup(!map_get(taken, sv_of(longer)) ? longer : repo);
}

static void describe(struct local_job *j, const char *path, struct project *out)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	struct err err = { 0 };

	if (!repo_open(path, &r, &err) && !repo_describe(r, out, &err))
		return;
	/* Shown all the same: a person who misses a project looks for it in the list first. */
	*out = (struct project){ .name = xstrdup(base_name(path)), .dir = xstrdup(path), .clone_url = xstrdup(path) };
	out->note = xasprintf("%s%s%s", err.text, *err.hint ? "; " : "", err.hint);
}

/* Where it is and what it is called, before anything of it is read. */
struct place { char *dir, *path; };
typedef VEC(struct place) places;

static void place_add(places *all, const char *folder, const char *repo, struct map *taken)
{
	struct place p = { xstrdup(repo), project_path(folder, repo, taken) };

	map_put(taken, sv_of(p.path), all);
	VEC_PUSH(all, p);
}

static void places_fini(places *all)
{
	for (size_t i = 0; i < all->len; i++) {
		free(all->items[i].dir);
		free(all->items[i].path);
	}
	VEC_FINI(all);
}

static void place_give(struct local_job *j, const struct place *p)
{
	struct item i = { .kind = ITEM_PROJECT };

	describe(j, p->dir, &i.project);
	i.project.forge = xstrdup(j->name);
	i.project.path = xstrdup(p->path);
	i.project.id = project_id_of(j->name, p->path);
	job_put(j, &i);
}

static void note(struct local_job *j, const char *text)
{
	struct item i = { .kind = ITEM_NOTE };

	buf_add_str(&i.bytes, text);
	job_put(j, &i);
}

struct search { struct map *seen /* real paths */, *taken /* projects' paths */; places found; };

static int folder_run(struct local_job *j, const char *folder, struct search *s, struct err *reterr)
{
	AUTO(strings_fini) strings found = VEC_INIT;
	AUTO_STR unreadable = NULL;
	struct err err = { 0 };

	int rc = repo_find(folder, j->depth, &j->stop, &found, &unreadable, &err);
	if (rc == -ERR_CANCELLED)
		return err_copy(reterr, &err);
	if (rc && !(rc == -ERR_NOT_FOUND && j->absent_is_fine))
		note(j, err.text);
	if (unreadable)
		note(j, unreadable);
	for (size_t i = 0; i < found.len; i++) {
		if (atomic_load(&j->stop))
			return err_set(reterr, ERR_CANCELLED, "cancelled");
		/* Real paths as they are: the folder's is one, and links below it are not followed. Folders may lie in each other. */
		struct sv key = sv_of(found.items[i]);
		if (map_get(s->seen, key))
			continue;
		map_put(s->seen, key, j);
		place_add(&s->found, folder, found.items[i], s->taken);
	}
	return 0;
}

/* The repository around here is named like those that are found in the folder it lies in, so that its images and sessions are
 * the same from wherever. Gives its place among what was found. */
static size_t around_run(struct search *s, const char *dir)
{
	AUTO_STR path = NULL;
	size_t at = 0;

	if (repo_around(dir, &path, NULL) < 0)
		return SIZE_MAX; /* no repository around here: nothing to add */
	AUTO_STR real = realpath(path, NULL);
	if (!real)
		return SIZE_MAX;
	if (!map_get(s->seen, sv_of(real))) {
		map_put(s->seen, sv_of(real), s);
		char *slash = strrchr(real, '/');
		AUTO_STR folder = slash > real ? xstrndup(real, (size_t)(slash - real)) : xstrdup("");
		place_add(&s->found, folder, real, s->taken);
		return s->found.len - 1;
	}
	while (at < s->found.len && strcmp(s->found.items[at].dir, real) != 0)
		at++;
	return at;
}

/* One that is not there any more, or is no repository, is passed over: nobody asked for it. */
static void listed_run(const char *file, struct search *s)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(LISTED_MAX);
	struct sv rest, line;

	if (file_read(file, LISTED_MAX, &b, NULL) < 0)
		return;
	for (rest = buf_sv(&b); sv_split(&rest, '\n', &line);) {
		AUTO_STR dir = sv_dup(line);
		AUTO_STR found = NULL;
		AUTO_STR real = *dir == '/' && repo_around(dir, &found, NULL) == 0 ? realpath(found, NULL) : NULL;
		if (real && strcmp(real, dir) == 0)
			around_run(s, dir);
	}
}

/* All are found before the first is read, since their names depend on each other; then the one that is most likely looked
 * at comes first. */
static int run(struct local_job *j, struct err *reterr)
{
	struct search s = { map_new(NULL), map_new(NULL), VEC_INIT };
	int rc = 0;

	for (size_t i = 0; !rc && i < j->n_folders; i++)
		rc = folder_run(j, j->folders[i], &s, reterr);
	if (!rc && j->listed)
		listed_run(j->listed, &s);
	size_t first = !rc && j->current ? around_run(&s, ".") : SIZE_MAX;
	if (first < s.found.len)
		place_give(j, &s.found.items[first]);
	for (size_t i = 0; !rc && i < s.found.len; i++) {
		if (atomic_load(&j->stop))
			rc = err_set(reterr, ERR_CANCELLED, "cancelled");
		else if (i != first)
			place_give(j, &s.found.items[i]);
	}
	places_fini(&s.found);
	map_free(s.taken);
	map_free(s.seen);
	return rc;
}

/* "~/berth/" and "~/berth" are the same, and the current folder has a name. */
static char *folder_name(const char *folder)
{
	char *real = realpath(folder, NULL);

	return real ? real : xstrdup(folder);
}

void local_projects(struct forge *f, struct forge_call *c)
{
	struct local *l = (struct local *)f;
	struct local_job *j = job_new(l, c, run);

	j->name = xstrdup(f->name);
	j->depth = l->depth;
	j->current = l->current;
	j->listed = xstrdup(l->listed);
	j->absent_is_fine = l->absent_is_fine;
	j->n_folders = l->n_folders;
	j->folders = xcalloc(l->n_folders ? l->n_folders : 1, sizeof *j->folders);
	for (size_t i = 0; i < l->n_folders; i++)
		j->folders[i] = folder_name(l->folders[i]);
	job_submit(j);
}
