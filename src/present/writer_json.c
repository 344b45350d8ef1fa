/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "present/writer.h"

#include <math.h>

#include "berth/path.h"

static json_t *cell_json(const struct column *c, const struct row *r)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	enum style ignored;
	double number = c->number ? c->number(r) : 0;
	if (isnan(number))
		return json_null();
	switch (c->type) {
	case COLUMN_TIME:
		if (number == 0)
			return json_null();
		buf_add_rfc3339(&b, (int64_t)number);
		return json_string(buf_str(&b));
	case COLUMN_NUMBER:
		return number == (double)(json_int_t)number ? json_integer((json_int_t)number) : json_real(number);
	case COLUMN_BOOL:
		return json_boolean(number != 0);
	case COLUMN_TEXT:
		break;
	}
	c->text(&b, r, &ignored);
	return b.len ? json_str_lossy(buf_sv(&b)) : json_null();
}

json_t *row_json(enum entity e, const struct row *r, const struct column *const *only, size_t n)
{
	json_t *j = json_object();
	size_t n_all;
	const struct column *all = columns_of(e, &n_all);
	for (size_t i = 0; i < (only ? n : n_all); i++) {
		const struct column *c = only ? only[i] : &all[i];
		json_object_set_new(j, c->id, cell_json(c, r));
	}
	return j;
}

void present_json(struct buf *b, enum entity e, const struct row *r)
{
	AUTO_JSON j = row_json(e, r, NULL, 0);
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}

void present_json_session(struct buf *b, const struct row *r, const char *url, bool already_running)
{
	AUTO_JSON j = r->session ? row_json(ENTITY_SESSION, r, NULL, 0) : json_object();
	json_object_set_new(j, "url", url ? json_str_lossy(sv_of(url)) : json_null());
	json_object_set_new(j, "already_running", json_boolean(already_running));
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}

void present_json_pairs(struct buf *b, const struct present_pair *pairs, size_t n)
{
	AUTO_JSON j = json_object();
	for (size_t i = 0; i < n; i++)
		if (pairs[i].value)
			json_object_set_new(j, pairs[i].name, json_str_lossy(sv_of(pairs[i].value)));
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}

void present_json_error(struct buf *b, const struct err *e)
{
	const char *hint = e->hint[0] ? e->hint : present_hint_for(e->code);
	AUTO_JSON inner = json_object();
	json_object_set_new(inner, "code", json_string(err_code_name(e->code)));
	json_object_set_new(inner, "text", json_str_lossy(sv_of(e->text)));
	json_object_set_new(inner, "hint", *hint ? json_str_lossy(sv_of(hint)) : json_null());
	AUTO_JSON outer = json_object();
	json_object_set(outer, "error", inner);
	AUTO_STR text = json_text(outer);
	buf_addf(b, "%s\n", text);
}

static json_t *autosave_branches(const struct autosave_result *r)
{
	json_t *all = json_array();
	for (size_t i = 0; i < r->n_refs; i++) {
		const struct autosave_ref *ref = &r->refs[i];
		char hex[OID_HEX + 1];
		json_t *j = json_object();
		oid_hex(&ref->tip, hex);
		json_object_set_new(j, "name", json_str_lossy(sv_of(ref->name)));
		json_object_set_new(j, "branch", json_str_lossy(sv_of(ref->branch)));
		json_object_set_new(j, "commit", json_string(hex));
		json_object_set_new(j, "was_there", json_boolean(ref->was_there));
		json_array_append_new(all, j);
	}
	return all;
}

void present_json_autosave(struct buf *b, const struct autosave_result *r, bool saved)
{
	const struct session_work *w = &r->work;
	const struct { const char *key; uint32_t n; } counts[] = {
		{ "changed", w->changed }, { "untracked", w->untracked }, { "staged", w->staged }, { "unmerged", w->unmerged }, { "ahead", w->ahead }, { "behind", w->behind },
		{ "stashes", w->stashes },
	};
	AUTO_JSON j = json_object();
	json_t *notes = json_array();
	json_object_set_new(j, "saved", json_boolean(saved));
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		json_object_set_new(j, counts[i].key, json_integer(counts[i].n));
	json_object_set_new(j, "detached", json_boolean(w->detached));
	json_object_set_new(j, "branches", autosave_branches(r));
	for (size_t i = 0; i < r->n_notes; i++)
		json_array_append_new(notes, json_str_lossy(sv_of(r->notes[i])));
	json_object_set_new(j, "notes", notes);
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}

static json_t *texts(const char *const *items, size_t n)
{
	json_t *all = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, json_str_lossy(sv_of(items[i])));
	return all;
}

void present_json_git_done(struct buf *b, const struct session_git_done *d)
{
	AUTO_JSON j = json_object();
	json_object_set_new(j, "branch", json_str_lossy(sv_of(d->branch)));
	json_object_set_new(j, "landed", d->landed ? json_str_lossy(sv_of(d->landed)) : json_null());
	json_object_set_new(j, "commit", d->commit ? json_str_lossy(sv_of(d->commit)) : json_null());
	json_object_set_new(j, "files", json_integer(d->files));
	json_object_set_new(j, "pushed", json_integer(d->sent));
	json_object_set_new(j, "came", json_integer(d->came));
	json_object_set_new(j, "ahead", json_integer(d->ahead));
	json_object_set_new(j, "commits", texts(d->commits, d->n_commits));
	json_object_set_new(j, "notes", texts(d->notes, d->n_notes));
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}
