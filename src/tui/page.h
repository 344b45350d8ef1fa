/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_PAGE_H
#define BERTH_SRC_TUI_PAGE_H
/* A page of text over the panes: what the files that have some share. */
#include "tui/tui_impl.h"

struct page {
	struct overlay o;
	struct doc doc;
	void (*fill)(struct tui *t, struct page *p);
	int top, height;
	struct tui *t;
	unsigned asking;               /* connect: number for app_forget */
	char *session, *url;           /* url: with its token; wiped at the end */
	struct buf text;               /* of a Dockerfile */
	struct err err;
	bool opened, browse;           /* browse: opened also where no screen is known */
	struct doc_row { const char *label; enum style style; char *text; const struct look *look; } *rows; /* why, doctor: what was answered */
	size_t n_rows, rows_room;
};

struct page *page_open(struct tui *t, const struct overlay_ops *ops, const char *title, void (*fill)(struct tui *t, struct page *p));
extern const struct overlay_ops page_ops;              /* of one that only scrolls; others take its functions */
int page_height(struct tui *t, struct overlay *o, int width);
void page_draw(struct tui *t, struct overlay *o, struct rect r);
void page_command(struct tui *t, struct overlay *o, enum command_id id);
void page_fini(struct overlay *o);
void page_row(void *page, const char *label, enum style style, const char *text); /* text is copied */
void page_asked(void *page, const struct err *err);    /* the end of what it asks the app */
#endif
