/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "berth/path.h"
#include "tests.h"
#include "tui/keymap.h"
#include "tui/keys.h"

#include <stdio.h>
#include <unistd.h>

static void add_keys(struct keys *k, struct sv bytes, struct buf *out)
{
	struct key key;
	while (keys_next(k, &bytes, &key)) {
		buf_addf(out, "%s%s", out->len ? " " : "", key.name);
		if (key.text.len)
			buf_addf(out, "(%.*s)", (int)key.text.len, key.text.p);
	}
}

static const struct { const char *bytes, *names; } cases[] = {
	{ "jJ 1", "j J space 1" }, { "\r\n\t\x7f\b", "enter enter tab backspace backspace" }, { "\x01\x04\x1a\x1d", "ctrl-a ctrl-d ctrl-z ctrl-]" },
	{ "\033[A\033[B\033OC\033OD", "up down right left" }, { "\033[5~\033[6~\033[H\033[4~", "pgup pgdn home end" }, { "\033[1;5C\033[5;3~", "ctrl-right alt-pgup" },
	{ "\033OP\033[15~\033[Z", "f1 f5 shift-tab" }, { "\033x", "alt-x" }, { "\xc3\xa4\xe6\x96\x87", "ä 文" }, { "\xff\xc3j", "j" },
	{ "\033[?1;2cj", "j" }, { "\033[>0;276;0cj", "j" }, { "\033[24;80Rj", "j" }, { "\033]11;rgb:0/0/0\033\\j", "ground j" }, { "\033]11;rgb:ffff/ffff/ffff\aj", "ground j" }, { "\033]11;rgb:ffff/ff\aj", "j" }, { "\033]11;rgb:\aj\033]10;rgb:0/0/0\a", "j" },
	{ "\033]11;rgb:ff/ff/\030j\033[<2;3;4M", "j right-click" }, { "\033]0;x\aj", "j" }, { "\033P1$r0m\033\\j", "j" },
	{ "\033[?2026;2$yj", "j" }, { "\033[99~j", "j" }, { "\033[<0;10;5M", "click" }, { "\033[<64;1;1M\033[<65;1;1M\033[<0;1;1m", "wheel-up wheel-down" },
	{ "\033[200~a\nQ\033[201~j", "paste(a\nQ) j" }, { "\033[200~\033[A\033[201~", "paste(\033[A)" }, { "\033\033[A", "esc up" },
};

void test_keys_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct keys k;
		AUTO(buf_fini) struct buf b = BUF_INIT;
		keys_init(&k);
		add_keys(&k, sv_of(cases[i].bytes), &b);
		if (strcmp(buf_str(&b), cases[i].names) != 0)
			fail_msg("case %zu: %s, not %s", i, buf_str(&b), cases[i].names);
		keys_fini(&k);
	}
	struct keys k;
	struct key key;
	keys_init(&k);
	struct sv esc = SV("\033");
	assert_false(keys_next(&k, &esc, &key));
	assert_true(keys_waiting(&k));
	assert_true(keys_timeout(&k, &key));
	assert_string_equal(key.name, "esc");
	assert_false(keys_waiting(&k));
	keys_fini(&k);
}

/* A byte at a time gives the same. */
void test_keys_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct keys k;
		AUTO(buf_fini) struct buf b = BUF_INIT;
		keys_init(&k);
		for (const char *c = cases[i].bytes; *c; c++)
			add_keys(&k, (struct sv){ c, 1 }, &b);
		assert_string_equal(buf_str(&b), cases[i].names);
		keys_fini(&k);
	}
}

void test_keys_hostile(void **state)
{
	struct keys k;
	AUTO(buf_fini) struct buf b = BUF_INIT, big = BUF_INIT;
	uint64_t random = 88172645463325252u;
	(void)state;
	keys_init(&k);
	buf_add_str(&big, "\033[");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&big, "1;");
	buf_add_str(&big, "Xj");
	add_keys(&k, buf_sv(&big), &b);
	assert_string_equal(buf_str(&b), "j");
	for (int i = 0; i < 200000; i++) { /* noise: no crash, nothing piles up */
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		char c = (char)(random % 5 == 0 ? 0x1b : random % 7 == 0 ? '[' : (random >> 20));
		buf_clear(&b);
		add_keys(&k, (struct sv){ &c, 1 }, &b);
		assert_true(k.n_pending <= PENDING_MAX);
	}
	keys_fini(&k);
}

void test_keymap_defaults(void **state)
{
	static const struct { const char *panes[3], *key; enum command_id id; } table[] = {
		{ { "commits" }, "j", CMD_DOWN }, { { "commits" }, "s", CMD_START }, { { "sessions" }, "s", CMD_SAVE_WORK }, { { "sessions" }, "t", CMD_COUNT_ }, { { "commits" }, "S", CMD_START_OPTIONS },
		{ { "log", "main" }, "S", CMD_SAVE }, { { "sessions" }, "d", CMD_STOP }, { { NULL }, "ctrl-z", CMD_SUSPEND }, { { "projects" }, "nothing", CMD_COUNT_ },
	};
	struct keymap *m = keymap_new(NULL);
	(void)state;
	assert_int_equal(keymap_n_problems(m), 0);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(keymap_find(m, table[i].panes, table[i].key), table[i].id);
	for (size_t i = 0; i < CMD_COUNT_; i++) { /* every key of the table is one */
		struct sv rest = sv_of(command_at(i)->keys), one;
		while (command_at(i)->keys && sv_split(&rest, ' ', &one)) {
			AUTO_STR name = sv_dup(one);
			assert_true(key_name_valid(name));
		}
	}
	keymap_free(m);
}

static struct config *config_of(const char *text)
{
	char path[] = "/tmp/berth-keys-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	struct config *c = config_read(path, NULL);
	unlink(path);
	return c;
}

void test_keymap_config(void **state)
{
	static const char *const commits[] = { "commits", NULL };
	struct config *c = config_of("[keys]\n\tdown = ctrl-n down\n\trefresh = none\n[keys \"commits\"]\n\tbuild = B\n\tstart = S\n\tcopy = hyper-x\n\tstop = d\n");
	struct keymap *m = keymap_new(c);
	(void)state;
	assert_int_equal(keymap_find(m, commits, "ctrl-n"), CMD_DOWN);
	assert_int_equal(keymap_find(m, commits, "j"), CMD_COUNT_);
	assert_int_equal(keymap_find(m, commits, "r"), CMD_COUNT_);
	assert_int_equal(keymap_find(m, commits, "B"), CMD_BUILD);
	assert_int_equal(keymap_find(m, commits, "b"), CMD_COUNT_);
	assert_int_equal(keymap_find(m, commits, "S"), CMD_START);
	assert_int_equal(keymap_n_problems(m), 3); /* hyper-x is no key; stop does not work in commits; S means two things */
	keymap_free(m);
	config_free(c);
}
