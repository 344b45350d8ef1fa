/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_KEYS_H
#define BERTH_SRC_TUI_KEYS_H
/*
 * From a terminal's bytes to keys, pure and bounded: what comes from a terminal is not trusted (a log can make it answer).
 * Unknown sequences and replies to queries are swallowed whole; pasted text is told apart from typed.
 */
#include "berth/str.h"

/* name: "j", "J", "ä", "space", "enter", "esc", "tab", "shift-tab", "backspace", "delete", "insert", "up", "down", "left", "right",
 * "home", "end", "pgup", "pgdn", "f1"…"f12", "ctrl-d", "alt-x", "ctrl-right", "click", "wheel-up", "wheel-down"; "paste": text has it;
 * "ground": the terminal says how light its ground is, y from 0 to 255. */
struct key {
	char name[24];
	int y, x;                      /* of mouse events */
	struct sv text;                /* of a paste: valid until the next keys_next */
};
enum { SEQUENCES_MAX = 64, PENDING_MAX = 256, PASTE_MAX = 64 * 1024 };
struct key_sequence { char bytes[16]; const char *name; };
struct keys {
	struct key_sequence sequences[SEQUENCES_MAX]; /* what this terminal's own description says */
	size_t n_sequences;
	unsigned char pending[PENDING_MAX];
	size_t n_pending;
	bool pasting;
	struct buf paste;
};
void keys_init(struct keys *k);
void keys_fini(struct keys *k);
void keys_add_sequence(struct keys *k, const char *bytes, const char *name);
/* Cuts the next key off *input; false when more bytes are needed. */
bool keys_next(struct keys *k, struct sv *input, struct key *ret);
/* True while an escape waits for what may belong to it: after 25 ms without more bytes call keys_timeout. */
bool keys_waiting(const struct keys *k);
bool keys_timeout(struct keys *k, struct key *ret);    /* the lone "esc" it was, or false */
/* The sequences of $TERM (keys_curses.c). Call with the terminal set up. */
void keys_load_terminfo(struct keys *k);
/* Whether a name can be a key at all: for [keys] of the configuration. */
bool key_name_valid(const char *name);
#endif
