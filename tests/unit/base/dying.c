/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens at the end: crashes, faults that are asked for, secrets that are wiped. */
#include "tests.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/fault.h"
#include "berth/mem.h"
#include "berth/secret.h"

static int restored_to = -1;

static void say_restored(void)
{
	(void)!write(restored_to, "R", 1);
}

/* Runs fn in a child whose restore function and stderr write to `out`; gives the signal that it died of. */
static int die_of(void (*fn)(void), char *out, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (!pid) {
		restored_to = ends[1];
		dup2(ends[1], STDERR_FILENO);
		crash_set_restore(say_restored);
		crash_catch_signals();
		fn();
		_exit(0);
	}
	close(ends[1]);
	while (len < size - 1 && (n = read(ends[0], out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(ends[0]);
	out[len] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void by_segv(void) { raise(SIGSEGV); }
static void by_bus(void) { raise(SIGBUS); }
static void by_abort(void) { abort(); }
static void by_bug(void) { BUG("state %d", 7); }
static void by_memory(void) { xrealloc(NULL, SIZE_MAX / 2, 3); }
static void by_null_in_map(void) { bug_at("x.c", 3, "%s", "text"); }
static void by_bad_code(void) { err_set(NULL, ERR_NONE, "x"); }

static void not_at_all(void)
{
	crash_set_restore(NULL);
	raise(SIGTERM); /* not ours to catch */
}

static void the_terminal_is_restored_once(void **state)
{
	static const struct { void (*fn)(void); int signal; const char *says; } rows[] = {
		{ by_segv, SIGSEGV, "R" }, { by_bus, SIGBUS, "R" }, { by_abort, SIGABRT, "R" }, { by_bug, SIGABRT, "state 7" },
		{ by_memory, SIGABRT, "out of memory" }, { by_null_in_map, SIGABRT, "x.c:3: text" }, { by_bad_code, SIGABRT, "err_set" },
		{ not_at_all, SIGTERM, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[1000];
		int sig = die_of(rows[i].fn, out, sizeof out);
		assert_row(sig == rows[i].signal && strstr(out, rows[i].says), i, out);
		const char *first = strchr(out, 'R');
		assert_row((rows[i].signal == SIGTERM) == !first, i, out);
		assert_row(!first || first == out, i, "restored before anything is said, and once");
	}
}

/* The last look at a block that is freed: this program links with --wrap=free. */
static void *watched;
static unsigned char last_seen[32];

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	if (p && p == watched)
		memcpy(last_seen, p, sizeof last_seen);
	__real_free(p);
}

static void secrets_are_wiped(void **state)
{
	struct secret *s = secret_new(SV("glpat-0123456789abcdefgh"));
	struct sv bytes = secret_reveal(s);

	watched = s;
	size_t at = (size_t)(bytes.p - (const char *)s);
	assert_true(at + 20 <= sizeof last_seen);
	secret_free(s);
	watched = NULL;
	for (size_t i = at; i < sizeof last_seen; i++)
		assert_int_equal(last_seen[i], 0);
	char text[8] = "secret";
	wipe(text, sizeof text);
	assert_memory_equal(text, "\0\0\0\0\0\0\0\0", 8);
	wipe(NULL, 0);
}

static void secrets_are_kept_and_compared(void **state)
{
	AUTO(secret_free_p) struct secret *s = secret_new((struct sv){ "a\0b", 3 });
	AUTO(secret_free_p) struct secret *copy = secret_dup(s), *none = secret_dup(NULL), *empty = secret_new((struct sv){ NULL, 0 });
	AUTO(secret_free_p) struct secret *one = secret_random(16), *two = secret_random(16);

	assert_null(none);
	secret_free(NULL);
	assert_true(secret_eq(copy, (struct sv){ "a\0b", 3 }));
	assert_false(secret_eq(copy, SV("a")));
	assert_false(secret_eq(copy, (struct sv){ "a\0c", 3 }));
	assert_false(secret_eq(NULL, SV("")));
	assert_true(secret_eq(empty, SV("")));
	assert_int_equal(secret_reveal(one).len, 32);
	assert_int_equal(strspn(secret_reveal(one).p, "0123456789abcdef"), 32);
	assert_false(secret_eq(one, secret_reveal(two)));
}

static void faults_fire_when_asked(void **state)
{
	static const struct { const char *spec; const char *fires; } rows[] = {
		{ "a.b", "1000" }, { "a.b:1", "1000" }, { "a.b:3", "0010" }, { "a.b:2+", "0111" }, { "a.b:+", "1111" },
		{ "other", "0000" }, { "a.b:x", "0000" }, { "", "0000" }, { "a.", "0000" }, { NULL, "0000" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char fired[5] = "";
		if (rows[i].spec)
			setenv("BERTH_FAULT", rows[i].spec, 1);
		else
			unsetenv("BERTH_FAULT");
		for (size_t k = 0; k < 4; k++)
			fired[k] = fault_hit("a.b") ? '1' : '0';
		assert_row(!strcmp(fired, rows[i].fires), i, fired);
	}
}

static void by_fault(void)
{
	setenv("BERTH_FAULT", "kill:a.b:2", 1);
	if (fault_hit("a.b"))
		_exit(1);
	fault_hit("a.b");
}

static void a_fault_can_kill(void **state)
{
	char out[100];

	assert_int_equal(die_of(by_fault, out, sizeof out), SIGKILL);
	assert_string_equal(out, "");
}

TEST_LIST(dying_tests,
	cmocka_unit_test(the_terminal_is_restored_once),
	cmocka_unit_test(secrets_are_wiped),
	cmocka_unit_test(secrets_are_kept_and_compared),
	cmocka_unit_test(faults_fire_when_asked),
	cmocka_unit_test(a_fault_can_kill),
);
