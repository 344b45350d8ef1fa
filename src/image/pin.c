/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image that a project pins. Only this one key is looked for: the options of a session are read by the room beside. */
#include <strings.h>

#include "berth/ini.h"
#include "berth/mem.h"
#include "image/pin.h"

enum { REF_MAX = 512 };

static bool is_ref(struct sv s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._-/:@[]", c));
		if (!fine)
			return false;
	}
	return s.len && s.len <= REF_MAX && !strchr("-/:@.", s.p[0]);
}

static void take_image(void *found, struct sv key, struct sv value)
{
	if (key.len == 5 && strncasecmp(key.p, "image", 5) == 0)
		*(struct sv *)found = value;
}

char *pin_of(struct sv ini)
{
	struct sv found = { 0 };
	ini_section(ini, "interactive", take_image, &found);
	if (!found.len)
		ini_section(ini, "renku \"interactive\"", take_image, &found);
	return is_ref(found) ? sv_dup(found) : NULL;
}

static struct sv without(struct sv s, struct sv prefix)
{
	return sv_starts(s, prefix) ? (struct sv){ s.p + prefix.len, s.len - prefix.len } : s;
}

/* Cuts what is added or left out at will, and the tag into *ret_tag. */
static struct sv short_name(struct sv s, struct sv *ret_tag)
{
	s = without(without(without(s, SV("index.docker.io/")), SV("docker.io/")), SV("localhost/"));
	s = without(s, SV("library/"));
	*ret_tag = SV("latest");
	for (size_t i = s.len; i-- > 0 && s.p[i] != '/';)
		if (s.p[i] == ':') {
			*ret_tag = (struct sv){ s.p + i + 1, s.len - i - 1 };
			return (struct sv){ s.p, i };
		}
	return s;
}

bool image_ref_same(struct sv a, struct sv b)
{
	struct sv tag_a, tag_b;
	a = short_name(a, &tag_a);
	b = short_name(b, &tag_b);
	return sv_eq(a, b) && sv_eq(tag_a, tag_b);
}
