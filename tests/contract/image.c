/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Builds from end to end: a git repository, a worker process (this program, run as "build-worker ID"), the engine at
 * BERTH_TEST_ENGINE (else the usual socket). The images are a static busybox and a line or two; all of them are removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "berth/git.h"
#include "berth/image.h"
#include "berth/mem.h"
#include "berth/path.h"

#define BASE "FROM scratch\nLABEL io.berth.test=image\nCOPY busybox /bin/busybox\n"
static char *home, *repo_dir;
static struct loop *the_loop;
static struct net *the_net;
static struct engine *the_engine;
static struct forge *the_forge;
static struct project the_project;

/* ---- the repository ---- */
static void git(const char *const *args)
{
	const char *argv[16] = { "git", "-C", repo_dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.org" };
	size_t n = 7;
	int status = 0;
	for (; *args; args++)
		argv[n++] = *args;
	pid_t pid = fork();
	if (!pid) {
		execvp("git", (char **)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
#define GIT(...) git((const char *const[]){ __VA_ARGS__, NULL })

static void put(const char *name, const char *text)
{
	AUTO_STR path = path_join(repo_dir, name);
	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
	chmod(path, 0644);
}

static void found(void *oid, const struct oid *id, const char *branch)
{
	*(struct oid *)oid = *id;
	(void)branch;
}

static bool call_ended;
static struct err call_err;

static void ended(void *ctx, const struct err *err)
{
	(void)ctx;
	call_ended = true;
	call_err = (struct err){ 0 };
	err_copy(&call_err, err);
}

static void tick(void *ctx)
{
	(void)ctx;
}

static void wait_for(const bool *flag, const char *what)
{
	uint64_t until = loop_now_ms(the_loop) + 60000;
	struct loop_timer *t = loop_timer_start(the_loop, 20, 20, tick, NULL);
	while (!*flag && loop_now_ms(the_loop) < until)
		loop_turn(the_loop, /* wait= */ true);
	loop_timer_stop(t);
	if (!*flag)
		fail_msg("%s: nothing within a minute", what);
}

static struct oid commit_all(const char *subject)
{
	struct oid o = { { 0 } };
	GIT("add", "-A");
	GIT("commit", "-q", "--allow-empty", "-m", subject);
	call_ended = false;
	forge_resolve(the_forge, &the_project, "HEAD", found, ended, &o);
	wait_for(&call_ended, "git rev-parse");
	assert_int_equal(call_err.code, 0);
	return o;
}

/* ---- builds ---- */
struct seen { struct buf log; bool ended; struct build final; struct err err; };

static void on_piece(void *seen, struct sv bytes)
{
	buf_add_sv(&((struct seen *)seen)->log, bytes);
}

static void on_end(void *seen, const struct build *final, const struct err *err)
{
	struct seen *s = seen;
	if (final)
		build_dup(&s->final, final);
	err_copy(&s->err, err);
	s->ended = true;
}

static void seen_clear(struct seen *s)
{
	buf_fini(&s->log);
	build_fini(&s->final);
	*s = (struct seen){ 0 };
}

static const char *engine_host(void)
{
	const char *host = getenv("BERTH_TEST_ENGINE");
	return host && *host ? host : "unix:///var/run/docker.sock";
}

static char *begin(const struct oid *commit, bool classic)
{
	const struct engine_config config = { .name = "test", .host = engine_host() };
	const struct build_spec spec = { .forge = "local", .project_path = the_project.path, .project_dir = repo_dir, .commit = *commit, .engine = "test",
		.engine_config = &config, .program = "/proc/self/exe", .classic = classic, .no_cache = true };
	char *id = NULL;
	bool running = true;
	struct err err = { 0 };
	if (build_begin(the_loop, &spec, &id, &running, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(running);
	return id;
}

static void follow_to_end(const char *id, struct seen *s)
{
	build_follow(the_loop, id, 0, on_piece, on_end, s);
	wait_for(&s->ended, "the build");
	assert_int_equal(s->err.code, 0);
}

static void assert_said(const struct seen *s, const char *words)
{
	if (!strstr(buf_str(&s->log), words))
		fail_msg("no '%s' in the log:\n%s", words, buf_str(&s->log));
}

/* ---- states ---- */
struct answer { enum image_state state; struct oid same_as; char words[300]; };

static void on_image(void *answer, const struct image *i)
{
	struct answer *a = answer;
	a->state = i->state;
	a->same_as = i->same_as;
	snprintf(a->words, sizeof a->words, "%s", i->reason ? i->reason : "");
}

static struct answer state_of(const struct oid *commit)
{
	struct answer a = { .state = IMAGE_STATE_COUNT_ };
	struct image_resolver *r = image_resolver_new(the_forge, the_engine, &the_project);
	call_ended = false;
	image_resolve(r, commit, 1, on_image, ended, &a);
	wait_for(&call_ended, "the image's state");
	assert_int_equal(call_err.code, 0);
	image_resolver_free(r);
	return a;
}

static void assert_state(const struct oid *commit, enum image_state want)
{
	struct answer a = state_of(commit);
	if (a.state != want)
		fail_msg("%s (%s), not %s", image_state_name(a.state), a.words, image_state_name(want));
}

static void check_labels(void *revision, const struct engine_image *i)
{
	unsigned n = 0;
	for (size_t k = 0; k < i->n_labels; k++) {
		n += !strcmp(i->labels[k].name, "org.opencontainers.image.revision") && !strcmp(i->labels[k].value, revision);
		n += !strcmp(i->labels[k].name, "io.berth.project") && !strcmp(i->labels[k].value, the_project.path);
		n += !strcmp(i->labels[k].name, "io.berth.fingerprint") && strlen(i->labels[k].value) == 16;
		n += !strcmp(i->labels[k].name, "org.opencontainers.image.created") || !strcmp(i->labels[k].name, "org.opencontainers.image.title");
	}
	*(char *)revision = n == 5 ? 'Y' : 'N';
}

static void build_well(const struct oid *commit, bool classic)
{
	struct seen s = { 0 };
	char hex[OID_HEX + 1];
	AUTO_STR id = begin(commit, classic);
	AUTO_STR ref = image_ref_of(&the_project, commit);
	follow_to_end(id, &s);
	if (s.final.state != BUILD_DONE)
		fail_msg("%s: %s\n%s", build_state_name(s.final.state), s.final.error ? s.final.error : "", buf_str(&s.log));
	assert_said(&s, "berth: building berth/");
	assert_said(&s, "hello-from-the-build");
	assert_said(&s, "berth: built berth/");
	if (classic)
		assert_string_equal(s.final.builder, "classic");
	else
		assert_non_null(s.final.builder);
	assert_true(s.final.steps > 0);
	oid_hex(commit, hex);
	call_ended = false;
	engine_image_inspect(the_engine, ref, check_labels, ended, hex);
	wait_for(&call_ended, "inspect");
	assert_int_equal(call_err.code, 0);
	assert_int_equal(hex[0], 'Y');
	seen_clear(&s);
}

static void drop_image(const struct oid *commit)
{
	AUTO_STR ref = image_ref_of(&the_project, commit);
	call_ended = false;
	engine_image_remove(the_engine, ref, ended, NULL);
	wait_for(&call_ended, "removing the image");
}

/* ---- the cases ---- */
static void builds_and_knows_them(void **state)
{
	(void)state;
	put("Dockerfile", BASE "RUN [\"/bin/busybox\", \"echo\", \"hello-from-the-build\"]\n");
	struct oid first = commit_all("first");
	assert_state(&first, IMAGE_NONE);
	build_well(&first, /* classic= */ false);
	assert_state(&first, IMAGE_READY);
	put("notes.md", "only words\n");
	struct oid second = commit_all("second");
	struct answer a = state_of(&second);
	assert_int_equal(a.state, IMAGE_SAME_AS);
	assert_true(oid_eq(&a.same_as, &first));
	put("Dockerfile", BASE "RUN [\"/bin/busybox\", \"echo\", \"hello-from-the-build\", \"2\"]\n");
	struct oid third = commit_all("third");
	assert_state(&third, IMAGE_NONE);
	build_well(&third, /* classic= */ true);
	drop_image(&first);
	drop_image(&third);
	assert_state(&third, IMAGE_NONE);
}

static void failures_have_words(void **state)
{
	struct seen s = { 0 };
	(void)state;
	put("Dockerfile", BASE "RUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo on-its-way; exit 3\"]\n");
	struct oid commit = commit_all("fails");
	AUTO_STR id = begin(&commit, /* classic= */ true);
	follow_to_end(id, &s);
	assert_int_equal(s.final.state, BUILD_FAILED);
	assert_said(&s, "on-its-way");
	assert_said(&s, "berth: the build failed after ");
	assert_non_null(s.final.error);
	assert_non_null(s.final.hint);
	assert_state(&commit, IMAGE_FAILED);
	seen_clear(&s);
	put("Dockerfile", "FROMM nothing\n");
	struct oid syntax = commit_all("no Dockerfile at all");
	AUTO_STR second = begin(&syntax, /* classic= */ false);
	follow_to_end(second, &s);
	assert_int_equal(s.final.state, BUILD_FAILED);
	assert_said(&s, "FROMM");
	seen_clear(&s);
}

struct until { const char *words; struct buf log; bool there; };

static void look_for(void *until, struct sv bytes)
{
	struct until *u = until;
	buf_add_sv(&u->log, bytes);
	u->there = strstr(buf_str(&u->log), u->words) != NULL;
}

static void no_end(void *until, const struct build *final, const struct err *err)
{
	(void)until;
	(void)err;
	fail_msg("the build ended: %s", final && final->error ? final->error : "?");
}

/* Begins a build that takes a minute and waits until it is in the middle of it. */
static char *begin_long(struct oid *ret_commit, const char *subject)
{
	put("Dockerfile", BASE "RUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo now-it-takes-long; /bin/busybox sleep 60\"]\n");
	*ret_commit = commit_all(subject);
	char *id = begin(ret_commit, /* classic= */ true);
	struct until u = { .words = "\nnow-it-takes-long" };
	struct build_follow *f = build_follow(the_loop, id, 0, look_for, no_end, &u);
	wait_for(&u.there, "the long step");
	build_unfollow(f);
	buf_fini(&u.log);
	return id;
}

static void cancelled_in_the_middle(void **state)
{
	struct seen s = { 0 };
	struct oid commit;
	(void)state;
	AUTO_STR id = begin_long(&commit, "is cancelled");
	assert_state(&commit, IMAGE_BUILDING);
	assert_int_equal(build_cancel(id, NULL), 0);
	follow_to_end(id, &s);
	assert_int_equal(s.final.state, BUILD_CANCELED);
	assert_said(&s, "berth: canceled after ");
	assert_state(&commit, IMAGE_CANCELED); /* and no tag */
	seen_clear(&s);
}

static void killed_in_the_middle(void **state)
{
	struct seen s = { 0 };
	struct build b = { 0 };
	struct oid commit;
	(void)state;
	AUTO_STR id = begin_long(&commit, "is killed");
	assert_int_equal(build_read(id, &b, NULL), 0);
	assert_true(b.pid > 1);
	assert_int_equal(kill(b.pid, SIGKILL), 0);
	build_fini(&b);
	follow_to_end(id, &s);
	assert_int_equal(s.final.state, BUILD_LOST);
	assert_state(&commit, IMAGE_FAILED);
	seen_clear(&s);
}

static void an_engine_that_is_not_there(void **state)
{
	struct seen s = { 0 };
	char *id = NULL;
	bool running = false;
	const struct engine_config config = { .name = "gone", .host = "unix:///nowhere/docker.sock" };
	(void)state;
	struct oid commit = commit_all("nobody builds it");
	const struct build_spec spec = { .forge = "local", .project_path = the_project.path, .project_dir = repo_dir, .commit = commit, .engine = "gone", .engine_config = &config, .program = "/proc/self/exe" };
	assert_int_equal(build_begin(the_loop, &spec, &id, &running, NULL), 0);
	follow_to_end(id, &s);
	assert_int_equal(s.final.state, BUILD_FAILED);
	assert_said(&s, "/nowhere/docker.sock");
	free(id);
	seen_clear(&s);
}

/* ---- all of it ---- */
static int set_up(void **state)
{
	(void)state;
	AUTO_STR busybox = NULL;
	home = xstrdup("/tmp/berth-contract-image-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_STATE_HOME", home, 1);
	AUTO_STR name = xasprintf("image-test-%d", (int)getpid());
	repo_dir = path_join(home, name);
	mkdir(repo_dir, 0755);
	GIT("init", "-q", "-b", "main");
	busybox = path_join(repo_dir, "busybox");
	AUTO(buf_fini) struct buf program = BUF_INIT;
	if (file_read("/bin/busybox", 8 << 20, &program, NULL) < 0)
		fail_msg("these tests put busybox into images: install busybox-static");
	file_write_atomic(busybox, buf_sv(&program), NULL);
	chmod(busybox, 0755);
	the_loop = loop_new();
	the_net = net_new(the_loop);
	const struct engine_config config = { .name = "test", .host = engine_host() };
	the_engine = engine_docker_new(the_loop, the_net, &config);
	const char *folders[] = { repo_dir };
	const struct forge_local_config local = { .name = "local", .folders = folders, .n_folders = 1 };
	the_forge = forge_local_new(the_loop, &local);
	the_project = (struct project){ .forge = xstrdup("local"), .path = xstrdup(name), .name = xstrdup(name), .dir = xstrdup(repo_dir) };
	return 0;
}

/* Cancelled and failed builds of the classic builder leave layers without a name. */
typedef VEC(char *) names;

static void unnamed(void *list, const struct engine_image *i)
{
	names *n = list;
	if (!i->n_repo_tags)
		VEC_PUSH(n, xstrdup(i->id));
}

static void is_ours(void *ours, const struct engine_image *i)
{
	for (size_t k = 0; k < i->n_labels; k++)
		*(bool *)ours |= !strcmp(i->labels[k].name, "io.berth.test") && !strcmp(i->labels[k].value, "image");
}

static void remove_layers(void)
{
	names n = VEC_INIT;
	call_ended = false;
	engine_images(the_engine, NULL, unnamed, ended, &n);
	wait_for(&call_ended, "the list of images");
	for (size_t i = 0; i < n.len; i++) {
		bool ours = false;
		call_ended = false;
		engine_image_inspect(the_engine, n.items[i], is_ours, ended, &ours);
		wait_for(&call_ended, "inspect");
		call_ended = !ours;
		if (ours)
			engine_image_remove(the_engine, n.items[i], ended, NULL);
		wait_for(&call_ended, "removing a layer");
		free(n.items[i]);
	}
	VEC_FINI(&n);
}

static int tear_down(void **state)
{
	(void)state;
	remove_layers();
	forge_free(the_forge);
	engine_free(the_engine);
	net_free(the_net);
	loop_free(the_loop);
	project_fini(&the_project);
	int r = path_remove_tree(home, NULL);
	free(home);
	free(repo_dir);
	return r;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "build-worker") == 0)
		return build_worker_main(argv[2], NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_and_knows_them), cmocka_unit_test(failures_have_words), cmocka_unit_test(cancelled_in_the_middle),
		cmocka_unit_test(killed_in_the_middle), cmocka_unit_test(an_engine_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
