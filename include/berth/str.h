/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_STR_H
#define BERTH_STR_H
/*
 * Strings. Three kinds, told apart by type:
 *   char *        owned, NUL-terminated (free() it);        const char *  borrowed, NUL-terminated
 *   struct sv     borrowed bytes with a length, not terminated; never kept beyond the call unless a header says how long
 *   struct buf    owned, growing, always NUL-terminated, with a cap: what comes from outside is gathered in one of these
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "berth/err.h"

struct sv { const char *p; size_t len; };
#define SV(lit) ((struct sv){ "" lit, sizeof(lit) - 1 })
static inline struct sv sv_of(const char *s) { return (struct sv){ s, s ? strlen(s) : 0 }; }
bool sv_eq(struct sv a, struct sv b);
bool sv_starts(struct sv s, struct sv prefix);
bool sv_ends(struct sv s, struct sv suffix);
struct sv sv_trim(struct sv s);                        /* ASCII white space off both ends */
/* Cuts the next piece up to `sep` off *rest into *ret_piece; false when nothing is left. An empty piece counts: n separators
 * give n + 1 pieces ("a," gives "a" and ""; "" gives ""; NULL gives none). After the last piece rest->p is NULL. */
bool sv_split(struct sv *rest, char sep, struct sv *ret_piece);
char *sv_dup(struct sv s);                             /* owned copy; a NUL inside stays and ends it for C readers */
/* "https://gitlab.example:8443/relative", or the same without its scheme: "gitlab.example:8443"; borrowed. */
struct sv sv_url_host(const char *url);
/* Whole-string numbers; false for anything else, overflow included. */
bool sv_to_i64(struct sv s, int64_t *ret);
bool sv_to_u64(struct sv s, uint64_t *ret);
bool sv_to_double(struct sv s, double *ret);           /* '.' whatever the locale; finite only */

/* UTF-8, strict: over-long forms, surrogates and what lies over U+10FFFF are invalid. */
size_t utf8_next(struct sv s, uint32_t *ret_code);     /* length of the character s starts with; 0: invalid, or s is empty */
size_t utf8_put(char out[4], uint32_t code);           /* bytes written, not terminated; an impossible code gives U+FFFD */
/* C0, DEL, C1, and characters without a shape that reorder, hide or fake text: nothing of this goes to a terminal as it is. */
bool utf8_steers(uint32_t code);
size_t utf8_floor(struct sv s, size_t max);            /* the longest length <= max that cuts no character in half */

struct buf { char *p; size_t len, cap, max; bool overflow; };
#define BUF_MAX_DEFAULT ((size_t)64 << 20)
#define BUF_INIT ((struct buf){ 0 })                   /* max 0 means BUF_MAX_DEFAULT */
#define BUF_INIT_MAX(m) ((struct buf){ .max = (m) })
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);                         /* empty, memory kept, overflow forgotten */
/* Adders do nothing and set `overflow` where the cap would be passed, and nothing is added from then on: check once at the
 * end with buf_check(). Bytes added must not lie in the buffer itself. */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_add_sv(struct buf *b, struct sv s);
void buf_add_str(struct buf *b, const char *s);        /* NULL adds nothing */
void buf_add_char(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
char *buf_reserve(struct buf *b, size_t room);         /* writable room at the end, or NULL at the cap; then buf_grew() */
void buf_grew(struct buf *b, size_t len);
void buf_cut_front(struct buf *b, size_t len);
void buf_cut_to(struct buf *b, size_t len);
/* 0, or ERR_TOO_BIG naming `what` and the cap. */
int buf_check(const struct buf *b, const char *what, struct err *reterr);
static inline struct sv buf_sv(const struct buf *b) { return (struct sv){ b->p ? b->p : "", b->len }; }
const char *buf_str(const struct buf *b);              /* borrowed until the next change; "" when empty */
char *buf_take(struct buf *b);                         /* moves the bytes out; b is empty after; never NULL */

/* Percent-encodes everything but RFC 3986's unreserved characters. `keep` (or NULL) lists bytes left as they are. */
void buf_add_urlencoded(struct buf *b, struct sv s, const char *keep);
/* The way back; plus: '+' is a space, as forms write it. False when a % is not followed by two digits, or stands for a NUL: b is as before. */
bool buf_add_urldecoded(struct buf *b, struct sv s, bool plus);
void buf_add_base64(struct buf *b, const void *p, size_t len, bool url_alphabet);
/* Decodes either alphabet, padding optional. False when s is no base64; b is as before then. */
bool buf_add_base64_decoded(struct buf *b, struct sv s);
/* As a string of JSON, with its quotes: invalid UTF-8 becomes U+FFFD, and what could steer a terminal is escaped. */
void buf_add_json_escape(struct buf *b, uint32_t code); /* one character of such a string, escaped whatever it is */
void buf_add_json_string(struct buf *b, struct sv s);
void buf_add_hex(struct buf *b, const void *p, size_t len);
/* Quotes for a POSIX shell so that it is one word whatever it holds. */
void buf_add_shell_quoted(struct buf *b, struct sv s);
/* A version of s that is a safe single path or name component: [A-Za-z0-9._-], never empty, never starting with '.' or '-',
 * at most 100 bytes; where anything had to be changed a short hash of the original keeps different names different. */
void buf_add_slug(struct buf *b, struct sv s);
uint64_t hash_bytes(const void *p, size_t len);        /* FNV-1a, 64 bit: not for enemies */
#endif
