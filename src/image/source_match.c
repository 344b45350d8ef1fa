/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns of COPY and ADD against paths of a tree. */
#include "image/dockerfile.h"

/* Reads a possibly escaped character of a class; false at the end. */
static bool class_char(struct sv *p, unsigned char *ret)
{
	if (p->len && p->p[0] == '\\')
		*p = (struct sv){ p->p + 1, p->len - 1 };
	if (!p->len)
		return false;
	*ret = (unsigned char)p->p[0];
	*p = (struct sv){ p->p + 1, p->len - 1 };
	return true;
}

/* pattern stands behind '['. Moves it behind the class; a class without its end matches nothing. */
static bool class_matches(struct sv *pattern, unsigned char c)
{
	bool negated = pattern->len && (pattern->p[0] == '^' || pattern->p[0] == '!'), hit = false;
	unsigned char lo, hi;
	if (negated)
		*pattern = (struct sv){ pattern->p + 1, pattern->len - 1 };
	for (bool first = true; pattern->len && (first || pattern->p[0] != ']'); first = false) {
		if (!class_char(pattern, &lo))
			return false;
		hi = lo;
		if (pattern->len > 1 && pattern->p[0] == '-' && pattern->p[1] != ']') {
			*pattern = (struct sv){ pattern->p + 1, pattern->len - 1 };
			if (!class_char(pattern, &hi))
				return false;
		}
		hit |= lo <= c && c <= hi;
	}
	if (!pattern->len)
		return false;
	*pattern = (struct sv){ pattern->p + 1, pattern->len - 1 };
	return hit != negated;
}

/* One step of pattern against one byte of name. */
static bool step_matches(struct sv *pattern, unsigned char c)
{
	char p = pattern->p[0];
	*pattern = (struct sv){ pattern->p + 1, pattern->len - 1 };
	if (p == '?')
		return true;
	if (p == '[')
		return class_matches(pattern, c);
	if (p == '\\' && pattern->len) {
		p = pattern->p[0];
		*pattern = (struct sv){ pattern->p + 1, pattern->len - 1 };
	}
	return (unsigned char)p == c;
}

static bool component_matches(struct sv pattern, struct sv name)
{
	struct sv after_star = { 0 }, star_name = { 0 };
	bool starred = false;
	for (;;) {
		if (pattern.len && pattern.p[0] == '*') {
			after_star = pattern = (struct sv){ pattern.p + 1, pattern.len - 1 };
			star_name = name;
			starred = true;
			continue;
		}
		if (!pattern.len && !name.len)
			return true;
		if (pattern.len && name.len && step_matches(&pattern, (unsigned char)name.p[0])) {
			name = (struct sv){ name.p + 1, name.len - 1 };
			continue;
		}
		if (!starred || !star_name.len)
			return false;
		star_name = (struct sv){ star_name.p + 1, star_name.len - 1 }; /* the star takes one more */
		pattern = after_star;
		name = star_name;
	}
}

bool source_matches(struct sv pattern, struct sv path)
{
	struct sv want, have;
	if (!pattern.len)
		return true;
	while (sv_split(&pattern, '/', &want)) {
		if (sv_eq(want, SV("**")))
			return true; /* any depth: rather too much than too little */
		if (!sv_split(&path, '/', &have) || !component_matches(want, have))
			return false;
	}
	return true;
}
