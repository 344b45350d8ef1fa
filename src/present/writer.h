/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_PRESENT_WRITER_H
#define BERTH_SRC_PRESENT_WRITER_H
/* What the writers share: rows become cells as they come, so that nothing is borrowed between calls. */
#include "berth/json.h"
#include "berth/present.h"

struct cell { char *text; enum style style; double number; };
struct line { struct cell *cells; char *json; double sort_number; char *sort_text; };
struct writer {
	enum writer_kind kind; enum entity entity; size_t width; bool ascii, colour, chosen /* columns were named */;
	VEC(const struct column *) columns;
	const struct column *sort; bool descending;
	VEC(struct line) lines;
};
json_t *row_json(enum entity e, const struct row *r, const struct column *const *only, size_t n); /* only NULL: all */
void write_table(const struct writer *w, struct buf *out);
#endif
