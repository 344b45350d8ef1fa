/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_PRESENT_H
#define BERTH_PRESENT_H
/*
 * From entities to what is read: one table of columns an entity (lists, --columns, --sort, --json and the docs come from
 * it), writers for tables, tab-separated text and JSON, words and glyphs for states, and the words for errors.
 */
#include "berth/app.h"

/* A style is a name that themes give colours to; the face maps it. */
enum style { STYLE_PLAIN, STYLE_DIM, STYLE_BOLD, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_BUSY, STYLE_ACCENT, STYLE_REF, STYLE_HASH, STYLE_AGE, STYLE_PERSON,
	STYLE_TITLE, STYLE_TITLE_FOCUS, STYLE_RULE, STYLE_RULE_FOCUS, STYLE_CURSOR, STYLE_CURSOR_DIM, STYLE_MATCH, STYLE_KEY, STYLE_HINT, STYLE_STATUS, STYLE_ERROR, STYLE_TOAST, STYLE_BAR, STYLE_COUNT_ };
const char *style_name(enum style s);                          /* "title.focus": what themes say */

enum entity { ENTITY_PROJECT, ENTITY_BRANCH, ENTITY_COMMIT, ENTITY_IMAGE, ENTITY_BUILD, ENTITY_SESSION, ENTITY_CONFIG, ENTITY_CHECK, ENTITY_COUNT_ };
/* What a row is made of: the entity and what stands beside it. Fields that do not apply are NULL. */
struct row {
	const struct project *project; const struct branch *branch; const struct commit *commit; const struct image *image;
	const struct build *build; const struct session *session; const struct config_row *config; const struct app_check *check;
	unsigned n_sessions;           /* running on this project, branch or commit */
	bool sessions_unknown;         /* nobody could say how many */
	const char *owner;             /* whose session it is, where that is to stand before its name */
	bool one_forge;                /* all projects are of one forge, so nobody needs its name in a list */
	bool found;                    /* a project that a search has found, and no list has */
	int64_t now_s; bool ascii;     /* ascii: glyphs from the ASCII set */
};
enum column_type { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_TIME /* JSON: RFC 3339; text: age */, COLUMN_BOOL };
struct column {
	const char *id;                /* "memory_limit": --columns and the JSON key */
	const char *title;             /* "MEM": table head */
	enum column_type type;
	unsigned char min, ideal;      /* columns on a screen; ideal 0: takes what is left */
	unsigned char rank;            /* 1: shown first, higher ones go first when there is no room; 0: only when asked for */
	bool right;                    /* aligned right */
	/* Adds the text a person reads (not cleaned: writers and drawers clean); *ret_style is set. */
	void (*text)(struct buf *b, const struct row *r, enum style *ret_style);
	/* For sorting and JSON of numbers, times and truths (NAN: not known, null); NULL for text. */
	double (*number)(const struct row *r);
};
const struct column *columns_of(enum entity e, size_t *ret_n);
const struct column *column_by_id(enum entity e, const char *id);
int row_compare(const struct column *c, const struct row *a, const struct row *b);

/* Glyph, word and style of states: never colour alone. */
struct look { const char *glyph, *ascii, *word; enum style style; };
const struct look *look_of_image(enum image_state s);
const struct look *look_of_build(enum build_state s);
const struct look *look_of_job(enum job_state s);
const struct look *look_of_session(enum session_state s);
const struct look *look_of_step(enum step_state s);
const struct look *look_of_message(enum message_level l);
const struct look *look_of_check(enum check_level l);
/* A commit's image in words: its state or the reason for it, and what to do next, by subcommands or (in the dashboard, which has keys) without. */
void present_image_sentence(struct buf *b, const struct image *i, int64_t now_s, bool with_commands);
/* What happened and the next step (hint NULL, "": none) as everybody is told it: two sentences, or the text alone as it is. Cleaned. */
void present_message(struct buf *b, const struct message *m);
/* Cleaned, with a capital letter where it begins with a word and not with a command, a path or a name. May be a command: no full stop is put behind. */
void present_with_capital(struct buf *b, const char *s);
/* "What happened. Next step." with a hint by error code where the error brings none. */
void present_error(struct buf *b, const struct err *e);
/* "2 changed files, 1 new file, 3 commits that are not pushed"; nothing where there is nothing. */
void present_work(struct buf *b, const struct session_work *w);
/* "Committed 3 files as 9f8e7d6, and pushed to main": what a commit or a pull in a session has come to. */
void present_git_done(struct buf *b, const struct session_git_done *d, bool pull);
const char *present_hint_for(enum err_code code);              /* "" when there is nothing to say */
/* Why a commit has no image, line by line; label NULL: goes on with the one before. Texts are not cleaned. */
typedef void (*present_why_fn)(void *ctx, const char *label, enum style style, const char *text);
void present_why(const struct app_why *w, present_why_fn line, void *ctx);
void present_json_why(struct buf *b, const struct app_why *w); /* an object, as a line */
/* What a link to a session asks for, likewise. */
void present_link(const struct link *l, present_why_fn line, void *ctx);
/* An object of strings, as a line; a NULL value is left out. */
struct present_pair { const char *name, *value; };
void present_json_pairs(struct buf *b, const struct present_pair *pairs, size_t n);
/* Sparkline of n shares 0..1 in `cols` columns: "▁▂▅" or ".:|" when ascii. */
void present_sparkline(struct buf *b, const float *shares, size_t n, size_t cols, bool ascii);
void present_bar(struct buf *b, double share, size_t cols, bool ascii);

/* Writers. Rows go in one by one; the end flushes. Everything is cleaned; nothing that could move a terminal comes out. */
struct writer;
enum writer_kind { WRITER_TABLE /* aligned, fits `width` */, WRITER_TSV /* tab-separated with a head */, WRITER_JSON };
struct writer_spec { enum writer_kind kind; enum entity entity; const char *columns /* comma list, NULL: the default */; const char *sort /* "-created", NULL: as they come */; size_t width; bool ascii, colour; };
struct writer *writer_new(const struct writer_spec *spec, struct err *reterr); /* ERR_USAGE: unknown column, with the nearest */
void writer_row(struct writer *w, const struct row *r);
void writer_end(struct writer *w, struct buf *out);            /* adds it all to out */
void writer_free(struct writer *w);
/* The complete JSON object of one entity (all columns), as a line. */
void present_json(struct buf *b, enum entity e, const struct row *r);
/* A session's object with two more: "url" (with its token; NULL: null) and "already_running". */
void present_json_session(struct buf *b, const struct row *r, const char *url, bool already_running);
/* What a save did (saved) or would do, with the branches and what is in them. */
void present_json_autosave(struct buf *b, const struct autosave_result *r, bool saved);
void present_json_git_done(struct buf *b, const struct session_git_done *d);
void present_json_error(struct buf *b, const struct err *e);   /* {"error":{"code":"not-found","text":…,"hint":…}} */
#endif
