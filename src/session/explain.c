/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words for how something ended. */
#include <stdio.h>

#include "berth/mem.h"
#include "berth/text.h"
#include "parts.h"

static const struct { int code; const char *words; } exits[] = {
	{ 0, "its program ended by itself" },
	{ EXIT_NO_SETTINGS, "its settings never reached it: whoever started it was gone" },
	{ 125, "the engine could not run it" },
	{ 126, "its command can't be executed" },
	{ 127, "the image has no such command" },
	{ 130, "it was interrupted" },
	{ 134, "its program aborted" },
	{ 135, "its program died of a bus error, often because shared memory is too small: --shm gives more" },
	{ 136, "its program died of an arithmetic error" },
	{ 139, "its program crashed" },
	{ 143, "it was stopped" },
	{ 255, "its program failed, or the engine's machine went down" },
};

static const char *words_for(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].code == code)
			return exits[i].words;
	return NULL;
}

void session_explain_exit(struct buf *b, int exit_code, bool oom, struct sv engine_error)
{
	const char *words = words_for(exit_code);
	if (oom && exit_code == EXIT_KILLED)
		buf_add_str(b, "it ran out of memory and was killed (exit code 137)");
	else if (exit_code == EXIT_KILLED)
		buf_add_str(b, "it was killed: from outside, or because it or the engine's machine ran out of memory (exit code 137)");
	else if (words)
		buf_addf(b, "%s (exit code %d)", words, exit_code);
	else if (exit_code > 128 && exit_code < 160)
		buf_addf(b, "its program died of signal %d (exit code %d)", exit_code - 128, exit_code);
	else
		buf_addf(b, "its program ended with exit code %d", exit_code);
	if (oom && exit_code != EXIT_KILLED)
		buf_add_str(b, "; something in it, often a kernel, had run out of memory");
	if (engine_error.len) {
		buf_add_str(b, ": ");
		buf_add_sv(b, engine_error);
	}
}

/* ---- /proc/net/tcp: "  0: 00000000:22B8 00000000:0000 0A …", state 0A is LISTEN ---- */
static struct sv next_word(struct sv *rest)
{
	struct sv word = { NULL, 0 };
	while (sv_split(rest, ' ', &word) && !word.len)
		;
	return word;
}

bool proc_net_listens(struct sv table, uint16_t port)
{
	struct sv line;
	char wanted[6];
	snprintf(wanted, sizeof wanted, ":%04X", port);
	while (sv_split(&table, '\n', &line)) {
		next_word(&line);
		struct sv local = next_word(&line);
		next_word(&line);
		struct sv state = next_word(&line);
		if (sv_ends(local, sv_of(wanted)) && sv_eq(state, SV("0A")))
			return true;
	}
	return false;
}

void log_last_words(struct buf *b, struct sv log)
{
	struct sv line, last = { "", 0 };
	AUTO(buf_fini) struct buf plain = BUF_INIT;
	struct esc_parser esc;
	struct esc_token token;
	esc_init(&esc);
	while (esc_next(&esc, &log, &token)) {
		if (token.kind == ESC_TEXT)
			buf_add_sv(&plain, token.text);
		else if (token.kind == ESC_LF || token.kind == ESC_CR)
			buf_add_char(&plain, '\n');
	}
	struct sv rest = buf_sv(&plain);
	while (sv_split(&rest, '\n', &line))
		if (sv_trim(line).len)
			last = sv_trim(line);
	text_clean(b, (struct sv){ last.p, utf8_floor(last, 200) });
}
