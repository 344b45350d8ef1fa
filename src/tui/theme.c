/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/theme.h"

#include <unistd.h>

#include "berth/git.h"
#include "berth/map.h"
#include "berth/path.h"
#include "berth/text.h"

enum { INK_UNSET = -2 }; /* a colour that the style leaves to the one it falls back on */
struct reader {
	struct map *palette;           /* name -> int32_t * */
	struct ink inks[STYLE_COUNT_];
	bool set[STYLE_COUNT_];
};

static const struct { const char *name; int32_t colour; } named[] = {
	{ "default", -1 }, { "black", 0 }, { "red", 1 }, { "green", 2 }, { "yellow", 3 }, { "blue", 4 }, { "magenta", 5 }, { "cyan", 6 }, { "white", 7 },
	{ "bright-black", 8 }, { "bright-red", 9 }, { "bright-green", 10 }, { "bright-yellow", 11 }, { "bright-blue", 12 }, { "bright-magenta", 13 },
	{ "bright-cyan", 14 }, { "bright-white", 15 },
};
static const struct { const char *name; uint16_t attr; } attrs[] = {
	{ "bold", INK_BOLD }, { "dim", INK_DIM }, { "italic", INK_ITALIC }, { "underline", INK_UNDERLINE }, { "reverse", INK_REVERSE }, { "strike", INK_STRIKE },
};

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_colour(const struct map *palette, struct sv s, int32_t *ret)
{
	uint64_t n;
	const int32_t *own = map_get(palette, s);
	if (own)
		return *ret = *own, true;
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		if (sv_eq(s, sv_of(named[i].name)))
			return *ret = named[i].colour, true;
	if (s.len == 7 && s.p[0] == '#') {
		int32_t rgb = 0;
		for (size_t i = 1; i < 7; i++) {
			int d = hex_digit(s.p[i]);
			if (d < 0)
				return false;
			rgb = rgb * 16 + d;
		}
		return *ret = 0x1000000 | rgb, true;
	}
	if (sv_to_u64(s, &n) && n < 256)
		return *ret = (int32_t)n, true;
	return false;
}

static int take_palette(struct reader *r, const struct gitconf_entry *e, struct err *reterr)
{
	int32_t colour, *kept;
	if (!*e->value)
		return err_set(reterr, ERR_CONFIG, "%s:%u: %s is empty; a colour of the form \"#rrggbb\" stands in quotes, as # begins a comment", e->file, e->line, e->name);
	if (!parse_colour(r->palette, sv_of(e->value), &colour))
		return err_set(reterr, ERR_CONFIG, "%s:%u: %s is no colour; write \"#rrggbb\", 0 to 255, or a name such as blue", e->file, e->line, e->value);
	kept = xmalloc(sizeof *kept);
	*kept = colour;
	map_put(r->palette, sv_of(e->name), kept);
	return 0;
}

static int take_word(struct reader *r, struct ink *ink, struct sv word, const struct gitconf_entry *e, struct err *reterr)
{
	bool fg = sv_starts(word, SV("fg=")), bg = sv_starts(word, SV("bg="));
	if (fg || bg) {
		struct sv colour = { word.p + 3, word.len - 3 };
		if (parse_colour(r->palette, colour, fg ? &ink->fg : &ink->bg))
			return 0;
		if (!colour.len)
			return err_set(reterr, ERR_CONFIG, "%s:%u: %.3s has no colour; a style with a colour of the form #rrggbb stands in quotes, as # begins a comment", e->file, e->line, word.p);
		return err_set(reterr, ERR_CONFIG, "%s:%u: %.*s is neither a colour nor named in [palette] above", e->file, e->line, (int)colour.len, colour.p);
	}
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
		if (sv_eq(word, sv_of(attrs[i].name))) {
			ink->attrs |= attrs[i].attr;
			return 0;
		}
	if (sv_eq(word, SV("plain")))
		return 0;
	return err_set(reterr, ERR_CONFIG, "%s:%u: %.*s is not understood; a style is made of fg=, bg=, bold, dim, italic, underline, reverse, strike", e->file, e->line, (int)word.len, word.p);
}

static int take_style(struct reader *r, const struct gitconf_entry *e, const char *name, struct err *reterr)
{
	struct sv rest = sv_of(e->value), word;
	for (size_t i = 0; i < STYLE_COUNT_; i++) {
		if (strcmp(style_name((enum style)i), name) != 0)
			continue;
		struct ink ink = { INK_UNSET, INK_UNSET, 0, 0 };
		while (sv_split(&rest, ',', &word)) {
			word = sv_trim(word);
			if (word.len && take_word(r, &ink, word, e, reterr) < 0)
				return -ERR_CONFIG;
		}
		r->inks[i] = ink;
		r->set[i] = true;
		return 0;
	}
	return err_set(reterr, ERR_CONFIG, "%s:%u: there is no style %s", e->file, e->line, name);
}

/* Both spellings: [style] title-focus = … (git allows no dot in a name) and [style "title.focus"] look = …, or each part alone. */
static int take_entry(void *ctx, const struct gitconf_entry *e, struct err *reterr)
{
	struct reader *r = ctx;
	if (strcmp(e->section, "palette") == 0)
		return take_palette(r, e, reterr);
	if (strcmp(e->section, "style") != 0)
		return err_set(reterr, ERR_CONFIG, "%s:%u: a theme has [palette] and [style], not [%s]", e->file, e->line, e->section);
	if (*e->subsection) {
		if (strcmp(e->name, "look") != 0)
			return err_set(reterr, ERR_CONFIG, "%s:%u: [style \"%s\"] has one setting, look, not %s", e->file, e->line, e->subsection, e->name);
		return take_style(r, e, e->subsection, reterr);
	}
	AUTO_STR name = xstrdup(e->name);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '.';
	return take_style(r, e, name, reterr);
}

/* "title.focus" falls back on "title", that on "plain". */
static void resolve(const struct reader *r, struct theme *ret)
{
	for (size_t i = 0; i < STYLE_COUNT_; i++) {
		struct ink ink = r->set[i] ? r->inks[i] : (struct ink){ INK_UNSET, INK_UNSET, 0, 0 };
		struct sv name = sv_of(style_name((enum style)i));
		const char *dot = memchr(name.p, '.', name.len);
		size_t base = STYLE_PLAIN;
		for (size_t j = 0; dot && j < STYLE_COUNT_; j++)
			if (sv_eq(sv_of(style_name((enum style)j)), (struct sv){ name.p, (size_t)(dot - name.p) }))
				base = j;
		if (!r->set[i] && base != STYLE_PLAIN)
			ink = r->inks[base];
		ink.fg = ink.fg != INK_UNSET ? ink.fg : r->set[STYLE_PLAIN] && r->inks[STYLE_PLAIN].fg != INK_UNSET ? r->inks[STYLE_PLAIN].fg : -1;
		ink.bg = ink.bg != INK_UNSET ? ink.bg : r->set[STYLE_PLAIN] && r->inks[STYLE_PLAIN].bg != INK_UNSET ? r->inks[STYLE_PLAIN].bg : -1;
		ret->inks[i] = ink;
	}
}

int theme_read(const char *path, struct theme *ret, struct err *reterr)
{
	struct reader r = { .palette = map_new(free) };
	int rc = gitconf_each(path, take_entry, &r, reterr);
	if (rc < 0 && rc != -ERR_CONFIG) {
		err_prefix(reterr, "the theme");
		err_hint(reterr, "`berth config` shows where ui.theme is set");
	}
	if (rc == 0)
		resolve(&r, ret);
	map_free(r.palette);
	return rc;
}

void theme_builtin(struct theme *ret, bool mono)
{
	struct reader r = { .palette = map_new(free) };
	struct err err;
	const char *text = mono ? builtin_theme_mono : builtin_theme_default;
	if (gitconf_parse(sv_of(text), mono ? "mono.theme (built in)" : "default.theme (built in)", take_entry, &r, &err) < 0)
		BUG("%s", err.text);
	resolve(&r, ret);
	map_free(r.palette);
}

int theme_load(const char *name, struct theme *ret, struct err *reterr)
{
	struct err err = { 0 };
	if (strchr(name, '/')) {
		AUTO_STR path = path_expand_home(name);
		return theme_read(path, ret, reterr);
	}
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[MAX_OF(n, 0)] = '\0';
	char *slash = strrchr(exe, '/');
	exe[slash ? slash - exe : 0] = '\0';
	AUTO_STR file = xasprintf("themes/%s.theme", name);
	AUTO_STR own = path_of(PATH_CONFIG, file);
	AUTO_STR shipped = path_join(PKGDATADIR, file);
	AUTO_STR beside = path_join(exe, file); /* not installed yet */
	const char *const places[] = { own, beside, shipped };
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int rc = access(places[i], R_OK) == 0 ? theme_read(places[i], ret, &err) : -ERR_NOT_FOUND;
		if (rc != -ERR_NOT_FOUND)
			return rc == 0 ? 0 : err_copy(reterr, &err);
		if (i == 0 && (strcmp(name, "default") == 0 || strcmp(name, "mono") == 0))
			return theme_builtin(ret, *name == 'm'), 0;
	}
	err_set(reterr, ERR_NOT_FOUND, "there is no theme %s", name);
	err_hint(reterr, "themes are files in %s; default, mono, light, solstice and contrast come with berth", PKGDATADIR "/themes");
	return -ERR_NOT_FOUND;
}

/* ---- fewer colours ---- */
static void rgb_of_256(int c, int rgb[3])
{
	static const unsigned char base[16][3] = {
		{ 0, 0, 0 }, { 205, 0, 0 }, { 0, 205, 0 }, { 205, 205, 0 }, { 0, 0, 238 }, { 205, 0, 205 }, { 0, 205, 205 }, { 229, 229, 229 },
		{ 127, 127, 127 }, { 255, 0, 0 }, { 0, 255, 0 }, { 255, 255, 0 }, { 92, 92, 255 }, { 255, 0, 255 }, { 0, 255, 255 }, { 255, 255, 255 },
	};
	static const int steps[6] = { 0, 95, 135, 175, 215, 255 };
	if (c < 16) {
		for (int i = 0; i < 3; i++)
			rgb[i] = base[c][i];
	} else if (c < 232) {
		rgb[0] = steps[(c - 16) / 36];
		rgb[1] = steps[(c - 16) / 6 % 6];
		rgb[2] = steps[(c - 16) % 6];
	} else {
		rgb[0] = rgb[1] = rgb[2] = 8 + (c - 232) * 10;
	}
}

static int nearest(const int rgb[3], int from, int to)
{
	int best = from, least = 1 << 30;
	for (int c = from; c < to; c++) {
		int p[3], d = 0;
		rgb_of_256(c, p);
		for (int i = 0; i < 3; i++)
			d += (p[i] - rgb[i]) * (p[i] - rgb[i]) * (i == 1 ? 4 : i == 0 ? 3 : 2);
		if (d < least) {
			least = d;
			best = c;
		}
	}
	return best;
}

int32_t ink_rgb_of_256(int colour)
{
	int rgb[3];
	rgb_of_256(colour, rgb);
	return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
}

int ink_to_256(int32_t colour)
{
	int rgb[3] = { colour >> 16 & 255, colour >> 8 & 255, colour & 255 };
	return colour < 256 ? colour : nearest(rgb, 16, 256);
}

int ink_to_16(int32_t colour, int n_colours)
{
	int rgb[3] = { colour >> 16 & 255, colour >> 8 & 255, colour & 255 };
	if (colour < n_colours)
		return colour;
	if (colour < 256)
		rgb_of_256(colour, rgb);
	return nearest(rgb, 0, n_colours);
}

/* Of eight colours the grey in the middle would come nearest to yellow, and a bright one to its dark sister, which can't be read. */
struct ink ink_of_8(struct ink i)
{
	struct ink r = i;
	int near = i.fg < 8 ? i.fg : ink_to_16(i.fg, 16);
	r.bg = i.bg < 0 ? i.bg : ink_to_16(i.bg, 8);
	if (near == 8 || (near == 7 && i.fg != 7))
		near = r.bg < 0 ? -1 : 7;
	if (near > 8)
		r.attrs |= INK_BOLD;
	r.fg = near > 8 ? near - 8 : near;
	if (r.fg >= 0 && r.fg == r.bg)
		r.fg = r.bg == 7 ? 0 : 7;
	return r;
}
