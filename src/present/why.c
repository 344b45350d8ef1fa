/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why there is no image: the same lines for both faces, and JSON. */
#include "present/writer.h"

#include "berth/text.h"

struct out {
	present_why_fn line;
	void *ctx;
};

static void say(const struct out *o, const char *label, enum style style, const char *text)
{
	o->line(o->ctx, label, style, text);
}

static void say_failure(const struct out *o, const struct diagnosis *d)
{
	say(o, "Cause", d->cause ? STYLE_BAD : STYLE_PLAIN, d->cause ? d->cause : "not known for sure");
	say(o, "To do", STYLE_PLAIN, d->todo);
	if (d->evidence) {
		AUTO_STR at = xasprintf("line %llu: %s", (unsigned long long)d->evidence_line + 1, d->evidence);
		say(o, "Shown by", STYLE_WARN, at);
	}
	if (d->step)
		say(o, "Step", STYLE_PLAIN, d->step);
	if (d->exit_code >= 0) {
		AUTO_STR code = xasprintf("%d", d->exit_code);
		say(o, "Exit code", STYLE_PLAIN, code);
	}
	for (size_t i = 0; !d->cause && i < d->n_tail; i++)
		say(o, i ? NULL : "Last lines", STYLE_DIM, d->tail[i]);
}

static void say_diff(const struct out *o, const char *diff)
{
	struct sv rest = sv_of(diff), line;
	while (*diff && sv_split(&rest, '\n', &line)) {
		AUTO_STR text = sv_dup(line);
		text_mask(text, line.len);
		say(o, NULL, line.len && line.p[0] == '+' ? STYLE_GOOD : STYLE_BAD, text);
	}
}

static const char *change_word(enum environment_change c)
{
	return c == ENVIRONMENT_ADDED ? "added" : c == ENVIRONMENT_REMOVED ? "removed" : "changed";
}

static void say_environment(const struct out *o, const struct app_why *w)
{
	char sha[8];
	if (!w->base)
		return;
	oid_sha7(w->base, sha);
	AUTO_STR since = xasprintf("%s is the nearest commit with an image; %s", sha,
	                           w->n_files ? "since then:" : "its environment files are the same: start from it, or build again");
	say(o, "Before", STYLE_PLAIN, since);
	for (size_t i = 0; i < w->n_files; i++) {
		AUTO_STR file = xasprintf("%s %s", w->files[i].path, change_word(w->files[i].change));
		say(o, NULL, STYLE_BOLD, file);
		say_diff(o, w->files[i].diff);
	}
}

void present_why(const struct app_why *w, present_why_fn line, void *ctx)
{
	const struct out o = { line, ctx };
	if (w->succeeded)
		say(&o, "Build", STYLE_GOOD, "the newest build of this commit succeeded");
	else
		say_failure(&o, w->diagnosis);
	say_environment(&o, w);
}

static void set_text(json_t *j, const char *key, const char *text)
{
	json_object_set_new(j, key, text ? json_str_lossy(sv_of(text)) : json_null());
}

static json_t *files_json(const struct app_why *w)
{
	json_t *files = json_array();
	for (size_t i = 0; i < w->n_files; i++) {
		json_t *f = json_object();
		set_text(f, "path", w->files[i].path);
		set_text(f, "change", change_word(w->files[i].change));
		set_text(f, "diff", w->files[i].diff);
		json_array_append_new(files, f);
	}
	return files;
}

void present_json_why(struct buf *b, const struct app_why *w)
{
	const struct diagnosis *d = w->diagnosis;
	AUTO_JSON j = json_object();
	char hex[OID_HEX + 1];
	set_text(j, "rule", d->rule);
	set_text(j, "cause", d->cause);
	set_text(j, "todo", d->todo);
	set_text(j, "evidence", d->evidence);
	json_object_set_new(j, "evidence_line", d->evidence ? json_integer((json_int_t)d->evidence_line + 1) : json_null());
	set_text(j, "step", d->step);
	set_text(j, "command", d->command);
	json_object_set_new(j, "exit_code", d->exit_code >= 0 ? json_integer(d->exit_code) : json_null());
	json_t *tail = json_array();
	for (size_t i = 0; i < d->n_tail; i++)
		json_array_append_new(tail, json_str_lossy(sv_of(d->tail[i])));
	json_object_set_new(j, "last_lines", tail);
	if (w->base)
		oid_hex(w->base, hex);
	set_text(j, "base", w->base ? hex : NULL);
	json_object_set_new(j, "files", files_json(w));
	AUTO_STR text = json_text(j);
	buf_addf(b, "%s\n", text);
}
