/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGSTORE_H
#define BERTH_SRC_TUI_LOGSTORE_H
/*
 * The bytes of a log: a file on disk where it lies, or pieces that go to a file without a name. They are read through one window
 * of a megabyte, never mapped, so memory stays flat and a file that shrinks under us is short, not a crash.
 * A line ends with '\n'; one that has none over a whole mebibyte (by the log's offsets) is broken there, so that none is longer
 * than two.
 */
#include "berth/str.h"

enum { LOG_BLOCK = 1 << 20 };
struct logstore {
	int fd;                        /* -1: nothing yet */
	bool own;                      /* the file without a name */
	uint64_t len;
	int failed;                    /* errno: the disk is full; what came later is missing */
	char *window;
	uint64_t window_at;
	size_t window_len;
};
void logstore_init(struct logstore *s);
void logstore_fini(struct logstore *s);
void logstore_add(struct logstore *s, struct sv bytes);
bool logstore_file(struct logstore *s, int fd, uint64_t len); /* dups fd; the log is that file's first len bytes */
/* n bytes from `at`, fewer at the end; valid until the next call. n <= 3 LOG_BLOCK. */
struct sv logstore_read(struct logstore *s, uint64_t at, size_t n);
uint64_t logstore_line_start(struct logstore *s, uint64_t at); /* of the line that holds this byte */
/* The line that starts there, without its end; *ret_next: where the next one starts (len: there is none). */
struct sv logstore_line(struct logstore *s, uint64_t start, uint64_t *ret_next);
/* Up to the last line end; all of s when nothing follows it (ended), or when it is one line of a block or more. */
struct sv log_whole_lines(struct sv s, bool ended);
/* The next block's whole lines from `at` on, of a log of len bytes, into block (LOG_BLOCK bytes); empty: no more. On any thread. */
struct sv log_block(int fd, char *block, uint64_t at, uint64_t len);
#endif
