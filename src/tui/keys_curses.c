/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the terminal's description says its keys send. */
#include <curses.h>
#include <term.h>

#include "tui/keys.h"

static const struct { const char *capability, *name; } known[] = {
	{ "kcuu1", "up" }, { "kcud1", "down" }, { "kcub1", "left" }, { "kcuf1", "right" }, { "khome", "home" }, { "kend", "end" },
	{ "kpp", "pgup" }, { "knp", "pgdn" }, { "kdch1", "delete" }, { "kich1", "insert" }, { "kcbt", "shift-tab" },
	{ "kf1", "f1" }, { "kf2", "f2" }, { "kf3", "f3" }, { "kf4", "f4" }, { "kf5", "f5" }, { "kf6", "f6" },
	{ "kf7", "f7" }, { "kf8", "f8" }, { "kf9", "f9" }, { "kf10", "f10" }, { "kf11", "f11" }, { "kf12", "f12" },
};

void keys_load_terminfo(struct keys *k)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		const char *bytes = tigetstr(known[i].capability);
		if (bytes && bytes != (char *)-1 && bytes[0] == '\033' && bytes[1])
			keys_add_sequence(k, bytes, known[i].name);
	}
}
