/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_BUILDKIT_TRACE_H
#define BERTH_ENGINE_BUILDKIT_TRACE_H
/*
 * What BuildKit tells of a build (moby.buildkit.trace: protobuf StatusResponse) as a log that reads like
 * `docker build --progress=plain`:
 *	#4 [2/5] RUN apt-get update
 *	#4 0.312 Get:1 http://…
 *	#4 DONE 12.3s
 */
#include "berth/str.h"
#include "berth/vec.h"

struct bk_out {
	void (*log)(void *ctx, struct sv text);                                    /* whole lines, escapes as the program wrote them */
	void (*step)(void *ctx, struct sv name, uint32_t step, uint32_t steps);
	void *ctx;
};
struct bk_status { uint64_t id; int tenth; bool done; };
struct bk_vertex {
	char *digest, *name;
	uint32_t number;               /* shown as #n; 0: not shown yet */
	int64_t started_ns;
	bool begun, ended;
	struct buf partial[2];         /* what standard output and standard error wrote since their last line ends */
	VEC(struct bk_status) statuses;
};
struct bk_trace {
	struct bk_out out;
	VEC(struct bk_vertex) vertices;
	uint32_t shown, step, steps;   /* steps: known of; BuildKit names them all before it begins with the first */
};
void bk_trace_init(struct bk_trace *t, const struct bk_out *out);
void bk_trace_fini(struct bk_trace *t);
/* One message. ERR_DECODE when it is no protobuf; what is unknown in it is passed over. */
int bk_trace_feed(struct bk_trace *t, struct sv message, struct err *reterr);
/* At the end: lines without a line end come out. */
void bk_trace_flush(struct bk_trace *t);
#endif
