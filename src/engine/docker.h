/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_DOCKER_H
#define BERTH_ENGINE_DOCKER_H
/*
 * The Docker Engine API behind the engine port (Podman's compatible API too). docker.c connects and carries requests; each
 * docker_*.c file speaks one part of the API. A call's life: docker_call_new() queues it, `begin` runs from the loop once
 * the API version is agreed, steps follow by docker_fetch/stream/hijack, docker_call_done or _fail ends it.
 */
#include <jansson.h>
#include "berth/engine_impl.h"
#include "berth/json.h"
#include "berth/map.h"
#include "stream.h"

enum { API_MIN = 41, API_MAX = 47 };                /* 1.x: Debian 12's engine up to what was tried */
enum { ANSWER_MAX = 64 << 20 };                    /* bytes of one JSON answer */

struct docker {
	struct engine base;
	struct net *net;
	char *base_url, *unix_socket, *where;       /* where: for people, "unix:///var/run/docker.sock" */
	struct engine_host config;                  /* as given, else as found */
	bool config_given;
	enum { DOCKER_COLD, DOCKER_ASKING, DOCKER_READY } state;
	int api;                                    /* 1.x */
	char *product, *version, *os, *arch;
	uint32_t cpus;
	uint64_t memory_bytes;
	char *root_dir, *gpus;
	uint32_t n_gpus;
	unsigned cgroups;
	bool has_clock;
	int64_t clock_ahead_s;
	struct net_call *asking;                    /* of the negotiation */
	struct tunnel *tunnel;                      /* an engine behind ssh; else NULL */
	bool builder_v1;                            /* the engine says that it wants the classic builder */
	struct map *samples;                        /* docker_stats.c: container -> last counters */
	struct map *networks;                       /* docker_networks.c: name -> id of the one that is used (names are not unique) */
};
static inline bool docker_is_podman(const struct docker *d) { return d->base.caps & ENGINE_IS_PODMAN; }

struct docker_call;
typedef void (*docker_step_fn)(struct docker_call *c);
typedef void (*docker_answer_fn)(struct docker_call *c, const struct net_response *r);
typedef void (*docker_data_fn)(struct docker_call *c, struct sv bytes);
typedef void (*docker_item_fn)(struct docker_call *c, const json_t *item);
struct docker_list {
	const char *path;                           /* "/volumes" */
	const char *at;                             /* where the entries are in the answer ("Volumes"); NULL: the answer is them */
	const char *filter;                         /* what the call's arg, where it has one, is a filter by: "label"; NULL: by nothing */
};

struct docker_call {
	struct engine_call base;
	docker_step_fn begin;                       /* the first step */
	docker_step_fn fini;                        /* frees what the kind owns besides; may be NULL */
	docker_step_fn let_go;                      /* stops what the kind runs besides; may be NULL */
	bool waits;                                 /* for the negotiation */
	bool afresh;                                /* wants a new negotiation */
	/* the step under way */
	struct net_call *net;
	struct net_duplex *duplex;
	docker_answer_fn answered;
	docker_data_fn on_data;
	const struct docker_list *list;
	docker_item_fn each;
	docker_step_fn listed;
	docker_step_fn streamed, opened;
	struct loop_timer *timer;
	int fine, status;
	struct buf refusal;                         /* body of an answer that says no */
	char *arg;                                  /* a name the kind keeps: container, image … */
	struct docker_body *body;                   /* not handed to net yet */
	void *step;                                 /* of a step that kinds share */
};
static inline struct docker *docker_of(const struct docker_call *c) { return (struct docker *)c->base.engine; }

/* size: of the kind's struct, which starts with a struct docker_call. Zeroed. */
struct docker_call *docker_call_new(struct engine *e, size_t size, docker_step_fn begin, engine_end_fn end, void *ctx);
void docker_call_done(struct docker_call *c);
void docker_call_fail(struct docker_call *c, const struct err *err);
/* Runs step(c) from the loop after delay_ms; one at a time, dropped when the call ends. */
void docker_call_later(struct docker_call *c, uint32_t delay_ms, docker_step_fn step);

/* A body that is pulled from the caller, ended exactly once whatever happens. */
struct docker_body { long (*read)(void *ctx, char *p, size_t room); void (*done)(void *ctx); void *ctx; };
void docker_call_keep_body(struct docker_call *c, const struct docker_body *b);
void docker_body_ready(struct engine_call *c);

struct docker_ask {
	const char *method;
	const char *path;                           /* encoded, without the version: "/containers/json?all=1" */
	const json_t *json;                         /* a body to send; borrowed */
	struct net_header header;                   /* one more header; name NULL: none */
	bool pulled_body;                           /* send the call's kept body, a tar */
	uint32_t idle_ms;                           /* 0: 30 s; DOCKER_NO_LIMIT: none */
	int fine;                                   /* a status of 300 and above that is no failure here; 0: none */
};
#define DOCKER_NO_LIMIT UINT32_MAX
#define DOCKER_ANY_STATUS (-1)
/* A whole answer. got runs for 2xx and `fine`; everything else ends the call with the engine's words. */
void docker_fetch(struct docker_call *c, const struct docker_ask *ask, docker_answer_fn got);
/* A list (l outlives the call): each entry, unless the call is ended in between; then listed. */
void docker_fetch_list(struct docker_call *c, const struct docker_list *l, docker_item_fn each, docker_step_fn listed);
/* A stream; done runs when it has ended well. */
void docker_stream(struct docker_call *c, const struct docker_ask *ask, docker_data_fn on_data, docker_step_fn done);
/* A connection handed over; opened runs when bytes can be written. */
void docker_hijack(struct docker_call *c, const struct docker_ask *ask, docker_step_fn opened, docker_data_fn on_data, docker_step_fn done);
/* Parses an answer; ends the call and gives NULL when it is no JSON. The caller owns the result. */
json_t *docker_json(struct docker_call *c, const struct net_response *r);
/* For calls whose answer holds nothing. */
void docker_answered_done(struct docker_call *c, const struct net_response *r);

/* A path: "/containers/", name (encoded whole), "/start". Names the engine can't have make *reterr and an empty path. */
char *docker_path(const char *before, const char *name, const char *after, struct err *reterr);
/* As docker_path for image references: what the grammar of references allows passes, "/" kept. */
char *docker_image_path(const char *before, const char *ref, const char *after, struct err *reterr);
/* Splits "host:5000/a/b:tag" or "a@sha256:…", both owned; the tag is "latest" where none stands: the engine would take all. */
void docker_ref_split(const char *ref, char **ret_name, char **ret_tag);
/* Adds "&key=value" or "?key=value", the value encoded. */
void docker_path_add(struct buf *path, const char *key, const char *value);
json_t *docker_labels(const struct net_header *labels, size_t n);
json_t *docker_env(const struct net_header *env, size_t n);                  /* ["K=V"] */
json_t *docker_create_body(const struct engine_create_query *q);

/* ---- what the other files give to docker.c's table of slots ---- */
struct engine_call *docker_ping(struct engine *, void (*)(void *, const struct engine_info *), engine_end_fn, void *);
struct engine_call *docker_image_inspect(struct engine *, const char *, void (*)(void *, const struct engine_image *), engine_end_fn, void *);
struct engine_call *docker_images(struct engine *, const char *, void (*)(void *, const struct engine_image *), engine_end_fn, void *);
struct engine_call *docker_image_tag(struct engine *, const char *, const char *, engine_end_fn, void *);
struct engine_call *docker_image_remove(struct engine *, const char *, engine_end_fn, void *);
struct engine_call *docker_pull(struct engine *, const char *, const struct engine_login *, void (*)(void *, const struct engine_progress *), engine_end_fn, void *);
struct engine_call *docker_build(struct engine *, const struct engine_build_query *, void (*)(void *, const struct engine_build_event *), engine_end_fn, void *);
struct engine_call *docker_create(struct engine *, const struct engine_create_query *, void (*)(void *, const char *, const char *), engine_end_fn, void *);
struct engine_call *docker_start(struct engine *, const char *, engine_end_fn, void *);
struct engine_call *docker_stop(struct engine *, const char *, uint32_t, engine_end_fn, void *);
struct engine_call *docker_kill(struct engine *, const char *, const char *, engine_end_fn, void *);
struct engine_call *docker_remove(struct engine *, const char *, bool, engine_end_fn, void *);
struct engine_call *docker_containers(struct engine *, const char *, void (*)(void *, const struct engine_container *), engine_end_fn, void *);
struct engine_call *docker_container_inspect(struct engine *, const char *, void (*)(void *, const struct engine_container *), engine_end_fn, void *);
struct engine_call *docker_volume_create(struct engine *, const char *, const struct net_header *, size_t, engine_end_fn, void *);
struct engine_call *docker_volume_remove(struct engine *, const char *, engine_end_fn, void *);
struct engine_call *docker_volumes(struct engine *, const char *, void (*)(void *, const struct engine_volume *), engine_end_fn, void *);
/* What a request names the network by: the id that the last ensure settled on, else the name itself. NULL for NULL. */
const char *docker_network_ref(const struct docker *d, const char *name);
struct engine_call *docker_network_ensure(struct engine *, const char *, const struct net_header *, size_t, engine_end_fn, void *);
struct engine_call *docker_network_remove(struct engine *, const char *, engine_end_fn, void *);
void docker_archive_hold(struct engine_call *, bool);
struct engine_call *docker_archive_put(struct engine *, const struct engine_archive_query *, engine_end_fn, void *);
struct engine_call *docker_archive_get(struct engine *, const char *, const char *, void (*)(void *, struct sv), engine_end_fn, void *);
struct engine_call *docker_exec(struct engine *, const struct engine_exec_query *, void (*)(void *, int, struct sv), void (*)(void *, int), engine_end_fn, void *);
struct engine_tty *docker_tty_open(struct engine *, const struct engine_exec_query *, uint16_t, uint16_t, const struct engine_tty_events *, void *);
void docker_tty_write(struct engine_tty *, struct sv);
void docker_tty_resize(struct engine_tty *, uint16_t, uint16_t);
void docker_tty_close(struct engine_tty *);
struct engine_call *docker_logs(struct engine *, const struct engine_logs_query *, void (*)(void *, int, struct sv), engine_end_fn, void *);
struct engine_call *docker_events(struct engine *, const char *, int64_t, void (*)(void *, const struct engine_event *), engine_end_fn, void *);
struct engine_call *docker_stats(struct engine *, const char *, void (*)(void *, const struct engine_usage *), engine_end_fn, void *);
void docker_stats_forget(struct docker *d, const char *container);
#endif
