/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages that somebody is asked for: is all well, the Dockerfile of a commit. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "berth/path.h"
#include "tui/page.h"

/* ---- is all well? ---- */
enum { CHECK_COLS = 22 };

static void fill_doctor(struct tui *t, struct page *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct doc_row *r = &p->rows[i];
		if (r->look)
			doc_add(&p->doc, r->look->style, "%s %-8s ", t->surface.ascii ? r->look->ascii : r->look->glyph, r->look->word);
		if (r->label)
			doc_add(&p->doc, STYLE_KEY, "%-11s", r->label);
		doc_wrap(&p->doc, r->style, CHECK_COLS, sv_of(r->text));
	}
	if (p->asking)
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("Looking..."));
}

static void got_check(void *page, const struct app_check *c)
{
	struct page *p = page;
	page_row(p, c->subject, STYLE_PLAIN, c->what);
	p->rows[p->n_rows - 1].look = look_of_check(c->level);
	AUTO(buf_fini) struct buf fix = BUF_INIT;
	present_with_capital(&fix, c->fix);
	if (fix.len)
		page_row(p, NULL, STYLE_DIM, buf_str(&fix));
	tui_dirty(p->t);
}

void open_doctor(struct tui *t)
{
	struct page *p = page_open(t, &page_ops, "Is all well?", fill_doctor);
	const struct app_terminal terminal = { .is_terminal = true, .utf8 = !t->surface.ascii, .rows = (unsigned)t->surface.rows, .columns = (unsigned)t->surface.cols };
	p->asking = app_doctor(t->app, &terminal, got_check, page_asked, p);
}

/* ---- the Dockerfile of a commit ---- */
static void fill_dockerfile(struct tui *t, struct page *p)
{
	struct sv rest = buf_sv(&p->text), line;
	(void)t;
	if (p->err.code) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, &p->err);
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
		return;
	}
	if (p->asking) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("Reading the commit..."));
		return;
	}
	for (size_t i = 0; i < p->n_rows; i++)
		doc_wrap(&p->doc, p->rows[i].style, 0, sv_of(p->rows[i].text));
	doc_nl(&p->doc);
	while (sv_split(&rest, '\n', &line)) {
		if (line.len)
			doc_wrap(&p->doc, line.p[0] == '#' ? STYLE_DIM : STYLE_PLAIN, 0, line);
		else if (rest.p)
			doc_nl(&p->doc);
	}
}

static void got_dockerfile(void *page, const struct app_dockerfile *d)
{
	struct page *p = page;
	AUTO_STR made = xasprintf("The commit has no Dockerfile: its image is built with this one%s%s. It is in no commit until you put it into one.", *d->made_from ? ", made from " : "", d->made_from);
	page_row(p, NULL, d->generated ? STYLE_WARN : STYLE_DIM, d->generated ? made : "The commit's own:");
	buf_add_sv(&p->text, d->text);
}

static const struct overlay_ops dockerfile_ops;

/* What is there already is never written over. */
static int write_new(const char *path, struct sv bytes, struct err *reterr)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return err_set(reterr, ERR_CONFLICT, "%s is there already; nothing was written", path);
	if (fd < 0)
		return err_set_errno(reterr, errno, "%s", path);
	int r = file_write_all(fd, bytes) < 0 || fsync(fd) < 0 ? err_set_errno(reterr, errno, "%s", path) : 0;
	close(fd);
	if (r < 0)
		unlink(path);
	return r;
}

static void export_done(struct tui *t, const char *text, bool accepted)
{
	AUTO_STR path = path_expand_home(text);
	struct err err = { 0 };
	if (!accepted || !*text || !t->top || t->top->ops != &dockerfile_ops)
		return;
	struct page *p = (struct page *)t->top;
	if (write_new(path, buf_sv(&p->text), &err) < 0)
		say_error(t, &err);
	else
		say(t, MESSAGE_GOOD, "%s is written", text);
}

static bool dockerfile_key(struct tui *t, struct overlay *o, const struct key *k)
{
	struct page *p = (struct page *)o;
	const struct project *project = store_project(t->store, t->sel.project);
	if (!p->text.len || k->name[1])
		return false;
	if (k->name[0] == 'y') {
		do_copy_text(t, "Dockerfile", buf_sv(&p->text));
	} else if (k->name[0] == 'e') {
		AUTO_STR path = project && project->dir && !project->bare ? path_join(project->dir, "Dockerfile") : xstrdup("~/Dockerfile");
		open_prompt(t, "write it to: ", path, NULL, export_done);
	} else {
		return false;
	}
	return true;
}

static const struct overlay_ops dockerfile_ops = {
	"Dockerfile", page_height, page_draw, dockerfile_key, page_command, page_fini, "y copies it   e writes it to a file   esc closes", NULL,
};

void open_dockerfile(struct tui *t)
{
	char sha[8];
	oid_sha7(&t->sel.commit, sha);
	AUTO_STR title = xasprintf("Dockerfile of %s", sha);
	struct page *p = page_open(t, &dockerfile_ops, title, fill_dockerfile);
	p->asking = app_dockerfile(t->app, t->sel.project, &t->sel.commit, got_dockerfile, page_asked, p);
}
