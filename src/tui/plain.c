/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dashboard without a screen, for screen readers and terminals that can't place a cursor: what is asked for is printed
 * once, line after line; nothing is ever overwritten. The same commands, lists and questions as on the screen.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tui/logpanel.h"
#include "tui/term.h"

enum { ROWS_AT_ONCE = 20, LOG_LINES = 40, COLUMNS = 78 };
struct plain {
	struct tui *t; struct loop *loop;
	struct buf input;
	struct overlay *shown;         /* the question printed last */
	size_t n_messages;
	int64_t message_at_s;
	bool waiting_list;             /* the list was empty when it was asked for */
	int signo;
};

static void out(struct sv bytes)
{
	term_write(STDOUT_FILENO, bytes);
}

static void out_line(const char *s)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	text_clean(&b, sv_of(s));
	buf_add_char(&b, '\n');
	out(buf_sv(&b));
}

static void prompt(struct plain *p)
{
	static const char *const names[] = { "projects", "branches", "commits", "sessions", "details" };
	const struct prompt *asked = &p->t->prompt;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (asked->label && asked->line.text.len) {
		buf_add_str(&b, "An empty line takes ");
		text_clean(&b, buf_sv(&asked->line.text));
		buf_add_str(&b, "; esc leaves this.\n");
	}
	if (asked->label)
		text_clean(&b, sv_of(strcmp(asked->label, "/") == 0 ? "show only rows with: " : asked->label));
	else
		buf_addf(&b, "%s> ", p->t->top ? "answer" : names[p->t->focus]);
	out(buf_sv(&b));
}

/* ---- printing ---- */
static void print_row(struct plain *p, struct list *l, size_t shown, struct buf *b)
{
	struct row r = { .now_s = p->t->now_s, .ascii = true };
	size_t i, n;
	const struct column *columns = columns_of(l->kind->entity, &n);
	enum style ignored;
	buf_addf(b, "%zu%s", shown + 1, shown == l->cursor ? " (selected):" : ":");
	if (!list_index(l, shown, &i))
		return;
	if (!l->kind->row(p->t, i, &r)) {
		buf_addf(b, " %s\n", l->kind->pane == PANE_SESSIONS ? p->t->session_rows.items[i].name : "...");
		return;
	}
	for (size_t c = 0; c < n; c++) {
		AUTO(buf_fini) struct buf text = BUF_INIT;
		if (!columns[c].rank)
			continue;
		columns[c].text(&text, &r, &ignored);
		if (text.len) {
			buf_add_str(b, columns[c].type == COLUMN_TIME ? " age " : " ");
			text_clean(b, buf_sv(&text));
			buf_add_char(b, ',');
		}
	}
	if (b->len && b->p[b->len - 1] == ',')
		buf_cut_to(b, b->len - 1);
	buf_add_char(b, '\n');
}

static void print_list(struct plain *p)
{
	struct tui *t = p->t;
	struct list *l = &t->lists[t->focus < PANE_MAIN ? t->focus : t->list_focus];
	AUTO(buf_fini) struct buf b = BUF_INIT;
	size_t n = list_len(l), from = l->cursor >= ROWS_AT_ONCE ? l->cursor - ROWS_AT_ONCE / 2 : 0;
	buf_addf(&b, "%s, %zu in all.\n", l->kind->title, n);
	for (size_t k = from; k < n && k < from + ROWS_AT_ONCE; k++)
		print_row(p, l, k, &b);
	if (n > from + ROWS_AT_ONCE)
		buf_addf(&b, "More follow; a number selects a row and shows those around it.\n");
	p->waiting_list = !n;
	if (!n) {
		struct doc d = { 0 };
		doc_begin(&d, COLUMNS, true);
		l->kind->empty(t, &d);
		doc_print(&d, &b);
		doc_fini(&d);
	}
	out(buf_sv(&b));
}

static void print_details(struct plain *p)
{
	static void (*const pages[])(struct tui *, struct doc *) = { details_image, details_commit, details_session };
	struct doc d = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT;
	doc_begin(&d, COLUMNS, true);
	pages[p->t->tab < TAB_LOG ? p->t->tab : TAB_IMAGE](p->t, &d);
	doc_print(&d, &b);
	doc_fini(&d);
	out(buf_sv(&b));
}

static void print_log(struct plain *p)
{
	struct logview *v = &p->t->log->view;
	struct logline line = { 0 };
	struct esc_style plain = ESC_STYLE_PLAIN;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	uint64_t at = logview_last(v), before;
	for (int i = 1; i < LOG_LINES && at != LOG_NOWHERE && (before = logview_prev(v, at)) != LOG_NOWHERE; i++)
		at = before;
	for (; at != LOG_NOWHERE; at = logview_next(v, at)) {
		logview_line(v, at, &plain, &line);
		text_clean(&b, buf_sv(&line.text));
		buf_add_char(&b, '\n');
	}
	logline_fini(&line);
	buf_addf(&b, "%llu lines%s. log prints the newest again.\n", (unsigned long long)logindex_lines(&v->index), p->t->log->ended ? ", ended" : " so far");
	out(buf_sv(&b));
}

/* A question is drawn in memory and read out: no second set of texts. */
static void print_overlay(struct plain *p)
{
	struct tui *t = p->t;
	AUTO(buf_fini) struct buf all = BUF_INIT;
	p->shown = t->top;
	if (!t->top)
		return;
	tui_resize(t, 200, COLUMNS + 4);
	surface_clear(&t->surface);
	draw_overlay(t);
	surface_dump(&t->surface, &all);
	out_line(t->top->title);
	struct sv rest = buf_sv(&all), line;
	while (sv_split(&rest, '\n', &line)) {
		line = sv_trim(line);
		if (line.len && line.p[0] != '=') {
			out(line);
			out(SV("\n"));
		}
	}
	out_line(t->top->ops->hint);
}

static void print_messages(struct plain *p)
{
	size_t n = store_n_messages(p->t->store), fresh = n > p->n_messages ? n - p->n_messages : 0;
	for (size_t i = fresh; i-- > 0;) {
		const struct message *m = store_message_at(p->t->store, i);
		AUTO(buf_fini) struct buf line = BUF_INIT;
		buf_addf(&line, "%s: ", look_of_message(m->level)->word);
		present_message(&line, m);
		out_line(buf_str(&line));
	}
	p->n_messages = n;
	if (p->t->toast.text) {
		out_line(p->t->toast.text);
		free(p->t->toast.text);
		p->t->toast.text = NULL;
	}
}

/* What moves about on a screen, or changes how a log looks there, has no meaning here. */
static bool is_for_plain(const struct tui *t, const struct command *c)
{
	static const enum command_id also[] = { CMD_UNDO, CMD_REFRESH, CMD_MESSAGES, CMD_CONFIG, CMD_DISMISS, CMD_SAVE };
	static const enum command_id never[] = { CMD_ATTACH, CMD_HELP, CMD_PALETTE, CMD_QUIT, CMD_FOLLOW, CMD_WRAP, CMD_NEXT_ERROR, CMD_KEEP_LINES, CMD_FOLD_ALL, CMD_TIMES };
	bool listed = c->hint;
	for (size_t i = 0; i < ARRAY_LEN(also); i++)
		listed |= c->id == also[i];
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		listed &= c->id != never[i];
	if (c->id == CMD_FILTER && t->focus == PANE_MAIN)
		return false;
	return listed && (c->faces & FACE_TUI) && tui_works_here(t, c->id);
}

static void print_help(struct plain *p)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_add_str(&b, "A number selects a row. An empty line prints the list again. projects, branches, commits, sessions change the list. "
	                "details tells about what is selected. quit leaves. Further commands here:\n");
	for (size_t i = 0; i < CMD_COUNT_; i++) {
		const struct command *c = command_at(i);
		if (!is_for_plain(p->t, c))
			continue;
		const char *why = tui_why_not(p->t, c->id);
		buf_addf(&b, "%s: %s%s%s.\n", c->name, c->summary, why ? "; not now, as " : "", why ? why : "");
	}
	out(buf_sv(&b));
}

/* ---- a line ---- */
static void select_row(struct plain *p, size_t number)
{
	struct tui *t = p->t;
	struct list *l;
	if (t->focus == PANE_MAIN)
		focus_pane(t, t->list_focus);
	l = &t->lists[t->focus];
	if (!number || number > list_len(l)) {
		out_line("There is no row of that number.");
		return;
	}
	list_to(t, l, number - 1);
	tui_draw(t);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	print_row(p, l, l->cursor, &b);
	out(buf_sv(&b));
	if (t->focus >= PANE_COMMITS)
		print_details(p);
}

static void answer(struct plain *p, const char *line)
{
	struct overlay *before = p->t->top;
	if (key_name_valid(line) || !*line) {
		tui_key_named(p->t, *line ? line : "enter");
	} else {
		for (const char *c = line; *c; c++) {
			char name[8] = { *c, 0 };
			tui_key_named(p->t, *c == ' ' ? "space" : name);
		}
		if (p->t->top == before)
			tui_key_named(p->t, "enter");
	}
	print_overlay(p);
}

/* The line that a command asked for, a whole one at a time. */
static void answer_prompt(struct plain *p, const char *line)
{
	struct tui *t = p->t;
	struct list *l = t->focus < PANE_MAIN ? &t->lists[t->focus] : NULL;
	AUTO_STR before = l ? xstrdup(buf_str(&l->filter)) : NULL;
	bool leaves = strcmp(line, "esc") == 0;
	if (*line && !leaves)
		line_set(&t->prompt.line, line);
	tui_key_named(t, leaves ? "esc" : "enter");
	print_overlay(p);
	if (l && strcmp(before, buf_str(&l->filter)) != 0)
		print_list(p);
}

static bool pane_word(struct plain *p, const char *line)
{
	static const char *const words[] = { "projects", "branches", "commits", "sessions" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(line, words[i]) == 0) {
			focus_pane(p->t, (enum pane)i);
			tui_draw(p->t);
			print_list(p);
			return true;
		}
	return false;
}

static void run_word(struct plain *p, const char *line)
{
	const struct command *c = command_by_name(line);
	if (strcmp(line, "help") == 0 || strcmp(line, "?") == 0) {
		print_help(p);
	} else if (strcmp(line, "details") == 0) {
		print_details(p);
	} else if (strcmp(line, "quit") == 0 || strcmp(line, "q") == 0) {
		tui_run_command(p->t, CMD_QUIT);
	} else if (!c || !(c->faces & FACE_TUI)) {
		const char *near = command_nearest(line);
		AUTO_STR text = xasprintf("There is no command %s.%s%s%s help lists them.", line, near ? " Did you mean " : "", near ? near : "", near ? "?" : "");
		out_line(text);
	} else if (tui_run_command(p->t, c->id) && c->id == CMD_LOG) {
		tui_draw(p->t);
		print_log(p);
	}
	print_overlay(p);
}

static void take_line(struct plain *p, const char *line)
{
	uint64_t number;
	app_somebody_is_here(p->t->app);
	if (p->t->prompt.label)
		answer_prompt(p, line);
	else if (p->t->top)
		answer(p, line);
	else if (!*line)
		print_list(p);
	else if (sv_to_u64(sv_of(line), &number))
		select_row(p, (size_t)number);
	else if (!pane_word(p, line))
		run_word(p, line);
	tui_draw(p->t);
	print_messages(p);
	if (!p->t->quit)
		prompt(p);
}

static void on_input(void *plain, unsigned events)
{
	struct plain *p = plain;
	char bytes[4096];
	(void)events;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		p->t->quit = true;
		return;
	}
	buf_add(&p->input, bytes, (size_t)n);
	char *end;
	while (!p->t->quit && p->input.len && (end = memchr(p->input.p, '\n', p->input.len))) {
		AUTO_STR line = sv_dup(sv_trim((struct sv){ p->input.p, (size_t)(end - p->input.p) }));
		buf_cut_front(&p->input, (size_t)(end - p->input.p) + 1);
		take_line(p, line);
	}
}

static void on_turn(void *plain)
{
	struct plain *p = plain;
	if (p->t->quit) {
		loop_stop(p->loop);
		return;
	}
	if (!p->t->dirty)
		return;
	tui_draw(p->t);
	bool news = store_n_messages(p->t->store) > p->n_messages || p->t->top != p->shown;
	if (p->waiting_list && list_len(&p->t->lists[p->t->list_focus])) {
		out(SV("\n"));
		print_list(p);
		prompt(p);
	} else if (news) {
		out(SV("\n"));
		print_messages(p);
		if (p->t->top != p->shown)
			print_overlay(p);
		prompt(p);
	}
}

static void on_signal(void *plain, int signo)
{
	struct plain *p = plain;
	p->signo = signo;
	loop_stop(p->loop);
}

static void nothing(void *self)
{
	(void)self;
}

static void no_attach(void *self, const char *session)
{
	(void)self;
	AUTO_STR text = xasprintf("In plain mode use another terminal: berth attach %s", session);
	out_line(text);
}

int plain_run(struct app *a, const struct tui_options *o, struct err *reterr)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	struct plain p = { .loop = app_loop(a), .input = BUF_INIT_MAX(1 << 20) };
	struct host host = { .suspend = nothing, .redraw = nothing, .attach = no_attach };
	struct tui_options mine = *o;
	struct loop_signal *watched[ARRAY_LEN(signals)];
	(void)reterr;
	mine.no_colour = true;
	p.t = tui_new(a, &mine, &host, true);
	tui_resize(p.t, 60, 120);
	out_line("berth, plain. help lists the commands.");
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		watched[i] = loop_signal_watch(p.loop, signals[i], on_signal, &p);
	struct loop_fd *input = loop_fd_watch(p.loop, STDIN_FILENO, LOOP_READ, on_input, &p);
	struct loop_hook *hook = loop_hook_add(p.loop, on_turn, &p);
	tui_draw(p.t);
	print_list(&p);
	print_messages(&p);
	prompt(&p);
	loop_run(p.loop);
	loop_hook_remove(hook);
	loop_fd_unwatch(input);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		loop_signal_unwatch(watched[i]);
	buf_fini(&p.input);
	tui_free(p.t);
	return p.signo ? 128 + p.signo : 0;
}
