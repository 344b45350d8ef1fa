/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/text.h"

/* Ends the row at `end`; the next one starts at `next`. */
static bool cut_row(struct sv *rest, const char *end, const char *next, struct sv *ret_row)
{
	const char *start = rest->p;

	*ret_row = (struct sv){ start, (size_t)(end - start) };
	rest->len -= (size_t)(next - start);
	rest->p = next;
	return true;
}

static const char *skip_spaces(struct sv s)
{
	while (s.len && s.p[0] == ' ')
		s.p++, s.len--;
	return s.p;
}

bool text_wrap(struct sv *rest, size_t cols, struct sv *ret_row)
{
	struct sv at = *rest, space = { NULL, 0 }; /* where the row could end in front of spaces */
	size_t used = 0, space_used = 0;
	bool in_space = false;
	struct glyph g;

	if (!rest->len)
		return false;
	for (struct sv here = at; at.len; here = at) {
		if (here.p[0] == '\n')
			return cut_row(rest, here.p, here.p + 1, ret_row);
		text_next(&at, &g);
		if (used + g.width > cols && used) {
			if (here.p[0] == ' ')
				return cut_row(rest, in_space ? space.p : here.p, skip_spaces(here), ret_row);
			if (space.p && space_used * 3 >= cols * 2)
				return cut_row(rest, space.p, skip_spaces(space), ret_row);
			return cut_row(rest, here.p, here.p, ret_row);
		}
		if (here.p[0] == ' ' && !in_space) {
			space = here;
			space_used = used;
		}
		in_space = here.p[0] == ' ';
		used += g.width;
	}
	return cut_row(rest, at.p, at.p, ret_row);
}
