/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "berth/path.h"
#include "fixture.h"

static char folder[64];

int fixture_begin(void **state)
{

	snprintf(folder, sizeof folder, "%s", "/tmp/berth-git-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	setenv("HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "A Person", 1);
	setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
	setenv("GIT_COMMITTER_NAME", "A Person", 1);
	setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
	setenv("GIT_AUTHOR_DATE", "1500000000 +0100", 1);
	setenv("GIT_COMMITTER_DATE", "1500000000 +0100", 1);
	/* what is made here need not survive a power cut */
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "core.fsync", 1);
	setenv("GIT_CONFIG_VALUE_0", "none", 1);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int fixture_end(void **state)
{
	return path_remove_tree(folder, NULL);
}

const char *fixture_dir(void) { return folder; }
char *fixture_path(const char *name) { return path_join(folder, name); }

static pid_t git_start(const char *dir, const char *const *argv, int in[2], int out[2])
{
	AUTO_STR cwd = *dir == '/' ? xstrdup(dir) : *dir ? fixture_path(dir) : xstrdup(folder);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	if (chdir(cwd))
		_exit(126);
	dup2(in[0], 0);
	if (out)
		dup2(out[1], 1);
	int null = open("/dev/null", O_WRONLY);
	if (!getenv("TEST_GIT_NOISE"))
		dup2(null, 2);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void git_wait(pid_t pid, const char *const *argv)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("git %s failed (status %d)", argv[1], status);
}

void git_run_in(const char *dir, struct sv input, const char *const *argv)
{
	int in[2], out[2] = { 0 };

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	out[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid = git_start(dir, argv, in, out);
	close(in[0]);
	close(out[1]);
	for (ssize_t n; input.len && (n = write(in[1], input.p, input.len)) > 0;)
		input = (struct sv){ input.p + n, input.len - (size_t)n };
	close(in[1]);
	git_wait(pid, argv);
}

char *git_output_in(const char *dir, const char *const *argv)
{
	struct buf text = BUF_INIT;
	int in[2], out[2];
	char block[4096];

	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	pid_t pid = git_start(dir, argv, in, out);
	close(in[0]);
	close(in[1]);
	close(out[1]);
	for (ssize_t n; (n = read(out[0], block, sizeof block)) > 0;)
		buf_add(&text, block, (size_t)n);
	close(out[0]);
	git_wait(pid, argv);
	if (text.len && text.p[text.len - 1] == '\n')
		buf_cut_to(&text, text.len - 1);
	return buf_take(&text);
}

void import_commit(struct buf *b, const char *ref, int mark, int from, int at, const char *message)
{
	int time = 1500000000 + 60 * at;

	buf_addf(b, "commit %s\nmark :%d\nauthor A Person <a@example.org> %d +0100\ncommitter A Person <a@example.org> %d +0100\n", ref, mark, time, time);
	buf_addf(b, "data %zu\n%s\n", strlen(message), message);
	if (from)
		buf_addf(b, "from :%d\n", from);
}

void import_file(struct buf *b, const char *mode, const char *path, struct sv bytes)
{
	buf_addf(b, "M %s inline \"", mode);
	for (const char *p = path; *p; p++) {
		if (*p == '\n' || *p == '"' || *p == '\\' || (unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			buf_addf(b, "\\%03o", (unsigned)(unsigned char)*p);
		else
			buf_add_char(b, *p);
	}
	buf_addf(b, "\"\ndata %zu\n", bytes.len);
	buf_add_sv(b, bytes);
	buf_add_char(b, '\n');
}

char *repo_import(const char *name, struct sv stream, const char *arg)
{
	char *path = fixture_path(name);

	git_run("", "init", "-q", "-b", "main", arg ? arg : "-q", path);
	if (!stream.len)
		return path;
	git_run_in(path, stream, (const char *const[]){ "git", "fast-import", "--quiet", NULL });
	if (!arg)
		git_run(path, "reset", "-q", "--hard");
	return path;
}

char *repo_usual(const char *name)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	for (int i = 1; i <= 5; i++) {
		AUTO_STR message = xasprintf("change %d\n\nbody of %d\n", i, i);
		import_commit(&b, "refs/heads/main", i, i - 1, i, message);
		import_file(&b, "644", "README.md", sv_of(message));
		import_file(&b, "755", "bin/run", SV("#!/bin/sh\n"));
		import_file(&b, "120000", "link", SV("README.md"));
	}
	import_commit(&b, "refs/heads/feature/x", 6, 2, 10, "feature one\n");
	import_file(&b, "644", "f.txt", SV("1\r\n"));
	import_commit(&b, "refs/heads/feature/x", 7, 6, 11, "feature two\n");
	import_file(&b, "644", "f.txt", SV("2\r\n"));
	buf_add_str(&b, "reset refs/tags/v1\nfrom :3\n\n");
	return repo_import(name, buf_sv(&b), NULL);
}

void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}
