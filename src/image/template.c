/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Templates of projects: their manifest, which is RenkuLab's YAML as far as its templates use it, and what their variables become. */
#include "berth/template.h"

#include "berth/mem.h"

void template_fini(struct template *t)
{
	for (size_t i = 0; i < t->n_variables; i++) {
		free(t->variables[i].name);
		free(t->variables[i].help);
		free(t->variables[i].fallback);
	}
	for (size_t i = 0; i < t->n_files; i++) {
		free(t->files[i].path);
		buf_fini(&t->files[i].bytes);
	}
	free(t->files);
	free(t->name);
	free(t->title);
	*t = (struct template){ 0 };
}

void templates_fini(struct templates *t)
{
	for (size_t i = 0; i < t->n; i++)
		template_fini(&t->items[i]);
	t->n = 0;
}

/* ---- the manifest ---- */
struct reader {
	struct templates *all;
	size_t item_indent, variables_indent, variable_indent; /* variables_indent 0: outside of them */
	unsigned line;
};

static int bad(const struct reader *r, const char *what, struct err *reterr)
{
	return err_set(reterr, ERR_DECODE, "line %u of manifest.yaml: %s", r->line, what);
}

static struct sv unquoted(struct sv s)
{
	s = sv_trim(s);
	if (s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0])
		return (struct sv){ s.p + 1, s.len - 2 };
	return s;
}

static bool safe_folder(struct sv s)
{
	struct sv piece;
	while (sv_split(&s, '/', &piece))
		if (!piece.len || sv_eq(piece, SV(".")) || sv_eq(piece, SV("..")) || sv_eq(piece, SV(".git")))
			return false;
	return true;
}

static int read_variable(struct reader *r, struct template *t, size_t indent, struct sv key, struct sv value, struct err *reterr)
{
	if (!r->variable_indent)
		r->variable_indent = indent;
	if (indent > r->variable_indent) {
		struct template_variable *v = t->n_variables ? &t->variables[t->n_variables - 1] : NULL;
		if (v && sv_eq(key, SV("description")))
			free(v->help), v->help = sv_dup(value);
		else if (v && sv_eq(key, SV("default_value")))
			free(v->fallback), v->fallback = sv_dup(value);
		return 0; /* type, enum and the like say nothing that a text could not */
	}
	if (t->n_variables == TEMPLATE_VARIABLES_MAX)
		return bad(r, "more variables than templates have", reterr);
	t->variables[t->n_variables++] = (struct template_variable){ .name = sv_dup(key), .help = sv_dup(value) };
	return 0;
}

static int read_key(struct reader *r, size_t indent, struct sv key, struct sv value, struct err *reterr)
{
	struct template *t = r->all->n ? &r->all->items[r->all->n - 1] : NULL;
	if (!t)
		return bad(r, "a list of templates was expected, each beginning with a dash", reterr);
	if (r->variables_indent && indent > r->variables_indent)
		return read_variable(r, t, indent, key, value, reterr);
	r->variables_indent = r->variable_indent = 0;
	if (sv_eq(key, SV("folder"))) {
		if (!safe_folder(value))
			return bad(r, "the folder leads out of the templates", reterr);
		free(t->name);
		t->name = sv_dup(value);
	} else if (sv_eq(key, SV("name"))) {
		free(t->title);
		t->title = sv_dup(value);
	} else if (sv_eq(key, SV("variables"))) {
		r->variables_indent = indent;
	}
	return 0;
}

static int read_line(struct reader *r, struct sv line, struct err *reterr)
{
	size_t indent = 0;
	while (indent < line.len && line.p[indent] == ' ')
		indent++;
	struct sv rest = sv_trim((struct sv){ line.p + indent, line.len - indent });
	if (!rest.len || rest.p[0] == '#' || sv_eq(rest, SV("---")))
		return 0;
	if (rest.p[0] == '-' && rest.len > 1 && rest.p[1] == ' ' && (!r->all->n || indent <= r->item_indent)) {
		if (r->all->n == TEMPLATES_MAX)
			return bad(r, "more templates than a list may have", reterr);
		r->all->items[r->all->n++] = (struct template){ 0 };
		r->item_indent = indent;
		r->variables_indent = r->variable_indent = 0;
		rest = sv_trim((struct sv){ rest.p + 2, rest.len - 2 });
		indent += 2;
	}
	const char *colon = memchr(rest.p, ':', rest.len);
	if (!colon || (colon + 1 < rest.p + rest.len && colon[1] != ' '))
		return 0; /* the next line of a long text, or an item of a list: neither is needed */
	struct sv key = unquoted((struct sv){ rest.p, (size_t)(colon - rest.p) }), value = unquoted((struct sv){ colon + 1, rest.len - (size_t)(colon - rest.p) - 1 });
	return read_key(r, indent, key, value, reterr);
}

int templates_parse(struct sv yaml, struct templates *ret, struct err *reterr)
{
	struct reader r = { .all = ret };
	struct sv line;
	int rc = 0;
	ret->n = 0;
	while (!rc && sv_split(&yaml, '\n', &line)) {
		r.line++;
		rc = read_line(&r, line, reterr);
	}
	for (size_t i = 0; !rc && i < ret->n; i++)
		if (!ret->items[i].name)
			rc = err_set(reterr, ERR_DECODE, "template %zu of manifest.yaml names no folder", i + 1);
	if (!rc && !ret->n)
		rc = err_set(reterr, ERR_DECODE, "manifest.yaml lists no templates");
	if (rc < 0)
		templates_fini(ret);
	return rc;
}

/* ---- variables ---- */
static const char *value_of(struct sv name, const struct template_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sv_eq(name, sv_of(values[i].name)))
			return values[i].value;
	return NULL;
}

/* `name` or `name | default("x")` */
static int fill_one(struct sv inside, const struct template_value *values, size_t n, struct buf *out, struct err *reterr)
{
	struct sv rest = inside, name;
	sv_split(&rest, '|', &name);
	name = sv_trim(name);
	const char *value = value_of(name, values, n);
	struct sv filter = rest.p ? sv_trim(rest) : SV("");
	bool has_default = sv_starts(filter, SV("default(")) && sv_ends(filter, SV(")"));
	if (!value && !has_default)
		return err_set(reterr, ERR_USAGE, "the template wants a value of %.*s", (int)MIN_OF(name.len, (size_t)60), name.p);
	buf_add_sv(out, value ? sv_of(value) : unquoted((struct sv){ filter.p + 8, filter.len - 9 }));
	return 0;
}

int template_fill(struct sv text, const struct template_value *values, size_t n, struct buf *out, struct err *reterr)
{
	while (text.len) {
		const char *open = memmem(text.p, text.len, "{{", 2), *statement = memmem(text.p, text.len, "{%", 2);
		if (statement && (!open || statement < open))
			return err_set(reterr, ERR_UNSUPPORTED, "the template has statements ({%% … %%}); only variables ({{ … }}) are known here");
		const char *close = open ? memmem(open, text.len - (size_t)(open - text.p), "}}", 2) : NULL;
		if (!close) {
			buf_add_sv(out, text);
			return 0;
		}
		buf_add(out, text.p, (size_t)(open - text.p));
		int r = fill_one((struct sv){ open + 2, (size_t)(close - open) - 2 }, values, n, out, reterr);
		if (r < 0)
			return r;
		text = (struct sv){ close + 2, text.len - (size_t)(close + 2 - text.p) };
	}
	return 0;
}
