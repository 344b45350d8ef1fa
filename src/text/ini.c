/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/ini.h"

#include <strings.h>

#include "berth/macros.h"
#include "berth/str.h"

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

struct cursor { struct sv rest; int n; };
enum line_kind { LINE_DULL, LINE_MORE /* goes on with what is above */, LINE_HEAD, LINE_PAIR };
struct line { enum line_kind kind; struct sv whole /* without its '\n' */, name /* of a section, or a key */, value; };

static struct cursor cursor_at(struct sv text)
{
	struct sv rest = { text.p, MIN_OF(text.len, (size_t)INI_BYTES_MAX) };
	if (sv_starts(rest, SV("\xef\xbb\xbf")))
		rest = (struct sv){ rest.p + 3, rest.len - 3 };
	return (struct cursor){ rest, 0 };
}

static bool next_line(struct cursor *c, struct line *ret)
{
	if (c->n++ == INI_LINES_MAX || !sv_split(&c->rest, '\n', &ret->whole))
		return false;
	struct sv line = sv_trim(ret->whole);
	bool indented = ret->whole.len && (ret->whole.p[0] == ' ' || ret->whole.p[0] == '\t');
	ret->kind = LINE_DULL;
	if (!line.len || line.p[0] == '#' || line.p[0] == ';')
		return true;
	if (indented)
		ret->kind = LINE_MORE;
	else if (section_of(line, &ret->name))
		ret->kind = LINE_HEAD;
	else if (pair_of(line, &ret->name, &ret->value))
		ret->kind = LINE_PAIR;
	return true;
}

bool ini_section(struct sv text, const char *section, void (*item)(void *ctx, struct sv key, struct sv value), void *ctx)
{
	struct cursor c = cursor_at(text);
	struct line line;
	bool inside = false, found = false;
	while (next_line(&c, &line)) {
		if (line.kind == LINE_HEAD) {
			inside = same_word(line.name, sv_of(section));
			found = found || inside;
		} else if (inside && line.kind == LINE_PAIR) {
			item(ctx, line.name, line.value);
		}
	}
	return found;
}

/* ---- one key is changed ---- */
struct found { const char *head_end; struct sv value; bool has_value; };

static size_t section_index(const struct ini_change *c, struct sv name)
{
	size_t i = 0;
	while (i < c->n_sections && !same_word(name, sv_of(c->sections[i])))
		i++;
	return i;
}

/* Where in the first of the sections that is there the key stands last, or the section's head ends. */
static void find(struct sv text, const struct ini_change *change, struct found *ret)
{
	struct cursor c = cursor_at(text);
	struct line line;
	size_t at = change->n_sections, best = change->n_sections;
	*ret = (struct found){ 0 };
	while (next_line(&c, &line)) {
		if (line.kind == LINE_HEAD) {
			at = section_index(change, line.name);
			if (at < best) {
				best = at;
				*ret = (struct found){ .head_end = line.whole.p + line.whole.len };
			}
		} else if (line.kind == LINE_PAIR && at == best && at < change->n_sections && same_word(line.name, sv_of(change->key))) {
			ret->value = line.value;
			ret->has_value = true;
		}
	}
}

/* The text between two places, with its line end. */
static void add_range(struct buf *out, const char *from, const char *to)
{
	buf_add(out, from, (size_t)(to - from));
}

static const char *line_end_of(struct sv text)
{
	const char *lf = memchr(text.p, '\n', text.len);
	return lf && lf > text.p && lf[-1] == '\r' ? "\r\n" : "\n";
}

/* Adds the text from `from` on but for the lines that go on with what stands there. */
static void add_after_value(struct sv text, const char *from, struct buf *out)
{
	const char *end = text.p + text.len, *lf = memchr(from, '\n', (size_t)(end - from));
	const char *next = lf ? lf + 1 : end;
	add_range(out, from, next);
	struct cursor c = { { next, (size_t)(end - next) }, 0 };
	struct line line;
	while (next_line(&c, &line) && line.kind == LINE_MORE)
		next = c.rest.p ? c.rest.p : end;
	add_range(out, next, end);
}

static void set_key(struct sv text, const struct ini_change *c, struct buf *out)
{
	const char *eol = line_end_of(text), *end = text.p + text.len, *lf;
	struct found at;
	find(text, c, &at);
	if (at.has_value) {
		add_range(out, text.p, at.value.p);
		buf_add_str(out, c->value);
		add_after_value(text, at.value.p + at.value.len, out);
	} else if (at.head_end) {
		lf = memchr(at.head_end, '\n', (size_t)(end - at.head_end));
		add_range(out, text.p, lf ? lf + 1 : end);
		buf_addf(out, "%s%s = %s%s", lf ? "" : eol, c->key, c->value, lf ? eol : "");
		add_range(out, lf ? lf + 1 : end, end);
	} else {
		bool open = text.len && text.p[text.len - 1] != '\n';
		buf_add_sv(out, text);
		buf_addf(out, "%s%s[%s]%s%s = %s%s", open ? eol : "", text.len ? eol : "", c->sections[0], eol, c->key, c->value, eol);
	}
}

static void drop_key(struct sv text, const struct ini_change *change, struct buf *out)
{
	struct cursor c = cursor_at(text);
	struct line line;
	const char *kept = text.p, *end = text.p + text.len;
	bool inside = false, going = false;
	while (next_line(&c, &line)) {
		const char *after = c.rest.p ? c.rest.p : end;
		if (line.kind == LINE_HEAD)
			inside = section_index(change, line.name) < change->n_sections;
		going = (going && line.kind == LINE_MORE) || (inside && line.kind == LINE_PAIR && same_word(line.name, sv_of(change->key)));
		if (!going)
			continue;
		add_range(out, kept, line.whole.p);
		kept = MIN_OF(after, end);
	}
	add_range(out, kept, end);
}

bool ini_put(struct sv text, const struct ini_change *c, struct buf *out)
{
	int n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	if (text.len > INI_BYTES_MAX || n >= INI_LINES_MAX)
		return false;
	if (c->value)
		set_key(text, c, out);
	else
		drop_key(text, c, out);
	return true;
}
