/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TRACE_H
#define BERTH_TRACE_H
/*
 * GitLab's job logs ("traces"): raw bytes as a runner writes them, and the lines that GitLab's web pages make of them
 * (gitlab: lib/gitlab/ci/ansi2json, doc/development/cicd/pipelines; runner: timestamps by FF_TIMESTAMPS). Pure, and fed in pieces
 * of any size: the lines are those of the whole. Memory is bounded by one line (16 MiB of text; the rest of a longer one is left
 * out and `cut` says so) and by the open sections (131,072).
 */
#include "berth/str.h"

/* A timestamp's place at the start of a line: "2024-05-14T11:19:19.899359Z 00O " (32 bytes): time, stream number, O or E, then
 * ' ', or '+' where the line goes on with what the stream's line before has begun. */
enum { TRACE_STAMP = 27, TRACE_HEADER = 32 };

enum { TRACE_BOLD = 1, TRACE_ITALIC = 2, TRACE_UNDERLINE = 4, TRACE_CONCEAL = 8, TRACE_CROSS = 16 };
/* Colours: 0 none, 1-8 the named ones, 9-16 their light forms, 17-272 one of 256. */
struct trace_style { uint16_t fg, bg; uint8_t mask; };
struct trace_segment { size_t from, len; struct trace_style style; };

/* One line, borrowed for the time of the call. */
struct trace_line {
	uint64_t offset;               /* of its first byte in the raw log */
	struct sv text;                /* not cleaned; may hold any byte but line ends */
	const struct trace_segment *segments; size_t n_segments;
	const char *timestamp;         /* "2024-05-14T11:19:19.899359Z", "" without */
	const char *section;           /* the innermost open one, NULL without */
	struct sv options;             /* of a section's first line: "[collapsed=true]", "" without */
	const char *duration;          /* of a section's last line: "01:03", "" on others */
	bool header, footer, cut;
};
typedef void (*trace_line_fn)(void *ctx, const struct trace_line *l);

struct trace;
struct trace *trace_new(void);
void trace_free(struct trace *t);
void trace_feed(struct trace *t, struct sv bytes, trace_line_fn line, void *ctx);
/* The end: gives the unfinished last line as well. Only trace_free() may follow (save before). */
void trace_end(struct trace *t, trace_line_fn line, void *ctx);
/* Where another converter goes on: everything from the start of the first line that was not given yet, as text. After trace_load()
 * into a new one, it wants the log's bytes from trace_offset() on. False: that is no such text, and nothing has changed. */
void trace_save(const struct trace *t, struct buf *b);
bool trace_load(struct trace *t, struct sv saved);
uint64_t trace_offset(const struct trace *t);

/* {"offset":0,"content":[{"text":"Hello","style":"term-fg-red"}],"timestamp":…}: keys and order as GitLab gives them. What could
 * steer a terminal is escaped, what is no UTF-8 becomes U+FFFD. */
void trace_add_json(struct buf *b, const struct trace_line *l);
/* "term-fg-l-red term-bg-blue term-bold xterm-fg-208" … in GitLab's order; nothing for a plain one. */
void trace_add_style(struct buf *b, const struct trace_style *s);
/* Applies the numbers of an SGR escape, "1;31", as GitLab does: bold makes a named colour light, true colour is not known. */
void trace_style_update(struct trace_style *s, struct sv params);
/* "01:03", with hours from the first one on ("37:14:15"); from 0 to a year. */
void trace_add_duration(struct buf *b, int64_t seconds);
/* Whether a line starts with a timestamp's place. */
bool trace_is_stamped(struct sv line);

/* A runner's log as text: without the timestamps, and each line whole, also where its stream goes on with it behind lines of others
 * (with bounds: 64 of those, 4 MiB). A log whose first line has none is given as it comes. */
struct unstamp_line {              /* lent for the call */
	const char *stamp;             /* "2024-05-14T11:19:19.899359Z"; "" where there is none */
	struct sv bytes;               /* a line with its end; where there are no timestamps: what has come, line ends anywhere */
	uint64_t offset, number;       /* of bytes and of line ends before where it began in the log */
};
typedef void (*unstamp_fn)(void *ctx, const struct unstamp_line *l);
struct unstamp;
struct unstamp *unstamp_new(unstamp_fn line, void *ctx);
void unstamp_free(struct unstamp *u);
void unstamp_feed(struct unstamp *u, struct sv bytes);
void unstamp_flush(struct unstamp *u);          /* gives lines that may still go on: nobody should wait longer for them */
void unstamp_end(struct unstamp *u);            /* gives all of it; another log may follow */

/* "section_start:1568678400:name[collapsed=true]\r\e[0K" and section_end at the start of s. */
enum trace_match { TRACE_NO, TRACE_PARTLY /* so far, and s is too short to know */, TRACE_YES };
struct trace_marker { bool start; int64_t at_s; struct sv name, options; size_t len; };
enum trace_match trace_marker_at(struct sv s, struct trace_marker *ret);
#endif
