/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_KEYMAP_H
#define BERTH_SRC_TUI_KEYMAP_H
/* Which key means which command where: the command table's keys, then the configuration's [keys "pane"]. */
#include "berth/command.h"
#include "berth/config.h"
#include "berth/str.h"

struct keymap;
struct keymap *keymap_new(const struct config *c);      /* c may be NULL: the table's keys */
void keymap_free(struct keymap *m);
/* panes: where we are, nearest first, ended by NULL ("log", "main"); what works everywhere comes last. CMD_COUNT_: nothing. */
enum command_id keymap_find(const struct keymap *m, const char *const *panes, const char *key);
/* The first key of a command in a pane ("" for one that works everywhere), as hints show it; NULL: none. */
const char *keymap_key_of(const struct keymap *m, enum command_id id, const char *pane);
void keymap_add_keys(const struct keymap *m, struct buf *b, enum command_id id, const char *pane); /* all: "j down" */
size_t keymap_n_problems(const struct keymap *m);
const char *keymap_problem_at(const struct keymap *m, size_t i);
/* Whether the command's row names this pane, or works everywhere. */
bool command_in_pane(const struct command *c, const char *pane);
#endif
