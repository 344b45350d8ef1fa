/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "berth/mem.h"
#include "berth/str.h"

static const char *const code_names[ERR_CODE_COUNT_] = {
	[ERR_NONE] = "none",
	[ERR_NOT_FOUND] = "not-found",
	[ERR_AUTH] = "auth",
	[ERR_DENIED] = "denied",
	[ERR_RATE] = "rate",
	[ERR_TIMEOUT] = "timeout",
	[ERR_NET] = "net",
	[ERR_TLS] = "tls",
	[ERR_HTTP] = "http",
	[ERR_DECODE] = "decode",
	[ERR_TOO_BIG] = "too-big",
	[ERR_UNSUPPORTED] = "unsupported",
	[ERR_CONFLICT] = "conflict",
	[ERR_CANCELLED] = "cancelled",
	[ERR_BUSY] = "busy",
	[ERR_NO_SPACE] = "no-space",
	[ERR_SYS] = "sys",
	[ERR_USAGE] = "usage",
	[ERR_CONFIG] = "config",
	[ERR_FAILED] = "failed",
};

const char *err_code_name(enum err_code code)
{
	if ((unsigned)code >= ERR_CODE_COUNT_)
		return "unknown";
	return code_names[code];
}

/* One line, and no character cut in half where the text was too long for its place. */
static void make_one_line(char *s, size_t size, bool was_cut)
{
	size_t len = strlen(s);

	if (was_cut)
		s[len = utf8_floor((struct sv){ s, len }, size - 1)] = '\0';
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = ' ';
	}
	while (len && s[len - 1] == ' ')
		s[--len] = '\0';
}

/* Formats beside and copies, because an argument may be the very text that is replaced. */
static void PRINTF_LIKE(3, 0) fill(char *dst, size_t size, const char *fmt, va_list ap)
{
	char line[sizeof((struct err *)NULL)->text];
	int n = vsnprintf(line, MIN_OF(size, sizeof line), fmt, ap);

	if (n < 0)
		line[0] = '\0';
	make_one_line(line, size, n >= 0 && (size_t)n >= size);
	memcpy(dst, line, strlen(line) + 1);
}

bool err_begins_with_name(const char *fmt)
{
	size_t n = strncmp(fmt, "%s", 2) == 0 ? 2 : strncmp(fmt, "%.*s", 4) == 0 ? 4 : 0;
	return n && fmt[n];
}

int err_set(struct err *reterr, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (code <= ERR_NONE || code >= ERR_CODE_COUNT_)
		BUG("err_set with code %d", (int)code);
	if (!reterr)
		return -(int)code;
	struct err e = { .code = code, .named = err_begins_with_name(fmt) };
	va_start(ap, fmt);
	fill(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	if (!e.text[0])
		memcpy(e.text, code_names[code], strlen(code_names[code]) + 1);
	*reterr = e;
	return -(int)code;
}

static enum err_code code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return ERR_NO_SPACE;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_SYS;
	}
}

int err_set_errno(struct err *reterr, int errnum, const char *fmt, ...)
{
	enum err_code code = code_of_errno(errnum);
	char what[sizeof reterr->text], reason[128];
	va_list ap;

	if (!reterr)
		return -(int)code;
	va_start(ap, fmt);
	fill(what, sizeof what - sizeof reason, fmt, ap); /* the reason is never what gets cut */
	va_end(ap);
	err_set(reterr, code, "%s%s%s", what, what[0] ? ": " : "", strerror_r(errnum, reason, sizeof reason));
	reterr->sys = errnum;
	reterr->named = err_begins_with_name(fmt);
	return -(int)code;
}

void err_prefix(struct err *reterr, const char *fmt, ...)
{
	char context[sizeof reterr->text / 2], joined[sizeof reterr->text + sizeof context + 4];
	va_list ap;

	if (!reterr || !reterr->code)
		return;
	va_start(ap, fmt);
	fill(context, sizeof context, fmt, ap);
	va_end(ap);
	int n = snprintf(joined, sizeof joined, "%s: %s", context, reterr->text);
	bool cut = (size_t)n >= sizeof reterr->text;
	joined[sizeof reterr->text - 1] = '\0';
	make_one_line(joined, sizeof reterr->text, cut);
	memcpy(reterr->text, joined, strlen(joined) + 1);
	reterr->named = err_begins_with_name(fmt);
}

void err_hint(struct err *reterr, const char *fmt, ...)
{
	va_list ap;

	if (!reterr || reterr->hint[0])
		return;
	va_start(ap, fmt);
	fill(reterr->hint, sizeof reterr->hint, fmt, ap);
	va_end(ap);
}

int err_copy(struct err *reterr, const struct err *src)
{
	if (!src)
		return 0;
	if (reterr && reterr != src && src->code)
		*reterr = *src;
	return -(int)src->code;
}
