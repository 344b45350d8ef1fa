/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ERR_H
#define BERTH_ERR_H
/*
 * An error is a value that the caller owns: a code from a closed list, one line of text, and, where the place that failed
 * knows it, the next step. Nothing is thread-local, so an error crosses the workers' queue by plain copy.
 *
 * Functions that can fail return 0 or the negated code (-ERR_NOT_FOUND) and take `struct err *reterr` last. reterr may be
 * NULL; it is written only on failure. Text is one line, impersonal, without the context that the caller has already;
 * err_prefix() adds that context when an error crosses a room. Bytes from outside may stand in it: whoever draws it
 * sanitises (text.h).
 */
#include <stdbool.h>

#include "berth/macros.h"

enum err_code {
	ERR_NONE = 0,
	ERR_NOT_FOUND,   /* the named thing is not there */
	ERR_AUTH,        /* no or wrong credentials */
	ERR_DENIED,      /* known, but not allowed */
	ERR_RATE,        /* asked too often; hint says when to come back */
	ERR_TIMEOUT,     /* nothing answered in time */
	ERR_NET,         /* no connection, or it broke */
	ERR_TLS,         /* certificate or handshake refused */
	ERR_HTTP,        /* a status that is none of the others; err.http has it */
	ERR_DECODE,      /* an answer or a file is not what its format says */
	ERR_TOO_BIG,     /* over a cap of ours */
	ERR_UNSUPPORTED, /* this forge or engine can't do that */
	ERR_CONFLICT,    /* in use, exists already, or changed meanwhile */
	ERR_CANCELLED,   /* somebody asked for it to stop; not a failure to shout about */
	ERR_BUSY,        /* locked by another */
	ERR_NO_SPACE,    /* disk, volume or quota is full */
	ERR_SYS,         /* a system call failed; err.sys has errno */
	ERR_USAGE,       /* wrong arguments of a command */
	ERR_CONFIG,      /* a line of a configuration file is wrong; text has file and line */
	ERR_FAILED,      /* the work itself failed: a build, a session's program */
	ERR_CODE_COUNT_
};

struct err {
	enum err_code code;
	int sys;         /* errno, or 0 */
	int http;        /* HTTP status, or 0 */
	bool named;      /* text begins with somebody's name for something: no capital letter is put there */
	char text[400];  /* what happened, one line, never empty when code is set */
	char hint[240];  /* what to do next, one line, or "" */
};

/* The stable lower-case name of a code ("not-found"), as --json shows it. Never NULL. */
const char *err_code_name(enum err_code code);

/* Whether what fmt makes begins with a name that was put in: "%s is gone", but not "%s", which is a text by itself. */
bool err_begins_with_name(const char *fmt);
/* Fills *reterr (if not NULL) and returns -code. Control characters and line ends in the result become spaces. */
int err_set(struct err *reterr, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set with ERR_SYS (ENOSPC/EDQUOT: ERR_NO_SPACE, ENOENT: ERR_NOT_FOUND, EACCES/EPERM: ERR_DENIED), adding strerror. */
int err_set_errno(struct err *reterr, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "context: " before the text of an error that is set already. Does nothing when reterr is NULL or not set. */
void err_prefix(struct err *reterr, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the next step; keeps one that a lower layer has set. */
void err_hint(struct err *reterr, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Copies; either may be NULL. Returns -src->code, so that `return err_copy(reterr, &e)` reads well. */
int err_copy(struct err *reterr, const struct err *src);
#endif
