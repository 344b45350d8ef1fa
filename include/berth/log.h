/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_LOG_H
#define BERTH_LOG_H
/*
 * The program's own log: a file given with --log (or BERTH_LOG), off by default; never the terminal. Rooms from base to
 * session log at LOG_DEBUG only; app and the faces may log above. There is no way to print a struct secret here.
 */
#include "berth/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
/* Opens (0600, appended). Returns 0, or an error; the log stays off then. path NULL turns it off. */
int log_open(const char *path, enum log_level least, struct err *reterr);
void log_at(enum log_level level, const char *room, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define log_debug(room, ...) log_at(LOG_DEBUG, room, __VA_ARGS__)
#define log_warn(room, ...) log_at(LOG_WARN, room, __VA_ARGS__)
#endif
