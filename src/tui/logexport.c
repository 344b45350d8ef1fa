/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log written to a file by a worker: as it is, with secrets masked while they are masked on the screen; or, for a pager or an
 * editor, also without anything that could move a terminal. The file appears whole under its name, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "berth/path.h"
#include "tui/logpanel.h"

struct log_export {
	struct log_panel *p;
	struct loop_work *work;
	int in, out;
	uint64_t len;
	bool mask, clean, editor;
	char *path, *shown, *tmp;      /* shown: as the person wrote it; NULL: for a program */
	struct err err;
};

/* ---- on the worker ---- */
static bool put(struct log_export *e, struct sv s)
{
	if (file_write_all(e->out, s) == 0)
		return true;
	err_set_errno(&e->err, errno, "%s", e->path);
	return false;
}

static void clean_lines(struct buf *out, struct sv s, bool mask)
{
	struct logline l = { 0 };
	struct sv line;
	struct esc_style plain = ESC_STYLE_PLAIN;
	while (sv_split(&s, '\n', &line)) {
		if (!s.p && !line.len)
			break;
		bool only_ends = logline_only_ends(line);
		logline_begin(&l, &plain);
		logline_add(&l, line);
		logline_end(&l, mask);
		if (!only_ends) {
			text_clean(out, buf_sv(&l.text));
			buf_add_char(out, '\n');
		}
	}
	logline_fini(&l);
}

static bool give(struct log_export *e, char *bytes, size_t n)
{
	AUTO(buf_fini) struct buf out = BUF_INIT;
	if (!e->clean) {
		if (e->mask)
			text_mask(bytes, n);
		return put(e, (struct sv){ bytes, n });
	}
	clean_lines(&out, (struct sv){ bytes, n }, e->mask);
	return put(e, buf_sv(&out));
}

/* Whole lines at a time, so that no secret is cut in half. */
static void process(struct loop_work *w, void *export)
{
	struct log_export *e = export;
	char *block = xmalloc(LOG_BLOCK);
	uint64_t at = 0;
	while (at < e->len && !loop_work_cancelled(w)) {
		ssize_t r = pread(e->in, block, (size_t)MIN_OF((uint64_t)LOG_BLOCK, e->len - at), (off_t)at);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0) {
			if (r < 0)
				err_set_errno(&e->err, errno, "the log could not be read");
			break;
		}
		const char *last = at + (size_t)r < e->len ? memrchr(block, '\n', (size_t)r) : NULL;
		size_t n = last ? (size_t)(last + 1 - block) : (size_t)r;
		if (!give(e, block, n))
			break;
		at += n;
	}
	free(block);
	if (!e->err.code && e->shown && !loop_work_cancelled(w) && (fsync(e->out) < 0 || rename(e->tmp, e->path) < 0))
		err_set_errno(&e->err, errno, "%s", e->path);
}

/* ---- on the loop ---- */
static void export_free(struct log_export *e)
{
	if (e->in >= 0)
		close(e->in);
	if (e->out >= 0)
		close(e->out);
	if (e->tmp)
		unlink(e->tmp); /* renamed when all went well */
	free(e->tmp);
	free(e->path);
	free(e->shown);
	free(e);
}

static void program_ended(void *tui, void *file, int status)
{
	unlink(file);
	free(file);
	if (status && status != 130) /* ctrl-C is how one leaves many a program */
		say(tui, MESSAGE_WARN, "the program ended with code %d", status);
	tui_dirty(tui);
}

static void run_program(struct log_panel *p, struct log_export *e)
{
	const char *named = getenv(e->editor ? "VISUAL" : "PAGER");
	if (e->editor && !(named && *named))
		named = getenv("EDITOR");
	named = named && *named ? named : e->editor ? "vi" : "less";
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_addf(&b, "%s ", named); /* may have words of its own, as in "less -S": that is for a shell */
	buf_add_shell_quoted(&b, sv_of(e->tmp));
	const char *const argv[] = { "/bin/sh", "-c", buf_str(&b), NULL };
	char *file = e->tmp;
	e->tmp = NULL;
	if (p->t->host.run && p->t->host.run(p->t->host.self, argv, program_ended, file))
		return;
	say(p->t, MESSAGE_WARN, "no program can be run from here");
	unlink(file);
	free(file);
}

static void done(void *export, bool cancelled)
{
	struct log_export *e = export;
	struct log_panel *p = e->p;
	if (cancelled) {
		export_free(e);
		return;
	}
	p->export = NULL;
	if (e->err.code)
		say_error(p->t, &e->err);
	else if (e->shown)
		say(p->t, MESSAGE_GOOD, e->mask ? "the log is saved in %s, tokens masked" : "the log is saved in %s", e->shown);
	else
		run_program(p, e);
	export_free(e);
}

static void begin(struct log_panel *p, struct log_export *e)
{
	AUTO_STR dir = e->shown ? NULL : path_of(PATH_RUNTIME, "log");
	struct err err = { 0 };
	e->p = p;
	e->in = e->out = -1;
	e->len = p->view.store.len;
	e->mask = p->view.mask;
	e->tmp = e->shown ? xasprintf("%s.XXXXXX", e->path) : xasprintf("%s/berth-XXXXXX.log", dir);
	if (!e->len)
		err_set(&err, ERR_NOT_FOUND, "there is no log here to %s", e->shown ? "save" : "open");
	else if (dir && path_make_dirs(dir, &err) < 0)
		;
	else if ((e->in = dup(p->view.store.fd)) < 0 || (e->out = mkostemps(e->tmp, e->shown ? 0 : 4, O_CLOEXEC)) < 0)
		err_set_errno(&err, errno, "%s", e->path ? e->path : dir);
	if (err.code) {
		if (e->out < 0) {
			free(e->tmp);
			e->tmp = NULL;
		}
		say_error(p->t, &err);
		export_free(e);
		return;
	}
	log_export_stop(p);
	p->export = e;
	e->work = loop_work_submit(p->t->loop, process, done, e);
}

void log_export_save(struct log_panel *p, const char *path)
{
	struct log_export *e = xcalloc(1, sizeof *e);
	e->path = path_expand_home(path);
	e->shown = xstrdup(path);
	begin(p, e);
}

void log_export_open(struct log_panel *p, bool editor)
{
	struct log_export *e = xcalloc(1, sizeof *e);
	e->editor = editor;
	e->clean = true;
	begin(p, e);
}

void log_export_stop(struct log_panel *p)
{
	if (p->export)
		loop_work_cancel(p->export->work);
	p->export = NULL;
}

/* ---- a name ---- */
char *log_file_name(const struct log_panel *p)
{
	const char *base = p->kind == APP_LOG_FILE && p->id ? strrchr(p->id, '/') : NULL;
	struct sv rest = sv_of(base ? base + 1 : p->id ? p->id : "berth"), first;
	AUTO(buf_fini) struct buf name = BUF_INIT;
	struct project_id id = { 0 };

	if (p->kind == APP_LOG_JOB && sv_split(&rest, '-', &first) && sv_to_u64(first, &id.v)) {
		const struct project *project = store_project(p->t->store, id);
		buf_addf(&name, "%s-", project ? project->name : "job");
	}
	for (size_t i = 0; i < rest.len; i++) /* of a build: its project, a slash, its number */
		buf_add_char(&name, rest.p[i] == '/' ? '-' : rest.p[i]);
	if (!sv_ends(rest, SV(".log")))
		buf_add_str(&name, ".log");
	return buf_take(&name);
}
