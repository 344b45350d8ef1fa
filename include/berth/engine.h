/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_H
#define BERTH_ENGINE_H
/*
 * The port to container engines, for callers. Same rules as forge.h: items, then exactly one end, from the loop; cancel;
 * ERR_UNSUPPORTED for what an engine can't do. Errors carry the engine's own words and a hint. The engine keeps no state of
 * sessions: labels do.
 */
#include "berth/secret.h"
#include "berth/model.h"
#include "berth/net.h"

struct engine;
struct engine_call;
typedef void (*engine_end_fn)(void *ctx, const struct err *err);
enum { ENGINE_HAS_BUILDKIT = 1, ENGINE_IS_PODMAN = 2, ENGINE_IS_SWARM_MANAGER = 4, ENGINE_HAS_GPUS = 8, ENGINE_IS_LOCAL = 16 /* its 127.0.0.1 is ours */, ENGINE_LIMITS_DISK = 32 /* its storage may limit what a container writes */,
	ENGINE_NO_CPU_LIMITS = 64, ENGINE_NO_MEMORY_LIMITS = 128 /* it says that it lacks the cgroup controller: a rootless engine without delegation */,
	ENGINE_IS_ROOTLESS = 256, ENGINE_NO_PID_LIMITS = 512 };

struct engine_config {
	const char *name;              /* shown: "default", a Docker context's name */
	const char *host;              /* NULL: found (engine_find_host); else "unix:///…", "tcp://host:port", "ssh://…" */
	const char *ca_file, *cert_file, *key_file; bool tls_insecure;
};
struct engine *engine_docker_new(struct loop *loop, struct net *net, const struct engine_config *config);
void engine_free(struct engine *e);
void engine_cancel(struct engine_call *c);
const char *engine_name(const struct engine *e);
/* Which engine it is, however it is reached and called: its own ID once it has answered; until then, and for one that has
 * none, its name. */
const char *engine_identity(const struct engine *e);
/* Where an engine would be looked for, in order: DOCKER_HOST, DOCKER_CONTEXT, the current Docker context, the usual sockets
 * (docker.md §2). Fills owned strings of ret (free with engine_host_fini) for the first that exists; ERR_NET lists
 * what was tried; ERR_DENIED names the socket and the group or command that would give access. */
struct engine_host { char *name, *host, *ca_file, *cert_file, *key_file; bool tls_insecure; };
int engine_find_host(struct engine_host *ret, struct err *reterr);
void engine_host_fini(struct engine_host *h);
/* Where none is named (DOCKER_HOST, a context) and `podman` is installed: starts Podman's service on a socket in our runtime folder, or
 * waits for one that another berth starts. It ends by itself when it was not used for ten minutes. done runs once, later: NULL,
 * engine_find_host() finds it now. NULL: there is no Podman to start, and done does not run. */
struct engine_starting;
struct engine_starting *engine_podman_start(struct loop *loop, void (*done)(void *ctx, const struct err *err), void *ctx);
void engine_starting_cancel(struct engine_starting *s);       /* done does not run; the service goes on; NULL is fine */
bool engine_podman_serves(const char *host);                  /* is that the address of this service? */

struct engine_info {               /* borrowed during the callback */
	const char *product, *version, *api_version, *os, *arch; /* product: "docker" or "podman" */
	unsigned caps; uint32_t cpus; uint64_t memory_bytes;
	const char *root_dir;          /* where it keeps images and volumes, on its machine; "": not told */
	bool has_clock; int64_t clock_ahead_s; /* how far its clock was ahead of ours when it was asked */
	uint32_t n_gpus;               /* those that it names; 0 with ENGINE_HAS_GPUS: it has some, and says no more */
	const char *gpus;              /* their names, "0, 1", a few at most; "" */
	unsigned cgroups;              /* version of the kernel's control groups: 1, 2; 0: not told */
};
/* Connects, negotiates the API version (41 ≤ 1.x ≤ 47), asks for facts. Other calls do this by themselves the first time. */
struct engine_call *engine_ping(struct engine *e, void (*got)(void *ctx, const struct engine_info *i), engine_end_fn end, void *ctx);
unsigned engine_caps(const struct engine *e);                 /* 0 until known */

/* ---- images ---- */
struct engine_image {              /* borrowed */
	const char *id, *user, *workdir; /* "" when unset */
	const char *const *repo_tags; size_t n_repo_tags;
	const char *const *entrypoint; size_t n_entrypoint; const char *const *cmd; size_t n_cmd;
	const char *const *env; size_t n_env;
	const uint16_t *exposed_tcp; size_t n_exposed_tcp;
	const char *arch, *os; uint64_t size_bytes; int64_t created_at_s;
	const struct net_header *labels; size_t n_labels;
};
struct engine_call *engine_image_inspect(struct engine *e, const char *ref, void (*got)(void *ctx, const struct engine_image *i), engine_end_fn end, void *ctx); /* ERR_NOT_FOUND */
/* All tags the engine has, in one request: filter is a reference pattern ("berth/" and a star) or NULL. Only id, repo_tags, size, created are filled. */
struct engine_call *engine_images(struct engine *e, const char *filter, void (*item)(void *ctx, const struct engine_image *i), engine_end_fn end, void *ctx);
struct engine_call *engine_image_tag(struct engine *e, const char *ref, const char *new_ref, engine_end_fn end, void *ctx);
struct engine_call *engine_image_remove(struct engine *e, const char *ref, engine_end_fn end, void *ctx);
struct engine_progress { const char *what; uint64_t now, total; /* bytes over all layers, total 0: unknown */ };
/* Whose image it is may be known better than docker's own files know: then with this login. NULL: theirs. Copied. */
struct engine_login { const char *user; const struct secret *token; };
/* The login that Docker's own files and helpers have for a registry ("docker.io", "registry.example:5000"), as an X-Registry-Auth
 * value. got runs once, from the loop; NULL: there is none. Borrowed: nothing of it is kept, shown or logged. */
struct registry_login_call;
struct registry_login_call *registry_login_find(struct loop *loop, const char *registry, void (*got)(void *ctx, const struct secret *login), void *ctx);
void registry_login_cancel(struct registry_login_call *c);    /* got does not run; NULL is fine */
/* The registries that docker's own file has a login for, and the program that keeps it ("docker-credential-pass"; NULL: the file itself).
 * No secret is read. 0; or what is wrong with the file (an absent one is fine). */
int registry_logins_each(void (*item)(void *ctx, const char *registry, const char *helper), void *ctx, struct err *reterr);
/* The same value made of a user's name and a token. Owned. */
struct secret *registry_login_of(const char *registry, const struct engine_login *login);
struct engine_call *engine_pull_as(struct engine *e, const char *ref, const struct engine_login *login, void (*progress)(void *ctx, const struct engine_progress *p), engine_end_fn end, void *ctx);
struct engine_call *engine_pull(struct engine *e, const char *ref, void (*progress)(void *ctx, const struct engine_progress *p), engine_end_fn end, void *ctx);

struct engine_build_query {
	const char *ref; const char *dockerfile;      /* path in the context */
	const struct net_header *labels; size_t n_labels; const struct net_header *args; size_t n_args;
	bool no_cache; bool classic;                  /* classic: even where BuildKit is there */
	long (*context_read)(void *ctx, char *p, size_t room); void (*context_done)(void *ctx); void *context_ctx; /* as net_request.body_read: a tar */
	uint64_t memory_bytes;                        /* 0: no limit */
	/* Images that the Dockerfile starts from (engine_dockerfile_bases): those the engine lacks and we have credentials for are pulled first,
	 * for BuildKit can't log in to a registry by itself. What is there already is not asked for anywhere. NULL: the builder sees to it. */
	const char *const *base_images; size_t n_base_images;
};
struct engine_build_event {                       /* borrowed */
	enum { BUILD_EVENT_LOG, BUILD_EVENT_STEP, BUILD_EVENT_IMAGE, BUILD_EVENT_BUILDER } kind;
	struct sv text;                /* LOG: bytes of the log, escapes included; STEP: its name; IMAGE: the id; BUILDER: "buildkit"/"classic" */
	uint32_t step, steps;          /* STEP */
};
struct engine_call *engine_build(struct engine *e, const struct engine_build_query *q, void (*event)(void *ctx, const struct engine_build_event *ev), engine_end_fn end, void *ctx);
void engine_build_context_ready(struct engine_call *c);       /* after context_read said NET_BODY_WAIT */
/* Tells each image that a Dockerfile takes from elsewhere, once: FROM, COPY --from, RUN --mount=…,from=, with build arguments put in. */
void engine_dockerfile_bases(struct sv dockerfile, const struct net_header *args, size_t n_args, void (*base)(void *ctx, const char *ref), void *ctx);

/* ---- containers, volumes, networks ---- */
struct engine_port { uint16_t container_port, host_port; const char *host_ip; };
/* An engine makes a volume that it doesn't know when it is mounted by name, so each mount says which labels it would have then: none
 * may ever be without. (Podman gives it none.) no_copy: what the image has at that place doesn't go into an empty volume. */
struct engine_mount { const char *volume, *target; const struct net_header *labels; size_t n_labels; bool read_only, no_copy; };
struct engine_tmpfs { const char *target, *options; };
struct engine_create_query {
	const char *name, *image, *user, *workdir, *hostname, *network;   /* NULL: the image's or engine's own */
	const char *const *entrypoint; size_t n_entrypoint;               /* NULL: the image's */
	const char *const *cmd; size_t n_cmd;
	const struct net_header *env; size_t n_env;
	const struct net_header *labels; size_t n_labels;
	const struct engine_port *ports; size_t n_ports;
	const struct engine_mount *mounts; size_t n_mounts;
	const struct engine_tmpfs *tmpfs; size_t n_tmpfs;
	uint64_t memory_bytes, shm_bytes, disk_bytes /* ENGINE_LIMITS_DISK; 0: no limit */; double cpus; uint32_t pids, gpus; uint32_t nofile; uint32_t stop_timeout_s;
	const char *const *cap_add; size_t n_cap_add;                     /* ALL is dropped first when drop_caps */
	bool drop_caps, no_new_privileges, init, tty, open_stdin;
	uint32_t log_max_mb;                                              /* json-file max-size, 0: engine's default */
};
struct engine_call *engine_create(struct engine *e, const struct engine_create_query *q, void (*made)(void *ctx, const char *id, const char *warning), engine_end_fn end, void *ctx);
struct engine_call *engine_start(struct engine *e, const char *container, engine_end_fn end, void *ctx);      /* already running is fine */
struct engine_call *engine_stop(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx); /* already stopped is fine */
struct engine_call *engine_kill(struct engine *e, const char *container, const char *signal, engine_end_fn end, void *ctx);
struct engine_call *engine_remove(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx);  /* absent is fine */
struct engine_container {          /* borrowed; from list (fewer fields) or inspect */
	const char *id, *name, *image, *image_id;                         /* name without the slash */
	const struct net_header *labels; size_t n_labels;
	const char *status;            /* created running paused restarting removing exited dead */
	const char *error;             /* State.Error, "" */
	const char *health;            /* "", starting, healthy, unhealthy */
	int64_t created_at_s, started_at_s, finished_at_s; int exit_code; bool oom_killed, tty;
	uint64_t memory_bytes; double cpus; uint32_t pids;                /* inspect only */
	const struct engine_port *ports; size_t n_ports;
};
struct engine_call *engine_containers(struct engine *e, const char *label_filter, void (*item)(void *ctx, const struct engine_container *c), engine_end_fn end, void *ctx); /* all states; "io.berth.session" or "k=v" */
struct engine_call *engine_container_inspect(struct engine *e, const char *container, void (*got)(void *ctx, const struct engine_container *c), engine_end_fn end, void *ctx);

struct engine_call *engine_volume_create(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx);
struct engine_call *engine_volume_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx);  /* absent is fine */
struct engine_volume { const char *name; const struct net_header *labels; size_t n_labels; int64_t created_at_s; };
/* label_filter NULL: all of them. */
struct engine_call *engine_volumes(struct engine *e, const char *label_filter, void (*item)(void *ctx, const struct engine_volume *v), engine_end_fn end, void *ctx);
/* Makes the bridge network with these labels and inter-container traffic off, unless it is there. */
struct engine_call *engine_network_ensure(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx);
struct engine_call *engine_network_remove(struct engine *e, const char *name, engine_end_fn end, void *ctx);

/* PUT archive: a tar is pulled from read (as net_request.body_read) and unpacked at `path` of the container. */
struct engine_archive_query { const char *container, *path; long (*read)(void *ctx, char *p, size_t room); void (*read_done)(void *ctx); void *read_ctx; };
struct engine_call *engine_archive_put(struct engine *e, const struct engine_archive_query *q, engine_end_fn end, void *ctx);
void engine_archive_ready(struct engine_call *c);
/* Pieces come until the end; held (also from within piece), no more come until it goes on, and the engine waits. */
void engine_archive_hold(struct engine_call *c, bool held);
struct engine_call *engine_archive_get(struct engine *e, const char *container, const char *path, void (*piece)(void *ctx, struct sv tar), engine_end_fn end, void *ctx);

/* Runs a command in the container to its end; stdin is sent and closed. out: 1 stdout, 2 stderr (cap 1 MiB each at callers' wish).
 * A command that can't be started: ended gets 126 or 127, then end the runtime's words (ERR_FAILED). Cancelling leaves the command running. */
struct engine_exec_query { const char *container; const char *const *argv; size_t n_argv; const char *user, *workdir; const struct net_header *env; size_t n_env; struct sv stdin_bytes; };
struct engine_call *engine_exec(struct engine *e, const struct engine_exec_query *q, void (*out)(void *ctx, int stream, struct sv bytes), void (*ended)(void *ctx, int exit_code), engine_end_fn end, void *ctx);

/* An interactive terminal in the container (attach a shell). data comes as it is. What is written before it stands is kept
 * (stdin_bytes first). on_end runs once, -1 when no exit code is known; the handle lives until engine_tty_close, which is
 * called exactly once, after on_end too, and from any callback. */
struct engine_tty;
struct engine_tty_events { void (*on_data)(void *ctx, struct sv bytes); void (*on_end)(void *ctx, int exit_code, const struct err *err); };
struct engine_tty *engine_tty_open(struct engine *e, const struct engine_exec_query *q, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx);
void engine_tty_write(struct engine_tty *t, struct sv bytes);
void engine_tty_resize(struct engine_tty *t, uint16_t rows, uint16_t cols);
void engine_tty_close(struct engine_tty *t);                  /* leaves the program running only as the engine does; no callback after */

/* tail 0: all. stream 1 or 2 (1 for a tty container). follow ends when the container does. */
struct engine_logs_query { const char *container; uint32_t tail; bool follow, timestamps; int64_t since_s; };
struct engine_call *engine_logs(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *ctx, int stream, struct sv bytes), engine_end_fn end, void *ctx);
struct engine_event { const char *type, *action, *id, *exit_code /* "" */; const struct net_header *attributes; size_t n_attributes; int64_t at_s; };
struct engine_call *engine_events(struct engine *e, const char *label_filter, int64_t since_s, void (*item)(void *ctx, const struct engine_event *ev), engine_end_fn end, void *ctx); /* until cancelled or the engine goes */
struct engine_usage { double cpu_cores; uint64_t memory_bytes; uint32_t pids; bool cpu_known; };
/* One-shot sample; the engine keeps the last counters of each container to make rates, so the first has cpu_known false. */
struct engine_call *engine_stats(struct engine *e, const char *container, void (*got)(void *ctx, const struct engine_usage *u), engine_end_fn end, void *ctx);
#endif
