/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a commit decide what its image holds, as one number. */
#include "berth/dockerignore.h"
#include "berth/image.h"
#include "image/dockerfile.h"
#include "image/environment.h"

/* Raised when environment_dockerfile() begins to write other Dockerfiles: a tree without its own then has another image. */
enum { GENERATED_VERSION = 1 };
enum { MODE_FOLDER = 0040000 };

static const char *const environment_files[] = {
	"Dockerfile", "requirements.txt", "environment.yml", "install.R", "apt.txt", ".dockerignore",
};

struct environment_sources {
	VEC(char *) items;
	bool everything;
	struct dockerignore *ignore;   /* NULL: nothing is left out */
};

void environment_sources_free(struct environment_sources *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->items.len; i++)
		free(s->items.items[i]);
	VEC_FINI(&s->items);
	dockerignore_free(s->ignore);
	free(s);
}
DEFINE_AUTO(environment_sources_free, struct environment_sources)

static void source_add(void *sources, struct sv pattern)
{
	struct environment_sources *s = sources;
	if (!pattern.len)
		s->everything = true;
	else
		VEC_PUSH(&s->items, sv_dup(pattern));
}

static bool is_beside_the_image(struct sv path)
{
	return sv_starts(path, SV(".git")) || sv_starts(path, SV(".renku/"));
}

static bool counts(const struct environment_sources *s, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(environment_files); i++)
		if (strcmp(path, environment_files[i]) == 0)
			return true;
	if (s->ignore && dockerignore_excludes(s->ignore, path))
		return false;
	if (s->everything && !is_beside_the_image(sv_of(path)))
		return true;
	for (size_t i = 0; i < s->items.len; i++)
		if (source_matches(sv_of(s->items.items[i]), sv_of(path)))
			return true;
	return false;
}

struct environment_sources *environment_sources(struct sv dockerfile, struct sv dockerignore)
{
	struct environment_sources *s = xcalloc(1, sizeof *s);
	dockerfile_sources(dockerfile, source_add, s);
	dockerignore_new(dockerignore, &s->ignore, NULL); /* one that is wrong ends the build, with its line: here all counts */
	return s;
}

bool environment_has(const struct environment_sources *s, const struct forge_tree_item *i)
{
	return i->mode != MODE_FOLDER && counts(s, i->path);
}

uint64_t environment_fingerprint(const struct forge_tree_item *items, size_t n, struct sv dockerfile, struct sv dockerignore)
{
	AUTO(environment_sources_free_p) struct environment_sources *s = environment_sources(dockerfile, dockerignore);
	AUTO(buf_fini) struct buf line = BUF_INIT;
	uint64_t hash = GENERATED_VERSION;
	for (size_t i = 0; i < n; i++) {
		if (!environment_has(s, &items[i]))
			continue;
		buf_clear(&line);
		buf_add(&line, &hash, sizeof hash);
		buf_addf(&line, "%o ", items[i].mode);
		buf_add(&line, items[i].blob.b, sizeof items[i].blob.b);
		buf_add_str(&line, items[i].path);
		hash = hash_bytes(line.p, line.len);
	}
	return hash;
}
