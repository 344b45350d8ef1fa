/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_TUI_THEME_H
#define BERTH_SRC_TUI_THEME_H
/*
 * Themes: what each style looks like. A theme is a file in git-config syntax:
 *   [palette] accent = "#7aa2f7"          a name for a colour
 *   [style] title-focus = fg=accent,bold  of the style title.focus (present.h); "title" stands in for what is not named
 *   [style "title.focus"] look = …        the same with the name as it is
 * Colours: "#rrggbb", 0 to 255, black red green yellow blue magenta cyan white (bright-…), default, or a palette name.
 * A theme is read whole and checked before it counts: there are no half themes.
 */
#include "berth/present.h"

enum { INK_BOLD = 1, INK_DIM = 2, INK_ITALIC = 4, INK_UNDERLINE = 8, INK_REVERSE = 16, INK_STRIKE = 32 };
struct ink { int32_t fg, bg; uint16_t attrs, pad; };    /* colours as in struct esc_style: -1, 0-255, 0x1000000|rgb */
struct theme { struct ink inks[STYLE_COUNT_]; };

/* name: a theme that is compiled in ("default", "mono"), one in PATH_CONFIG/themes or the data folder, or a path with '/'.
 * On error *ret is left alone; the error names file and line. */
int theme_load(const char *name, struct theme *ret, struct err *reterr);
int theme_read(const char *path, struct theme *ret, struct err *reterr);
void theme_builtin(struct theme *ret, bool mono);
extern const char builtin_theme_default[], builtin_theme_mono[]; /* the files of these names as text; made by the build */
/* Colours of a terminal that has fewer: nearest of the 256, or of the 16 (8). */
int ink_to_256(int32_t colour);
int32_t ink_rgb_of_256(int colour); /* 0xrrggbb of one of the 256 */
int ink_to_16(int32_t colour, int n_colours);
/* Both colours at once where there are eight: bright ones are bold, greys are the terminal's own text (white on a ground of the theme's). */
struct ink ink_of_8(struct ink i);
#endif
