/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef NET_TAPE_H
#define NET_TAPE_H
/*
 * Exchanges on disk, for bug reports and tests. A file each: "berth-exchange 1", "request METHOD URL", header fields, an empty line,
 * "body N", N bytes and a line end; then "response STATUS" (or "failed TEXT") and the same again. Secrets are taken out (scrub.h)
 * before anything is written; bodies that are no text are left out, long ones cut.
 */
#include "net/net_impl.h"

enum { TAPE_BODY_MAX = 1 << 20, TAPE_FILE_MAX = 4 << 20 };

/* One exchange that is being written down; NULL: nothing is recorded. */
struct tape;
struct tape *tape_new(const struct net *n, const struct net_request *q, const struct target *t);
void tape_data(struct tape *t, struct sv bytes);
/* Writes the file and ends it. An exchange that was cancelled is written as far as it came. */
void tape_end(struct tape *t, const struct head *h, const struct err *err);

/* A folder of such files that answers. */
struct replay;
struct replay *replay_new(const char *dir, struct err *reterr);
void replay_free(struct replay *r);
/* The answer to this request: head and body, or what it failed with. Each file answers once. */
int replay_take(struct replay *r, const struct net_request *q, const struct target *t, struct head *ret_head, struct buf *ret_body, struct err *reterr);
/* One file's text -> its parts; borrowed from text. False: it is no recording. For replay and its fuzz target. */
struct tape_parts { struct sv method, url, response_head, body, failed; int status; };
bool tape_parse(struct sv text, struct tape_parts *ret);
#endif
