/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_LOGPANEL_H
#define BERTH_SRC_TUI_LOGPANEL_H
/* The log that is looked at: follows its source, scrolls, wraps, folds, filters, searches, finds errors. */
#include "tui/logview.h"
#include "tui/tui_impl.h"

enum log_times { LOG_TIMES_OFF, LOG_TIMES_RELATIVE, LOG_TIMES_ABSOLUTE };
enum { LOG_HIGHLIGHTS = 4 };
struct log_marks {                 /* logmarks.c */
	VEC(uint64_t) lines;           /* starts of those that are marked, in order; gone with the log */
	struct { struct pattern *pattern; struct matcher *matcher; } words[LOG_HIGHLIGHTS];
	size_t n_words;
};
struct log_panel {
	struct tui *t;
	struct app_log *source;
	enum app_log_kind kind;
	char *id;                      /* NULL: nothing is looked at */
	struct logview view;
	struct logline line;           /* of the row being drawn */
	uint64_t top;                  /* start of the first line shown */
	size_t top_row;                /* and which of its rows when wrapped */
	size_t left;                   /* columns scrolled to the right */
	size_t widest;                 /* columns of the longest line that was last drawn */
	uint64_t len_when_paused;
	int height, width;             /* width: of the text, without what stands before it */
	bool follow, wrap, ended, numbers;
	enum log_times times;
	int64_t grown_at_s;            /* 0: unknown */
	char *words;                   /* of the source: why nothing comes */
	struct err err;
	struct buf needle, keep;       /* as typed; "": none */
	int jump;                      /* 1, -1: to the next or last hit as soon as it is known; 0: nowhere */
	struct logscan *jump_in;
	uint64_t jump_from;
	uint64_t found;                /* start of the line that was last gone to; LOG_NOWHERE: none */
	bool marking;                  /* that line was marked last: j and k step it, so that its neighbours can be marked */
	struct log_marks marks;
	struct log_export *export;     /* logexport.c: the log is being written somewhere */
};
struct log_panel *log_panel_new(struct tui *t);
void log_panel_free(struct log_panel *p);
/* Looks at this log from its end (nothing happens when it is looked at already). id NULL: at none. */
void log_panel_show(struct log_panel *p, enum app_log_kind kind, const char *id);
void log_panel_draw(struct log_panel *p, struct rect r, bool focused);
bool log_panel_command(struct log_panel *p, enum command_id id); /* false: not one of its own */
void log_panel_search(struct log_panel *p, const char *needle);  /* "": for nothing */
void log_panel_keep(struct log_panel *p, const char *needle);    /* shows only lines that match; "!…": that do not; "": all */
void log_panel_highlight(struct log_panel *p, const char *words); /* colours them, too; "": nothing any more */
bool log_panel_back(struct log_panel *p);               /* one step back: filter, search; false: there is none */
unsigned log_panel_tick_ms(const struct log_panel *p);  /* when what is drawn grows old by itself; 0: never */
char *log_panel_text(struct log_panel *p);              /* of the line that was gone to, else the first one shown; NULL: none; owned */

/* logstate.c: "1,204 lines  following", in place of what b has, in room columns: what counts least is left out first. */
void log_panel_state(struct log_panel *p, int room, struct buf *b);
/* logmove.c */
void log_move_end(struct log_panel *p);
void log_move_to(struct log_panel *p, uint64_t at);     /* shows that line, a third down */
void log_pause(struct log_panel *p);
bool log_move_command(struct log_panel *p, enum command_id id);
size_t log_rows(struct log_panel *p, uint64_t at);
uint64_t log_here(const struct log_panel *p);           /* the line that commands are about */
/* logmarks.c */
bool log_is_marked(const struct log_panel *p, uint64_t at);
void log_unmark_all(struct log_panel *p);
char *log_marked_text(struct log_panel *p);             /* of the marked lines, as they are shown; NULL: none; owned */
void log_draw_highlights(struct log_panel *p, struct rect at, size_t skip); /* over p->line, which has been drawn there */
bool log_mark_command(struct log_panel *p, enum command_id id);
void log_marks_fini(struct log_panel *p);
/* logfind.c */
void log_find_step(struct log_panel *p);                /* a scan has got further */
bool log_find_command(struct log_panel *p, enum command_id id);
/* logexport.c: writes the log as it is shown, secrets masked while they are masked. raw: with its escapes. */
void log_export_save(struct log_panel *p, const char *path);
void log_export_open(struct log_panel *p, bool editor);        /* in $PAGER or $EDITOR */
void log_export_stop(struct log_panel *p);
char *log_file_name(const struct log_panel *p); /* what it is saved as where nothing else is said: "flights-90001.log"; owned */
#endif
