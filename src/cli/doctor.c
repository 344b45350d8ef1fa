/* SPDX-License-Identifier: GPL-3.0-or-later */
/* doctor: what is well here and what is not, line by line as it is known; the exit code tells whether there was a problem. */
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli_impl.h"

struct visit { struct writer *writer; unsigned n[CHECK_PROBLEM + 1]; };

static void drop(struct cli *c)
{
	struct visit *v = c->data;
	writer_free(v->writer);
	free(v);
	c->data = NULL;
	c->clean_up = NULL;
}

/* What is longer than the terminal is wide goes on below where it began. */
static void print_wrapped(struct cli *c, int indent, const char *text)
{
	struct sv rest = sv_of(text), line;
	size_t width = cli_width(), cols = width > (size_t)indent + 20 ? width - (size_t)indent : 0;
	for (bool first = true; cols && text_wrap(&rest, cols, &line); first = false)
		cli_outf(c, "%*s%.*s\n", first ? 0 : indent, "", (int)line.len, line.p);
	if (!cols)
		cli_outf(c, "%s\n", text);
}

/* One line of the answer, and what to do about it below. */
static void print_line(struct cli *c, const struct app_check *k)
{
	const struct look *look = look_of_check(k->level);
	AUTO_STR what = text_cleaned(k->what);
	AUTO(buf_fini) struct buf fix = BUF_INIT;
	present_with_capital(&fix, k->fix);
	static const char *const colours[] = { "32", "33", "31" };
	const char *glyph = c->ascii ? look->ascii : look->glyph;
	cli_outf(c, "%s%s%s%s %-8s %-9s ", c->colour ? "\033[" : "", c->colour ? colours[k->level] : "", c->colour ? "m" : "", glyph, look->word, k->subject);
	print_wrapped(c, 21, what);
	if (fix.len) {
		cli_outf(c, "%*s-> ", 21, "");
		print_wrapped(c, 24, buf_str(&fix));
	}
	if (c->colour)
		cli_out(c, SV("\033[0m"));
}

static void got(void *cli, const struct app_check *k)
{
	struct cli *c = cli;
	struct visit *v = c->data;
	v->n[k->level]++;
	if (v->writer) {
		struct row r = cli_row(c);
		r.check = k;
		writer_row(v->writer, &r);
	} else {
		print_line(c, k);
	}
}

static void visited(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct visit *v = c->data;
	struct err failed = { 0 };
	unsigned problems = v->n[CHECK_PROBLEM], warnings = v->n[CHECK_WARNING];
	struct writer *w = v->writer;
	v->writer = NULL;
	drop(c);
	if (w)
		cli_write(c, w);
	if (!err && problems) {
		err_set(&failed, ERR_FAILED, "%u problem%s, %u warning%s", problems, problems == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
		err_hint(&failed, "Each says above what to do about it.");
		err = &failed;
	} else if (!err && !c->json) {
		cli_note(c, warnings ? "No problem, %u warning%s." : "All is well.", warnings, warnings == 1 ? "" : "s");
	}
	cli_end(c, err);
}

void run_doctor(struct cli *c)
{
	struct winsize size = { 0 };
	struct visit *v = xcalloc(1, sizeof *v);
	struct app_terminal t = { .is_terminal = c->out_tty, .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 };
	c->data = v;
	c->clean_up = drop;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
		t.rows = size.ws_row;
		t.columns = size.ws_col;
	}
	if (c->json || !c->out_tty || c->columns || c->sort) {
		v->writer = cli_writer(c, ENTITY_CHECK);
		if (!v->writer)
			return;
	}
	app_doctor(c->app, &t, got, visited, c);
}
