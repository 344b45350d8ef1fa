/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_PATH_H
#define BERTH_PATH_H
/* Files and folders of ours on this machine, and the clock. All file descriptors made here are O_CLOEXEC. */
#include "berth/str.h"

enum path_base { PATH_CONFIG, PATH_STATE, PATH_CACHE, PATH_RUNTIME };
/* $XDG_…_HOME/berth/<rest> (with the defaults of the XDG base directory specification; PATH_RUNTIME falls back to a 0700
 * folder under PATH_STATE). rest may be NULL. The caller frees it. Makes nothing. */
char *path_of(enum path_base base, const char *rest);
char *path_home(void);                                 /* $HOME, else the password file's; owned */
char *path_join(const char *dir, const char *name);    /* owned */
char *path_absolute(const char *path);                 /* below where we are now; owned */
char *path_expand_home(const char *path);              /* "~" and "~/x"; owned */
/* mkdir -p with mode 0700 for what is made. */
int path_make_dirs(const char *dir, struct err *reterr);
/* Whole file of at most max_bytes into b (appended). ERR_NOT_FOUND when absent. */
int file_read(const char *path, size_t max_bytes, struct buf *b, struct err *reterr);
/* Writes beside and renames over, mode 0600, fsynced: readers see the old or the new, never half. */
int file_write_atomic(const char *path, struct sv bytes, struct err *reterr);
/* All of it, to a descriptor that blocks. -1: errno says why. */
int file_write_all(int fd, struct sv bytes);
/* To a terminal or a pipe, all of it: waits while that takes nothing, timeout_ms at a time, and gives up then or when it fails. */
void file_write_soon(int fd, struct sv bytes, int timeout_ms);
/* rm -rf that never follows a symbolic link and never leaves `dir`'s file system. Absent is fine. */
int path_remove_tree(const char *dir, struct err *reterr);

/* Takes the lock of a file, which is made when absent: the descriptor, whose close() lets go, or the negated code; ERR_BUSY
 * when another has it and wait is false. */
int lock_take(const char *path, bool wait, struct err *reterr);
bool lock_held(const char *path);                       /* by anybody */

/* Seconds since the epoch. For tests, BERTH_NOW fixes it, and BERTH_CLOCK names a file with the seconds that it is ahead. */
int64_t clock_wall_s(void);
/* Lets up to `seconds` pass at once on the clock that BERTH_CLOCK names: no further than the file beside it, its name with ".goal",
 * says. False: there is no such clock, time passes by itself. *ret_passed_s: 0 when the goal is reached. */
bool clock_skip(uint32_t seconds, uint32_t *ret_passed_s);
/* RFC 3339 as Docker and GitLab write it (fraction and offset optional) -> seconds since the epoch; false when it is not. */
bool time_parse_rfc3339(struct sv s, int64_t *ret_s);
void buf_add_rfc3339(struct buf *b, int64_t wall_s);   /* always UTC, "2026-11-23T20:00:00Z" */
#endif
