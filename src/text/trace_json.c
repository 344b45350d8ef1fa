/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a job log as JSON. Written by hand: a gigabyte of log is ten million of these. */
#include "berth/trace.h"

static void add_content(struct buf *b, const struct trace_line *l)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		const struct trace_segment *s = &l->segments[i];
		buf_add_str(b, i ? ",{\"text\":" : "{\"text\":");
		buf_add_json_string(b, (struct sv){ l->text.p + s->from, s->len });
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
		buf_add_json_string(b, key);
		buf_add_char(b, ':');
		buf_add_json_string(b, newest_value(rest, key, pair));
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
		buf_add_json_string(b, sv_of(l->timestamp));
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
