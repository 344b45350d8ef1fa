/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git/commit_scan.h"

enum { PARENT_LINE = 7 + OID_HEX + 1 };

static bool line_take(struct sv *rest, struct sv *ret_line)
{
	return sv_split(rest, '\n', ret_line);
}

static bool header_is(struct sv line, struct sv key, struct sv *ret_value)
{
	if (!sv_starts(line, key) || line.len <= key.len || line.p[key.len] != ' ')
		return false;
	*ret_value = (struct sv){ line.p + key.len + 1, line.len - key.len - 1 };
	return true;
}

static int64_t number_at(struct sv s)
{
	size_t len = 0;

	s = sv_trim(s);
	while (len < s.len && ((s.p[len] >= '0' && s.p[len] <= '9') || (len == 0 && s.p[len] == '-')))
		len++;
	int64_t v = 0;
	return sv_to_i64((struct sv){ s.p, len }, &v) ? v : 0;
}

/* "Name <address> 1500000000 +0100". The last '>' ends the address, so a name that holds one spoils only itself. */
static void person_scan(struct sv s, struct commit_person *out)
{
	const char *close = s.len ? memrchr(s.p, '>', s.len) : NULL;
	const char *open = s.len ? memchr(s.p, '<', s.len) : NULL;

	*out = (struct commit_person){ 0 };
	if (!open || !close || open > close) {
		out->name = sv_trim(s);
		return;
	}
	out->name = sv_trim((struct sv){ s.p, (size_t)(open - s.p) });
	out->email = sv_trim((struct sv){ open + 1, (size_t)(close - open - 1) });
	out->at_s = number_at((struct sv){ close + 1, (size_t)(s.p + s.len - close - 1) });
}

static void parents_scan(struct sv *rest, struct commit_scan *out)
{
	out->parents = (struct sv){ rest->p, 0 };
	while (rest->len >= PARENT_LINE && !memcmp(rest->p, "parent ", 7) && rest->p[PARENT_LINE - 1] == '\n') {
		out->n_parents++;
		out->parents.len += PARENT_LINE;
		rest->p += PARENT_LINE;
		rest->len -= PARENT_LINE;
	}
}

bool commit_scan(struct sv object, struct commit_scan *out)
{
	struct sv rest = object, line, value;

	*out = (struct commit_scan){ 0 };
	if (!line_take(&rest, &line) || !header_is(line, SV("tree"), &value) || !oid_parse(value, &out->tree))
		return false;
	parents_scan(&rest, out);
	while (line_take(&rest, &line) && line.len) {
		if (header_is(line, SV("author"), &value))
			person_scan(value, &out->author);
		else if (header_is(line, SV("committer"), &value))
			person_scan(value, &out->committer);
		else if (header_is(line, SV("encoding"), &value))
			out->encoding = sv_trim(value);
	}
	out->message = rest;
	return true;
}

bool commit_scan_parent(const struct commit_scan *c, size_t i, struct oid *ret)
{
	return i < c->n_parents && oid_parse((struct sv){ c->parents.p + i * PARENT_LINE + 7, OID_HEX }, ret);
}
