/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_IMPL_H
#define BERTH_ENGINE_IMPL_H
/*
 * The engine port for those who put an engine behind it. An implementation embeds struct engine and struct engine_call as
 * the first member of its own, fills a const struct engine_ops with what it can do, and ends every call by
 * engine_call_end(). A slot that is NULL makes the call end as ERR_UNSUPPORTED; `free` is the only one that must be there.
 *
 * A call may be ended by its own callbacks (the caller cancels in `item`), so code that goes on after a callback holds the
 * call and looks at `ended`:
 *	engine_call_hold(c); item(c->ctx, …); if (!c->ended) …; engine_call_release(c);
 */
#include "berth/engine.h"

struct engine_ops {
	void (*free)(struct engine *e);                       /* calls have ended when it runs; ends with engine_fini() */
	struct engine_call *(*ping)(struct engine *e, void (*got)(void *, const struct engine_info *), engine_end_fn end, void *ctx);
	struct engine_call *(*image_inspect)(struct engine *e, const char *ref, void (*got)(void *, const struct engine_image *), engine_end_fn end, void *ctx);
	struct engine_call *(*images)(struct engine *e, const char *filter, void (*item)(void *, const struct engine_image *), engine_end_fn end, void *ctx);
	struct engine_call *(*image_tag)(struct engine *e, const char *ref, const char *new_ref, engine_end_fn end, void *ctx);
	struct engine_call *(*image_remove)(struct engine *e, const char *ref, engine_end_fn end, void *ctx);
	struct engine_call *(*pull)(struct engine *e, const char *ref, const struct engine_login *login, void (*progress)(void *, const struct engine_progress *), engine_end_fn end, void *ctx);
	struct engine_call *(*build)(struct engine *e, const struct engine_build_query *q, void (*event)(void *, const struct engine_build_event *), engine_end_fn end, void *ctx);
	void (*body_ready)(struct engine_call *c);            /* a build's context or an archive has bytes again */
	struct engine_call *(*create)(struct engine *e, const struct engine_create_query *q, void (*made)(void *, const char *, const char *), engine_end_fn end, void *ctx);
	struct engine_call *(*start)(struct engine *e, const char *container, engine_end_fn end, void *ctx);
	struct engine_call *(*stop)(struct engine *e, const char *container, uint32_t timeout_s, engine_end_fn end, void *ctx);
	struct engine_call *(*kill)(struct engine *e, const char *container, const char *signal, engine_end_fn end, void *ctx);
	struct engine_call *(*remove)(struct engine *e, const char *container, bool force, engine_end_fn end, void *ctx);
	struct engine_call *(*containers)(struct engine *e, const char *label_filter, void (*item)(void *, const struct engine_container *), engine_end_fn end, void *ctx);
	struct engine_call *(*container_inspect)(struct engine *e, const char *container, void (*got)(void *, const struct engine_container *), engine_end_fn end, void *ctx);
	struct engine_call *(*volume_create)(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx);
	struct engine_call *(*volume_remove)(struct engine *e, const char *name, engine_end_fn end, void *ctx);
	struct engine_call *(*volumes)(struct engine *e, const char *label_filter, void (*item)(void *, const struct engine_volume *), engine_end_fn end, void *ctx);
	struct engine_call *(*network_ensure)(struct engine *e, const char *name, const struct net_header *labels, size_t n_labels, engine_end_fn end, void *ctx);
	struct engine_call *(*network_remove)(struct engine *e, const char *name, engine_end_fn end, void *ctx);
	void (*archive_hold)(struct engine_call *c, bool held); /* of archive_get */
	struct engine_call *(*archive_put)(struct engine *e, const struct engine_archive_query *q, engine_end_fn end, void *ctx);
	struct engine_call *(*archive_get)(struct engine *e, const char *container, const char *path, void (*piece)(void *, struct sv), engine_end_fn end, void *ctx);
	struct engine_call *(*exec)(struct engine *e, const struct engine_exec_query *q, void (*out)(void *, int, struct sv), void (*ended)(void *, int), engine_end_fn end, void *ctx);
	struct engine_tty *(*tty_open)(struct engine *e, const struct engine_exec_query *q, uint16_t rows, uint16_t cols, const struct engine_tty_events *ev, void *ctx);
	void (*tty_write)(struct engine_tty *t, struct sv bytes);
	void (*tty_resize)(struct engine_tty *t, uint16_t rows, uint16_t cols);
	void (*tty_close)(struct engine_tty *t);
	struct engine_call *(*logs)(struct engine *e, const struct engine_logs_query *q, void (*piece)(void *, int, struct sv), engine_end_fn end, void *ctx);
	struct engine_call *(*events)(struct engine *e, const char *label_filter, int64_t since_s, void (*item)(void *, const struct engine_event *), engine_end_fn end, void *ctx);
	struct engine_call *(*stats)(struct engine *e, const char *container, void (*got)(void *, const struct engine_usage *), engine_end_fn end, void *ctx);
};

struct engine {
	const struct engine_ops *ops;
	struct loop *loop;
	char *name;
	char *identity;               /* the engine's own word for itself; NULL until known */
	unsigned caps;
	struct engine_call *calls;    /* under way */
};
void engine_init(struct engine *e, const struct engine_ops *ops, struct loop *loop, const char *name);
void engine_fini(struct engine *e);

struct engine_call {
	struct engine *engine;
	struct engine_call *prev, *next;
	engine_end_fn end;
	void *ctx;
	void (*let_go)(struct engine_call *c);  /* closes connections, stops timers and children: nothing calls back after it */
	void (*destroy)(struct engine_call *c); /* frees the whole call; runs when the last hold is gone */
	unsigned holds;
	bool ended;
};
/* A zeroed call becomes one of e's. let_go and destroy are set by the implementation. */
void engine_call_init(struct engine_call *c, struct engine *e, engine_end_fn end, void *ctx);
/* Lets go, tells the caller (err NULL: done) and drops the first hold. Does nothing the second time. */
void engine_call_end(struct engine_call *c, const struct err *err);
void engine_call_hold(struct engine_call *c);
void engine_call_release(struct engine_call *c);
static inline UNUSED void engine_call_release_p(struct engine_call **c) { if (*c) engine_call_release(*c); }
/* `AUTO_HOLD(&c->base);` keeps the call's memory to the end of the block. */
#define AUTO_HOLD(call) AUTO(engine_call_release_p) struct engine_call *held_ = (engine_call_hold(call), (call)); (void)held_

/* An implementation's terminal embeds this as its first member. It outlives its engine until tty_close. */
struct engine_tty { const struct engine_ops *ops; };
#endif
