/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image that a project pins. Only this one key is looked for: the options of a session are read by the room beside. */
#include <strings.h>

#include "berth/image.h"
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

int image_pin_put(struct sv ini, const char *ref, struct buf *out, struct err *reterr)
{
	static const char *const sections[] = { "interactive", "renku \"interactive\"" };
	const struct ini_change change = { sections, ARRAY_LEN(sections), "image", ref };
	AUTO_STR before = pin_of(ini);
	size_t from = out->len;
	if (ref && !is_ref(sv_of(ref))) {
		err_set(reterr, ERR_USAGE, "%s is no name of an image", *ref ? ref : "an empty word");
		err_hint(reterr, "Names look like registry.example/group/flights:1a2b3c4, or end in @sha256:…");
		return -ERR_USAGE;
	}
	if (ref && before && strcmp(ref, before) == 0)
		return err_set(reterr, ERR_CONFLICT, "the project pins %s already", ref);
	if (!ref && !before)
		return err_set(reterr, ERR_NOT_FOUND, "the project pins no image at this commit");
	if (!ini_put(ini, &change, out))
		return err_set(reterr, ERR_TOO_BIG, RENKU_INI " is too long to be changed by berth");
	AUTO_STR after = pin_of((struct sv){ buf_str(out) + from, out->len - from });
	if (ref ? !after || strcmp(after, ref) != 0 : after != NULL)
		return err_set(reterr, ERR_FAILED, RENKU_INI " is written in a way that berth can't change: edit it by hand");
	return 0;
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
