/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TESTS_SESSION_SHELL_H
#define BERTH_TESTS_SESSION_SHELL_H
/* Sessions whose commands really run here: a folder with the project's repository, a clone as the session has it, and one of somebody else's. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "berth/path.h"
#include "fake.h"
#include "session/parts.h"
#include "tests.h"

struct shell {
	struct loop *loop;
	struct fake_engine *e;
	struct session session;
	char *dir, *workdir;
	unsigned ends;
	struct err err;
	struct buf said;
};

/* Runs it in the folder, with the test's own git configuration; what it prints, without the last line end. */
static inline char *shell_out(struct shell *s, const char *command)
{
	AUTO_STR all = xasprintf("cd '%s' && { %s\n} 2>&1", s->dir, command);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	char piece[512];
	size_t n;
	FILE *f = popen(all, "r");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(&b, piece, n);
	int status = pclose(f);
	if (status)
		fail_msg("%s: status %d: %s", command, status, buf_str(&b));
	return sv_dup(sv_trim(buf_sv(&b)));
}

static inline void shell_do(struct shell *s, const char *command)
{
	free(shell_out(s, command));
}

static inline void shell_is(struct shell *s, const char *command, const char *wanted)
{
	AUTO_STR said = shell_out(s, command);
	if (strcmp(said, wanted) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", command, said, wanted);
}

static inline void shell_end(void *shell, const struct err *err)
{
	struct shell *s = shell;
	s->ends++;
	s->err = err ? *err : (struct err){ 0 };
}

static inline void shell_wait(struct shell *s)
{
	for (int64_t until = patience(); !s->ends && patient(until);) {
		loop_turn(s->loop, true);
		if (!loop_has_work(s->loop)) /* while one is at it the clock stands still: what waits for it would give up */
			loop_advance(s->loop, 50);
	}
	assert_int_equal(s->ends, 1);
	s->ends = 0;
}

static inline void shell_init(struct shell *s, const char *name)
{
	AUTO_STR home = path_join(getenv("TEST_FOLDER"), name);
	*s = (struct shell){ .loop = loop_new_virtual(), .dir = xstrdup(home), .workdir = path_join(home, "work") };
	setenv("HOME", home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	path_make_dirs(home, NULL);
	s->e = fake_engine_new(s->loop);
	s->e->runs = true;
	s->session = (struct session){ .name = S("a"), .container_id = S("berth-a"), .workdir = s->workdir, .state = SESSION_RUNNING };
	struct thing *t = fake_add(s->e->containers, &s->e->n_containers, "berth-a", NULL, 0);
	str_replace(&t->status, "running");
	shell_do(s, "git config --global user.name Ada && git config --global user.email a@b && git config --global init.defaultBranch main");
}

static inline void shell_fini(struct shell *s)
{
	engine_free(&s->e->base);
	loop_free(s->loop);
	buf_fini(&s->said);
	free(s->dir);
	free(s->workdir);
}
#endif
