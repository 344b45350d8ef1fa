/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-config syntax (git-config(1), "Syntax"). Read here and not by libgit2: that one knows no line numbers for what it has
 * read, and it follows include.path, which would let a theme or a project's file make us read any other file. The unit test
 * holds this reader against both `git config` and libgit2.
 */
#include <ctype.h>
#include "berth/path.h"
#include "git/git_priv.h"

enum { MAX_FILE = 4 << 20 };

struct reader {
	const char *file;
	struct sv text;
	size_t at;
	unsigned line;                /* of text.p[at] */
	struct buf section, subsection, name, value;
	bool in_section;
	int (*each)(void *ctx, const struct gitconf_entry *e, struct err *reterr);
	void *ctx;
	struct err *reterr;
};

PRINTF_LIKE(3, 4) static int wrong(struct reader *r, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	AUTO_STR text = xvasprintf(fmt, ap);
	va_end(ap);
	return err_set(r->reterr, ERR_CONFIG, "%s:%u: %s", r->file, line, text);
}

/* The next byte, or -1 at the end. A CR before LF is no byte of its own. */
static int peek(const struct reader *r)
{
	if (r->at >= r->text.len)
		return -1;
	if (r->text.p[r->at] == '\r' && r->at + 1 < r->text.len && r->text.p[r->at + 1] == '\n')
		return '\n';
	return (unsigned char)r->text.p[r->at];
}

static int take(struct reader *r)
{
	int c = peek(r);

	if (c < 0)
		return c;
	if (c == '\n' && r->text.p[r->at] == '\r')
		r->at++;
	r->at++;
	r->line += c == '\n';
	return c;
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		take(r);
}

static void skip_line(struct reader *r)
{
	while (peek(r) >= 0 && peek(r) != '\n')
		take(r);
}

/* The rest of the line as it stands, for messages. */
static struct sv rest_of_line(const struct reader *r)
{
	struct sv rest = { r->text.p + r->at, r->text.len - r->at }, line = { "", 0 };

	sv_split(&rest, '\n', &line);
	line = sv_trim(line);
	line.len = MIN_OF(line.len, (size_t)60);
	return line;
}

static int read_subsection(struct reader *r, unsigned line)
{
	int c;

	take(r);
	for (;;) {
		c = take(r);
		if (c == '"')
			break;
		if (c == '\\')
			c = take(r);
		if (c < 0 || c == '\n' || c == '\0')
			return wrong(r, line, "the name in this section header has no closing \"; write [%s \"name\"]", buf_str(&r->section));
		buf_add_char(&r->subsection, (char)c);
	}
	if (take(r) != ']')
		return wrong(r, line, "the section header does not end with ]; write [%s \"%s\"]", buf_str(&r->section), buf_str(&r->subsection));
	return 0;
}

/* [section], [section "sub"], and the old [section.sub], whose second part is without case. */
static int read_section(struct reader *r)
{
	unsigned line = r->line;
	struct buf *into = &r->section;

	take(r);
	struct sv whole = rest_of_line(r);
	buf_clear(&r->section);
	buf_clear(&r->subsection);
	r->in_section = true;
	for (;;) {
		int c = take(r);
		if (c == ']')
			break;
		if (c == ' ' || c == '\t') {
			skip_blanks(r);
			if (peek(r) == '"' && r->section.len && !r->subsection.len)
				return read_subsection(r, line);
			return wrong(r, line, "\"[%.*s\" is no section header; write [section] or [section \"name\"]", (int)whole.len, whole.p);
		}
		if (c == '.' && into == &r->section && r->section.len)
			into = &r->subsection;
		else if (c >= 0 && (isalnum(c) || c == '-' || c == '.'))
			buf_add_char(into, (char)tolower(c));
		else
			return wrong(r, line, "\"[%.*s\" is no section header; write [section] or [section \"name\"]", (int)whole.len, whole.p);
	}
	return r->section.len ? 0 : wrong(r, line, "a section header is empty; write [section]");
}

static int read_escape(struct reader *r)
{
	static const char from[] = "ntb\\\"", to[] = "\n\t\b\\\"";
	unsigned line = r->line;
	int c = take(r);

	if (c == '\n')
		return 0;
	const char *found = c > 0 ? strchr(from, c) : NULL;
	if (!found)
		return wrong(r, line, "\\%.*s is no escape in a value; \\n, \\t, \\b, \\\\ and \\\" are (a lone \\ is written \\\\)",
		             c > 0x20 && c < 0x7f, (char[]){ (char)c });
	buf_add_char(&r->value, to[found - from]);
	return 0;
}

/* White space at the end counts only inside quotes; `keep` is how much of the value is sure to stay. */
static int read_value(struct reader *r)
{
	unsigned line = r->line;
	bool quoted = false;
	size_t keep = 0;

	skip_blanks(r);
	for (;;) {
		int c = peek(r), rc;
		if (c < 0 || c == '\n')
			break;
		take(r);
		if (!quoted && (c == '#' || c == ';')) {
			skip_line(r);
			break;
		}
		if (c == '"') {
			quoted = !quoted;
			keep = r->value.len;
			continue;
		}
		if (c == '\0')
			return wrong(r, line, "the value of %s holds a zero byte", buf_str(&r->name));
		if (c == '\\') {
			if ((rc = read_escape(r)))
				return rc;
			keep = r->value.len;
			continue;
		}
		if (!quoted && isspace(c) && !r->value.len)
			continue;
		buf_add_char(&r->value, (char)c);
		if (quoted || !isspace(c))
			keep = r->value.len;
	}
	if (quoted)
		return wrong(r, line, "the value of %s has no closing \"", buf_str(&r->name));
	buf_cut_to(&r->value, keep);
	return 0;
}

static int read_entry(struct reader *r)
{
	unsigned line = r->line;
	struct sv whole = rest_of_line(r);
	bool has_value = false;
	int rc;

	if (!r->in_section)
		return wrong(r, line, "\"%.*s\" stands before any [section]", (int)whole.len, whole.p);
	if (!isalpha(peek(r)))
		return wrong(r, line, "\"%.*s\" is no setting; write name = value, where name begins with a letter", (int)whole.len, whole.p);
	buf_clear(&r->name);
	buf_clear(&r->value);
	while (peek(r) >= 0 && (isalnum(peek(r)) || peek(r) == '-'))
		buf_add_char(&r->name, (char)tolower(take(r)));
	skip_blanks(r);
	if (peek(r) == '=') {
		has_value = true;
		take(r);
		if ((rc = read_value(r)))
			return rc;
	} else if (peek(r) >= 0 && peek(r) != '\n') {
		return wrong(r, line, "\"%.*s\" is no setting; write name = value, where name is of letters, digits and -", (int)whole.len, whole.p);
	}
	struct gitconf_entry e = { .section = buf_str(&r->section), .subsection = buf_str(&r->subsection), .name = buf_str(&r->name),
		.value = buf_str(&r->value), .has_value = has_value, .line = line, .file = r->file };
	return r->each(r->ctx, &e, r->reterr);
}

static int read_all(struct reader *r)
{
	int rc = 0;

	if (sv_starts(r->text, SV("\xef\xbb\xbf")))
		r->at = 3;
	while (!rc && peek(r) >= 0) {
		int c = peek(r);
		if (isspace(c))
			take(r);
		else if (c == '#' || c == ';')
			skip_line(r);
		else if (c == '[')
			rc = read_section(r);
		else
			rc = read_entry(r);
	}
	return rc;
}

int gitconf_parse(struct sv bytes, const char *file, int (*each)(void *ctx, const struct gitconf_entry *e, struct err *reterr), void *ctx, struct err *reterr)
{
	struct reader r = { .file = file, .text = bytes, .line = 1, .each = each, .ctx = ctx, .reterr = reterr };

	if (bytes.len > MAX_FILE)
		return err_set(reterr, ERR_TOO_BIG, "%s is bigger than %d MiB, too big for a configuration file", file, MAX_FILE >> 20);
	int rc = read_all(&r);
	buf_fini(&r.section);
	buf_fini(&r.subsection);
	buf_fini(&r.name);
	buf_fini(&r.value);
	return rc;
}

int gitconf_each(const char *file, int (*each)(void *ctx, const struct gitconf_entry *e, struct err *reterr), void *ctx, struct err *reterr)
{
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(MAX_FILE + 1);
	int rc = file_read(file, MAX_FILE, &text, reterr);

	return rc ? rc : gitconf_parse(buf_sv(&text), file, each, ctx, reterr);
}
