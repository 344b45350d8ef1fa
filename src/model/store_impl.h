/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORE_IMPL_H
#define STORE_IMPL_H
/* The store's parts, one file each: projects and branches, commits, builds and images, sessions, engine and messages, notices. */
#include "berth/map.h"
#include "berth/store.h"

enum { COMMITS_KEPT = 4096, MESSAGES_KEPT = 500 };

/* What is known below one project. It exists from the first read or write that names the project's id. */
struct known {
	struct project_id id;
	size_t at;                              /* in store.projects; NOT_LISTED */
	struct fresh *branches_fresh;           /* NULL: absent, as of nearly all of many thousands */
	bool branches_more;
	VEC(struct branch) branches;
	struct map *branch_at;                  /* name -> place + 1 (as a pointer) */
	struct map *commit_lists;               /* branch name -> struct commit_list */
	struct map *images;                     /* oid -> struct image */
	bool noted[NOTICE_KIND_COUNT_];         /* its notice waits for the flush */
};
#define NOT_LISTED SIZE_MAX

struct commit_list {
	struct fresh fresh;
	VEC(struct oid) ids;
	bool complete;
};

enum { COMMIT_KEY = sizeof(struct project_id) + sizeof(struct oid) };
static inline void commit_key_make(unsigned char key[COMMIT_KEY], struct project_id p, const struct oid *id)
{
	memcpy(key, &p, sizeof p);
	memcpy(key + sizeof p, id, sizeof *id);
}

/* One loaded commit, in the order of the last read: `newer` was read after this one. */
struct loaded {
	struct loaded *newer, *older;
	unsigned char key[COMMIT_KEY];
	struct commit commit;
};

struct built { struct project_id project; struct build build; };

struct subscriber { notice_fn fn; void *ctx; int number; uint64_t since; };

struct store {
	struct fresh projects_fresh, sessions_fresh;
	VEC(struct project) projects;
	struct map *known;                      /* project id -> struct known */

	struct map *loaded;                     /* project id and oid -> struct loaded */
	struct loaded *newest, *oldest;

	VEC(struct built *) builds;             /* newest first */
	struct map *build_by_id;                /* id -> struct built, owned by builds */
	struct map *build_of;                   /* project id and oid -> the newest struct built of that commit */

	VEC(struct session) sessions;           /* newest first */
	struct engine_status engine;
	VEC(struct host_away) away;             /* longest first */
	struct message messages[MESSAGES_KEPT]; /* a ring */
	size_t n_messages, first_message;

	VEC(struct subscriber) subscribers;     /* fn NULL: gone, swept after the flush */
	VEC(struct notice) notices;
	bool noted[NOTICE_KIND_COUNT_];
	bool flushing;
	int last_number;
	uint64_t n_dispatched;
};

struct known *known_of(struct store *s, struct project_id p);             /* made when absent */
const struct known *known_find(const struct store *s, struct project_id p); /* NULL when absent */
void known_free(void *known);
void commit_list_free(void *list);
void loaded_forget_project(struct store *s, struct project_id p);
void store_note(struct store *s, enum notice_kind kind, struct project_id p);

void store_projects_fini(struct store *s);
void store_loaded_fini(struct store *s);
void store_builds_fini(struct store *s);
void store_sessions_fini(struct store *s);
void store_engine_fini(struct store *s);

extern const struct fresh fresh_absent;
#define NO_PROJECT ((struct project_id){ 0 })
#endif
