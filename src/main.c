/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The composition root: words of the command line -> the objects -> a face. */
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "berth/cache.h"
#include "berth/cli.h"
#include "berth/log.h"
#include "berth/path.h"
#include "berth/tui.h"

/*
 * Tokens pass through this process and the programs it asks for them: no core may hold one. Linux looks at a limit of 0 only where
 * it writes cores to files; what /proc/sys/kernel/core_pattern pipes to a program (systemd-coredump, apport) is held back by the
 * limit 1 alone. No core fits into one byte of a file either. Two cases are left: who began us may have forbidden to raise the limit
 * from 0, and a socket ("@") asks for no limit at all. There this process says that it can't be dumped, which holds everywhere
 * but ends with exec, and keeps a person's own debugger out as well.
 */
static void no_core_files(void)
{
	const struct rlimit least = { 1, 1 };
	AUTO(buf_fini) struct buf pattern = BUF_INIT;
	bool socket = file_read("/proc/sys/kernel/core_pattern", 4096, &pattern, NULL) == 0 && pattern.len && pattern.p[0] == '@';
	if (setrlimit(RLIMIT_CORE, &least) < 0 || socket)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* What a worker has read once should not stay: few heaps, and what is large goes back when it is freed. */
static void lean_memory(void)
{
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

/* ssh brings the locale's name from where the person sits: one in UTF-8 that this machine does not have is UTF-8 all the same. */
static void take_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *wanted = NULL;
	for (size_t i = 0; i < ARRAY_LEN(names) && !(wanted && *wanted); i++)
		wanted = getenv(names[i]);
	if (!setlocale(LC_ALL, "") && wanted && (strcasestr(wanted, "UTF-8") || strcasestr(wanted, "UTF8")))
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
}

static int run_dashboard(struct app *a, const struct cli_globals *g)
{
	struct tui_options options = { .theme = g->theme, .plain = g->plain };
	struct err err = { 0 };
	int r = tui_run(a, &options, &err);
	return r < 0 ? cli_fail(g, &err) : r;
}

static int run_face(const struct app_deps *deps, const struct cli_globals *g, int argc, char **argv)
{
	struct app *a = app_new(deps);
	int code = g->command ? cli_run(a, g, argc, argv) : run_dashboard(a, g);
	app_free(a);
	return code;
}

static bool is_worker(const struct cli_globals *g, int argc)
{
	return g->command && strcmp(g->command, "build-worker") == 0 && g->first + 1 == argc;
}

static int run(const struct cli_globals *g, int argc, char **argv)
{
	struct err err = { 0 };
	const char *record = getenv("BERTH_RECORD");
	struct config *config = config_read(g->config, &err);
	struct app_deps deps = { .config = config, .read_only = g->read_only, .build_program = "/proc/self/exe",
		.keeper_program = "/proc/self/exe" };
	int code = err.code ? cli_fail(g, &err) : 0;
	if (!code) {
		deps.loop = loop_new();
		deps.net = net_new(deps.loop);
		if (record)
			net_record_to(deps.net, record, NULL);
		deps.store = store_new();
		bool worker = is_worker(g, argc);
		deps.cache = worker ? NULL : cache_open(deps.loop, &(struct cache_config){ 0 });
		deps.recall = deps.stays = !g->command; /* a command answers with what is so now */
		struct forge **forges = app_make_forges(&deps, &deps.n_forges);
		deps.forges = forges;
		code = worker ? app_build_worker(&deps, argv[g->first]) : run_face(&deps, g, argc, argv);
		while (deps.n_forges)
			forge_free(forges[--deps.n_forges]);
		free(forges);
		cache_free(deps.cache);
		store_free(deps.store);
		net_free(deps.net);
		loop_free(deps.loop);
	}
	config_free(config);
	return code;
}

int main(int argc, char **argv)
{
	struct cli_globals g;
	struct err err = { 0 };
	int code;
	take_locale();
	no_core_files();
	prctl(PR_SET_NAME, "berth", 0, 0, 0); /* what is run as /proc/self/exe would stand as "exe" in ps and top */
	lean_memory();
	crash_catch_signals();
	if (cli_parse_globals(argc, argv, &g, &err) < 0)
		return cli_fail(&g, &err);
	if (!is_worker(&g, argc) && cli_run_simple(argc, argv, &g, &code))
		return code;
	const char *log = g.log ? g.log : getenv("BERTH_LOG");
	if (log && log_open(log, LOG_DEBUG, &err) < 0)
		return cli_fail(&g, &err);
	return run(&g, argc, argv);
}
