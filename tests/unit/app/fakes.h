/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_UNIT_APP_FAKES_H
#define BERTH_TESTS_UNIT_APP_FAKES_H
/*
 * A forge and an engine that live in memory and answer on the loop's clock: after delay_ms, wrongly where they are told to,
 * or never. What a test wants to know they count.
 */
#include "berth/engine_impl.h"
#include "berth/forge_impl.h"

/* ---- forge ---- */
enum fake_slot { FAKE_PROJECTS, FAKE_BRANCHES, FAKE_IDS, FAKE_COMMITS, FAKE_RESOLVE, FAKE_FILE, FAKE_TREE, FAKE_PAGE, FAKE_ACCOUNT, FAKE_BRANCH_PAGE, FAKE_SLOTS_ };
enum { FAKE_PROJECTS_MAX = 4 };
struct fake_project {
	const char *path, *dir;        /* name: the path's last part */
	size_t n_commits;              /* of "main"; 0: no commits yet. "dev" is ten commits behind it */
	int64_t active_at_s;
	const char *ini;               /* .renku/renku.ini at every commit, NULL: none */
};
struct fake_forge {
	struct forge base;
	struct fake_project projects[FAKE_PROJECTS_MAX];
	size_t n_projects;
	const char *account;             /* fake_forge_has_account */
	const char *saved[4];            /* further branches; each was moved a second after the one before */
	unsigned delay_ms, n[FAKE_SLOTS_];
	enum err_code fail[FAKE_SLOTS_]; /* these calls end so */
	int fail_http;                   /* err->http of those that fail */
	bool wrong_ids, lost_commits;    /* a history that does not begin at its tip; commits that can't be read */
	size_t max_first;                /* the farthest row that ids were asked from */
	struct forge_watch *watch;
	/* a host (fake_forge_be_host): gives lists in pages and searches them */
	size_t n_mine, n_all;            /* generated projects: "mine/p7"; "all/p7" only when all are asked for */
	size_t moved;                    /* the first so many are under "moved/" now; p's number is there as here */
	const char *hit;                 /* what a search finds among them, by its path's end; NULL: nothing */
	char searched[200];              /* "M:words A:words …": what was searched for */
	/* its branches in pages (fake_forge_has_pages): "b0" is the newest, "main" stands in the place main_at, saved[] last of all */
	size_t n_branches, main_at;
	char asked[400];                 /* "0 100 main ^prefix …": pages by their first, names, searches */
	/* its builds (fake_forge_have_jobs, in fake_host.c) */
	enum job_state job_state;        /* of every commit's job */
	enum err_code deed_fails;        /* what is done there ends so */
	bool forbidden;                  /* running builds is */
	unsigned n_pipelines;            /* questions */
	char deeds[300];                 /* "act 0 on 12\n" …: what was done */
};
void fake_forge_be_host(struct fake_forge *f);
void fake_forge_has_pages(struct fake_forge *f, size_t n_branches, size_t main_at);
void fake_forge_have_jobs(struct fake_forge *f);
void fake_forge_has_account(struct fake_forge *f, const char *user);
struct fake_forge *fake_forge_new(struct loop *l, const char *name);
struct oid fake_oid(size_t project, size_t number);          /* number: 1 is the root */
struct project_id fake_project_id(const struct fake_forge *f, size_t i);

/* ---- engine ---- */
enum { FAKE_SESSIONS_MAX = 8, FAKE_IMAGES_MAX = 4 };
struct fake_session { const char *name, *project, *branch, *owner; struct oid commit; bool running; const char *workdir; /* NULL: not noted */ };
struct fake_engine {
	struct engine base;
	bool down;                     /* every call ends with ERR_NET */
	const char *hangs;             /* calls of this name never end by themselves, NULL: none */
	unsigned delay_ms;
	struct fake_session sessions[FAKE_SESSIONS_MAX];
	size_t n_sessions;
	const char *images[FAKE_IMAGES_MAX];
	size_t n_images;
	struct engine_call *events;    /* the one that is listened to */
	unsigned n_ping, n_images_asked, n_list, n_stats, n_stop, n_remove, n_volume_remove, n_inspect;
	const char *exec_out;          /* what every command prints */
	char inspected[200];           /* the image that was asked for last */
};
struct fake_engine *fake_engine_new(struct loop *l);
void fake_engine_event(struct fake_engine *e, const char *action);
void fake_engine_goes_down(struct fake_engine *e);
#endif
