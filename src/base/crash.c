/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the program dies of itself: with the terminal put back first. Everything here must be async-signal-safe. */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "berth/mem.h"

static _Atomic(void (*)(void)) restore_fn;

void crash_set_restore(void (*restore)(void))
{
	atomic_store(&restore_fn, restore);
}

/* Taking the function out makes it run once, also when it faults itself. */
static void restore_once(void)
{
	void (*restore)(void) = atomic_exchange(&restore_fn, NULL);

	if (restore)
		restore();
}

static void on_fatal_signal(int sig)
{
	restore_once();
	raise(sig); /* SA_RESETHAND has put the default action back */
}

void crash_catch_signals(void)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	static _Alignas(16) char own_stack[64 * 1024]; /* a stack overflow leaves no room on the normal one */
	stack_t stack = { .ss_sp = own_stack, .ss_size = sizeof own_stack };
	struct sigaction action = { .sa_handler = on_fatal_signal, .sa_flags = SA_RESETHAND | SA_ONSTACK };

	sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		sigaction(fatal[i], &action, NULL);
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	restore_once();
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap); /* no allocation: memory may be what is missing */
	va_end(ap);
	dprintf(STDERR_FILENO, "berth: internal error at %s:%d: %s\n", file, line, text);
	abort();
}
