/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine port's contract, against the engine at BERTH_TEST_ENGINE (else the usual one). Without one it fails. */
#include "engine.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <unistd.h>

#include "berth/path.h"

static struct loop *the_loop;
static struct net *the_net;
static struct engine *the_engine;
const struct net_header test_labels[1] = { { "io.berth.test", "contract" } };

struct loop *test_loop(void) { return the_loop; }
struct net *test_net(void) { return the_net; }
struct engine *test_engine(void) { return the_engine; }

const char *test_name(const char *what)
{
	static char names[8][96];
	static unsigned next;
	char *p = names[next++ % 8];

	snprintf(p, sizeof names[0], "berth-test-%d-%s", (int)getpid(), what);
	return p;
}

/* ---- waiting ---- */
void seen_clear(struct seen *s)
{
	buf_fini(&s->bytes);
	buf_fini(&s->errors);
	free(s->id);
	free(s->word);
	*s = (struct seen){ 0 };
}

void seen_end(void *ctx, const struct err *err)
{
	struct seen *s = ctx;

	s->ended = true;
	s->ends++;
	if (err)
		s->err = *err;
}

static void tick(void *ctx)
{
}

void wait_for(const bool *flag, unsigned seconds, const char *what)
{
	uint64_t until = loop_now_ms(the_loop) + seconds * 1000;
	struct loop_timer *t = loop_timer_start(the_loop, 3, 3, tick, NULL); /* a turn may set the flag and then wait for more */

	while (!*flag && loop_now_ms(the_loop) < until)
		loop_turn(the_loop, true);
	loop_timer_stop(t);
	if (!*flag)
		fail_msg("%s: nothing within %u s", what, seconds);
}

void wait_end(struct seen *s, const char *what)
{
	wait_for(&s->ended, 20, what);
	assert_int_equal(s->ends, 1);
}

void assert_ended_well(struct seen *s, const char *what)
{
	wait_end(s, what);
	if (s->err.code)
		fail_msg("%s: %s: %s (%s)", what, err_code_name(s->err.code), s->err.text, s->err.hint);
}

void assert_ended_as(struct seen *s, enum err_code code, const char *words, const char *what)
{
	wait_end(s, what);
	if (s->err.code != code)
		fail_msg("%s: %s (%s) in place of %s", what, err_code_name(s->err.code), s->err.text, err_code_name(code));
	if (words && !strstr(s->err.text, words))
		fail_msg("%s: '%s' does not say '%s'", what, s->err.text, words);
	assert_true(s->err.text[0] != '\0');
}

/* ---- containers ---- */
static void keep_id(void *ctx, const char *id, const char *warning)
{
	struct seen *s = ctx;

	str_replace(&s->id, id);
	str_replace(&s->word, warning);
}

void test_make(const struct engine_create_query *q)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_create(the_engine, q, keep_id, seen_end, &s);
	assert_ended_well(&s, "create");
	assert_non_null(s.id);
}

void test_start(const char *name)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_start(the_engine, name, seen_end, &s);
	assert_ended_well(&s, "start");
}

void test_run(const char *name, const char *const *cmd, size_t n_cmd)
{
	test_make(&(struct engine_create_query){ .name = name, .image = TEST_IMAGE, .cmd = cmd, .n_cmd = n_cmd, .labels = test_labels, .n_labels = 1 });
	test_start(name);
}

void test_remove(const char *name)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_remove(the_engine, name, true, seen_end, &s);
	assert_ended_well(&s, "remove");
}

/* ---- bodies ---- */
void tar_make(struct buf *out, const struct test_file *files, size_t n)
{
	struct archive *a = archive_write_new();
	size_t room = 1 << 16, used = 0;

	for (size_t i = 0; i < n; i++)
		room += 4096 + strlen(files[i].text);
	char *space = xmalloc(room);
	archive_write_set_format_ustar(a);
	assert_int_equal(archive_write_open_memory(a, space, room, &used), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();
		archive_entry_set_pathname(e, files[i].path);
		archive_entry_set_size(e, (la_int64_t)strlen(files[i].text));
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, files[i].mode ? files[i].mode : 0644);
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		archive_write_data(a, files[i].text, strlen(files[i].text));
		archive_entry_free(e);
	}
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, space, used);
	free(space);
}

long body_read(void *ctx, char *p, size_t room)
{
	struct body *b = ctx;
	size_t n = MIN_OF(room, b->left.len);

	if (b->step)
		n = MIN_OF(n, b->step);
	memcpy(p, b->left.p, n);
	b->left = (struct sv){ b->left.p + n, b->left.len - n };
	return (long)n;
}

void body_done(void *ctx)
{
	struct body *b = ctx;

	b->done = true;
	b->dones++;
}

/* ---- set-up: an image of two megabytes, made of busybox alone ---- */
static void add_link(struct archive *a, const char *name)
{
	struct archive_entry *e = archive_entry_new();
	AUTO_STR path = xasprintf("bin/%s", name);

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFLNK);
	archive_entry_set_symlink(e, "busybox");
	archive_entry_set_perm(e, 0777);
	archive_write_header(a, e);
	archive_entry_free(e);
}

static void add_file(struct archive *a, const char *path, struct sv bytes, unsigned mode, unsigned type)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_size(e, (la_int64_t)bytes.len);
	archive_entry_set_perm(e, mode);
	archive_write_header(a, e);
	archive_write_data(a, bytes.p, bytes.len);
	archive_entry_free(e);
}

static void image_tar(struct buf *out)
{
	static const char *const applets[] = { "sh", "sleep", "cat", "echo", "ls", "nc", "id", "ps", "env", "stty", "tty", "head", "printf", "seq", "mkdir" };
	AUTO(buf_fini) struct buf busybox = BUF_INIT;
	struct err err = { 0 };
	size_t room = 4 << 20, used = 0;

	if (file_read("/bin/busybox", 4 << 20, &busybox, &err) < 0)
		fail_msg("the test image is made of /bin/busybox: %s (install busybox-static)", err.text);
	char *space = xmalloc(room);
	struct archive *a = archive_write_new();
	archive_write_set_format_ustar(a);
	assert_int_equal(archive_write_open_memory(a, space, room, &used), ARCHIVE_OK);
	add_file(a, "bin/", SV(""), 0755, AE_IFDIR);
	add_file(a, "tmp/", SV(""), 01777, AE_IFDIR);
	add_file(a, "data/", SV(""), 0755, AE_IFDIR);
	add_file(a, "bin/busybox", buf_sv(&busybox), 0755, AE_IFREG);
	add_file(a, "etc/passwd", SV("root:x:0:0::/:/bin/sh\n"), 0644, AE_IFREG);
	for (size_t i = 0; i < ARRAY_LEN(applets); i++)
		add_link(a, applets[i]);
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, space, used);
	free(space);
}

/* Importing is no call of the port: berth never does it. The suite asks the engine by itself. */
static void imported(void *ctx, const struct net_response *r, const struct err *err)
{
	struct seen *s = ctx;

	seen_end(s, err);
	s->exit_code = r ? r->status : 0;
	if (r)
		buf_add_sv(&s->bytes, r->body);
}

static void import_image(const char *socket)
{
	AUTO(seen_clear) struct seen s = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	struct net_request q = { .method = "POST", .peer = { .base_url = "http://localhost", .unix_socket = socket },
		.path = "/v1.41/images/create?fromSrc=-&repo=berth-test/bb&tag=latest&changes=CMD%20%5B%22sh%22%5D&changes=ENV%20PATH%3D%2Fbin"
		        "&changes=LABEL%20io.berth.test%3Dcontract&changes=EXPOSE%208888" };

	image_tar(&tar);
	q.body = buf_sv(&tar);
	net_fetch(the_net, &q, imported, &s);
	assert_ended_well(&s, "import of the test image");
	if (s.exit_code != 200 || strstr(buf_str(&s.bytes), "errorDetail"))
		fail_msg("the test image can't be imported: %d %s", s.exit_code, buf_str(&s.bytes));
}

static const char *test_host(struct engine_host *h)
{
	const char *given = getenv("BERTH_TEST_ENGINE");
	struct err err = { 0 };

	if (!given && engine_find_host(h, &err) < 0) {
		fprintf(stderr, "# the engine contract needs an engine: %s (%s)\n", err.text, err.hint);
		return NULL;
	}
	given = given ? given : h->host;
	if (strncmp(given, "unix://", 7) == 0)
		return given + 7;
	return *given == '/' ? given : NULL;
}

static int suite_begin(void **state)
{
	AUTO(engine_host_fini) struct engine_host found = { 0 };
	const char *socket = test_host(&found);

	if (!socket) {
		fprintf(stderr, "# no engine at a unix socket: set BERTH_TEST_ENGINE=unix:///path/to/docker.sock or start docker\n");
		return -1;
	}
	AUTO_STR host = xasprintf("unix://%s", socket);
	the_loop = loop_new();
	the_net = net_new(the_loop);
	the_engine = engine_docker_new(the_loop, the_net, &(struct engine_config){ .name = "contract", .host = host });
	import_image(socket);
	return 0;
}

static void leftover(void *ctx, const struct engine_container *c)
{
	AUTO_STR mine = xasprintf("berth-test-%d-", (int)getpid());

	if (strncmp(c->name, mine, strlen(mine)) == 0) {
		fprintf(stderr, "# left behind: %s\n", c->name);
		((struct seen *)ctx)->items++;
	}
}

static int suite_end(void **state)
{
	AUTO(seen_clear) struct seen s = { 0 };

	engine_containers(the_engine, TEST_LABEL, leftover, seen_end, &s);
	wait_end(&s, "list at the end");
	int left = (int)s.items;
	seen_clear(&s);
	engine_image_remove(the_engine, TEST_IMAGE, seen_end, &s); /* each import makes a new one */
	wait_end(&s, "removing the test image");
	engine_free(the_engine);
	net_free(the_net);
	loop_free(the_loop);
	return left;
}

int main(void)
{
	const struct { const char *name; const struct CMUnitTest *tests; size_t n; } parts[] = {
		{ "images", image_tests, n_image_tests }, { "containers", container_tests, n_container_tests },
		{ "exec", exec_tests, n_exec_tests }, { "builds", build_tests, n_build_tests },
		{ "storage", storage_tests, n_storage_tests }, { "cancel", cancel_tests, n_cancel_tests },
	};
	struct CMUnitTest all[128];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t k = 0; k < parts[i].n && n < ARRAY_LEN(all); k++)
			all[n++] = parts[i].tests[k];
	return _cmocka_run_group_tests("engine port", all, n, suite_begin, suite_end);
}
