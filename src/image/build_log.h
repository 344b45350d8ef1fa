/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_BUILD_LOG_H
#define IMAGE_BUILD_LOG_H
#include "berth/str.h"

/* The log of one build, written as it comes: what is written here a follower sees at once. A disk that is full, or a log over
 * the cap, ends the writing and not the build. */
enum { BUILD_LOG_MAX = 256 << 20, BUILD_LOG_TAIL = 4096 /* kept free for the last words */ };
struct build_log {
	int fd;                        /* -1: not open */
	uint64_t written;
	bool over, at_line_start;
	int failed;                    /* errno of the write that failed, 0: none */
};
int build_log_open(struct build_log *l, const char *path, struct err *reterr);
void build_log_close(struct build_log *l);
void build_log_add(struct build_log *l, struct sv bytes);
/* A line of berth's own, "berth: …", on a line by itself, also when the cap is reached. */
void build_log_say(struct build_log *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
#endif
