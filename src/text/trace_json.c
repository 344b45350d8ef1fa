/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a job log as JSON. Written by hand: a gigabyte of log is ten million of these. */
#include "berth/trace.h"

/* C0, DEL, C1, and what turns the direction of writing or is not seen. */
static bool must_escape(uint32_t code)
{
	return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb);
}

static void add_escape(struct buf *b, uint32_t code)
{
	static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	for (size_t i = 0; i + 1 < sizeof named; i += 2)
		if (code == (unsigned char)named[i]) {
			buf_add(b, (char[]){ '\\', named[i + 1] }, 2);
			return;
		}
	buf_addf(b, "\\u%04x", code);
}

static bool is_simple(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_string(struct buf *b, struct sv s)
{
	buf_add_char(b, '"');
	while (s.len) {
		size_t n = 0;
		uint32_t code;
		while (n < s.len && is_simple((unsigned char)s.p[n]))
			n++;
		buf_add(b, s.p, n);
		s.p += n;
		s.len -= n;
		if (!s.len)
			break;
		n = utf8_next(s, &code);
		if (!n)
			buf_add_str(b, "\\ufffd");
		else if (must_escape(code))
			add_escape(b, code);
		else
			buf_add(b, s.p, n);
		s.p += MAX_OF(n, (size_t)1);
		s.len -= MAX_OF(n, (size_t)1);
	}
	buf_add_char(b, '"');
}

static void add_content(struct buf *b, const struct trace_line *l)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		const struct trace_segment *s = &l->segments[i];
		buf_add_str(b, i ? ",{\"text\":" : "{\"text\":");
		add_string(b, (struct sv){ l->text.p + s->from, s->len });
		if (s->style.fg || s->style.bg || s->style.mask) {
			buf_add_str(b, ",\"style\":\"");
			trace_add_style(b, &s->style);
			buf_add_char(b, '"');
		}
		buf_add_char(b, '}');
	}
}

/* Whether a later one of the same name follows: that one is taken, in the first one's place. */
static struct sv newest_value(struct sv rest, struct sv key, struct sv value)
{
	struct sv pair, k;
	while (sv_split(&rest, ',', &pair))
		if (sv_split(&pair, '=', &k) && sv_eq(k, key))
			value = pair;
	return value;
}

static bool seen_before(struct sv all, const struct sv *key)
{
	struct sv pair, k;
	while (sv_split(&all, ',', &pair)) {
		sv_split(&pair, '=', &k);
		if (k.p == key->p)
			return false;
		if (sv_eq(k, *key))
			return true;
	}
	return false;
}

static void add_options(struct buf *b, struct sv options)
{
	struct sv all = { options.p + 1, options.len - 2 }, rest = all, pair, key;
	const char *comma = "";
	while (sv_split(&rest, ',', &pair)) {
		sv_split(&pair, '=', &key);
		if (seen_before(all, &key))
			continue;
		buf_add_str(b, comma);
		add_string(b, key);
		buf_add_char(b, ':');
		add_string(b, newest_value(rest, key, pair));
		comma = ",";
	}
}

void trace_add_json(struct buf *b, const struct trace_line *l)
{
	buf_addf(b, "{\"offset\":%llu,\"content\":[", (unsigned long long)l->offset);
	add_content(b, l);
	buf_add_char(b, ']');
	if (*l->timestamp) {
		buf_add_str(b, ",\"timestamp\":");
		add_string(b, sv_of(l->timestamp));
	}
	if (l->section)
		buf_addf(b, ",\"section\":\"%s\"", l->section);
	if (l->header)
		buf_add_str(b, ",\"section_header\":true");
	if (l->footer)
		buf_add_str(b, ",\"section_footer\":true");
	if (*l->duration)
		buf_addf(b, ",\"section_duration\":\"%s\"", l->duration);
	if (l->options.len > 2) {
		buf_add_str(b, ",\"section_options\":{");
		add_options(b, l->options);
		buf_add_char(b, '}');
	}
	buf_add_char(b, '}');
}
