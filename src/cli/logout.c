/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Foreign log bytes on standard output. To a terminal: text, colours and line ends, nothing else. To a pipe: text only, and of
 * what carriage returns wrote over each other the last state. */
#include "berth/text.h"
#include "berth/trace.h"
#include "cli/cli_impl.h"

enum { LINE_MAX_BYTES = 4 << 20, IDLE_MS = 1000 };
struct logging {
	struct logout filter;
	struct trace *trace;           /* with --json */
	struct buf out;                /* what is to be written next */
	uint64_t n_lines;
	bool cut, follow;
	struct loop_timer *idle;
	struct app_log *log;
	void (*done)(struct cli *c, const struct err *err);
};

static void take_bytes(void *logout, const struct unstamp_line *line);

void logout_init(struct logout *l, bool plain, bool colour)
{
	*l = (struct logout){ .plain = plain, .colour = colour, .line = BUF_INIT_MAX(LINE_MAX_BYTES) };
	esc_init(&l->parser);
	l->unstamp = unstamp_new(take_bytes, l);
}

void logout_fini(struct logout *l)
{
	buf_fini(&l->line);
	buf_fini(&l->lead);
	unstamp_free(l->unstamp);
}

static void add_colour(struct buf *b, int32_t colour, int base)
{
	if (colour < 0)
		return;
	if (colour & 0x1000000)
		buf_addf(b, ";%d;2;%d;%d;%d", base + 8, (colour >> 16) & 255, (colour >> 8) & 255, colour & 255);
	else
		buf_addf(b, ";%d;5;%d", base + 8, colour);
}

static void add_style(struct buf *b, const struct esc_style *s)
{
	static const struct { int bit, code; } codes[] = { { ESC_BOLD, 1 }, { ESC_FAINT, 2 }, { ESC_ITALIC, 3 }, { ESC_UNDERLINE, 4 }, { ESC_REVERSE, 7 }, { ESC_STRIKE, 9 } };
	buf_add_str(b, "\033[0");
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (s->attrs & codes[i].bit)
			buf_addf(b, ";%d", codes[i].code);
	add_colour(b, s->fg, 30);
	add_colour(b, s->bg, 40);
	buf_add_char(b, 'm');
}

/* What stands before the tabs is unknown here, so they pass; all else is cleaned. */
static void add_text(struct buf *b, struct sv text)
{
	struct sv piece;
	bool first = true;
	while (sv_split(&text, '\t', &piece)) {
		if (!first)
			buf_add_char(b, '\t');
		first = false;
		text_clean(b, piece);
	}
}

static void begin(struct logout *l, struct buf *out)
{
	if (!l->begun)
		buf_add_sv(out, buf_sv(&l->lead));
	l->begun = true;
}

/* The first n bytes of the line so far, secrets masked. */
static void emit(struct logout *l, struct buf *out, size_t n)
{
	if (!n)
		return;
	if (!l->secrets)
		text_mask(l->line.p, n);
	begin(l, out);
	buf_add(out, l->line.p, n);
	buf_cut_front(&l->line, n);
}

/* "\r\n" ends a line; a lone "\r" goes back to its start. Which of the two it was shows at the next token. */
static void go_back(struct logout *l, struct buf *out)
{
	struct sv before = buf_sv(&l->line);
	l->cr = l->shown = false;
	l->marker |= sv_starts(before, SV("section_start:")) || sv_starts(before, SV("section_end:"));
	if (!l->plain) {
		emit(l, out, l->line.len);
		buf_add_char(out, '\r');
		l->begun = false;
	}
	buf_clear(&l->line);
}

/* A line that is there for the end of a section is none for a person. */
static void end_line(struct logout *l, struct buf *out)
{
	l->cr = false;
	emit(l, out, l->line.len);
	if (l->shown || !l->marker) {
		begin(l, out);
		buf_add_char(out, '\n');
	}
	l->begun = l->shown = l->marker = false;
}

static void take_token(struct logout *l, struct buf *out, const struct esc_token *t)
{
	if (l->cr && t->kind != ESC_LF && t->kind != ESC_CR && t->kind != ESC_STYLE)
		go_back(l, out);
	switch (t->kind) {
	case ESC_TEXT:
		add_text(&l->line, t->text);
		l->shown = true;
		break;
	case ESC_LF:
		end_line(l, out);
		break;
	case ESC_CR:
		l->cr = true;
		break;
	case ESC_STYLE:
		if (!l->colour)
			break;
		emit(l, out, l->line.len);
		add_style(out, &l->parser.style);
		break;
	case ESC_ERASE_LINE:
		if (!l->plain) {
			emit(l, out, l->line.len);
			buf_add_str(out, "\033[K");
		}
		break;
	case ESC_BS:
	case ESC_OTHER:
		break;
	}
}

/* A terminal shows a line as it grows, but for its last words: they may be the beginning of a secret. */
static size_t before_last_words(struct sv line)
{
	size_t i = line.len;
	for (int words = 0; i && words < 3; words++) {
		while (i && line.p[i - 1] == ' ')
			i--;
		while (i && line.p[i - 1] != ' ')
			i--;
	}
	return line.len > 4096 ? line.len : i;
}

static void take_bytes(void *logout, const struct unstamp_line *line)
{
	struct logout *l = logout;
	struct sv bytes = line->bytes;
	struct esc_token t;
	buf_clear(&l->lead);
	if (l->times && *line->stamp)
		buf_addf(&l->lead, "%.19sZ ", line->stamp); /* to the second */
	while (esc_next(&l->parser, &bytes, &t))
		take_token(l, l->out, &t);
	if (!l->plain && l->line.len)
		emit(l, l->out, before_last_words(buf_sv(&l->line)));
}

void logout_feed(struct logout *l, struct sv bytes, struct buf *out)
{
	l->out = out;
	unstamp_feed(l->unstamp, bytes);
}

void logout_idle(struct logout *l, struct buf *out)
{
	l->out = out;
	unstamp_flush(l->unstamp);
}

void logout_finish(struct logout *l, struct buf *out)
{
	l->out = out;
	unstamp_end(l->unstamp);
	if (l->line.len || (l->shown && !l->plain))
		end_line(l, out);
	if (l->colour)
		buf_add_str(out, "\033[0m");
	buf_clear(&l->line);
	l->begun = l->shown = l->marker = l->cr = false;
	esc_init(&l->parser);
}

/* ---- JSON ---- */
/* GitLab's own lines, each written when it is known: {"lines":[…]}. */
static void add_json_line(void *logging, const struct trace_line *l)
{
	struct logging *g = logging;
	buf_add_str(&g->out, g->n_lines++ ? ",\n" : "\n");
	trace_add_json(&g->out, l);
	g->cut |= l->cut;
}

/* ---- from the source to standard output ---- */
static void logging_free(struct cli *c)
{
	struct logging *g = c->data;
	loop_timer_stop(g->idle);
	c->data = NULL;
	c->clean_up = NULL;
	logout_fini(&g->filter);
	trace_free(g->trace);
	buf_fini(&g->out);
	free(g);
}

/* cli_out may end the run, and what is here with it: it comes last. */
static void put(struct cli *c, struct logging *g)
{
	AUTO(buf_fini) struct buf out = g->out;
	g->out = BUF_INIT;
	if (out.len)
		cli_out(c, buf_sv(&out));
}

static void idle(void *cli)
{
	struct cli *c = cli;
	struct logging *g = c->data;
	logout_idle(&g->filter, &g->out);
	put(c, g);
}

static void piece(void *cli, struct sv bytes)
{
	struct cli *c = cli;
	struct logging *g = c->data;
	if (g->trace)
		trace_feed(g->trace, bytes, add_json_line, g);
	else
		logout_feed(&g->filter, bytes, &g->out);
	if (g->idle)
		loop_timer_again(g->idle, IDLE_MS);
	else if (g->follow && !g->trace)
		g->idle = loop_timer_start(app_loop(c->app), IDLE_MS, 0, idle, c);
	put(c, g);
}

static void rewritten(void *cli)
{
	struct cli *c = cli;
	struct logging *g = c->data;
	cli_note(c, "The log was written anew; it follows from its start.");
	if (g->trace) {
		trace_free(g->trace);
		g->trace = trace_new();
	} else {
		logout_finish(&g->filter, &g->out);
	}
	put(c, g);
}

static void ended(void *cli, const struct err *err)
{
	struct cli *c = cli;
	struct logging *g = c->data;
	void (*done)(struct cli *, const struct err *) = g->done;
	if (g->trace) {
		trace_end(g->trace, add_json_line, g);
		buf_add_str(&g->out, g->n_lines ? "\n]}\n" : "]}\n");
	} else {
		logout_finish(&g->filter, &g->out);
	}
	if (g->cut)
		cli_note(c, "A line of more than 16 MiB was cut there.");
	put(c, g);
	logging_free(c);
	done(c, err);
}

static void logging_stop(struct cli *c)
{
	app_log_stop(((struct logging *)c->data)->log);
	logging_free(c);
}

void logout_start(struct cli *c, enum app_log_kind kind, const char *id, bool follow, void (*done)(struct cli *c, const struct err *err))
{
	static const struct app_log_events events = { .piece = piece, .rewritten = rewritten, .end = ended };
	struct logging *g = xcalloc(1, sizeof *g);
	logout_init(&g->filter, !c->out_tty, c->colour);
	g->filter.secrets = cli_flag(c, "secrets") != NULL;
	g->filter.times = cli_flag(c, "times") != NULL;
	g->follow = follow;
	g->done = done;
	c->data = g;
	c->clean_up = logging_stop;
	if (c->json) {
		g->trace = trace_new();
		buf_add_str(&g->out, "{\"lines\":[");
	}
	g->log = app_log_follow(c->app, kind, id, follow, &events, c);
}
