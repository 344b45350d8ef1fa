/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grid on a terminal, through ncursesw. We hand curses only the cells that differ from the frame before; it finds the
 * cheapest bytes for them, in one doupdate() a frame, and so in one write while they fit its buffer (it is as large as the
 * screen). Input is not read here: stdin belongs to the loop.
 */
#define NCURSES_WIDECHAR 1
#include "tui/surface.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include "berth/mem.h"
#include "tui/truecolour.h"

/* Last: they have macros for words like lines, columns and bell. */
#include <curses.h>
#include <term.h>

enum { PAIRS_CACHED = 4096 };
enum depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE, DEPTH_DIRECT /* true, and the terminal's description knows */ };
struct screen {
	SCREEN *curses;
	enum depth depth;
	int rows, cols;
	FILE *out; int aside;          /* DEPTH_TRUE: what curses writes to, and where that goes instead; out NULL: the terminal itself */
	struct colour_slots slots;
	struct cell *shown;            /* what the terminal has */
	bool repaint, away, cursor_shown, drawn;
	struct { int32_t fg, bg; int pair; } pairs[PAIRS_CACHED]; /* open addressing, pair 0: free */
	int n_pairs, pairs_max;
};

/* ---- how many colours ---- */
static bool says_truecolour(void)
{
	const char *c = getenv("COLORTERM");
	return c && (strcmp(c, "truecolor") == 0 || strcmp(c, "24bit") == 0);
}

static bool entry_is_direct(void)
{
	return tigetflag("RGB") > 0 || tigetnum("RGB") > 0 || (tigetstr("RGB") && tigetstr("RGB") != (char *)-1);
}

/* Whether its colours are named as colour_slots_translate() reads them. */
static bool names_256(void)
{
	const char *setaf = tigetstr("setaf");
	return tigetnum("colors") >= 256 && setaf && setaf != (char *)-1 && strstr(setaf, "38;5;");
}

static enum depth depth_wanted(const struct screen_options *o, int colours)
{
	if (o->no_colour || o->colour == UI_COLOUR_NONE || colours < 8)
		return DEPTH_MONO;
	switch (o->colour) {
	case UI_COLOUR_TRUE:
		return entry_is_direct() ? DEPTH_DIRECT : names_256() ? DEPTH_TRUE : colours >= 256 ? DEPTH_256 : DEPTH_16;
	case UI_COLOUR_256:
		return colours >= 256 ? DEPTH_256 : DEPTH_16;
	case UI_COLOUR_16:
		return DEPTH_16;
	default:
		return entry_is_direct() ? DEPTH_DIRECT : says_truecolour() && names_256() ? DEPTH_TRUE : colours >= 256 ? DEPTH_256 : DEPTH_16;
	}
}

const char *screen_colours(const struct screen *c)
{
	static const char *const names[] = { "mono", "16", "256", "true", "true" };
	return names[c->depth];
}

/* ---- aside: what curses writes goes through our hands first, where it has to be told in 24-bit colours ---- */
static bool aside_open(struct screen *c)
{
	int fd = dup(STDOUT_FILENO);
	c->out = fd < 0 ? NULL : fdopen(fd, "w");
	c->aside = c->out ? memfd_create("berth", MFD_CLOEXEC) : -1;
	if (c->out && c->aside >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		colour_slots_init(&c->slots);
		return true;
	}
	if (c->out)
		fclose(c->out);
	else if (fd >= 0)
		close(fd);
	c->out = NULL;
	return false;
}

static void aside_close(struct screen *c)
{
	if (!c->out)
		return;
	fclose(c->out);
	close(c->aside);
	c->out = NULL;
}

/* One update, in one write: curses' own, or what it would have written with the colours that are meant. */
static void update(struct screen *c)
{
	AUTO(buf_fini) struct buf raw = BUF_INIT;
	AUTO(buf_fini) struct buf out = BUF_INIT;
	char bytes[4096];
	ssize_t n;
	off_t at = 0;
	if (!c->out || dup2(c->aside, fileno(c->out)) < 0) {
		doupdate();
		return;
	}
	lseek(c->aside, 0, SEEK_SET);
	doupdate();
	off_t size = lseek(c->aside, 0, SEEK_CUR);
	dup2(STDOUT_FILENO, fileno(c->out));
	while (at < size && (n = pread(c->aside, bytes, MIN_OF(sizeof bytes, (size_t)(size - at)), at)) > 0) {
		buf_add(&raw, bytes, (size_t)n);
		at += n;
	}
	colour_slots_translate(&c->slots, buf_sv(&raw), &out);
	term_write(STDOUT_FILENO, buf_sv(&out));
}

/* ---- life ---- */
static void modes_on(void)
{
	raw(); /* ctrl-S, ctrl-Q and ctrl-Z are keys of ours */
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	leaveok(stdscr, FALSE);
}

static int term_check(const char *term, struct err *reterr)
{
	int ret = 0;
	if (setupterm(term, STDOUT_FILENO, &ret) != OK) {
		err_set(reterr, ERR_UNSUPPORTED, "the terminal type TERM=%s is not known on this machine", term ? term : "");
		err_hint(reterr, "install ncurses-term, set TERM=xterm-256color, or use berth --plain");
		return -ERR_UNSUPPORTED;
	}
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		err_set(reterr, ERR_UNSUPPORTED, "the terminal type TERM=%s can't place the cursor", term ? term : "");
		err_hint(reterr, "berth --plain works on any terminal");
		return -ERR_UNSUPPORTED;
	}
	return 0;
}

struct screen *screen_open(const struct screen_options *o, struct err *reterr)
{
	const char *term = getenv("TERM");
	if (term_check(term, reterr) < 0)
		return NULL;
	struct screen *c = xcalloc(1, sizeof *c);
	c->depth = depth_wanted(o, tigetnum("colors"));
	del_curterm(cur_term);
	if (c->depth == DEPTH_TRUE && !aside_open(c))
		c->depth = DEPTH_256;
	c->curses = newterm(term, c->out ? c->out : stdout, stdin);
	if (!c->curses) {
		aside_close(c);
		err_set(reterr, ERR_UNSUPPORTED, "the terminal could not be set up");
		err_hint(reterr, "berth --plain works on any terminal");
		free(c);
		return NULL;
	}
	set_escdelay(25);
	modes_on();
	if (c->depth != DEPTH_MONO) {
		start_color();
		use_default_colors();
		c->pairs_max = MIN_OF(COLOR_PAIRS, 32767);
		if (c->pairs_max < 8)
			c->depth = DEPTH_MONO;
	}
	/* Until a first endwin() ncurses writes after each cursor movement; from then on once an update. */
	def_prog_mode();
	endwin();
	reset_prog_mode();
	getmaxyx(stdscr, c->rows, c->cols);
	c->shown = xcalloc((size_t)c->rows * (size_t)c->cols + 1, sizeof *c->shown);
	c->repaint = true;
	return c;
}

/* What a terminal without a second screen shows stays there: its last row is the shell's. */
static void end_curses(struct screen *c)
{
	if (!exit_ca_mode && c->drawn) {
		move(c->rows - 1, 0);
		clrtoeol();
		refresh();
	}
	endwin();
}

void screen_free(struct screen *c)
{
	if (!c)
		return;
	if (!c->away)
		end_curses(c);
	delscreen(c->curses);
	aside_close(c);
	free(c->shown);
	free(c);
}

void screen_size(const struct screen *c, int *ret_rows, int *ret_cols)
{
	*ret_rows = c->rows;
	*ret_cols = c->cols;
}

void screen_resize(struct screen *c, int rows, int cols)
{
	c->rows = MAX_OF(rows, 1);
	c->cols = MAX_OF(cols, 1);
	if (!c->away)
		resizeterm(c->rows, c->cols);
	free(c->shown);
	c->shown = xcalloc((size_t)c->rows * (size_t)c->cols + 1, sizeof *c->shown);
	c->repaint = true;
}

void screen_repaint(struct screen *c)
{
	c->repaint = true;
}

void screen_leave(struct screen *c)
{
	if (!c->away) {
		end_curses(c);
		if (cursor_normal) {
			putp(cursor_normal);
			fflush(stdout);
		}
	}
	c->away = true;
}

void screen_enter(struct screen *c)
{
	c->away = false;
	reset_prog_mode();
	modes_on();
	resizeterm(c->rows, c->cols);
	c->repaint = true;
}

/* ---- cells ---- */
static int colour_for(struct screen *c, int32_t colour)
{
	if (colour < 0)
		return -1;
	if (c->depth == DEPTH_TRUE)
		return colour_slots_take(&c->slots, colour);
	if (c->depth == DEPTH_DIRECT) { /* direct entries: 0 to 7 are the palette's, the rest is red, green, blue */
		static const int32_t bright[8] = { 0x7f7f7f, 0xff5f5f, 0x5fff5f, 0xffff5f, 0x5f87ff, 0xff5fff, 0x5fffff, 0xffffff };
		if (colour >= 0x1000000)
			return (colour & 0xffffff) < 8 ? 8 : colour & 0xffffff;
		if (colour < 8)
			return colour;
		if (colour < 16)
			return bright[colour - 8];
		if (colour < 232)
			return ((colour - 16) / 36 ? (colour - 16) / 36 * 40 + 55 : 0) << 16 | ((colour - 16) / 6 % 6 ? (colour - 16) / 6 % 6 * 40 + 55 : 0) << 8 |
			       ((colour - 16) % 6 ? (colour - 16) % 6 * 40 + 55 : 0);
		return (8 + (colour - 232) * 10) * 0x10101;
	}
	return c->depth == DEPTH_256 ? ink_to_256(colour) : ink_to_16(colour, COLORS >= 16 ? 16 : 8);
}

/* Pairs are made when a colour is first drawn; with none left the text shows in the default colours. */
static int pair_for(struct screen *c, int32_t fg, int32_t bg)
{
	int f = colour_for(c, fg), b = colour_for(c, bg);
	if (c->depth == DEPTH_MONO)
		return 0; /* else the terminal's own colours have a pair too: from colour to pair 0 curses sends 6 bytes more */
	size_t slot = ((uint32_t)f * 2654435761u ^ (uint32_t)b * 40503u) % PAIRS_CACHED;
	while (c->pairs[slot].pair && (c->pairs[slot].fg != f || c->pairs[slot].bg != b))
		slot = (slot + 1) % PAIRS_CACHED;
	if (c->pairs[slot].pair)
		return c->pairs[slot].pair;
	if (c->n_pairs + 1 >= c->pairs_max || c->n_pairs >= PAIRS_CACHED / 2)
		return 0;
	if (init_extended_pair(c->n_pairs + 1, f, b) == ERR)
		return 0;
	c->n_pairs++;
	c->pairs[slot].fg = f;
	c->pairs[slot].bg = b;
	c->pairs[slot].pair = c->n_pairs;
	return c->n_pairs;
}

/* What curses clears with must be what our blanks are, or it would send them one by one. */
static void set_ground(struct screen *c)
{
	cchar_t blank;
	int pair = pair_for(c, -1, -1);
	if (setcchar(&blank, L" ", A_NORMAL, (short)pair, &pair) == OK)
		bkgrndset(&blank);
}

static attr_t attrs_of(const struct ink *ink)
{
	attr_t a = A_NORMAL;
	a |= ink->attrs & INK_BOLD ? A_BOLD : 0;
	a |= ink->attrs & INK_DIM ? A_DIM : 0;
	a |= ink->attrs & INK_ITALIC ? A_ITALIC : 0;
	a |= ink->attrs & INK_UNDERLINE ? A_UNDERLINE : 0;
	a |= ink->attrs & INK_REVERSE ? A_REVERSE : 0;
	return a;
}

static void send_cell(struct screen *c, const struct surface *s, int y, int x, const struct cell *cell)
{
	wchar_t wide[CCHARW_MAX + 1];
	struct sv rest = { cell->bytes, cell->len };
	const struct ink *meant = surface_ink(s, cell->ink);
	struct ink ink = c->depth == DEPTH_16 && COLORS < 16 ? ink_of_8(*meant) : *meant;
	int pair = pair_for(c, ink.fg, ink.bg);
	size_t n = 0;
	uint32_t code;
	cchar_t out;
	for (size_t used; n < CCHARW_MAX - 1 && (used = utf8_next(rest, &code)) > 0; rest.p += used, rest.len -= used)
		wide[n++] = (wchar_t)code;
	wide[n] = L'\0';
	if (setcchar(&out, wide, attrs_of(&ink), (short)pair, &pair) == OK)
		mvadd_wch(y, x, &out);
}

static void send_rows(struct screen *c, const struct surface *s)
{
	int cols = MIN_OF(c->cols, s->cols);
	for (int y = 0; y < MIN_OF(c->rows, s->rows); y++) {
		const struct cell *row = &s->cells[(size_t)y * (size_t)s->cols];
		struct cell *shown = &c->shown[(size_t)y * (size_t)c->cols];
		for (int x = 0; x < cols; x++) {
			if (memcmp(&row[x], &shown[x], sizeof *row) == 0)
				continue;
			shown[x] = row[x];
			if (row[x].width)
				send_cell(c, s, y, x, &row[x]);
		}
	}
}

void screen_show(struct screen *c, const struct surface *s)
{
	if (c->away)
		return;
	bool again = c->repaint;
	if (again) {
		memset(c->shown, 0, (size_t)c->rows * (size_t)c->cols * sizeof *c->shown);
		set_ground(c);
		erase();
		clearok(stdscr, TRUE);
		c->repaint = false;
		c->drawn = true;
	}
	send_rows(c, s);
	int y = s->cursor_y >= 0 ? s->cursor_y : c->rows - 1;
	move(MIN_OF(y, c->rows - 1), MIN_OF(MAX_OF(s->cursor_x, 0), c->cols - 1));
	wnoutrefresh(stdscr);
	update(c);
	if (again || s->cursor_shown != c->cursor_shown) { /* after doupdate: coming back from endwin it sets its own idea */
		curs_set(s->cursor_shown ? 0 : 1);
		curs_set(s->cursor_shown ? 1 : 0);
		c->cursor_shown = s->cursor_shown;
	}
}

/* Without padding: what a crash writes must be ready. */
static size_t add_plain(char *out, size_t max, size_t at, const char *capability)
{
	const char *s = tigetstr(capability);
	if (!s || s == (char *)-1)
		return at;
	while (*s && at < max) {
		if (s[0] == '$' && s[1] == '<') {
			while (*s && *s != '>')
				s++;
			s += *s == '>';
			continue;
		}
		out[at++] = *s++;
	}
	return at;
}

size_t screen_restore_bytes(char *out, size_t max)
{
	size_t at = add_plain(out, max, 0, "sgr0");
	at = add_plain(out, max, at, "rmcup");
	return add_plain(out, max, at, "cnorm");
}
