/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A GitLab host that answers by a script: logins there, projects found by path and by remotes, and the registry beside it. */
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

#include "../net/script.h"
#include "app/app_impl.h"
#include "berth/registry.h"

#define OTHER "{\"id\":7,\"path\":\"other\",\"path_with_namespace\":\"group/other\",\"name\":\"Other\",\"default_branch\":\"main\"," \
	"\"web_url\":\"https://lab.example/group/other\",\"last_activity_at\":\"2026-01-02T03:04:05Z\"}"
#define OK(body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body
#define NOT_FOUND "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"message\":\"404 Project Not Found\"}"

static void begin(struct world *w, const struct script *sc)
{
	AUTO_STR config = xasprintf("# mine\n[forge \"lab\"]\n\ttype = gitlab\n\turl = %s\n\ttoken = old-token\n[ui]\n\ttheme = default\n", sc->srv.url);
	unsetenv("BERTH_TOKEN");
	unsetenv("GITLAB_TOKEN");
	world_new_with(w, WORLD_REAL_CLOCK | WORLD_NET, config);
}

/* The script's. The clock is the real one: waits for the server as long as it takes, but not for ever. */
void turn_until(struct loop *l, const bool *flag)
{
	for (int64_t until = patience(); !*flag && patient(until);)
		loop_turn(l, true);
	assert_true(*flag);
}

static void wait_for(struct world *w, const unsigned *n)
{
	for (int64_t until = patience(); !*n && patient(until);)
		loop_turn(w->loop, true);
	assert_int_equal(*n, 1);
}

static bool was_asked(const struct script *sc, const char *what, const char *with)
{
	for (size_t i = 0; i < sc->n_asked; i++)
		if (strncmp(sc->asked[i], what, strlen(what)) == 0 && (!with || strstr(sc->asked[i], with)))
			return true;
	return false;
}

/* ---- is it there? ---- */
static void turn_until_away(struct world *w, size_t n)
{
	for (int64_t until = patience(); store_n_hosts_away(w->store) != n && patient(until);) {
		app_refresh(w->app);                    /* no wait between the tries */
		loop_turn(w->loop, true);
	}
	assert_int_equal(store_n_hosts_away(w->store), n);
}

void a_host_that_is_away_is_told_until_it_answers(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	SCRIPT(&sc, { "GET /", NULL }, { "GET /", NULL }, { "GET /", NULL }, { "GET /", NULL }, { "GET /", NULL }, { "GET /", NULL }, { "GET /", OK("[]") });
	begin(&w, &sc);
	app_want_projects(w.app);
	turn_until_away(&w, 1);
	assert_string_equal(store_host_away_at(w.store, 0)->name, "lab");
	assert_true(store_host_away_at(w.store, 0)->since_s > 0);
	assert_true(store_host_away_at(w.store, 0)->why.text[0]);
	turn_until_away(&w, 0);
	world_free(&w);
	script_stop(&sc);
}

/* ---- login ---- */
struct account_seen { struct heard heard; char user[40], lacks[400]; };

static void hear_account(void *seen, const struct account *a)
{
	struct account_seen *s = seen;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	s->heard.got++;
	snprintf(s->user, sizeof s->user, "%s", a->user);
	for (size_t at = 0; account_lacks(a, &at, &b); buf_add_char(&b, '|'))
		;
	snprintf(s->lacks, sizeof s->lacks, "%s", buf_str(&b));
}

static void try_login(struct world *w, const struct script *sc, struct account_seen *s)
{
	AUTO(secret_free_p) struct secret *token = secret_new(SV("new-token"));
	*s = (struct account_seen){ .user = "" };
	app_login(w->app, sc->srv.url, token, hear_account, hear_end, s);
	wait_for(w, &s->heard.n);
}

void a_login_says_whose_token_it_is(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct account_seen s;
	SCRIPT(&sc, { "GET /api/v4/user", OK("{\"id\":3,\"username\":\"ann\",\"name\":\"Ann\"}") }, { "GET /api/v4/version", OK("{\"version\":\"17.1.0\"}") },
	            { "GET /api/v4/personal_access_tokens/self", OK("{\"id\":5,\"name\":\"t\",\"scopes\":[\"read_api\"],\"active\":true,\"revoked\":false}") });
	begin(&w, &sc);
	try_login(&w, &sc, &s);
	assert_int_equal(s.heard.err.code, ERR_NONE);
	assert_int_equal(s.heard.got, 1);
	assert_string_equal(s.user, "ann");
	assert_non_null(strstr(s.lacks, "Without the scope api: builds can't be run"));
	assert_null(strstr(s.lacks, "can't be seen"));          /* read_api is enough to look */
	assert_true(was_asked(&sc, "GET /api/v4/user", "Bearer new-token"));
	assert_false(was_asked(&sc, "GET ", "old-token"));
	world_free(&w);
	script_stop(&sc);
}

/* Without a token it is the host's own that is looked at. */
void a_login_looks_at_the_token_that_is_kept(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct account_seen s = { .user = "" };
	SCRIPT(&sc, { "GET /api/v4/user", OK("{\"id\":3,\"username\":\"ann\",\"name\":\"Ann\"}") }, { "GET /api/v4/version", OK("{\"version\":\"17.1.0\"}") },
	            { "GET /api/v4/personal_access_tokens/self", OK("{\"id\":5,\"name\":\"t\",\"scopes\":[\"read_api\"],\"active\":true,\"revoked\":false}") });
	begin(&w, &sc);
	app_login(w.app, sc.srv.url, NULL, hear_account, hear_end, &s);
	wait_for(&w, &s.heard.n);
	assert_int_equal(s.heard.err.code, ERR_NONE);
	assert_string_equal(s.user, "ann");
	assert_true(was_asked(&sc, "GET /api/v4/user", "Bearer old-token"));
	app_login(w.app, sc.srv.url, NULL, hear_account, hear_end, &s); /* and one that the end of all overtakes */
	world_free(&w);
	assert_int_equal(s.heard.got, 1);
	script_stop(&sc);
}

void a_login_that_is_refused_or_left(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct account_seen s;
	AUTO(secret_free_p) struct secret *token = secret_new(SV("new-token"));
	SCRIPT(&sc, { "GET /api/v4/user", "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"message\":\"401 Unauthorized\"}" });
	begin(&w, &sc);
	try_login(&w, &sc, &s);
	assert_int_equal(s.heard.err.code, ERR_AUTH);
	assert_null(strstr(s.heard.err.text, "new-token"));
	s = (struct account_seen){ .user = "" };
	app_forget(w.app, app_login(w.app, sc.srv.url, token, hear_account, hear_end, &s));
	app_login(w.app, sc.srv.url, token, hear_account, hear_end, &s); /* and one that the end of all overtakes */
	world_free(&w);
	assert_int_equal(s.heard.got, 0);
	script_stop(&sc);
}

void a_login_at_no_gitlab_says_so(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct account_seen s;
	SCRIPT(&sc, { "GET /", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n" },
	            { "GET /", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n" },
	            { "GET /", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n" },
	            { "GET /", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n" });
	begin(&w, &sc);
	try_login(&w, &sc, &s);
	assert_int_equal(s.heard.err.code, ERR_NOT_FOUND);
	assert_non_null(strstr(s.heard.err.text, "is no GitLab host"));
	assert_non_null(strstr(s.heard.err.hint, "Check the address"));
	world_free(&w);
	script_stop(&sc);
}

void a_refusal_without_words_is_said_once(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct account_seen s;
	SCRIPT(&sc, { "GET /", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" }, { "GET /", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" },
	            { "GET /", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" }, { "GET /", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" });
	begin(&w, &sc);
	try_login(&w, &sc, &s);
	assert_int_equal(s.heard.err.code, ERR_DENIED);
	const char *said = strstr(s.heard.err.text, "does not allow this");
	assert_non_null(said);
	assert_null(strstr(said + 1, "does not allow this"));
	assert_non_null(strstr(s.heard.err.hint, "scopes"));
	world_free(&w);
	script_stop(&sc);
}

void a_host_is_named_by_name_or_address(void **state)
{
	(void)state;
	struct world w;
	struct script sc = { .n_asked = 0 };
	static const struct { const char *text, *url, *name; } rows[] = {
		{ NULL, "http://127.0.0.1:9", "lab" }, { "lab", "http://127.0.0.1:9", "lab" }, { "http://127.0.0.1:9", "http://127.0.0.1:9", "lab" },
		{ "gitlab.example.org", "https://gitlab.example.org", "gitlab.example.org" }, { "ftp://nowhere", NULL, NULL },
	};
	snprintf(sc.srv.url, sizeof sc.srv.url, "http://127.0.0.1:9");
	begin(&w, &sc);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf url = BUF_INIT;
		AUTO(buf_fini) struct buf name = BUF_INIT;
		struct err err = { 0 };
		int r = app_login_host(w.app, rows[i].text, &url, &name, &err);
		assert_int_equal(r == 0, rows[i].url != NULL);
		if (r < 0) {
			assert_true(err.text[0]);
			continue;
		}
		assert_string_equal(buf_str(&url), rows[i].url);
		assert_string_equal(buf_str(&name), rows[i].name);
	}
	world_free(&w);
	world_new(&w);
	AUTO(buf_fini) struct buf none = BUF_INIT;
	assert_int_equal(app_login_host(w.app, NULL, &none, &none, NULL), -ERR_USAGE);
	world_free(&w);
}

static void config_is(const struct world *w, const char *wanted)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(1 << 20);
	struct stat st;
	assert_int_equal(file_read(config_path(w->config), 1 << 20, &b, NULL), 0);
	assert_string_equal(buf_str(&b), wanted);
	assert_int_equal(stat(config_path(w->config), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

void a_token_is_kept_and_the_rest_stays(void **state)
{
	(void)state;
	struct world w;
	struct script sc = { .n_asked = 0 };
	AUTO(secret_free_p) struct secret *token = secret_new(SV("a\"b\\c"));
	snprintf(sc.srv.url, sizeof sc.srv.url, "http://127.0.0.1:9");
	begin(&w, &sc);
	assert_int_equal(app_login_keep(w.app, sc.srv.url, "lab", token, NULL), 0);
	config_is(&w, "# mine\n[forge \"lab\"]\n\ttoken = \"a\\\"b\\\\c\"\n\ttype = gitlab\n\turl = http://127.0.0.1:9\n[ui]\n\ttheme = default\n");
	assert_int_equal(app_login_keep(w.app, "https://b.example", "b", token, NULL), 0);
	config_is(&w, "# mine\n[forge \"lab\"]\n\ttoken = \"a\\\"b\\\\c\"\n\ttype = gitlab\n\turl = http://127.0.0.1:9\n[ui]\n\ttheme = default\n"
	              "[forge \"b\"]\n\ttype = gitlab\n\turl = https://b.example\n\ttoken = \"a\\\"b\\\\c\"\n");
	struct err err = { 0 };
	struct config *again = config_read(config_path(w.config), &err);
	struct config_forge f;
	assert_int_equal(err.code, ERR_NONE);
	assert_int_equal(config_n_problems(again), 0);
	for (size_t i = 0; config_forge_at(again, i, &f); i++)
		assert_true(f.kind != FORGE_KIND_GITLAB || secret_eq(f.token, SV("a\"b\\c")));
	config_free(again);
	world_free(&w);
}

/* ---- projects that no list has ---- */
static struct heard found(struct world *w, const char *text)
{
	struct heard h = { 0 };
	app_find_project(w->app, text, hear_project, hear_end, &h);
	wait_for(w, &h.n);
	return h;
}

void a_project_is_found_on_its_host(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	SCRIPT(&sc, { "GET /api/v4/projects?", OK("[]") }, { "GET /api/v4/projects/group%2Fother?", OK(OTHER) }, { "GET /api/v4/projects/group%2Fnone?", NOT_FOUND },
	            { "GET /api/v4/projects/group%2Fother?", OK(OTHER) });
	begin(&w, &sc);
	struct heard h = found(&w, "lab/group/other");
	assert_int_equal(h.err.code, ERR_NONE);
	assert_int_equal(h.project.v, project_id_of("lab", "group/other").v);
	assert_true(app_project_is_found(w.app, h.project));
	h = found(&w, "group/none");                    /* no host is named: each may have it */
	assert_int_equal(h.err.code, ERR_NOT_FOUND);
	assert_true(was_asked(&sc, "GET /api/v4/projects/group%2Fnone", "Bearer old-token"));
	size_t asked = sc.n_asked;
	h = found(&w, "nothing-like-a-path");
	assert_int_equal(h.err.code, ERR_NOT_FOUND);
	assert_int_equal(sc.n_asked, asked);            /* and none is asked for it */
	world_free(&w);
	script_stop(&sc);
}

static void write_at(const char *folder, const char *name, const char *text)
{
	AUTO_STR path = path_join(folder, name);
	assert_int_equal(file_write_atomic(path, sv_of(text), NULL), 0);
}

void a_clone_leads_to_its_project(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	char here[PATH_MAX], folder[] = "/tmp/berth-clone-XXXXXX";
	SCRIPT(&sc, { "GET /api/v4/projects?", OK("[]") }, { "GET /api/v4/projects/group%2Fother?", OK(OTHER) });
	begin(&w, &sc);
	assert_non_null(getcwd(here, sizeof here));
	assert_non_null(mkdtemp(folder));
	AUTO_STR objects = path_join(folder, ".git/objects");
	AUTO_STR refs = path_join(folder, ".git/refs/heads");
	AUTO_STR deep = path_join(folder, "src/deep");
	assert_int_equal(path_make_dirs(objects, NULL) | path_make_dirs(refs, NULL) | path_make_dirs(deep, NULL), 0);
	AUTO_STR git = path_join(folder, ".git");
	AUTO_STR config = xasprintf("[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = %s/group/other.git\n", sc.srv.url);
	write_at(git, "HEAD", "ref: refs/heads/main\n");
	write_at(git, "config", config);
	assert_int_equal(chdir(deep), 0);
	struct heard h = found(&w, NULL);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(h.err.code, ERR_NONE);
	assert_int_equal(h.project.v, project_id_of("lab", "group/other").v);
	world_free(&w);
	script_stop(&sc);
	assert_int_equal(path_remove_tree(folder, NULL), 0);
}

/* ---- registries ---- */
static void hear_look(void *heard, const struct registry_image *i, const struct err *err)
{
	struct heard *h = heard;
	h->n++;
	if (err)
		h->err = *err;
	else
		snprintf(h->text, sizeof h->text, "%s", i->digest);
}

static void put_project(struct world *w, const char *registry)
{
	struct fresh f = { .state = FRESH_FRESH, .at_s = 1 };
	struct project p = { .id = project_id_of("lab", "group/other"), .forge = xstrdup("lab"), .path = xstrdup("group/other"), .name = xstrdup("other"),
		.image_prefix = xasprintf("%s/group/other", registry) };
	store_set_projects(w->store, &p, 1, &f);
}

#define MANIFEST "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: sha256:1111111111111111111111111111111111111111111111111111111111111111\r\nConnection: close\r\n\r\n"
#define CHALLENGE "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"here\"\r\nConnection: close\r\n\r\n"

/* The password that the registry was shown; NULL: none. */
static char *shown(const struct script *sc)
{
	for (size_t i = 0; i < sc->n_asked; i++) {
		const char *at = strcasestr(sc->asked[i], "authorization: basic ");
		if (at)
			return xstrndup(at + 21, strcspn(at + 21, "\r"));
	}
	return NULL;
}

void a_registry_is_shown_its_hosts_token(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct heard h = { 0 };
	SCRIPT(&sc, { "HEAD /v2/group/other/manifests/abc", CHALLENGE }, { "HEAD /v2/group/other/manifests/abc", MANIFEST });
	begin(&w, &sc);
	struct host_facts host;
	for (int64_t until = patience(); host_at(w.app, 0, &host) && !host.forge && patient(until);)
		loop_turn(w.loop, true);
	const char *registry = strstr(sc.srv.url, "://") + 3;
	AUTO_STR ref = xasprintf("%s/group/other:abc", registry);
	put_project(&w, registry);
	registry_look(w.app->registries, ref, false, hear_look, &h);
	wait_for(&w, &h.n);
	assert_int_equal(h.err.code, ERR_NONE);
	AUTO_STR password = shown(&sc);
	assert_non_null(password);
	AUTO(buf_fini) struct buf plain = BUF_INIT;
	assert_true(buf_add_base64_decoded(&plain, sv_of(password)));
	assert_non_null(strstr(buf_str(&plain), ":old-token"));
	world_free(&w);
	script_stop(&sc);
}

void another_registry_is_shown_what_docker_has(void **state)
{
	(void)state;
	struct world w;
	struct script sc;
	struct heard h = { 0 };
	char folder[] = "/tmp/berth-docker-XXXXXX";
	SCRIPT(&sc, { "HEAD /v2/x/manifests/1", CHALLENGE }, { "HEAD /v2/x/manifests/1", MANIFEST });
	begin(&w, &sc);
	const char *registry = strstr(sc.srv.url, "://") + 3;
	AUTO_STR ref = xasprintf("%s/x:1", registry);
	AUTO_STR docker = xasprintf("{\"auths\":{\"%s\":{\"auth\":\"Ym9iOmJvYnB3\"}}}", registry); /* bob:bobpw */
	assert_non_null(mkdtemp(folder));
	write_at(folder, "config.json", docker);
	setenv("DOCKER_CONFIG", folder, 1);
	put_project(&w, "registry.lab.example");        /* the host's is another */
	registry_look(w.app->registries, ref, false, hear_look, &h);
	wait_for(&w, &h.n);
	assert_int_equal(h.err.code, ERR_NONE);
	AUTO_STR password = shown(&sc);
	assert_string_equal(password, "Ym9iOmJvYnB3");
	registry_look(w.app->registries, "127.0.0.1:9/y:1", false, hear_look, &h); /* the end overtakes a search for a login */
	unsetenv("DOCKER_CONFIG");
	world_free(&w);
	script_stop(&sc);
	assert_int_equal(path_remove_tree(folder, NULL), 0);
}
