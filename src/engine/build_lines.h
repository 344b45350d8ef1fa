/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_BUILD_LINES_H
#define BERTH_ENGINE_BUILD_LINES_H
/* The JSON lines of a build, of either builder and of Podman, as build events. */
#include <jansson.h>
#include "berth/engine.h"
#include "buildkit_trace.h"
#include "stream.h"

struct build_lines {
	struct lines lines;
	struct bk_trace trace;
	struct buf line;               /* beginning of the current line of the classic builder's text */
	char *image_id;
	void (*event)(void *ctx, const struct engine_build_event *ev);
	void *ctx;
	struct err err;                /* what the engine said went wrong, or our reading of it */
};
void build_lines_init(struct build_lines *b, void (*event)(void *ctx, const struct engine_build_event *ev), void *ctx);
void build_lines_fini(struct build_lines *b);
/* False when the build has failed: err says why. */
bool build_lines_feed(struct build_lines *b, struct sv bytes);
/* At the end of the stream: 0 when an image was made (told as an event), else err. */
int build_lines_end(struct build_lines *b);
#endif
