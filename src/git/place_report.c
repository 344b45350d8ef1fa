/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a host answers to a push (gitprotocol-pack(5), "Report Status"), in the pkt-lines of gitprotocol-common(5). Pure. */
#include <stdio.h>
#include "git/place.h"

enum { SAID_MAX = 4000, PKT_HEAD = 4 };
enum band { BAND_REPORT = 1, BAND_WORDS, BAND_FATAL };

/* The next line's bytes; false at the end, at a flush, and where it is no line. */
static bool pkt_next(struct sv *rest, struct sv *ret)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < PKT_HEAD; i++) {
		const char *at = i < rest->len ? memchr(digits, rest->p[i] >= 'A' && rest->p[i] <= 'F' ? rest->p[i] + 32 : rest->p[i], 16) : NULL;
		if (!at)
			return false;
		n = n << 4 | (size_t)(at - digits);
	}
	if (n < PKT_HEAD || n > rest->len)
		return false;
	*ret = (struct sv){ rest->p + PKT_HEAD, n - PKT_HEAD };
	*rest = (struct sv){ rest->p + n, rest->len - n };
	return true;
}

static void words(struct place_report *r, struct sv text)
{
	buf_add(&r->said, text.p, MIN_OF(text.len, SAID_MAX - MIN_OF(r->said.len, (size_t)SAID_MAX)));
}

static void status(struct place_report *r, struct sv line)
{
	struct sv name;

	line = sv_trim(line);
	if (sv_starts(line, SV("unpack "))) {
		r->unpacked = sv_eq(line, SV("unpack ok"));
		if (!r->unpacked && !*r->refusal)
			snprintf(r->refusal, sizeof r->refusal, "what was sent: %.*s", (int)MIN_OF(line.len - 7, (size_t)200), line.p + 7);
	} else if (sv_starts(line, SV("ng "))) {
		line = (struct sv){ line.p + 3, line.len - 3 };
		sv_split(&line, ' ', &name);
		if (!*r->refusal || !r->unpacked)
			snprintf(r->refusal, sizeof r->refusal, "%.*s: %.*s", (int)MIN_OF(name.len, (size_t)150), name.p, (int)MIN_OF(line.len, (size_t)120), line.len ? line.p : "");
	}
}

void place_report_read(struct sv bytes, struct place_report *ret)
{
	AUTO(buf_fini) struct buf inner = BUF_INIT;
	struct sv pkt;

	*ret = (struct place_report){ .said = BUF_INIT_MAX(2 * SAID_MAX) };
	while (pkt_next(&bytes, &pkt)) {
		if (pkt.len && pkt.p[0] == BAND_REPORT)
			buf_add(&inner, pkt.p + 1, pkt.len - 1);
		else if (pkt.len && (pkt.p[0] == BAND_WORDS || pkt.p[0] == BAND_FATAL))
			words(ret, (struct sv){ pkt.p + 1, pkt.len - 1 });
		else
			status(ret, pkt); /* a host without bands */
	}
	for (struct sv rest = buf_sv(&inner); pkt_next(&rest, &pkt);)
		status(ret, pkt);
}

void place_report_fini(struct place_report *r) { buf_fini(&r->said); }
