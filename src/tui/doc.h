/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_DOC_H
#define BERTH_SRC_TUI_DOC_H
/* A short text in styles, built anew for each drawing: details, questions, what an empty pane says. */
#include "berth/vec.h"
#include "tui/surface.h"

struct doc_span { uint32_t from, len; enum style style; };
struct doc {
	struct buf text;
	VEC(struct doc_span) spans;
	VEC(uint32_t) lines;           /* first span of each line; the last one is being written */
	int width;
	bool ascii;
};
void doc_begin(struct doc *d, int width, bool ascii);   /* empties; d is zeroed before its first use */
void doc_fini(struct doc *d);
void doc_sv(struct doc *d, enum style style, struct sv text);
void doc_add(struct doc *d, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
void doc_nl(struct doc *d);
void doc_wrap(struct doc *d, enum style style, int indent, struct sv text); /* as many lines as it needs, ended */
void doc_wrap_most(struct doc *d, enum style style, int indent, struct sv text, int rows); /* the last of the rows takes all that is left; 0: any number */
/* "Label    value" on a line; a value that is too long is wrapped under itself. */
void doc_field(struct doc *d, const char *label, enum style style, const char *fmt, ...) PRINTF_LIKE(4, 5);
void doc_label(struct doc *d, const char *label);       /* the value follows by doc_add */
void doc_key(struct doc *d, const char *key, const char *what); /* "  s  start …" */
int doc_height(const struct doc *d);
void doc_draw(const struct doc *d, struct surface *s, struct rect r, int top);
/* Its lines as plain text, cleaned (berth --plain). */
void doc_print(const struct doc *d, struct buf *out);
#endif
