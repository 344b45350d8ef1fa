/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_RECORD_H
#define IMAGE_RECORD_H
/*
 * What is on disk of one build, in builds_dir()/<id>/:
 *	record   what struct record holds; replaced whole, by begin.c until a worker has the lock, by that worker from then on
 *	log      what the engine and the worker said, as it came
 *	lock     locked (open file description lock) by the worker as long as it lives
 *	cancel   there when somebody asked the worker to end
 *	reserve  a few blocks that the worker gives back before its last record, so that this one fits on a full disk
 * A reader never writes here but to set a damaged record aside.
 */
#include "berth/image.h"

struct record {
	struct build b;
	char *dir;                     /* project.dir */
	char *host, *ca_file, *cert_file, *key_file; /* the engine's address; host NULL: found again by the worker */
	bool tls_insecure, no_cache, classic;
};
enum { WORKER_COMES_WITHIN_S = 10 };

void record_fini(struct record *r);
/* Text of a record and back: lines of key=value, percent-encoded, closed by "end=1". */
void record_encode(const struct record *r, struct buf *b);
int record_decode(struct sv text, struct record *ret, struct err *reterr);

bool build_id_valid(struct sv id);
char *build_file(const char *id, const char *name);     /* owned path; name NULL: the folder */
/* As it stands in the file. */
int record_read_raw(const char *id, struct record *ret, struct err *reterr);
/* The same, with the state that the lock tells: BUILD_LOST or BUILD_CANCELED when the worker is gone without a word. */
int record_read(const char *id, struct record *ret, struct err *reterr);
int record_write(const struct record *r, struct err *reterr); /* and tells who watches builds_dir() */
void builds_touch(void);

static inline bool build_is_active(const struct build *b)
{
	return b->state == BUILD_QUEUED || b->state == BUILD_RUNNING;
}
#endif
