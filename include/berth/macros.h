/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_MACROS_H
#define BERTH_MACROS_H
/* Compiler attributes and tiny helpers that every room uses. GNU C spellings live here only. */
#include <stddef.h>

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define FALLTHROUGH __attribute__((fallthrough))

/* `AUTO(buf_fini) struct buf b = BUF_INIT;` runs buf_fini(&b) when b goes out of scope. */
#define AUTO(fini) __attribute__((cleanup(fini)))
/* Makes a cleanup function `name_p(T **)` out of an ender `name(T *)`: DEFINE_AUTO(map_free, struct map) -> AUTO(map_free_p). */
#define DEFINE_AUTO(ender, type) static inline UNUSED void ender##_p(type **p) { if (*p) ender(*p); *p = NULL; }

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
#endif
