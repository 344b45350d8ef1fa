/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keep: the keeper in this process; or a unit for it, where systemd runs a person's services. */
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "berth/path.h"
#include "cli/cli_impl.h"

enum { UNIT_MAX = 64 << 10 };

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
/* As sd_booted(3): systemd runs this machine where that folder is. */
static bool has_systemd(void)
{
	struct stat st;
	return lstat("/run/systemd/system", &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whoever logs out takes their services along, unless they linger. */
static bool lingers(void)
{
	struct passwd entry, *found = NULL;
	char strings[4096];
	if (getpwuid_r(getuid(), &entry, strings, sizeof strings, &found) || !found)
		return false;
	AUTO_STR path = path_join("/var/lib/systemd/linger", found->pw_name);
	return access(path, F_OK) == 0;
}

static void enabled(void *cli, const struct loop_answer *a, const struct err *err)
{
	struct cli *c = cli;
	struct err failed = { 0 };
	if (!err && a->status == 0) {
		AUTO_STR path = keeper_unit_path();
		cli_note(c, "systemd runs the keeper from now on%s.", lingers() ? "" : " while you are logged in; `loginctl enable-linger` lets it go on when you log out");
		cli_note(c, "`systemctl --user disable --now berth-keeper` ends that; then %s can be removed.", path);
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

/* What stood there is kept: a person may have changed it. */
static int write_unit(struct cli *c, const char *path, struct sv text, struct err *reterr)
{
	AUTO_STR dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	AUTO_STR old_path = xasprintf("%s.old", path);
	AUTO(buf_fini) struct buf old = BUF_INIT;
	struct err err = { 0 };
	int r = file_read(path, UNIT_MAX, &old, &err);
	if (r == 0 && sv_eq(buf_sv(&old), text)) {
		cli_note(c, "%s is there already, as it has to be.", path);
		return 0;
	}
	bool was_there = r == 0;
	if (r < 0 && r != -ERR_NOT_FOUND) {
		err_copy(reterr, &err);
		return r;
	}
	if (was_there && (r = file_write_atomic(old_path, buf_sv(&old), reterr)) < 0)
		return r;
	if ((r = path_make_dirs(dir, reterr)) < 0 || (r = file_write_atomic(path, text, reterr)) < 0)
		return r;
	if (was_there)
		cli_note(c, "%s is written anew; what it was is kept as %s.", path, old_path);
	else
		cli_note(c, "%s is written.", path);
	return 0;
}

static void install(struct cli *c)
{
	static const char *const argv[] = { "systemctl", "--user", "enable", "--now", "berth-keeper.service", NULL };
	struct err err = { 0 };
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(UNIT_MAX);
	AUTO_STR path = keeper_unit_path();
	if (!has_systemd()) {
		err_set(&err, ERR_UNSUPPORTED, "systemd does not run this machine, so there is nothing to install");
		err_hint(&err, "It is not needed: berth starts a keeper by itself with the first session.");
	} else if (app_keeper_unit(c->app, &b, &err) == 0 && write_unit(c, path, buf_sv(&b), &err) == 0) {
		loop_ask(app_loop(c->app), &(struct loop_ask_spec){ .argv = argv }, enabled, c);
		return;
	}
	if (err.code != ERR_UNSUPPORTED)
		err_hint(&err, "Without it berth goes on starting keepers by itself.");
	cli_end(c, &err);
}

void run_keep(struct cli *c)
{
	if (cli_flag(c, "install"))
		install(c);
	else
		with_engine(c, keep_now);
}
