/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_APP_APP_IMPL_H
#define BERTH_SRC_APP_APP_IMPL_H
/*
 * What the files of app share. One struct app on the loop's thread; each file owns the part named after it and only reads
 * the others' through functions below.
 *
 * A port's call may end at once when it is cancelled, later, or after this app has gone. So no call gets the app for its
 * context: it gets a request of its own, which knows whether anybody still listens. Requests that a face waits for are asks:
 * numbered, so that a face that goes away says app_forget().
 */
#include "berth/app.h"

struct git_place;

/* ---- requests (request.c) ---- */
struct request {
	struct app *app;               /* NULL: dropped; what still comes is thrown away */
	struct request **slot;         /* where the app keeps it while it runs */
	void (*cancel)(void *call);
	void *call;                    /* the port's handle, set once the port has given it */
};
/* Zeroed memory of that size, which begins with a struct request and stands in *slot. */
void *request_new(struct app *a, size_t size, struct request **slot, void (*cancel)(void *call));
bool request_over(struct request *r);           /* first thing in an end: empties the slot; false: dropped. The end frees r */
void request_drop(struct request **slot);       /* nobody listens any more; cancels. An empty slot is fine */
void cancel_forge(void *call);
void cancel_engine(void *call);
void cancel_session(void *call);
void cancel_image(void *call);

/* ---- asks (ask.c) ---- */
struct ask {
	struct app *app;               /* NULL: the app has gone */
	unsigned number;
	bool forgotten;
	void *ctx;                     /* the caller's */
	app_end_fn end;
	union {
		void (*project)(void *ctx, struct project_id p);
		void (*commit)(void *ctx, const struct oid *id, const char *branch);
		void (*image)(void *ctx, const struct image *i);
		void (*options)(void *ctx, const struct session_options *o, const char *warnings);
		void (*url)(void *ctx, const char *url);
		void (*said)(void *ctx, const char *text);
		void (*account)(void *ctx, const struct account *a);
		void (*saved)(void *ctx, const struct autosave_result *r);
		void (*git_done)(void *ctx, const struct session_git_done *done);
		void (*piece)(void *ctx, struct sv text);
		void (*bytes)(void *ctx, uint64_t n);
		void (*why)(void *ctx, const struct app_why *w);
		void (*link)(void *ctx, const struct app_link *l);
		void (*templates)(void *ctx, struct templates *t);
		void (*check)(void *ctx, const struct app_check *c);
		void (*dockerfile)(void *ctx, const struct app_dockerfile *d);
		void (*author)(void *ctx, const char *name, const char *email);
	} got;
	struct project_id project;
	char *text;
	struct err err;                /* of ask_fail */
	void *data;                    /* the file's that asks */
	void (*cancel)(void *call);    /* what it waits for, set with `call` … */
	bool hosts_asked;              /* for a project, and none of them has it */
	bool idle_once_forgotten;      /* nothing is done but for the answer: forgotten, it is cancelled */
	void *call;
	void (*close)(struct ask *k);  /* … or how it is ended when the app goes: frees it, calls nobody */
	struct ask *next;
};
struct ask *ask_new(struct app *a, app_end_fn end, void *ctx);
bool ask_heard(const struct ask *k);            /* its caller still listens */
void ask_end(void *ask, const struct err *err); /* calls end unless forgotten, frees; fits the ports' end */
void ask_free(struct ask *k);
/* Ends it with this error at the end of the turn: for what fails before anything was asked. Gives its number. */
unsigned ask_fail(struct ask *k, const struct err *err);
void asks_forget(struct app *a);                /* all of them */
void asks_close(struct app *a);

/* ---- schedule (schedule.c): what views want, and since when what is known is old ---- */
enum { WANT_IMAGES_MAX = 128, RESOLVERS_MAX = 4, USAGE_WANTS_MAX = 64 };
struct want_commits { struct project_id project; char *branch; size_t first, n; };
struct want_images { struct project_id project; struct oid commits[WANT_IMAGES_MAX]; size_t n; struct oid looked; /* zero: none */ };
struct want_usage { struct app *app; char *session; uint64_t until_ms; struct request *asked; };
struct schedule {
	bool projects, sessions, suspended;
	size_t projects_max;           /* of a host's; 0: a page */
	struct project_id branches;    /* of which project; v 0: none */
	size_t branches_max;           /* of a host's; 0: a page */
	size_t branches_pages;         /* that were read of it in this run … */
	int64_t branches_began_s;      /* … when the first of them was asked for, wall clock … */
	uint64_t branches_read_ms;     /* … and when all of them were read, loop's clock */
	bool branches_failed;          /* not asked for more until somebody refreshes */
	char *branch_missing;          /* the last one that could not be had by its name */
	bool saved_wanted, saved_over; /* saved work that is on no page yet; it was looked for */
	struct want_commits commits;
	struct want_images images, images_of /* those that are asked for */;
	bool images_again;             /* asked for while under way */
	struct want_usage *usage[USAGE_WANTS_MAX];
	size_t n_usage;
	struct loop_timer *poll_timer; /* of what is on screen and can't be watched */
	uint64_t branches_at_ms, projects_at_ms; /* when they were last asked for */
	bool somebody;                 /* is there: a key was pressed, so rows that the cursor rests on are looked at closer */
	struct oid rested;             /* the commit that the cursor rests on: of it more is asked than of a row that is only seen */
	struct loop_timer *images_timer, *look_timer, *usage_timer, *sessions_timer, *events_timer, *retry_timer;
	struct forge_watch *watch; struct project_id watched;
	/* what is under way; each a struct of the file that asks */
	struct request *branches_asked, *branch_asked, *saved_asked, *ids_asked, *entities_asked, *images_asked, *sessions_asked;
	bool branches_again, sessions_again /* asked for while under way */, sessions_soon /* events_timer runs */;
	struct oid failed_tip;         /* the history from here could not be had: not asked again until somebody refreshes */
	bool entities_failed;          /* likewise, the rows that are wanted now */
	char *images_said;             /* the last complaint, said once */
	struct { struct project_id project; struct image_resolver *resolver; uint64_t used; } resolvers[RESOLVERS_MAX];
	uint64_t resolver_clock;
	struct one_image *ones;        /* single images that callers wait for */
};

/* ---- forges (forges.c) ---- */
struct forge_slot {
	char *name;
	struct forge *forge;           /* NULL while it waits */
	bool waits;                    /* for its token */
	VEC(struct project) found;     /* beside its list: somebody named them, or searched for them */
	bool more; size_t pages;       /* of a host's list: those that have come, and that there are others … */
	size_t page_size;              /* … of so many projects each */
	struct request *asked;         /* its projects */
	int64_t began_s;               /* when the first of these pages was asked for, wall clock */
	struct fresh fresh;            /* of its list */
	char *said;                    /* the last complaint, said once */
};
struct host;
struct forges {
	struct forge_slot *items;
	size_t n;
	struct forge *nowhere;         /* knows no project */
	struct map *hits;              /* ids of what the newest search has found */
};

/* ---- engine link (engine_link.c) ---- */
struct engine_link {
	struct engine *engine;         /* NULL while none is found; then stays the same */
	bool owned;
	struct engine_host host;       /* where an owned one was found */
	struct request *ping, *events, *sweep;
	struct engine_starting *podman; /* its service is being started */
	struct loop_timer *retry;
	unsigned failures;
	uint64_t up_at_ms;
	bool swept;
	unsigned n_swept;              /* things that went */
};

/* ---- builds (builds.c, build_waits.c) ---- */
struct image_wait;                 /* a launch that waits for a build */
struct builds_watch {
	struct loop_path *path;
	struct loop_timer *poll;
	struct image_wait *waits;
	char *said;                    /* the last complaint, said once */
};

/* ---- launches (launches.c) ---- */
struct start {
	struct app *app; char *session;
	struct project project; char *branch; struct oid commit; bool ended;
	char *author_name, *author_email;
	char *restore; struct oid restore_tip; /* saved work; NULL: none */
	struct session_options options; bool options_given;
	struct launch *launch;         /* NULL until it begins */
	unsigned ask;                  /* of what is under way before it begins */
	struct err err;
	struct start *next;
};

struct warned { char *session; unsigned about; };
struct handed {
	char *session;
	unsigned generation;           /* of tokens that it has, from 1; 0: none */
	/* of a local project's: */
	bool exchange_due;
	uint64_t project_asked_ms;     /* its project was not known, and was looked for; 0: never */
	struct request *listening;
	uint64_t listened_ms;          /* when that began */
	unsigned listens_left;         /* so often it is begun again at once */
};

struct app {
	struct loop *loop; struct net *net; struct store *store; struct config *config;
	struct forges forges;
	const char *build_program;
	bool stays;                    /* the face goes on, and what failed is asked again */
	struct cache *cache; bool recalls;
	VEC(struct host *) hosts;
	struct registries *registries; /* NULL: no network */
	struct login_ask *login_asks;
	bool read_only, closing;
	unsigned close_wait_ms;
	struct loop_hook *hook;
	unsigned next_number;
	struct ask *asks;
	struct schedule schedule;
	struct engine_link link;
	struct builds_watch builds;
	struct start *starts;
	struct login *logins;
	struct pending_stop *stops;    /* may still be taken back */
	struct stopping *stopping;     /* under way */
	struct save *saves;            /* likewise */
	struct use_seen { char name[80]; uint64_t bytes, millicores; bool oom; } uses_seen[32]; /* use_book.c */
	size_t n_uses_seen, uses_seen_next;
	struct watch *watches;
	const char *keeper_program;
	uint64_t keeper_tried_ms;      /* 0: not yet */
	struct keeper *keeper;         /* when this is the keeper's process */
	bool all_sessions;
	VEC(char *) others;            /* names of the sessions that are not shown: they are taken all the same */
	VEC(struct warned) warned;     /* warnings.c */
	VEC(struct handed) handed;     /* inside.c */
	struct account_known *accounts; /* accounts.c */
	unsigned tokens_generation;    /* how often a host's token has changed */
	void (*notify)(void *ctx, bool good, const char *what);
	void *notify_ctx;
};

/* forges.c */
void forges_init(struct app *a, struct forge *const *forges, size_t n);
void forges_drop(struct app *a);                /* nobody listens to their lists any more */
void forges_fini(struct app *a);
size_t forges_add(struct app *a, const char *name); /* one that waits; gives its place */
void forges_settled(struct app *a);             /* one has come, or said its list: those that wait for it look again */
struct forge_slot *forge_slot_named(struct app *a, const char *name); /* NULL: none */
/* search.c: projects that no list has are kept beside the lists, in this run and for the next ones; copied. */
void forges_keep(struct app *a, const struct project *items, size_t n);
void found_keep(struct app *a, struct forge_slot *s, const struct project *p); /* one of them; copied */
void found_drop(struct app *a, struct forge_slot *s, struct project_id p); /* it is listed now, or gone */
/* find.c: as app_find_project, of a session's: its project may be newer than the lists, which a keeper reads when it begins. */
unsigned find_project_anew(struct app *a, const char *text, void (*got)(void *ctx, struct project_id p), app_end_fn end, void *ctx);
/* find_host.c: an ask for a project goes on there; false: no host can have it. When none has it, `otherwise` takes the ask; err: what they
 * said, or `err` when all say that they lack it. */
bool find_on_hosts(struct ask *k, void (*otherwise)(struct ask *k, const struct err *err), const struct err *err);
/* The repository around us. AWAITED: the first list of its host is under way, which has it as a rule. ret_known: the host's project that it
 * is a clone of, as far as lists know it; v 0: none. */
enum clone_of { CLONE_OF_NO_HOST, CLONE_AWAITED, CLONE_OF_HOST };
enum clone_of find_clone(struct app *a, struct project_id *ret_known);
/* repositories.c */
char *repositories_path(void);                 /* owned */
void repositories_note(const struct app *a, const struct project *p); /* one of this machine of which a session is started */
/* hosts.c */
void hosts_init(struct app *a);
void hosts_fini(struct app *a);
void host_for_build(void *config, const struct build_worker_where *w, void (*got)(void *to, struct forge *f, const struct err *err), void *to);
void hosts_retry_now(struct app *a);           /* those that are waited for are asked at once */
void hosts_renew(struct app *a);               /* their tokens are looked for again; tokens_generation moves when one has changed */
struct host_facts { const char *name, *url, *ca_file; struct forge *forge; /* NULL: its token is not there yet */ const char *token_from; const struct err *token_err; };
bool host_at(const struct app *a, size_t i, struct host_facts *ret);     /* false: no more */
/* The host that an address lies at, and how its token is found. */
struct token_query;
bool host_of_url(const struct app *a, const char *url, struct host_facts *ret, struct token_query *ret_query);
/* accounts.c: who the person is on a project's host. Wanted once its branches are known; noted by whoever has asked for another reason. */
void account_want(struct app *a, const struct project *p);
bool account_awaited(const struct app *a, const struct project *p); /* whose its saved work is, is being asked */
void account_note(struct app *a, const struct project *p, const char *user);
const char *account_user(const struct app *a, const struct project *p); /* in names of saved work; never NULL */
void accounts_fini(struct app *a);
/* inside.c */
unsigned author_find(struct app *a, const struct project *p, void (*got)(void *ctx, const char *name, const char *email), app_end_fn end, void *ctx);
void inside_place(struct app *a, const struct session *s, struct git_place *ret);
bool inside_is_due(struct app *a, const struct session *s); /* it lacks the login that its host has now */
void inside_look(struct app *a, const struct session *s); /* it is looked at: what was pushed meanwhile is, too */
struct session_call *inside_hand(struct app *a, const struct session *s, session_end_fn end, void *ctx);
void inside_forget(struct app *a, const char *session); /* it was stopped: what it had is gone */
void inside_fini(struct app *a);
/* registries.c */
void registries_init(struct app *a);
void registries_fini(struct app *a);            /* after the resolvers */
struct image_resolver *resolver_new(struct app *a, const struct project *p); /* asks registries too */
const char *host_url(const struct app *a, size_t i, struct forge **ret_forge); /* NULL: no more; *ret_forge NULL: its token is not there yet */
struct forge *forge_named(const struct app *a, const char *name);   /* never NULL: one that knows nothing answers for an unknown name */
struct forge *forge_of(const struct app *a, const struct project *p);
struct fresh forges_fresh(const struct app *a);
/* schedule.c */
void schedule_fini(struct app *a);
void schedule_poll(struct app *a);              /* what a host has is looked at again after the time that fits what it does */
bool schedule_asleep(const struct app *a);      /* suspended or closing: nothing is asked */
void schedule_branches(struct app *a);
void schedule_retry(struct app *a);             /* a list failed: asked again soon where the host could not be reached, until it answers */
void schedule_sessions(struct app *a);          /* now, if wanted */
void schedule_sessions_soon(struct app *a);     /* events come in bursts */
void schedule_images_soon(struct app *a);
void schedule_look_soon(struct app *a);         /* what is looked at, once the cursor rests */
void images_changed(struct app *a);             /* what the engine has, or builds, changed: that is forgotten and asked again */
void images_refresh(struct app *a);             /* likewise, with all that the resolvers know */
void jobs_changed(struct app *a, struct project_id p); /* its host's jobs have moved: asked again at once */
/* image_poll.c */
struct image_poll;
/* Asks at once and then every few seconds, not while the schedule sleeps. After each answer, or failure, told gets the image as it was last
 * (state UNKNOWN: never told); false: nothing more is asked, and the poll may have been freed in it. */
struct image_poll *image_poll_start(struct app *a, const struct project *p, const struct oid *commit,
                                    bool (*told)(void *ctx, const struct image *i, const struct err *err), void *ctx);
const struct image *image_poll_last(const struct image_poll *p); /* borrowed, until the next answer */
void image_poll_set_engine(struct image_poll *p, struct engine *e); /* another one has come */
void image_poll_free(struct image_poll *p);     /* told is called no more; NULL is fine */
/* watches.c */
void awaited_forget_engine(struct app *a);
void awaited_fini(struct app *a);
/* schedule_lists.c, schedule_commits.c, schedule_images.c, image_one.c, session_list.c */
void projects_sort(struct project *items, size_t n); /* the newest activity first */
void ask_projects(struct app *a);
void ask_branches(struct app *a, struct project_id p);
void branches_begin_anew(struct app *a, struct project_id p); /* of this project from now on */
bool branches_paged(const struct app *a, const struct project *p); /* its host gives them in pages, and one by its name */
/* What is known of a project's branches becomes these, and of the others those that stay. */
void branches_merge(struct app *a, struct project_id id, const struct branch *items, size_t n, bool (*stays)(const void *ctx, const struct branch *b), const void *ctx);
/* schedule_branch.c: as its host has just told of it; copied */
void branch_told(struct branch *out, const struct branch *b);
/* true: it is being asked for, and ask_commits comes again */
bool ask_branch(struct app *a, struct project_id id, const char *name);
void ask_saved_work(struct app *a);
void ask_commits(struct app *a);
bool ids_awaited(const struct app *a, struct project_id p); /* the first rows of its history are under way */
void ask_images(void *app);
void ask_looked(void *app);                     /* more about the row that is looked at */
void resolvers_forget_engine(struct app *a);    /* the engine has come: they knew of none */
void resolvers_fini(struct app *a);
void ones_fini(struct app *a);
void logins_fini(struct app *a);                /* login.c */
void ask_sessions(struct app *a);
void others_forget(struct app *a);
void usage_tick(void *app);
void usage_fini(struct app *a);
/* use_book.c; u NULL: only what became of it */
void use_note(struct app *a, const struct session *s, const struct usage *u);
/* choices.c */
void choices_keep(struct project_id p, const struct session_options *o);
/* remember.c: each recall puts what was kept into the store where that knows nothing */
void remember_init(struct app *a, struct cache *cache, bool recall);
void remember_fini(struct app *a);
void recall_projects(struct app *a);
void keep_projects(struct app *a, const char *forge, const struct project *items, size_t n);
void keep_only_projects(struct app *a, const char *forge, const struct project *items, size_t n, int64_t before_s); /* these are all, asked for from then on */
void recall_branches(struct app *a, const struct project *p);
void keep_branches(struct app *a, const struct project *p);
void recall_ids(struct app *a, const struct project *p, const char *branch);
void keep_ids(struct app *a, struct project_id id, const char *branch, size_t first);
bool recall_commit(struct app *a, const struct project *p, const struct oid *id); /* true: it is in the store now */
void keep_commit(struct app *a, const struct project *p, const struct commit *c);
void recall_images(struct app *a);              /* of the rows that are wanted */
void keep_image(struct app *a, const struct project *p, const struct image *i);
/* engine_link.c */
void engine_link_init(struct app *a, struct engine *given);
void engine_link_fini(struct app *a);
struct engine *link_engine(const struct app *a);                     /* NULL: none found yet; it may be down */
struct engine *link_up(const struct app *a, struct err *reterr);     /* NULL and the reason when none answers */
/* Where the engine is, for another process; false: only this process has it. */
bool link_config(const struct app *a, struct engine_config *ret);
/* log_job.c */
struct job_log;
struct job_log *job_log_begin(struct app *a, const char *id, bool follow, const struct app_log_events *ev, void *ctx, struct err *reterr);
char *job_log_kept(struct app *a, const char *id); /* the file of one that is kept; owned, NULL: none */
void job_log_stop(struct job_log *l);           /* nothing comes any more; NULL is fine */
/* builds.c */
void builds_init(struct app *a);
void builds_watch_fini(struct app *a);
void builds_read_now(struct app *a);
/* As app_build; *ret_running: somebody had begun it before. */
int build_for(struct app *a, const struct app_build_query *q, char **ret_id, bool *ret_running, struct err *reterr);
/* build_waits.c */
extern const struct launch_image_ops app_image_ops;
bool waits_for(const struct app *a, const char *build_id); /* a launch waits for it */
void waits_tell(struct app *a, const struct build *b);
void waits_check_gone(struct app *a);           /* ends those whose record is there no longer */
void waits_fini(struct app *a);
/* host_waits.c */
void *host_wait_start(void *app, const struct launch_awaited *q, void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total),
                      void (*end)(void *ctx, const struct err *err), void *ctx);
void host_wait_cancel(void *app, void *handle);
/* launches.c */
bool starts_close(struct app *a);               /* cancels them all; true: nothing is under way any more */
void starts_fini(struct app *a);
/* saves.c: `end` always comes, and then the handle is gone */
struct save *save_begin(struct app *a, const struct session *session, bool look_only, const struct autosave_events *ev, void *ctx);
void save_cancel(void *save);
void saves_fini(struct app *a);

/* sessions.c, stops.c */
const char *local_user(void);                   /* the name this process runs as */
const struct session *known_session(struct app *a, const char *name, struct engine **ret_engine, struct err *reterr);
bool session_is_mine(const struct session *s);
int refuse_others(const struct session *s, const char *what, struct err *reterr); /* what: "can resume it" */
/* stopping.c: what a stop does once it has begun */
void stopping_begin(struct app *a, const char *session, enum app_stop how, struct ask *k);
void stopping_fini(struct app *a);
/* keeper_start.c: a keeper is started unless one runs, or was started a moment ago */
void keeper_ensure(struct app *a);
bool keeper_unit_program(const char *path, char **ret); /* false: no unit there; owned, NULL: it starts nothing */
void keeper_wake(struct app *a);                /* something is due sooner than it thinks */
void keepers_fini(struct app *a);               /* keeper.c */
/* warnings.c: what is near its end is told once */
void warnings_look(struct app *a, const struct session *s);
void warnings_fini(struct app *a);
bool is_stopping(const struct app *a, const char *session);
bool stops_close(struct app *a);                /* those that wait begin; true: none is under way any more */
void stops_fini(struct app *a);

int refuse_read_only(const struct app *a, struct err *reterr);       /* 0 when writing is allowed */
struct fresh fresh_of(enum fresh_state state, const struct err *err, const struct fresh *before);
#endif
