/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_MODEL_H
#define BERTH_MODEL_H
/*
 * What is known: entities as plain values. Strings in them are owned by the entity (NULL means "not known", never "empty");
 * x_fini() ends an entity's strings, x_dup() copies deeply. Nothing here does IO. The store (store.h) keeps them.
 */
#include "berth/vec.h"
#include "berth/str.h"

struct oid { unsigned char b[20]; };
#define OID_HEX 40
void oid_hex(const struct oid *o, char ret[OID_HEX + 1]);
void oid_sha7(const struct oid *o, char ret[8]);        /* as in image tags */
uint64_t oid_number(const struct oid *o);              /* its first 15 digits, enough to tell two of one project apart; 0 for none */
bool oid_parse(struct sv hex40, struct oid *ret);
bool oid_is_zero(const struct oid *o);
bool oid_eq(const struct oid *a, const struct oid *b);

/* How far one piece of knowledge can be trusted. Every list and every detail has one, so waiting and failing look alike. */
enum fresh_state { FRESH_ABSENT, FRESH_LOADING, FRESH_FRESH, FRESH_STALE, FRESH_FAILED };
struct fresh {
	enum fresh_state state;
	int64_t at_s;                 /* when it was last good; 0: never */
	struct err err;               /* of the last try, when FRESH_FAILED */
};
/* Whoever was asked has answered, or can't: there is nothing to wait for. */
static inline bool fresh_is_answered(const struct fresh *f) { return f->state == FRESH_FRESH || f->state == FRESH_FAILED; }

struct project_id { uint64_t v; };                      /* 0: none. From project_id_of(); equal on every run */
struct project_id project_id_of(const char *forge, const char *path);
static inline bool project_id_eq(struct project_id a, struct project_id b) { return a.v == b.v; }

struct project {
	struct project_id id;
	char *forge;                  /* "local", or a GitLab host's configured name */
	char *path;                   /* unique in its forge: "flights", "group/sub/flights" */
	char *name;                   /* last part, for people */
	char *dir;                    /* local: the repository's folder; NULL elsewhere */
	char *clone_url;              /* what a clone starts from (local: the folder) */
	char *default_branch;         /* NULL: no commits yet */
	char *note;                   /* what is unusual: "no commits yet", "shallow clone", "damaged: …"; NULL: nothing */
	int64_t active_at_s;          /* newest commit of the default branch, or the forge's last activity */
	bool bare;
	/* A host's list is read as far as somebody looks, and what was seen before stays beside it. */
	bool kept;                    /* not in what was read of the list in this run; so nobody knows whether it is still there */
	int64_t seen_at_s;            /* when its forge last told of it, wall clock; 0: not known. Neither is packed with the rest */
	bool found;                   /* known without the list, which need not have it: somebody named it or searched for it */
	/* what a GitLab host adds; zero and NULL elsewhere */
	uint64_t number;              /* the project's id there, which survives a move */
	char *visibility;             /* "private", "internal", "public" */
	char *image_prefix;           /* of its container registry: "registry.host/group/flights"; NULL: none, or not told */
	char *web_url, *ssh_url;      /* clone_url is the HTTP one */
	char *import_status;          /* of a fork or import: "scheduled", "started", "finished", "failed", "none" */
	uint32_t access_level;        /* this account's: 5 minimal, 10 guest, 15 planner, 20 reporter, 30 developer, 40 maintainer, 50 owner; 0 unknown */
	uint32_t build_timeout_s;     /* 0: unknown */
	bool archived, starred, empty;
	bool rights_known;            /* else the next four say nothing */
	bool can_push, can_run;       /* this account's role may push branches; may run, retry and cancel jobs */
	bool ci_enabled, registry_enabled;
};
/* "developer" for 30; between two roles the lower one; "unknown" for 0. */
const char *access_level_name(uint32_t level);
void project_fini(struct project *p);
void project_dup(struct project *out, const struct project *p);

struct branch {
	char *name;                   /* "main", "fix/deps"; remote ones "origin/main" */
	char *upstream;               /* NULL: none */
	char *tip_author, *tip_subject;
	struct oid tip;
	int64_t tip_at_s;
	uint32_t ahead, behind;       /* against upstream, else (not the default branch itself) against the default branch */
	bool is_default, is_remote, is_head /* checked out in the work tree */, has_upstream;
	bool kept;                    /* known from before, and its host has not told of it in this run; not packed */
	int64_t seen_at_s;            /* of a kept one: when its host last told of it, wall clock; 0: not known */
};
void branch_fini(struct branch *b);
void branch_dup(struct branch *out, const struct branch *b);

struct commit {
	struct oid id;
	char *author, *email, *subject; /* subject: first line; may hold anything but LF */
	char *body;                   /* the rest, or NULL */
	int64_t authored_at_s, committed_at_s;
	uint32_t n_parents;
	struct oid parent;            /* the first one, zero when a root */
};
void commit_fini(struct commit *c);
void commit_dup(struct commit *out, const struct commit *c);

/* ---- images and builds -------------------------------------------------------------------------------------------------- */
enum image_state {                /* SPEC §3; names, glyphs and words in present/ from image_state_name() on */
	IMAGE_UNKNOWN, IMAGE_READY, IMAGE_AVAILABLE, IMAGE_SAME_AS, IMAGE_QUEUED, IMAGE_BUILDING, IMAGE_FAILED, IMAGE_CANCELED,
	IMAGE_SKIPPED, IMAGE_MANUAL, IMAGE_SCHEDULED, IMAGE_NONE, IMAGE_PINNED, IMAGE_PINNED_MISSING, IMAGE_PINNED_LOGIN /* its registry wants a login */,
	IMAGE_STATE_COUNT_
};
const char *image_state_name(enum image_state s);       /* "same-as": stable, for --json */

enum build_state { BUILD_QUEUED, BUILD_RUNNING, BUILD_DONE, BUILD_FAILED, BUILD_CANCELED, BUILD_LOST /* its worker died */, BUILD_STATE_COUNT_ };
const char *build_state_name(enum build_state s);
struct build {                    /* a build that berth ran; kept under PATH_STATE/builds (image/record.c) */
	char *id;                     /* folder name: "<project slug>/<sha7>-<n>" */
	char *forge, *project;        /* project.path */
	struct oid commit;
	enum build_state state;
	char *image_ref;
	char *engine;                 /* engine context's name */
	char *builder;                /* "buildkit", "classic" */
	char *log_path;
	char *error;                  /* the engine's words, when failed */
	char *hint;                   /* what to do, or NULL */
	int64_t started_at_s, ended_at_s;
	uint32_t step, steps;
	int pid;                      /* of the worker, 0 when it has ended */
};
void build_fini(struct build *b);
void build_dup(struct build *out, const struct build *b);

/* ---- CI of a GitLab host ------------------------------------------------------------------------------------------------- */
enum job_state {                  /* of jobs and of pipelines; docs.gitlab.com/api/jobs, Ci::HasStatus */
	JOB_OTHER,                    /* a word that this berth doesn't know: state_word has it */
	JOB_CREATED, JOB_WAITING_FOR_RESOURCE, JOB_PREPARING, JOB_WAITING_FOR_CALLBACK, JOB_PENDING, JOB_RUNNING, JOB_SUCCESS,
	JOB_FAILED, JOB_CANCELING, JOB_CANCELED, JOB_SKIPPED, JOB_MANUAL, JOB_SCHEDULED, JOB_STATE_COUNT_
};
const char *job_state_name(enum job_state s);           /* GitLab's word, "other" for JOB_OTHER */
enum job_state job_state_of(const char *word);          /* any case; NULL gives JOB_OTHER */
bool job_state_active(enum job_state s);                /* will change by itself: worth asking again soon. JOB_OTHER too */
bool job_state_finished(enum job_state s);              /* success, failed, canceled, skipped */
bool job_state_cancelable(enum job_state s);
bool job_state_runs(enum job_state s);                  /* on a runner now: running, canceling */
/* One sentence for GitLab's failure_reason ("script_failure"); a key that is not in the table is shown with spaces. Written
 * to buf; "" for NULL. */
const char *failure_reason_text(const char *reason, char *buf, size_t size);

struct job {
	uint64_t id, pipeline_id;
	char *name, *ref;
	char *source;                 /* of its pipeline: "push", "merge_request_event", "parent_pipeline", "api" … */
	char *state_word;             /* as the host says it, lower case */
	char *failure_reason;         /* a key for failure_reason_text(), or a sentence already; NULL: none */
	char *web_url;
	char *runner;                 /* what ran it, in the host's words; NULL: nobody yet */
	struct oid commit;            /* zero: unknown */
	enum job_state state;
	int64_t created_at_s, queued_at_s, started_at_s, ended_at_s; /* 0: not yet, or unknown */
	uint64_t log_bytes;           /* of an archived log; 0: unknown */
	bool retryable, cancelable, playable; /* what its state allows; what the role allows is forge_may()'s */
	bool allow_failure, retried /* a newer try exists */, stuck /* no runner takes it */;
};
void job_fini(struct job *j);
void job_dup(struct job *out, const struct job *j);

struct pipeline {
	uint64_t id;
	struct oid commit;
	char *ref;                    /* "main", or "refs/merge-requests/7/head" */
	char *source, *state_word, *web_url;
	char *problem;                /* why it has no jobs (errors of .gitlab-ci.yml); NULL: none */
	enum job_state state;
	int64_t created_at_s;
	bool has_job;
	struct job job;               /* its job that builds the image, newest try; of a child pipeline when that has it */
};
void pipeline_fini(struct pipeline *p);
void pipeline_dup(struct pipeline *out, const struct pipeline *p);
/* Of two pipelines of one commit, the one that tells of its image: `a` does more than `b`. One with the job goes before one
 * without; a job that ran, runs or waits before one that was skipped; else the newer one (the higher id). */
bool pipeline_outranks(const struct pipeline *a, const struct pipeline *b);

struct image {
	struct oid commit;
	enum image_state state;
	char *ref;                    /* what a start would use, or what a build would make; NULL: unknown */
	char *image_id;               /* engine's digest when it has it */
	char *reason;                 /* one sentence for people: why this state; NULL: the state says all */
	struct oid same_as;           /* IMAGE_SAME_AS */
	uint64_t size_bytes;          /* 0: unknown */
	int64_t created_at_s;
	int64_t build_started_at_s, build_ended_at_s;       /* of the newest build, 0: none */
	uint32_t typical_build_s;     /* median of past builds of the project, 0: unknown */
	uint32_t step, steps;         /* of a running build, 0: unknown */
	/* of a host that builds images itself: */
	uint64_t pipeline_id;         /* 0: none, or not known */
	char *pipeline_url;
	bool has_job;                 /* then `job` builds it, or did */
	struct job job;
	struct fresh fresh;
};
void image_fini(struct image *i);
void image_dup(struct image *out, const struct image *i);

struct account {                  /* whose token it is, and what the token may do */
	uint64_t id;
	char *user, *name;            /* login name, and the person's */
	char *email;                  /* what their commits bear; NULL: not told */
	char *host;                   /* the forge's address */
	char *version;                /* the host's: "17.11.2"; NULL: not told */
	char *token_name;
	char *scopes;                 /* "api read_registry": separated by one space; NULL: not told */
	int64_t expires_at_s;         /* 0: never, or not told */
	bool revoked, anonymous /* no token: what everybody sees */, bot /* a project's or group's token */;
};
void account_fini(struct account *a);
void account_dup(struct account *out, const struct account *a);
bool account_has_scope(const struct account *a, const char *scope); /* true also when the scopes are not told */

struct registry_tag {             /* one image in a project's registry */
	char *name;                   /* the tag: "1a2b3c4" */
	char *ref;                    /* "registry.host/group/flights:1a2b3c4" */
	char *digest;                 /* "sha256:…"; NULL: not told */
	uint64_t size_bytes;
	int64_t created_at_s;
	bool present;
};
void registry_tag_fini(struct registry_tag *t);
void registry_tag_dup(struct registry_tag *out, const struct registry_tag *t);

/* ---- sessions ------------------------------------------------------------------------------------------------------------ */
enum session_state {
	SESSION_STARTING, SESSION_RUNNING, SESSION_UNHEALTHY, SESSION_PAUSED, SESSION_STOPPING, SESSION_STOPPED, SESSION_FAILED,
	SESSION_UNSAVED /* stopped, and its workspace holds work that could not be saved */, SESSION_STATE_COUNT_
};
const char *session_state_name(enum session_state s);
enum { USAGE_HISTORY = 60 };
struct usage {                    /* newest sample and a ring of the last ones (index 0 is the oldest) */
	double cpu_cores;             /* 0.31 = 31 % of one core */
	uint64_t memory_bytes, memory_peak_bytes;
	uint32_t pids, n;
	float cpu_history[USAGE_HISTORY];                   /* cores */
	float memory_history[USAGE_HISTORY];                /* share of the limit (of the machine when unlimited), 0..1 */
	int64_t at_s;                 /* 0: never sampled */
};
/* What was seen of a session by who looked at it last (the keeper). Numbers alone, and all 64 bits wide: session/notes.c keeps them. */
struct session_watch {
	int64_t seen_at_s;            /* the last look; 0: never */
	int64_t idle_s;               /* it had been idle for so long then; 0: it was not */
	int64_t active;               /* why not: bits of enum activity (session.h) */
	int64_t warned_at_s;          /* that it will stop soon; 0: not since it was last used */
	int64_t kept_until_s;         /* somebody asked for it to be kept until then; 0: nobody */
	int64_t disk_used_bytes, disk_free_bytes, disk_size_bytes; /* of its workspace, of the disk that has it; 0: unknown */
	int64_t work_at_s;            /* when the next four were found out; 0: they are not known */
	int64_t changed, untracked, ahead, behind;
	int64_t tip;                  /* oid_number() of the branch's tip that behind was counted to; 0: not known */
	int64_t saved_at_s;           /* all of its work was seen to be saved then; 0: not yet */
	int64_t save_failed_at_s;     /* it could not be saved then, and not since; 0: it could */
};
struct session {
	char *name;                   /* unique on its engine; the container's name is "berth-<name>" */
	char *container_id, *volume;
	char *workdir;                /* where the project's clone is in the container; NULL: another berth made it, which did not say */
	char *forge, *project, *branch;                     /* from labels; branch NULL when detached */
	struct oid commit;
	char *image_ref;
	char *owner;                  /* user name on the host that started it */
	char *default_url;            /* "/lab", "/rstudio", "" for a shell */
	char *address;                /* "http://127.0.0.1:40123", NULL: serves nothing. Never with a token */
	char *reason;                 /* why it is in this state, in words; NULL: state says all */
	char *home;                   /* whose keeper looks after it: home_id() of the berth that started it; NULL: nobody's */
	enum session_state state;
	int64_t created_at_s, started_at_s, ended_at_s;
	uint64_t memory_limit_bytes;  /* 0: none */
	double cpu_limit_cores;       /* 0: none */
	uint32_t pids_limit, gpus;
	uint64_t disk_limit_bytes;     /* 0: none */
	uint64_t shm_bytes;            /* size of /dev/shm; 0: not told (another berth made it) */
	uint32_t idle_limit_s;         /* 0: never stopped for being idle */
	bool lfs;                      /* LFS files are fetched */
	uint16_t port;                /* on 127.0.0.1 of the engine's machine; 0: none */
	int exit_code;                /* when ended */
	bool oom;                     /* something in it ran out of memory */
	bool has_token;               /* connect needs one */
	struct usage usage;
	struct session_watch watch;
	bool branch_moved;            /* its branch's tip is known, and is another than watch.tip: more is behind than watch.behind */
};
bool session_is_up(const struct session *s);            /* its container runs, whether what is in it answers or not */
bool session_is_running(const struct session *s);       /* NULL: false. It has started, and its container runs */
bool session_is_of(const struct session *s, const struct project *p); /* either may be NULL: false */
void session_fini(struct session *s);
void session_dup(struct session *out, const struct session *s);
#endif
