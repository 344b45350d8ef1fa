/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_SESSION_FAKE_H
#define BERTH_TESTS_SESSION_FAKE_H
/* An engine and a forge that live in memory, count what they are asked and fail where a test wants it. */
#include "berth/engine_impl.h"
#include "berth/forge_impl.h"
#include "berth/mem.h"

enum { THINGS_MAX = 16, LABELS_KEPT = 28 };
struct thing {                          /* a container or a volume */
	char *name, *status, *env, *argv;
	struct net_header labels[LABELS_KEPT];
	size_t n_labels;
	int exit_code;
	bool oom;
	uint16_t port;
};
enum fault_kind { FAULT_NONE, FAULT_BEFORE /* nothing was done */, FAULT_AFTER /* done, but the answer got lost */ };

struct fake_engine {
	struct engine base;
	struct thing containers[THINGS_MAX], volumes[THINGS_MAX];
	size_t n_containers, n_volumes;
	bool network;
	/* what it is like */
	const char *user, *workdir, *passwd, *cmd, *log_text, *exec_out; /* cmd: one word */
	uint16_t exposed;
	bool image_there, has_sh, has_jupyter, listens;
	bool runs;                      /* an exec really runs, on this machine */
	const char *run_path;           /* then: the PATH that it sees, NULL: ours */
	uint64_t memory;
	uint32_t cpus;
	unsigned caps;
	int exec_exit, die_code;        /* die_code >= 0: a started container has ended when it is looked at */
	bool die_oom;
	/* what goes wrong */
	unsigned n_ops, fault_at;       /* the fault_at-th operation (1 is the first); 0: none */
	enum fault_kind fault;
	struct err fault_err;
	unsigned port_taken;            /* so many starts fail by it */
	void (*before_op)(void *ctx, unsigned op);
	void *before_ctx;
	/* what was seen */
	struct buf stdin_bytes, put_bytes, ran;
	char *last_op;
	unsigned n_creates, n_pulls;
};
struct fake_engine *fake_engine_new(struct loop *loop);
struct thing *fake_container(struct fake_engine *f, const char *name);
struct thing *fake_add(struct thing *things, size_t *n, const char *name, const struct net_header *labels, size_t n_labels);
void fake_mount(struct fake_engine *f, const char *name, const struct net_header *labels, size_t n_labels); /* a volume, unless it is there */
bool fake_drop(struct thing *things, size_t *n, const char *name);
void fake_things_fini(struct thing *things, size_t n);
bool fake_matches(const struct thing *t, const char *filter);
/* The tar of one small file. */
void fake_tar(struct buf *out, const char *path, const char *text);

struct fake_forge {
	struct forge base;
	bool fail, hang;
	unsigned n_clones;
};
struct fake_forge *fake_forge_new(struct loop *loop);
#endif
