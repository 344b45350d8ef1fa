/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_CALL_H
#define BERTH_FORGE_CALL_H
/* A call as the port's front keeps it. Private to forge.c and forge_host.c. */
#include "berth/forge_impl.h"
#include "berth/mem.h"

struct forge_call {
	struct forge *forge;
	struct forge_call *prev, *next;
	forge_end_fn end;
	void *ctx, *impl;
	union {
		void (*project)(void *ctx, const struct project *p);
		void (*branch)(void *ctx, const struct branch *b);
		void (*ids)(void *ctx, size_t first, const struct oid *ids, size_t n, bool complete);
		void (*commit)(void *ctx, const struct commit *c);
		void (*found)(void *ctx, const struct oid *id, const char *branch);
		void (*bytes)(void *ctx, struct sv bytes);
		void (*tree)(void *ctx, const struct forge_tree_item *i);
		void (*progress)(void *ctx, const char *what, uint64_t now, uint64_t total);
		void (*account)(void *ctx, const struct account *a);
		void (*pipeline)(void *ctx, const struct pipeline *p);
		void (*job)(void *ctx, const struct job *j);
		void (*tag)(void *ctx, const struct registry_tag *t);
	} on;
	void (*note)(void *ctx, const char *text);
	void (*page)(void *ctx, bool more, uint64_t total);
	void (*pipeline)(void *ctx, const struct pipeline *p);      /* of a fork … */
	bool is_fork;                 /* … whose items are projects */
	void (*not_asked)(void *ctx, const struct oid *commit);
	void (*rewritten)(void *ctx);
	void (*log_state)(void *ctx, const struct forge_log_state *s);
	struct err err;               /* what it ends with, once `ending` */
	bool ending;                  /* nothing is given any more; the end is deferred */
};

struct forge_call *forge_call_new(struct forge *f, forge_end_fn end, void *ctx);
struct forge_call *forge_call_unsupported(struct forge_call *c, const char *what); /* ends it; returns c */
#endif
