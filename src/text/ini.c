/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/ini.h"

#include <strings.h>

#include "berth/macros.h"

enum { INI_BYTES_MAX = 256 << 10, INI_LINES_MAX = 2000 };

static bool same_word(struct sv a, struct sv b)
{
	return a.len == b.len && strncasecmp(a.p, b.p, a.len) == 0;
}

/* "[interactive]" -> "interactive"; false when the line heads no section. */
static bool section_of(struct sv line, struct sv *ret)
{
	const char *close = line.len && line.p[0] == '[' ? memrchr(line.p, ']', line.len) : NULL;
	if (!close)
		return false;
	*ret = sv_trim((struct sv){ line.p + 1, (size_t)(close - line.p) - 1 });
	return true;
}

/* What a blank and then '#' or ';' begin is a comment, but not inside of quotes. */
static struct sv value_of(struct sv s)
{
	bool quoted = s.len > 1 && (s.p[0] == '"' || s.p[0] == '\'');
	const char *close = quoted ? memchr(s.p + 1, s.p[0], s.len - 1) : NULL;
	struct sv rest = close ? sv_trim((struct sv){ close + 1, s.len - (size_t)(close + 1 - s.p) }) : (struct sv){ "x", 1 };
	if (!rest.len || rest.p[0] == '#' || rest.p[0] == ';')
		return (struct sv){ s.p + 1, (size_t)(close - s.p) - 1 };
	for (size_t i = 1; i < s.len; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') && (s.p[i - 1] == ' ' || s.p[i - 1] == '\t'))
			s.len = i;
	return sv_trim(s);
}

static bool pair_of(struct sv line, struct sv *ret_key, struct sv *ret_value)
{
	size_t at = 0;
	while (at < line.len && line.p[at] != '=' && line.p[at] != ':')
		at++;
	*ret_key = sv_trim((struct sv){ line.p, at });
	if (at == line.len || !ret_key->len)
		return false;
	*ret_value = value_of(sv_trim((struct sv){ line.p + at + 1, line.len - at - 1 }));
	return true;
}

bool ini_section(struct sv text, const char *section, void (*item)(void *ctx, struct sv key, struct sv value), void *ctx)
{
	struct sv line, name, key, value, rest = { text.p, MIN_OF(text.len, (size_t)INI_BYTES_MAX) };
	bool inside = false, found = false;
	if (sv_starts(rest, SV("\xef\xbb\xbf")))
		rest = (struct sv){ rest.p + 3, rest.len - 3 };
	for (int n = 0; n < INI_LINES_MAX && sv_split(&rest, '\n', &line); n++) {
		bool indented = line.len && (line.p[0] == ' ' || line.p[0] == '\t');
		line = sv_trim(line);
		if (!line.len || line.p[0] == '#' || line.p[0] == ';')
			continue;
		if (!indented && section_of(line, &name)) {
			inside = same_word(name, sv_of(section));
			found = found || inside;
		} else if (inside && !indented && pair_of(line, &key, &value)) {
			item(ctx, key, value);
		}
	}
	return found;
}
