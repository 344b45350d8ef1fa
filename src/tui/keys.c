/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/keys.h"

#include <ctype.h>
#include <stdio.h>

#include "berth/mem.h"

void keys_init(struct keys *k)
{
	memset(k, 0, sizeof *k);
	k->paste = BUF_INIT_MAX(PASTE_MAX);
}

void keys_fini(struct keys *k)
{
	buf_fini(&k->paste);
}

void keys_add_sequence(struct keys *k, const char *bytes, const char *name)
{
	struct key_sequence *s = &k->sequences[k->n_sequences];
	if (k->n_sequences == SEQUENCES_MAX || strlen(bytes) >= sizeof s->bytes)
		return;
	snprintf(s->bytes, sizeof s->bytes, "%s", bytes);
	s->name = name;
	k->n_sequences++;
}

/* ---- the sequences that nearly every terminal sends ---- */
static const struct { char final; const char *name; } letters[] = {
	{ 'A', "up" }, { 'B', "down" }, { 'C', "right" }, { 'D', "left" }, { 'H', "home" }, { 'F', "end" }, { 'Z', "shift-tab" },
	{ 'P', "f1" }, { 'Q', "f2" }, { 'R', "f3" }, { 'S', "f4" },
};
static const struct { unsigned number; const char *name; } numbers[] = {
	{ 1, "home" }, { 2, "insert" }, { 3, "delete" }, { 4, "end" }, { 5, "pgup" }, { 6, "pgdn" }, { 7, "home" }, { 8, "end" },
	{ 11, "f1" }, { 12, "f2" }, { 13, "f3" }, { 14, "f4" }, { 15, "f5" }, { 17, "f6" }, { 18, "f7" }, { 19, "f8" }, { 20, "f9" },
	{ 21, "f10" }, { 23, "f11" }, { 24, "f12" },
};

static bool named(struct key *ret, const char *name)
{
	snprintf(ret->name, sizeof ret->name, "%s", name);
	return true;
}

static bool named_with(struct key *ret, unsigned modifiers, const char *name)
{
	unsigned bits = modifiers ? modifiers - 1 : 0;
	snprintf(ret->name, sizeof ret->name, "%s%s%s%s", bits & 4 ? "ctrl-" : "", bits & 2 ? "alt-" : "", bits & 1 ? "shift-" : "", name);
	return true;
}

static size_t parameters(struct sv body, unsigned *p, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < max; i++)
		p[i] = 0;
	for (size_t i = 0; i < body.len; i++) {
		if (body.p[i] >= '0' && body.p[i] <= '9' && n < max && p[n] < 100000)
			p[n] = p[n] * 10 + (unsigned)(body.p[i] - '0');
		else if (body.p[i] == ';' && n < max)
			n++;
	}
	return n + 1;
}

static bool mouse(struct sv body, char final, struct key *ret)
{
	unsigned p[3];
	parameters(body, p, 3);
	ret->x = (int)p[1] - 1;
	ret->y = (int)p[2] - 1;
	if (final != 'M')
		return false;
	if (p[0] == 64 || p[0] == 65)
		return named(ret, p[0] == 64 ? "wheel-up" : "wheel-down");
	return p[0] == 0 || p[0] == 2 ? named(ret, p[0] ? "right-click" : "click") : false;
}

/* A whole "ESC [ body final". */
static bool csi(struct keys *k, struct sv body, char final, struct key *ret)
{
	unsigned p[3];
	if (body.len && body.p[0] == '<')
		return (final == 'M' || final == 'm') && mouse((struct sv){ body.p + 1, body.len - 1 }, final, ret);
	if (body.len && (body.p[0] < '0' || body.p[0] > ';'))
		return false; /* "?…", ">…": an answer to a question */
	size_t n = parameters(body, p, 3);
	if (final == '~' && p[0] == 200) {
		k->pasting = true;
		buf_clear(&k->paste);
		return false;
	}
	if (final == '~')
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
			if (numbers[i].number == p[0])
				return named_with(ret, n > 1 ? p[1] : 0, numbers[i].name);
	if (final == 'R' && n > 1 && p[0] != 1)
		return false; /* where the cursor is: an answer */
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].final == final && (n == 1 ? !p[0] || p[0] == 1 : p[0] == 1))
			return named_with(ret, n > 1 ? p[1] : 0, letters[i].name);
	return false;
}

static bool plain(unsigned char c, struct key *ret)
{
	switch (c) {
	case '\r': case '\n':
		return named(ret, "enter");
	case '\t':
		return named(ret, "tab");
	case 0x7f: case '\b':
		return named(ret, "backspace");
	case ' ':
		return named(ret, "space");
	case 0x1b:
		return named(ret, "esc");
	case 0:
		return named(ret, "ctrl-space");
	default:
		break;
	}
	if (c < 0x20)
		snprintf(ret->name, sizeof ret->name, "ctrl-%c", c < 27 ? c + 'a' - 1 : c + '@');
	else
		snprintf(ret->name, sizeof ret->name, "%c", c);
	return true;
}

/* ---- one sequence out of pending ---- */
enum verdict { NEED_MORE, KEY_FOUND, SWALLOWED };

static enum verdict try_terminfo(struct keys *k, struct key *ret, size_t *ret_used)
{
	bool prefix = false;
	for (size_t i = 0; i < k->n_sequences; i++) {
		size_t n = strlen(k->sequences[i].bytes), have = MIN_OF(n, k->n_pending);
		if (memcmp(k->sequences[i].bytes, k->pending, have) != 0)
			continue;
		if (have < n) {
			prefix = true;
			continue;
		}
		*ret_used = n;
		named(ret, k->sequences[i].name);
		return KEY_FOUND;
	}
	return prefix ? NEED_MORE : SWALLOWED;
}

/* The colour of the ground, as terminals answer when asked (OSC 11): "11;rgb:ffff/ffff/ffff". Its lightness is in y, 0 to 255. */
static bool ground(struct sv body, struct key *ret)
{
	unsigned rgb[3] = { 0 };
	size_t at = 7;
	if (!sv_starts(body, SV("11;rgb:")))
		return false;
	for (int i = 0; i < 3; i++) {
		unsigned digits = 0, value = 0;
		for (; at < body.len && digits < 4 && isxdigit((unsigned char)body.p[at]); at++, digits++)
			value = value * 16 + (unsigned)(body.p[at] <= '9' ? body.p[at] - '0' : (body.p[at] | 32) - 'a' + 10);
		if (!digits || (i < 2 && (at == body.len || body.p[at++] != '/')))
			return false;
		rgb[i] = value * 255 / ((1u << 4 * digits) - 1);
	}
	ret->y = (int)((rgb[0] * 3 + rgb[1] * 6 + rgb[2]) / 10);
	return named(ret, "ground");
}

/* OSC, DCS, APC, PM, SOS: to BEL, ST or CAN. */
static enum verdict string_sequence(struct keys *k, struct key *ret, size_t *ret_used)
{
	for (size_t i = 2; i < k->n_pending; i++) {
		if (k->pending[i] == 0x07 || k->pending[i] == 0x18 || (k->pending[i] == '\\' && k->pending[i - 1] == 0x1b)) {
			*ret_used = i + 1;
			struct sv body = { (const char *)k->pending + 2, i - 2 };
			return k->pending[1] == ']' && k->pending[i] != 0x18 && ground(body, ret) ? KEY_FOUND : SWALLOWED;
		}
	}
	return NEED_MORE;
}

static enum verdict csi_sequence(struct keys *k, struct key *ret, size_t *ret_used)
{
	for (size_t i = 2; i < k->n_pending; i++) {
		unsigned char c = k->pending[i];
		if (c >= 0x40 && c <= 0x7e) {
			*ret_used = i + 1;
			return csi(k, (struct sv){ (const char *)k->pending + 2, i - 2 }, (char)c, ret) ? KEY_FOUND : SWALLOWED;
		}
		if (c < 0x20 || c > 0x7e) { /* broken off: what begins here is something new */
			*ret_used = i;
			return SWALLOWED;
		}
	}
	return NEED_MORE;
}

static enum verdict escape_sequence(struct keys *k, struct key *ret, size_t *ret_used)
{
	if (k->n_pending < 2)
		return NEED_MORE;
	enum verdict v = try_terminfo(k, ret, ret_used);
	if (v == KEY_FOUND)
		return v;
	switch (k->pending[1]) {
	case '[':
		return csi_sequence(k, ret, ret_used);
	case ']': case 'P': case '_': case '^': case 'X':
		return string_sequence(k, ret, ret_used);
	case 'O':
		if (k->n_pending < 3)
			return NEED_MORE;
		*ret_used = 3;
		return csi(k, (struct sv){ "", 0 }, (char)k->pending[2], ret) ? KEY_FOUND : SWALLOWED;
	case 0x1b:
		*ret_used = 1;
		return named(ret, "esc") ? KEY_FOUND : SWALLOWED;
	default:
		break;
	}
	struct key second = { 0 };
	*ret_used = 2;
	if (k->pending[1] >= 0x80 || !plain(k->pending[1], &second))
		return SWALLOWED;
	snprintf(ret->name, sizeof ret->name, "alt-%.16s", second.name);
	return KEY_FOUND;
}

static enum verdict utf8_sequence(struct keys *k, struct key *ret, size_t *ret_used)
{
	unsigned char lead = k->pending[0];
	size_t want = lead > 0xf4 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
	uint32_t code;
	for (size_t i = 1; i < MIN_OF(want, k->n_pending); i++)
		if ((k->pending[i] & 0xc0) != 0x80)
			want = 1; /* broken off: the lead byte alone is wrong */
	if (k->n_pending < want)
		return NEED_MORE;
	size_t n = utf8_next((struct sv){ (const char *)k->pending, want }, &code);
	*ret_used = n ? n : 1;
	if (!n || code < 0xa0)
		return SWALLOWED; /* invalid, or a C1 control */
	snprintf(ret->name, sizeof ret->name, "%.*s", (int)n, (const char *)k->pending);
	return KEY_FOUND;
}

static enum verdict cut_one(struct keys *k, struct key *ret, size_t *ret_used)
{
	if (k->pending[0] == 0x1b)
		return escape_sequence(k, ret, ret_used);
	if (k->pending[0] >= 0x80)
		return utf8_sequence(k, ret, ret_used);
	*ret_used = 1;
	return plain(k->pending[0], ret) ? KEY_FOUND : SWALLOWED;
}

static void drop_pending(struct keys *k, size_t n)
{
	k->n_pending -= n;
	memmove(k->pending, k->pending + n, k->n_pending);
}

/* Takes bytes up to the end of the paste. */
static bool paste_more(struct keys *k, struct sv *input, struct key *ret)
{
	static const char end[] = "\033[201~";
	while (input->len) {
		buf_add_char(&k->paste, *input->p);
		input->p++;
		input->len--;
		if (!sv_ends(buf_sv(&k->paste), sv_of(end))) {
			if (k->paste.len > PASTE_MAX - 16) /* the rest of it is thrown away; the end is still seen */
				buf_cut_front(&k->paste, PASTE_MAX / 2);
			continue;
		}
		buf_cut_to(&k->paste, k->paste.len - strlen(end));
		k->pasting = false;
		named(ret, "paste");
		ret->text = buf_sv(&k->paste);
		return true;
	}
	return false;
}

bool keys_next(struct keys *k, struct sv *input, struct key *ret)
{
	memset(ret, 0, sizeof *ret);
	for (;;) {
		size_t used = 0;
		if (k->pasting)
			return paste_more(k, input, ret);
		enum verdict v = k->n_pending ? cut_one(k, ret, &used) : NEED_MORE;
		if (v == NEED_MORE && k->n_pending == PENDING_MAX) { /* over-long: its parameters are forgotten, its end is still seen */
			k->pending[2] = k->pending[PENDING_MAX - 1];
			k->n_pending = 3;
		}
		if (v != NEED_MORE) {
			drop_pending(k, used);
			if (v == KEY_FOUND)
				return true;
			memset(ret, 0, sizeof *ret);
			continue;
		}
		if (!input->len)
			return false;
		k->pending[k->n_pending++] = (unsigned char)*input->p;
		input->p++;
		input->len--;
	}
}

bool keys_waiting(const struct keys *k)
{
	return k->n_pending > 0 && !k->pasting;
}

bool keys_timeout(struct keys *k, struct key *ret)
{
	bool lone = k->n_pending == 1 && k->pending[0] == 0x1b;
	bool alt = k->n_pending == 2 && k->pending[0] == 0x1b && !k->pasting;
	char second = alt ? (char)k->pending[1] : 0;
	memset(ret, 0, sizeof *ret);
	k->n_pending = 0;
	if (alt)
		snprintf(ret->name, sizeof ret->name, "alt-%c", second);
	return alt || (lone && named(ret, "esc"));
}

bool key_name_valid(const char *name)
{
	static const char *const words[] = { "space", "enter", "esc", "tab", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pgup", "pgdn" };
	static const char *const modifiers[] = { "ctrl-", "alt-", "shift-" };
	uint32_t code;
	for (size_t i = 0; i < ARRAY_LEN(modifiers); i++)
		if (sv_starts(sv_of(name), sv_of(modifiers[i])) && name[strlen(modifiers[i])])
			return key_name_valid(name + strlen(modifiers[i]));
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(name, words[i]) == 0)
			return true;
	if (name[0] == 'f' && name[1] >= '1' && name[1] <= '9')
		return !name[2] || (name[1] == '1' && name[2] >= '0' && name[2] <= '2' && !name[3]);
	size_t n = utf8_next(sv_of(name), &code);
	return n && !name[n] && code > ' ' && (code < 0x7f || code >= 0xa0);
}
