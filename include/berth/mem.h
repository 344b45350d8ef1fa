/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_MEM_H
#define BERTH_MEM_H
/*
 * Memory. Running out of it restores the terminal (see crash_set_restore) and aborts, so no caller checks for NULL.
 * Sizes that come from outside never reach these directly: they go through struct buf, which has a cap.
 */
#include <stdarg.h>
#include <stdlib.h>
#include "berth/macros.h"

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);          /* zeroed; overflow of n*size aborts */
void *xrealloc(void *p, size_t n, size_t size); /* room for n items of size; overflow aborts */
char *xstrdup(const char *s);                  /* NULL gives NULL */
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);
/* Frees *p and stores a copy of s (which may be NULL, and may be *p itself). */
void str_replace(char **p, const char *s);

static inline void free_p(char **p) { free(*p); *p = NULL; }
#define AUTO_STR AUTO(free_p) char *            /* AUTO_STR path = xasprintf(…); */

/* The one function that is run before the program dies of itself (out of memory, BUG, fatal signal): puts the terminal
 * back. Must be async-signal-safe. NULL unsets it. */
void crash_set_restore(void (*restore)(void));
/* Installs handlers for SEGV, BUS, FPE, ILL and ABRT that call the restore function once and die of the same signal. */
void crash_catch_signals(void);
/* A programmer's error: restores the terminal, prints file, line and text to stderr, aborts. */
void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4) NORETURN;
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#endif
