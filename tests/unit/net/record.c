/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exchanges on disk: without secrets, for nobody else, and they answer in the network's place. */
#include <dirent.h>
#include <sys/stat.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "net/scrub.h"
#include "net/tape.h"
#include "script.h"

void secrets_are_scrubbed(void **state)
{
	static const struct { const char *text, *clean; } rows[] = {
		{ "nothing here", "nothing here" },
		{ "a known one: s3cr3t-known.", "a known one: [removed]." },
		{ "glpat-0123456789_abc!", "[removed]!" }, { "xglpat-0123456789", "xglpat-0123456789" }, { "glpat-", "glpat-" },
		{ "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln rest", "[removed] rest" }, { "eyJust words", "eyJust words" },
		{ "{\"token\" : \"abc\", \"name\":\"ada\"}", "{\"token\" : \"[removed]\", \"name\":\"ada\"}" },
		{ "{\"Access_Token\":\"a\\\"b\",\"x\":1}", "{\"Access_Token\":\"[removed]\",\"x\":1}" },
		{ "{\"password\":\"\",\"has_token\":true}", "{\"password\":\"\",\"has_token\":true}" },
		{ "/x?private_token=abc&page=2&page_token=main", "/x?private_token=[removed]&page=2&page_token=main" },
		{ "\"Env\":[\"GITLAB_TOKEN=abc\",\"A=b\"]", "\"Env\":[\"GITLAB_TOKEN=[removed]\",\"A=b\"]" },
		{ "{\"token\":", "{\"token\":" }, { "\"token\": \"open", "\"token\": \"[removed]" }, { "token=", "token=" }, { "\"", "\"" }, { "=", "=" },
	};
	struct secret *known = secret_new(SV("s3cr3t-known"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		scrub_add(&b, sv_of(rows[i].text), (const struct secret *const[]){ NULL, known }, 2);
		assert_string_equal(buf_str(&b), rows[i].clean);
	}
	secret_free(known);
}

static size_t check_files(const char *dir)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	struct dirent *entry;
	assert_non_null(d);
	while ((entry = readdir(d))) {
		AUTO(buf_fini) struct buf text = BUF_INIT;
		AUTO_STR path = path_join(dir, entry->d_name);
		struct stat st;
		if (entry->d_name[0] == '.')
			continue;
		n++;
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
		assert_null(strstr(buf_str(&text), "hush"));
		assert_null(strstr(entry->d_name, "hush"));
	}
	closedir(d);
	return n;
}

static void replays(const char *dir, const struct net_request *asked, const char *body)
{
	struct seen s;
	seen_new(&s);
	assert_int_equal(net_replay_from(s.net, dir, NULL), 0);
	for (int i = 0; i < 2; i++) {
		net_fetch(s.net, asked, seen_whole, &s);
		turn_until(s.loop, &s.ended);
		assert_int_equal(s.err.code, i ? ERR_NOT_FOUND : 0); /* each answers once */
		assert_string_equal(buf_str(&s.data), i ? "" : body);
		assert_string_equal(buf_str(&s.type), i ? "" : "application/json");
		seen_again(&s);
	}
	net_open(s.net, &(struct net_request){ .peer = { .base_url = "http://127.0.0.1:1" }, .method = "GET", .path = "/other" }, &seen_events, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
	seen_free(&s);
}

void exchanges_are_recorded_and_replayed(void **state)
{
	struct script sc;
	struct seen s;
	char dir[] = "/tmp/berth-record-XXXXXX";
	struct secret *token = secret_new(SV("glpat-hush-hush"));
	struct net_header headers[] = { { "PRIVATE-TOKEN", "hush2" }, { "Accept", "application/json" } };
	SCRIPT(&sc, { "POST", JSON_ANSWER("200 OK", "Set-Cookie: hush=1\r\nX-Total: 1\r\nContent-Length: 44\r\n", "{\"token\":\"hush\",\"a\":\"glpat-hush-hushhushhu\"}") },
	            { "GET", NULL }, { "GET", NULL }); /* curl tries again where a connection that was kept is gone */
	assert_non_null(mkdtemp(dir));
	seen_new(&s);
	assert_int_equal(net_record_to(s.net, dir, NULL), 0);
	struct net_request q = { .peer = { .base_url = sc.srv.url, .proxy = "" }, .method = "POST", .path = "/x?private_token=hush&a=1", .bearer = token,
	                         .headers = headers, .n_headers = 2, .body = SV("{\"password\":\"hush\"}") };
	net_fetch(s.net, &q, seen_whole, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, 0);
	seen_again(&s);
	struct net_request cut = { .peer = { .base_url = sc.srv.url, .proxy = "" }, .method = "GET", .path = "/cut" };
	net_fetch(s.net, &cut, seen_whole, &s);
	turn_until(s.loop, &s.ended);
	assert_int_equal(s.err.code, ERR_NET);
	seen_free(&s);
	script_stop(&sc);
	assert_int_equal(check_files(dir), 2);
	replays(dir, &q, "{\"token\":\"[removed]\",\"a\":\"[removed]\"}");
	secret_free(token);
	assert_int_equal(path_remove_tree(dir, NULL), 0);
}

void replay_refuses(void **state)
{
	struct tape_parts p;
	struct seen s;
	struct err e = { 0 };
	static const char *const bad[] = { "", "berth-exchange 2\n", "berth-exchange 1\nrequest GET\n\nbody 0 of 0\n\nresponse 200\n\nbody 0 of 0\n\n",
		"berth-exchange 1\nrequest GET u\n\nbody 9 of 0\n\n", "berth-exchange 1\nrequest GET u\n\nbody 0 of 0\n\nresponse 20\n\nbody 0 of 0\n\n",
		"berth-exchange 1\nrequest GET u\n\nbody 0 of 0\n\n", "berth-exchange 1\nrequest GET u\n\nbody 18446744073709551615 of 0\n\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(tape_parse(sv_of(bad[i]), &p));
	assert_true(tape_parse(SV("berth-exchange 1\nrequest GET u\n\nbody 0 of 0\n\nfailed it broke\n"), &p));
	assert_int_equal(p.status, 0);
	seen_new(&s);
	assert_int_equal(net_replay_from(s.net, "/no/such/folder", &e), -ERR_NOT_FOUND);
	seen_free(&s);
}
