/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keep: the keeper in this process; or a unit for it, where systemd runs a person's services. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "berth/path.h"
#include "cli/cli_impl.h"

/* ---- the keeper ---- */
static void say_messages(struct cli *c)
{
	struct store *st = app_store(c->app);
	size_t n = store_n_messages(st), *said = c->data;
	for (size_t i = n - MIN_OF(n, *said); i-- > 0;) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_rfc3339(&b, clock_wall_s());
		cli_note(c, "%s %s", buf_str(&b), store_message_at(st, i)->text);
	}
	*said = n;
}

static bool never(struct cli *c)
{
	say_messages(c);
	return false;
}

static void keep_drop(struct cli *c)
{
	free(c->data);
	c->data = NULL;
	c->clean_up = NULL;
}

static void kept(void *cli, const struct err *err)
{
	struct cli *c = cli;
	bool quiet = err && err->code == ERR_BUSY && cli_flag(c, "detached");
	say_messages(c);
	cli_end(c, quiet ? NULL : err);
}

static void keep_now(struct cli *c)
{
	c->data = xcalloc(1, sizeof(size_t));
	c->clean_up = keep_drop;
	app_keep(c->app, kept, c);
	cli_wait(c, never, NULL);
}

/* ---- the unit ---- */
/* %, $ and quotes mean something in a unit. */
static void add_unit_word(struct buf *b, const char *word)
{
	buf_add_char(b, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_add_char(b, '\\');
		if (*word == '%' || *word == '$')
			buf_add_char(b, *word);
		buf_add_char(b, *word);
	}
	buf_add_char(b, '"');
}

static int unit_text(struct buf *b, struct err *reterr)
{
	static const char *const passed[] = { "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME" };
	char program[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0)
		return err_set_errno(reterr, errno, "this program's own file can't be found");
	program[n] = '\0';
	buf_add_str(b, "[Unit]\nDescription=The keeper of berth's sessions\n\n[Service]\nExecStart=");
	add_unit_word(b, program);
	buf_add_str(b, " keep\nSuccessExitStatus=6\nRestart=always\nRestartSec=30\n");
	for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);
		if (!value || !*value || strchr(value, '\n'))
			continue;
		AUTO_STR pair = xasprintf("%s=%s", passed[i], value);
		buf_add_str(b, "Environment=");
		add_unit_word(b, pair);
		buf_add_char(b, '\n');
	}
	buf_add_str(b, "\n[Install]\nWantedBy=default.target\n");
	return b->overflow ? err_set(reterr, ERR_TOO_BIG, "the unit would be too long") : 0;
}

/* As sd_booted(3): systemd runs this machine where that folder is. */
static bool has_systemd(void)
{
	struct stat st;
	return lstat("/run/systemd/system", &st) == 0 && S_ISDIR(st.st_mode);
}

static void enabled(void *cli, const struct loop_answer *a, const struct err *err)
{
	struct cli *c = cli;
	struct err failed = { 0 };
	if (!err && a->status == 0) {
		cli_note(c, "systemd runs the keeper from now on; `systemctl --user disable --now berth-keeper` ends that.");
		cli_end(c, NULL);
		return;
	}
	if (err)
		err_copy(&failed, err);
	else
		err_set(&failed, ERR_FAILED, "systemctl could not enable the unit: %.*s", (int)MIN_OF(a->errors.len, (size_t)200), a->errors.p);
	err_hint(&failed, "The unit is written; berth goes on starting keepers by itself, so nothing is missing without it.");
	cli_end(c, &failed);
}

static void install(struct cli *c)
{
	static const char *const argv[] = { "systemctl", "--user", "enable", "--now", "berth-keeper.service", NULL };
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(32 << 10);
	AUTO_STR path = keeper_unit_path();
	AUTO_STR dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	if (!has_systemd()) {
		err_set(&err, ERR_UNSUPPORTED, "systemd does not run this machine, so there is nothing to install");
		err_hint(&err, "It is not needed: berth starts a keeper by itself with the first session.");
	} else if (unit_text(&b, &err) == 0 && path_make_dirs(dir, &err) == 0 && file_write_atomic(path, buf_sv(&b), &err) == 0) {
		cli_note(c, "%s is written.", path);
		loop_ask(app_loop(c->app), &(struct loop_ask_spec){ .argv = argv }, enabled, c);
		return;
	}
	cli_end(c, &err);
}

void run_keep(struct cli *c)
{
	if (cli_flag(c, "install"))
		install(c);
	else
		with_engine(c, keep_now);
}
