/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions, on the engine at BERTH_TEST_ENGINE (else the usual one) and from repositories that git made. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "berth/autosave.h"
#include "berth/map.h"
#include "berth/path.h"
#include "tests/contract/session.h"
#include "tests/unit/git/fixture.h"

static struct loop *the_loop;
static struct net *the_net;
static struct engine *the_engine;
static struct forge *the_forge;
static struct engine_host the_host;

struct loop *test_loop(void) { return the_loop; }
struct engine *test_engine(void) { return the_engine; }

static void tick(void *ctx)
{
	(void)ctx;
}

void wait_for(const bool *flag, unsigned seconds, const char *what)
{
	uint64_t until = loop_now_ms(the_loop) + seconds * 1000;
	struct loop_timer *t = loop_timer_start(the_loop, 5, 5, tick, NULL);
	while (!*flag && loop_now_ms(the_loop) < until)
		loop_turn(the_loop, true);
	loop_timer_stop(t);
	if (!*flag)
		fail_msg("%s: nothing within %u s", what, seconds);
}

/* ---- one call, waited for ---- */
struct seen { bool ended; struct err err; struct buf bytes; int status; bool found; struct session session; const char *name; unsigned n; struct session_work work; };

static void seen_fini(struct seen *s)
{
	buf_fini(&s->bytes);
	session_fini(&s->session);
}

static void seen_end(void *ctx, const struct err *err)
{
	struct seen *s = ctx;
	s->ended = true;
	if (err)
		s->err = *err;
}

static void seen_well(struct seen *s, const char *what)
{
	wait_for(&s->ended, 60, what);
	if (s->err.code)
		fail_msg("%s: %s (%s)", what, s->err.text, s->err.hint);
}

/* ---- images ---- */
static void add_entry(struct archive *a, const char *path, unsigned type, unsigned mode, struct sv bytes, const char *link)
{
	struct archive_entry *e = archive_entry_new();
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, mode);
	archive_entry_set_size(e, (la_int64_t)bytes.len);
	if (link)
		archive_entry_set_symlink(e, link);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	archive_write_data(a, bytes.p, bytes.len);
	archive_entry_free(e);
}

static void image_tar(struct buf *out, bool with_shell)
{
	static const char *const applets[] = { "sh", "sleep", "cat", "echo", "ls", "id", "env", "httpd", "false", "tail", "stat", "pwd" };
	AUTO(buf_fini) struct buf busybox = BUF_INIT;
	struct err err = { 0 };
	size_t room = 4 << 20, used = 0;
	if (file_read("/bin/busybox", 4 << 20, &busybox, &err) < 0)
		fail_msg("the test image is made of /bin/busybox: %s (install busybox-static)", err.text);
	char *space = xmalloc(room);
	struct archive *a = archive_write_new();
	archive_write_set_format_ustar(a);
	assert_int_equal(archive_write_open_memory(a, space, room, &used), ARCHIVE_OK);
	add_entry(a, "bin/", AE_IFDIR, 0755, SV(""), NULL);
	add_entry(a, "tmp/", AE_IFDIR, 01777, SV(""), NULL);
	add_entry(a, "bin/busybox", AE_IFREG, 0755, buf_sv(&busybox), NULL);
	add_entry(a, "www/index.html", AE_IFREG, 0644, SV("hello from inside\n"), NULL);
	for (size_t i = 0; with_shell && i < ARRAY_LEN(applets); i++) {
		AUTO_STR path = xasprintf("bin/%s", applets[i]);
		add_entry(a, path, AE_IFLNK, 0777, SV(""), "busybox");
	}
	if (with_shell)
		add_entry(a, "etc/passwd", AE_IFREG, 0644, SV("root:x:0:0::/root:/bin/sh\ntiny:x:1234:567::/home/tiny:/bin/sh\n"), NULL);
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, space, used);
	free(space);
}

static void fetched(void *ctx, const struct net_response *r, const struct err *err)
{
	struct seen *s = ctx;
	seen_end(s, err);
	s->status = r ? r->status : 0;
	if (r)
		buf_add_sv(&s->bytes, r->body);
}

static struct map *images; /* made here: removed at the end */

void image_make(const char *ref, bool with_shell, const char *const *changes)
{
	AUTO(seen_fini) struct seen s = { 0 };
	AUTO(buf_fini) struct buf tar = BUF_INIT;
	AUTO(buf_fini) struct buf path = BUF_INIT;
	if (map_get(images, sv_of(ref)))
		return;
	buf_add_str(&path, "/v1.41/images/create?fromSrc=-&changes=LABEL%20io.berth.test%3Dsession&repo=");
	buf_add_urlencoded(&path, sv_of(ref), "/");
	for (; *changes; changes++) {
		buf_add_str(&path, "&changes=");
		buf_add_urlencoded(&path, sv_of(*changes), NULL);
	}
	image_tar(&tar, with_shell);
	struct net_request q = { .method = "POST", .peer = { .base_url = "http://localhost", .unix_socket = the_host.host + strlen("unix://") },
	                         .path = buf_str(&path), .body = buf_sv(&tar) };
	net_fetch(the_net, &q, fetched, &s);
	seen_well(&s, "import of an image");
	if (s.status != 200 || strstr(buf_str(&s.bytes), "errorDetail"))
		fail_msg("%s can't be imported: %d %s", ref, s.status, buf_str(&s.bytes));
	map_put(images, sv_of(ref), &images);
}

static void images_remove(void)
{
	struct sv ref;
	void *value;
	for (size_t pos = 0; map_next(images, &pos, &ref, &value);) {
		AUTO(seen_fini) struct seen s = { 0 };
		AUTO_STR name = sv_dup(ref);
		engine_image_remove(the_engine, name, seen_end, &s);
		wait_for(&s.ended, 30, "removal of an image");
	}
	map_free(images);
}

/* ---- starts ---- */
static void project_seen(void *ctx, const struct project *p)
{
	struct project *found = ((void **)ctx)[0];
	const char *wanted = ((void **)ctx)[1];
	if (!found->path && strcmp(p->name, wanted) == 0)
		project_dup(found, p);
}

static void project_end(void *ctx, const struct err *err)
{
	seen_end(((void **)ctx)[2], err);
}

static void find_project(const char *name, struct project *ret)
{
	AUTO(seen_fini) struct seen s = { 0 };
	void *ctx[3] = { ret, (void *)(uintptr_t)name, &s };
	*ret = (struct project){ 0 };
	forge_projects(the_forge, project_seen, NULL, project_end, ctx);
	seen_well(&s, "projects");
	if (!ret->path)
		fail_msg("there is no project %s", name);
}

static void found_commit(void *ctx, const struct oid *id, const char *branch)
{
	(void)branch;
	((struct seen *)ctx)->found = true;
	((struct seen *)ctx)->session.commit = *id;
}

static void start_moved(void *start)
{
	struct start *s = start;
	if (s->moved && s->launch)
		s->moved(s);
}

static void start_warned(void *start, const char *text)
{
	buf_addf(&((struct start *)start)->warnings, "%s\n", text);
}

static void start_ended(void *start, const struct err *err)
{
	struct start *s = start;
	s->ends++;
	s->ended = true;
	if (err)
		s->err = *err;
}

static void start_options(struct start *s)
{
	AUTO_STR name = xasprintf("%s-%d", s->name, (int)getpid());
	struct err err = { 0 };
	options_init(&s->options);
	if (options_set(&s->options, OPT_IMAGE, s->image, FROM_USER, &err) < 0 || options_set(&s->options, OPT_NAME, name, FROM_USER, &err) < 0 ||
	    options_set(&s->options, OPT_MEMORY, s->memory ? s->memory : "64M", FROM_USER, &err) < 0 ||
	    options_set(&s->options, OPT_ENVIRONMENT, s->environment ? s->environment : "/lab", FROM_DEFAULT, &err) < 0)
		fail_msg("%s", err.text);
}

void start_run(struct start *s)
{
	static const struct launch_events events = { start_moved, start_warned, start_ended };
	AUTO(seen_fini) struct seen commit = { 0 };
	AUTO(project_fini) struct project p;
	find_project(s->project ? s->project : "usual", &p);
	forge_resolve(the_forge, &p, s->branch ? s->branch : "main", found_commit, seen_end, &commit);
	seen_well(&commit, "resolve");
	start_options(s);
	struct launch_deps deps = { .loop = the_loop, .forge = the_forge, .engine = the_engine };
	struct launch_request q = { .project = &p, .branch = s->branch ? s->branch : "main", .commit = commit.session.commit, .options = &s->options,
	                            .author_name = "A Person", .author_email = "a@example.org", .owner = "tester" };
	s->launch = launch_start(&deps, &q, &events, s);
	s->session = xstrdup(launch_session_name(s->launch));
	assert_int_equal(s->ends, 0);
	wait_for(&s->ended, 90, "the end of a start");
	for (int i = 0; i < 5; i++)
		loop_turn(the_loop, false);
	assert_int_equal(s->ends, 1);
}

void start_fini(struct start *s)
{
	launch_free(s->launch);
	options_fini(&s->options);
	free(s->session);
	buf_fini(&s->warnings);
}

void assert_runs(struct start *s)
{
	if (s->err.code)
		fail_msg("%s: %s (%s)", s->session, s->err.text, s->err.hint);
}

void assert_failed(struct start *s, const char *words, const char *hint)
{
	if (!s->err.code || !strstr(s->err.text, words) || !strstr(s->err.hint, hint))
		fail_msg("%s: '%s' '%s' is not '%s' '%s'", s->session, s->err.text, s->err.hint, words, hint);
}

/* ---- what is there ---- */
static unsigned files_with(enum path_base base, const char *dir, const char *begins)
{
	AUTO_STR path = path_of(base, dir);
	DIR *d = opendir(path);
	unsigned n = 0;
	for (struct dirent *at; d && (at = readdir(d)) != NULL;)
		n += sv_starts(sv_of(at->d_name), sv_of(begins)) && !sv_ends(sv_of(at->d_name), SV(".log"));
	if (d)
		closedir(d);
	return n;
}

static void one_container(void *ctx, const struct engine_container *c)
{
	struct seen *s = ctx;
	if (sv_starts(sv_of(c->name), SV("berth-")) && strncmp(c->name + 6, s->name, strlen(s->name)) == 0)
		s->n++;
}

static void one_volume(void *ctx, const struct engine_volume *v)
{
	struct seen *s = ctx;
	s->n += strcmp(v->name + (strlen(v->name) > 6 ? 6 : 0), s->name) == 0;
}

void assert_gone(struct start *s)
{
	AUTO(seen_fini) struct seen c = { .name = s->session }, look = { .name = s->session }, v = { .name = s->session };
	engine_containers(the_engine, "io.berth.session", one_container, seen_end, &c);
	engine_containers(the_engine, "io.berth.look", one_container, seen_end, &look);
	engine_volumes(the_engine, "io.berth.session", one_volume, seen_end, &v);
	seen_well(&c, "containers");
	seen_well(&look, "containers");
	seen_well(&v, "volumes");
	if (c.n + look.n + v.n)
		fail_msg("%s leaves %u containers, %u looks, %u volumes", s->session, c.n, look.n, v.n);
	uint64_t until = loop_now_ms(the_loop) + 5000;
	while (files_with(PATH_CACHE, "clones", s->session) && loop_now_ms(the_loop) < until)
		loop_turn(the_loop, true);
	assert_int_equal(files_with(PATH_CACHE, "clones", s->session), 0);
	assert_int_equal(files_with(PATH_STATE, "launches", s->session), 0);
}

static void one_session(void *ctx, const struct session *session)
{
	struct seen *s = ctx;
	if (!s->found && strcmp(session->name, s->name) == 0) {
		s->found = true;
		session_dup(&s->session, session);
	}
}

void session_find(const struct start *s, struct session *ret)
{
	struct seen list = { .name = s->session };
	session_list(the_engine, the_loop, one_session, seen_end, &list);
	seen_well(&list, "list");
	if (!list.found)
		fail_msg("%s is not in the list", s->session);
	*ret = list.session;
}

void session_end_it(const struct start *s)
{
	AUTO(seen_fini) struct seen stop = { 0 };
	AUTO(session_fini) struct session session;
	session_find(s, &session);
	session_stop(the_engine, the_loop, &session, false, NULL, seen_end, &stop);
	seen_well(&stop, "stop");
	assert_gone((struct start *)s);
}

static void url_got(void *ctx, const char *url)
{
	buf_add_str(&((struct seen *)ctx)->bytes, url);
}

char *session_address(const struct session *s)
{
	AUTO(seen_fini) struct seen u = { 0 };
	session_url(the_engine, the_loop, s, url_got, seen_end, &u);
	seen_well(&u, "address");
	return xstrdup(buf_str(&u.bytes));
}

static void work_got(void *ctx, const struct autosave_result *r)
{
	((struct seen *)ctx)->work = r->work;
}

struct session_work session_work_of(const struct session *s, const char *project)
{
	static const struct autosave_events events = { NULL, work_got, seen_end };
	AUTO(seen_fini) struct seen w = { 0 };
	AUTO(project_fini) struct project p;
	const struct autosave_deps deps = { the_loop, the_engine, the_forge };
	find_project(project, &p);
	const struct autosave_query q = { .session = s, .project = &p, .look_only = true };
	autosave_start(&deps, &q, &events, &w);
	seen_well(&w, "unsaved work");
	return w.work;
}

static void output(void *ctx, int stream, struct sv bytes)
{
	(void)stream;
	buf_add_sv(&((struct seen *)ctx)->bytes, bytes);
}

char *run_inside(const struct session *s, const char *const *argv, size_t n)
{
	AUTO(seen_fini) struct seen x = { 0 };
	struct engine_exec_query q = { .container = s->container_id, .argv = argv, .n_argv = n };
	engine_exec(the_engine, &q, output, NULL, seen_end, &x);
	seen_well(&x, argv[0]);
	return xstrdup(buf_str(&x.bytes));
}

int http_status(const char *url, struct buf *ret_body)
{
	AUTO(seen_fini) struct seen s = { 0 };
	const char *path = strchr(url + strlen("http://"), '/');
	AUTO_STR base = path ? xstrndup(url, (size_t)(path - url)) : xstrdup(url);
	struct net_request q = { .method = "GET", .peer = { .base_url = base }, .path = path ? path : "/", .total_timeout_ms = 5000 };
	net_fetch(the_net, &q, fetched, &s);
	wait_for(&s.ended, 10, "an answer");
	if (ret_body)
		buf_add_sv(ret_body, buf_sv(&s.bytes));
	return s.status;
}

/* ---- the run ---- */
static void make_repositories(void)
{
	static const char *const names[] = { "odd 'näme' \"x\"", "-dash" };
	free(repo_usual("usual"));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_STR path = repo_usual(names[i]);
		git_run(path, "branch", "fix/häuser'und\"tüten");
		git_run(path, "checkout", "-q", "fix/häuser'und\"tüten");
		AUTO_STR file = path_join(path, "ein \"datei\" mit\ttab.txt");
		write_text(file, "x\n");
		git_run(path, "add", ".");
		git_run(path, "commit", "-qm", "odd \x1b[31m subject");
	}
}

static int suite_begin(void **state)
{
	struct err err = { 0 };
	const char *given = getenv("BERTH_TEST_ENGINE");
	setlocale(LC_ALL, "C.UTF-8");
	if (fixture_begin(state) < 0)
		return -1;
	AUTO_STR xdg = fixture_path("xdg");
	setenv("XDG_STATE_HOME", xdg, 1);
	setenv("XDG_CACHE_HOME", xdg, 1);
	if (given)
		the_host = (struct engine_host){ .name = xstrdup("test"), .host = xstrdup(given) };
	else if (engine_find_host(&the_host, &err) < 0)
		fail_msg("no engine: %s", err.text);
	make_repositories();
	images = map_new(NULL);
	the_loop = loop_new();
	the_net = net_new(the_loop);
	struct engine_config config = { .name = the_host.name, .host = the_host.host };
	the_engine = engine_docker_new(the_loop, the_net, &config);
	const char *folders[] = { fixture_dir() };
	struct forge_local_config forge = { .name = "local", .folders = folders, .n_folders = 1, .depth = 2 };
	the_forge = forge_local_new(the_loop, &forge);
	return 0;
}

static int suite_end(void **state)
{
	images_remove();
	engine_free(the_engine);
	forge_free(the_forge);
	net_free(the_net);
	loop_free(the_loop);
	engine_host_fini(&the_host);
	return fixture_end(state);
}

int main(void)
{
	struct CMUnitTest all[60];
	size_t n = 0;
	for (size_t i = 0; i < n_launch_tests; i++)
		all[n++] = launch_tests[i];
	for (size_t i = 0; i < n_cancel_tests; i++)
		all[n++] = cancel_tests[i];
	int r = _cmocka_run_group_tests("sessions on an engine", all, n, suite_begin, suite_end);
	return r || !the_forge; /* a set-up that failed is no success */
}
