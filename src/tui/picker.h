/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_PICKER_H
#define BERTH_SRC_TUI_PICKER_H
/* A list to choose from by typing: help, the command palette, menus. What can't be chosen is grey and says why. */
#include "tui/tui_impl.h"

struct picker_item { char *key, *name, *what, *why_not; int value; }; /* owned; why_not NULL: can be chosen; value -1: a heading */
struct picker;
/* hint: for the key line. typing: letters filter at once; else a letter that is an item's key chooses it. chosen gets its value; data is owned. */
struct picker *picker_open(struct tui *t, const char *title, bool typing, void (*chosen)(struct tui *t, int value, void *data), void *data);
void picker_add(struct picker *p, const char *key, const char *name, const char *what, const char *why_not, int value);
/* Its items are what fill adds, now and each time that rows have changed while it is open: what is typed and chosen stays. In `chosen`
 * t->picked is the item's name, as its place may have moved. */
void picker_grows(struct picker *p, void (*fill)(struct tui *t, struct picker *p));
void picker_sync(struct tui *t);
#endif
