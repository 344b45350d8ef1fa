/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_TUI_IMPL_H
#define BERTH_SRC_TUI_TUI_IMPL_H
/*
 * What the files of the dashboard share. One struct tui; a key goes to the line being typed, else to what lies on top, else
 * through the keymap to a command. Nothing here touches a terminal: struct host does, so tests drive all of this in memory.
 */
#include "berth/tui.h"
#include "tui/keymap.h"
#include "tui/keys.h"
#include "tui/line.h"
#include "tui/list.h"

enum tab { TAB_IMAGE, TAB_COMMIT, TAB_SESSION, TAB_LOG, TAB_COUNT };

/* What only the real terminal can do (term.c); tests have their own. */
struct host {
	void (*write)(void *self, struct sv bytes);     /* past the surface: OSC 52, a bell */
	void (*suspend)(void *self);
	void (*redraw)(void *self);
	void (*attach)(void *self, const char *session);
	void (*mouse)(void *self, bool on); /* whether clicks come here, or select text in the terminal */
	/* Another program on the terminal; ended is called when it is over (then false was not returned). May be NULL. */
	bool (*run)(void *self, const char *const *argv, void (*ended)(void *tui, void *ctx, int status), void *ctx);
	void *self;
};

/* Something that lies over the panes; the first member of its own struct. */
struct bulk;
struct following;
struct overlay;
struct overlay_ops {
	const char *name;              /* what help says of it */
	int (*height)(struct tui *t, struct overlay *o, int width); /* rows it would like below its title */
	void (*draw)(struct tui *t, struct overlay *o, struct rect r);
	bool (*key)(struct tui *t, struct overlay *o, const struct key *k); /* true: used */
	void (*command)(struct tui *t, struct overlay *o, enum command_id id); /* moving about; NULL: none */
	void (*fini)(struct overlay *o); /* ends and frees it */
	const char *hint;              /* for the key line */
	void (*click)(struct tui *t, struct overlay *o, int value); /* on a ZONE_OVERLAY it drew; NULL: none */
};
struct overlay { const struct overlay_ops *ops; struct overlay *below; char *title; bool closed; };

/* What a click on some cells means; made anew by each drawing, the last one drawn lies on top. */
enum zone_kind { ZONE_PANE, ZONE_ROWS, ZONE_TAB, ZONE_COMMAND, ZONE_OVERLAY, ZONE_LOG };
struct zone { enum zone_kind kind; int value; struct rect r; };

/* links.c */
void do_link(struct tui *t);
/* saved.c */
const struct branch *saved_branch(struct tui *t);
void ask_saved(struct tui *t);
void open_saved(struct tui *t);
void do_save_work(struct tui *t);
void do_start_fresh(struct tui *t);              /* actions.c: saved work has been answered */
void do_open_link(struct tui *t, const char *text);
char *link_text(struct tui *t, bool badge); /* of what is selected; owned, NULL: nothing is */
void link_forget(struct tui *t);
void do_new(struct tui *t, const char *folder); /* new.c */

/* search.c: hosts are asked for what the filter of the projects finds too little of. */
struct project_search {
	struct loop_timer *timer;      /* between keys and the question */
	unsigned asking;               /* for app_forget; 0: nothing is asked */
	char *words;                   /* that were asked for last; NULL: none */
	char *host;                    /* that has more than it gave; NULL: none has */
	bool whole, silent;            /* all that have these words have come; no host has answered */
	char *trouble;                 /* why one could not be searched; NULL: nothing to say */
};
void search_typed(struct tui *t);  /* the projects' filter has changed */
bool search_hit(struct tui *t, const struct row *r);
void search_says(struct tui *t, bool brief, struct buf *b);
void branches_say(struct tui *t, bool brief, struct buf *b); /* panes.c: whether further ones are being read */
void search_fini(struct tui *t);

struct selection {                 /* ids, never pointers */
	struct project_id project;     /* v 0: none */
	char *branch;                  /* NULL: none */
	struct oid commit; bool has_commit;
	char *session;                 /* under the sessions' cursor; NULL: none */
};
struct session_row { bool launch; char *name; };

struct tui {
	struct app *app; struct store *store; struct loop *loop;
	struct host host;
	struct surface surface;
	struct theme theme;
	struct keymap *keymap;
	struct layout layout;
	struct list lists[PANE_MAIN];
	size_t n_launches;                  /* when the sessions were last listed */
	struct selection sel;
	struct project_search search;
	VEC(struct session_row) session_rows;
	enum pane focus, list_focus;   /* list_focus: the list that what is on the right belongs to */
	enum zoom zoom;
	enum tab tab;
	struct doc main_doc;
	int main_top;
	struct log_panel *log;         /* logpanel.c */
	char *log_file;                /* shown instead of what the selection has; NULL: none */
	struct overlay *top;
	struct prompt prompt;
	char *life_of, *life_label;    /* lives.c: the session that the prompt is about */
	bool all_sessions;
	struct { char *text; enum message_level level; uint64_t until_ms; } toast;
	uint64_t newest_message;
	bool dirty, rows_changed, quit, drawn_once, sought, mouse;
	bool any_theme, light;         /* nobody has named a theme, so the ground decides; it is the one for light grounds */
	char *attach_to; struct loop_timer *attach_timer; /* a start that a shell was asked for with */
	char *want_project;            /* of the options, until it is found */
	const char *picked;            /* picker.h: the name of what is being chosen */
	struct { struct project_id project; char *branch; struct oid commit; enum pane focus; } start_waits; /* actions.c: until it is known what was saved; v 0: none */
	unsigned count;                /* typed before a key: 5j; 0: none */
	VEC(struct zone) zones;
	VEC(char *) watched;            /* names of starts (notify.c) */
	struct { uint64_t at_ms; int y, x; } clicked;
	unsigned char split[LAYOUT_KINDS]; /* which of the widths | goes through */
	unsigned asking;               /* number for app_forget, of the one question that may be open */
	struct loop_timer *tick;       /* once a minute, once a second while something counts down */
	struct stop *stop_asked; /* actions.c: what a stop would lose is being asked */
	struct following *following;   /* links.c: the link that is being followed */
	struct { struct project_id project; struct oid commit; char *branch, *image; bool beside; } pin; /* pin.c: what is being pinned where; image NULL: unpinned */
	struct bulk *bulk; /* bulk.c: the marked rows that a question is about */
	struct { char *folder; int template, host; } new; /* new.c: of the project that is being made */
	struct { struct loop_child *child; struct loop_timer *timer; char *file; } browser; /* clipboard.c */
	int64_t now_s;
	int notices;
};

struct tui *tui_new(struct app *a, const struct tui_options *o, const struct host *h, bool ascii);
void tui_free(struct tui *t);
void tui_key(struct tui *t, const struct key *k);
void tui_key_named(struct tui *t, const char *name);    /* for scripts of keys */
void tui_resize(struct tui *t, int rows, int cols);
void tui_draw(struct tui *t);                           /* into the surface; clears dirty */
void tui_dirty(struct tui *t);
void tui_ground(struct tui *t, int lightness);          /* 0 to 255 */
bool tui_run_command(struct tui *t, enum command_id id); /* false: it can't run now, and has said why */
void tui_sync(struct tui *t);                           /* lists and selection follow the store */

/* ---- where we are (place.c) ---- */
void tui_place(struct tui *t, struct command_place *p);
bool tui_works_here(const struct tui *t, enum command_id id); /* in this pane at all */
const char *tui_why_not(struct tui *t, enum command_id id); /* NULL: it can run */
void tui_pane_names(const struct tui *t, const char *ret[5]);
const struct project *sel_project(const struct tui *t);
const struct session *sel_session(const struct tui *t); /* the sessions' cursor, else one of the commit, branch or project */
struct launch *sel_launch(const struct tui *t);
const struct build *sel_build(const struct tui *t);

/* ---- the mouse (mouse.c) ---- */
void tui_zone(struct tui *t, enum zone_kind kind, int value, struct rect r);
bool tui_is_mouse(const struct key *k);
void tui_mouse(struct tui *t, const struct key *k);
void tui_mouse_toggle(struct tui *t);

/* ---- pieces of the screen ---- */
void tui_title(struct tui *t, struct rect r, bool focused, int number, const char *title, const char *right);
uint64_t tui_newest_message(const struct tui *t);
void draw_status(struct tui *t, struct rect r);
void draw_message(struct tui *t, struct rect r);
void draw_keys(struct tui *t, struct rect r);
void draw_tabs(struct tui *t, struct rect r);
void draw_preview(struct tui *t, struct rect r);
void draw_tiny(struct tui *t);
void draw_overlay(struct tui *t);
void draw_main(struct tui *t, struct rect r, bool focused);
void draw_log_title(struct tui *t, struct rect r, bool focused); /* above a log that has no tabs there */
void draw_session_part(struct tui *t, struct rect r);
void details_image(struct tui *t, struct doc *d);
void details_commit(struct tui *t, struct doc *d);
void details_session(struct tui *t, struct doc *d);
void details_launch(struct tui *t, struct launch *l, struct doc *d);
void details_steps(struct tui *t, struct launch *l, struct doc *d); /* of a start, a line each */
int main_lines(const struct tui *t);
void main_scroll(struct tui *t, int by);

/* ---- panes ---- */
extern const struct list_kind projects_list, branches_list, commits_list, sessions_list;
void session_rows_sync(struct tui *t);
void engine_trouble(struct tui *t, struct doc *d);

/* ---- overlays ---- */
void overlay_push(struct tui *t, struct overlay *o);
void overlay_close(struct tui *t);                      /* the topmost */
void open_help(struct tui *t);
void open_palette(struct tui *t);
void open_menu(struct tui *t);
void open_copy(struct tui *t);
void open_messages(struct tui *t);
void open_config(struct tui *t);
void open_doctor(struct tui *t);
void open_dockerfile(struct tui *t);
void open_form(struct tui *t);
void form_complain(struct tui *t, const char *what); /* why the form that has just been opened is there */
void open_connect(struct tui *t, const char *session, bool browse); /* browse: opens it in a browser in any case */
void open_why(struct tui *t);                           /* why the commit's build failed */
void open_inspect(struct tui *t);
/* A question whose default is Cancel. choices: letter and words, ended by NULL words. chosen gets the letter. ctx is owned: free()d. */
struct choice { char letter; const char *words; };
void open_confirm(struct tui *t, const char *title, const struct doc *text, const struct choice *choices, void (*chosen)(struct tui *t, char letter, void *ctx), void *ctx);
void confirm_mark(struct tui *t, char letter); /* of the question that was opened just now: what enter takes, where nothing can be lost by it */

/* ---- doing ---- */
void do_start(struct tui *t);
void start_goes_on(struct tui *t);             /* one that waits to know what was saved */
void do_start_with(struct tui *t, const struct session_options *options, bool even_if_running);
/* pin.c */
void do_pin(struct tui *t, bool pin);
void pin_fini(struct tui *t);
/* new.c */
void new_fini(struct tui *t);
void do_deed(struct tui *t, enum command_id id);       /* retry, play, run-pipeline, touch, and cancel of a host's build */
void ask_fork(struct tui *t);
bool is_deed(enum command_id id);
bool deed_why_not(struct tui *t, enum command_id id, const char **ret_why); /* false: it is no deed; *ret_why NULL: it can be done */
void offer_deeds(struct tui *t, struct doc *d);
void add_ago(struct buf *b, int64_t at_s, int64_t now_s); /* "3h ago", "now" */
void details_job(struct tui *t, const struct image *i, struct doc *d);
void details_watches(struct tui *t, struct doc *d);
void do_build(struct tui *t);
void do_cancel(struct tui *t);
void do_stop(struct tui *t);
void stop_forget(struct tui *t);
void do_life(struct tui *t, enum command_id id);       /* lives.c: pause, resume, extend, export, discard; whose sessions are shown */
void lives_fini(struct tui *t);
void details_watch(struct tui *t, const struct session *s, struct doc *d);
void open_prompt(struct tui *t, const char *label, const char *text, void (*changed)(struct tui *, const char *), void (*done)(struct tui *, const char *, bool)); /* input.c; label is borrowed */
void do_connect(struct tui *t);
void do_browse(struct tui *t);
/* notify.c */
void do_watch(struct tui *t);
bool image_is_coming(struct tui *t);                   /* of the selected commit: it is being built, here or there */
void notify_listen(struct tui *t, bool on);
void watches_check(struct tui *t);
void watches_fini(struct tui *t);
void do_attach(struct tui *t);
void attach_when_ready(struct tui *t, const char *session);
void attach_forget(struct tui *t);
void do_log(struct tui *t);
void do_dismiss(struct tui *t);
/* bulk.c: what a command does to the marked rows. false: nothing is marked, or it is none of those that take several. */
bool do_marked(struct tui *t, enum command_id id);
void bulk_forget(struct tui *t);
/* lost.c: what stops of these sessions would lose. known comes once, in lost_find() or later, after a few seconds at most; it may free. */
struct lost;
struct lost *lost_new(struct tui *t, void (*known)(void *ctx), void *ctx);
void lost_name(struct lost *l, const char *session);
void lost_find(struct lost *l);
void lost_say(const struct lost *l, const char *session, struct doc *d); /* a sentence; nothing for a session that was not named */
void lost_say_shortly(const struct lost *l, const char *session, struct doc *d); /* behind its name in a line */
bool lost_any(const struct lost *l);                   /* something, or what can't be told */
void lost_free(struct lost *l);                        /* known comes no more; NULL is fine */
void do_copy_text(struct tui *t, const char *what, struct sv text); /* OSC 52 */
void do_open_url(struct tui *t, const char *url);
void browser_fini(struct tui *t);
void say(struct tui *t, enum message_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void say_error(struct tui *t, const struct err *e);
void focus_pane(struct tui *t, enum pane p);
#endif
