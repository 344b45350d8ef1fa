/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_IMAGE_H
#define BERTH_IMAGE_H
/*
 * The image of a commit: its name, its state (SPEC §3) and the builds that berth runs for it. A build is a process of its
 * own ("berth build-worker ID", detached), so it goes on when the dashboard closes; what it did is on disk under
 * PATH_STATE/builds/<id>/ (record, log, lock), where every berth of this user can watch, cancel or read it.
 */
#include "berth/engine.h"
#include "berth/forge.h"
#include "berth/registry.h"

/* "berth/<project path, lower case, made a valid repository name>:<sha7>". Owned. */
char *image_local_ref_of(const struct project *p, const struct oid *commit);
/* Where its image is kept: in its project's registry where it has one ("registry.host/group/flights:<sha7>"), else the above. Owned. */
char *image_ref_of(const struct project *p, const struct oid *commit);

/* ---- states of the rows on screen --------------------------------------------------------------------------------------- */
struct image_resolver;             /* of one project; caches what a commit's tree says (it can't change) */
struct image_resolver *image_resolver_new(struct forge *f, struct engine *e, const struct project *p);
void image_resolver_free(struct image_resolver *r);            /* cancels */
/* Registries are asked about the row that is looked at: the image it pins, or the tag of it where its host doesn't tell. Outlives the
 * resolver. NULL, as without this call: no registry is asked. */
void image_resolver_ask_registries(struct image_resolver *r, struct registries *registries);
void image_resolver_set_engine(struct image_resolver *r, struct engine *e); /* one has come; what the host said stays */
/* For the rows of a list, of a host's project: pipelines are asked for as one list that is the same each time, and of the first row only
 * when somebody rests there (closer) its registry tag and same-as. Else, as for one commit, all that can be known. */
void image_resolver_of_list(struct image_resolver *r, bool closer);
/* Nobody is at the keyboard yet: no registry is asked about what the first row pins, either. False from the beginning. */
void image_resolver_alone(struct image_resolver *r, bool alone);
bool image_resolver_asks_pipelines(const struct image_resolver *r); /* a question for them is under way */
/* Works out the states of these commits (n <= 1024): one request for all tags that the engine has, the build records, the pins
 * (`image` in .renku/renku.ini at the commit), and, where nothing else is known, the same-as search over ancestors. item
 * may come twice for a commit (a quick answer first, same-as later). A later call with other rows replaces an earlier one.
 * Of a host (FORGE_HAS_JOBS) all rows' pipelines are one request; its pin, its registry tag and same-as are only asked for the first
 * commit, the one that is looked at: nothing is asked once a row. What a registry says of a pin goes for all rows that pin the same. */
struct image_call;
struct image_call *image_resolve(struct image_resolver *r, const struct oid *commits, size_t n,
                                 void (*item)(void *ctx, const struct image *i), void (*end)(void *ctx, const struct err *err), void *ctx);
void image_cancel(struct image_call *c);
/* Would asking for this commit, as the first one, bring more than is known already? */
bool image_resolver_knows_less(struct image_resolver *r, const struct oid *commit);
void image_resolver_forget_jobs(struct image_resolver *r);     /* a host's jobs may have moved: likewise, for those alone */
void image_resolver_forget_tags(struct image_resolver *r);     /* likewise, for what the engine has */
void image_resolver_forget(struct image_resolver *r);          /* all may have changed: ask again next time */

/* ---- the environment of a commit (pure) --------------------------------------------------------------------------------- */
/* Which files of a tree decide what the image holds: Dockerfile, requirements.txt, environment.yml, install.R, apt.txt, .dockerignore, and the sources of
 * the Dockerfile's COPY and ADD (a `COPY . .` counts everything but .renku/ and .git*) that .dockerignore does not keep from it.
 * A hash over their names, modes and blob ids: equal hashes, equal images. dockerfile, dockerignore: their texts, or an empty
 * sv when there is none. */
uint64_t environment_fingerprint(const struct forge_tree_item *items, size_t n, struct sv dockerfile, struct sv dockerignore);
/* The Dockerfile for a tree that has none, from its dependency files; `get` gives a file's text or false. Adds to b. */
void environment_dockerfile(struct buf *b, bool (*get)(void *ctx, const char *path, struct sv *ret), void *ctx);

/* ---- the environment of a commit, read through the forge ---- */
struct environment {               /* lent for the callback */
	uint64_t fingerprint;
	struct sv dockerfile, dockerignore; /* the tree's, or the one made for it; the tree's, or empty */
	bool generated;
	const struct forge_tree_item *items; /* the whole tree */
	size_t n_items;
	const char *made_from;         /* when generated: "apt.txt, requirements.txt", "" when there is no such file */
};
struct environment_load;
/* done once, from the loop; exactly one of its two pointers is set. */
struct environment_load *environment_load(struct forge *f, const struct project *p, const struct oid *commit,
                                          void (*done)(void *ctx, const struct environment *e, const struct err *err), void *ctx);
void environment_load_cancel(struct environment_load *l); /* no callback any more; NULL is fine */

/* How the environments of two commits differ: the files that decide what the image holds, each with the lines that went ("-…") and
 * came ("+…"), LF between; diff is "" for a file that is no text or too long. Ends once; in path order. */
enum environment_change { ENVIRONMENT_CHANGED, ENVIRONMENT_ADDED, ENVIRONMENT_REMOVED };
struct environment_file { const char *path, *diff; enum environment_change change; };
struct environment_compare;
struct environment_compare *environment_compare(struct forge *f, const struct project *p, const struct oid *before, const struct oid *now,
                                                void (*file)(void *ctx, const struct environment_file *e), void (*end)(void *ctx, const struct err *err), void *ctx);
void environment_compare_cancel(struct environment_compare *c); /* nobody is called any more; NULL is fine */

/* .renku/renku.ini with an image pinned (ref), or none (NULL), every other byte as it was; added to out. ERR_USAGE: ref is no image's
 * name; ERR_CONFLICT, ERR_NOT_FOUND: it is so already; ERR_TOO_BIG. */
int image_pin_put(struct sv ini, const char *ref, struct buf *out, struct err *reterr);

/* ---- builds ------------------------------------------------------------------------------------------------------------- */
typedef VEC(struct build) builds;
/* All records, newest first; a running one whose worker is gone comes as BUILD_LOST. A damaged record is set
 * aside ("record.damaged" in its folder) with a note, so that it is told of once; ret_note NULL: passed over in silence. */
int builds_read(builds *ret, char **ret_note, struct err *reterr);
void builds_fini(builds *b);
int build_read(const char *id, struct build *ret, struct err *reterr);
const char *builds_dir(void);      /* what to watch for new builds; made when absent; owned by the room */

struct build_spec {
	const char *forge, *project_path, *project_dir; struct oid commit;
	const char *engine;            /* its name */
	const struct engine_config *engine_config; /* where it is; NULL: the worker finds it as engine_find_host() does */
	const char *program;           /* run as "PROGRAM build-worker ID", which must give those words to build_worker_main(); may be this
	                                * very program, /proc/self/exe. NULL: ERR_UNSUPPORTED */
	bool no_cache, classic;
	const char *config_file;       /* the program gets it before those words, as --config FILE; NULL: it doesn't */
};
/* Makes the record (queued) and starts the worker, which makes it running. A build of that commit on that engine that is under
 * way is not started twice, not even by two berths at once: its id is given (ERR_NONE, *ret_running true). */
int build_begin(struct loop *l, const struct build_spec *spec, char **ret_id, bool *ret_running, struct err *reterr);
int build_cancel(const char *id, struct err *reterr);          /* asks the worker to end; it marks the record canceled */
int build_remove(const char *id, struct err *reterr);          /* record and log of one that has ended */
/* What "berth build-worker ID" does, all of it: a loop, the forge and the engine of the record, the build. Gives the exit
 * code: 0 built, 1 not. Nothing is printed but what goes wrong before there is a log. */
struct build_worker_where { struct loop *loop; struct net *net; const char *forge; };
struct build_worker_forges {       /* where the commits of a project come from that has no folder on this machine */
	/* got runs once, later, with a forge of that name, which the worker ends; or f is NULL and err says why there is none. */
	void (*find)(void *ctx, const struct build_worker_where *w, void (*got)(void *to, struct forge *f, const struct err *err), void *to);
	void *ctx;
};
int build_worker_main(const char *id, const struct build_worker_forges *forges /* NULL: there are none */);
/* Takes up a queued build in this process: builds, writes log and record. SIGTERM cancels it. on_end comes once, never within
 * the call; the handle is gone after it. `ev` and its slots may be NULL. ERR_BUSY: another process has that build. */
struct build_run;
struct build_run_events { void (*on_log)(void *ctx, struct sv bytes); void (*on_step)(void *ctx, uint32_t step, uint32_t steps, struct sv name); void (*on_end)(void *ctx, const struct err *err); };
/* The caller holds the build's lock already (right after the start); it is taken over. */
void build_run_hand_lock(struct build_run *r, int lock);
struct build_run *build_run_start(struct loop *l, struct forge *f, struct engine *e, const struct project *p, const char *id, const struct build_run_events *ev, void *ctx);
void build_run_cancel(struct build_run *r);
/* Follows a log on disk from `offset`: existing bytes first, then what is added, until the build ends. */
struct build_follow;
struct build_follow *build_follow(struct loop *l, const char *id, uint64_t offset, void (*piece)(void *ctx, struct sv bytes), void (*end)(void *ctx, const struct build *final, const struct err *err), void *ctx);
void build_unfollow(struct build_follow *f);
#endif
