/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "cache/scrub.h"

static char *scrubbed(const char *text)
{
	char *copy = xstrdup(text);
	scrub(copy, strlen(copy));
	return copy;
}

void tokens_are_blotted_out(void **state)
{
	static const char *const rows[][2] = {
		{ "a glpat-AbCdEfGhIjKlMnOpQrSt b", "a glpat-******************** b" },
		{ "(ghp_0123456789abcdef0123)", "(ghp_********************)" },
		{ "Authorization: Bearer 0123456789abcdef.0123", "Authorization: Bearer *********************" },
		{ "https://oauth2:s3cr3t@lab.example/x.git", "https://oauth2:******@lab.example/x.git" },
		{ "https://abcdef@lab.example/", "https://******@lab.example/" },
		{ "{\"runners_token\": \"GR\\\"x\", \"id\": 1}", "{\"runners_token\": \"*****\", \"id\": 1}" },
		{ "{\"password\":\"\"}", "{\"password\":\"\"}" },
		{ "GET /x?private_token=abc&page=2", "GET /x?private_token=***&page=2" },
		{ "CI_JOB_TOKEN=abc", "CI_JOB_TOKEN=***" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR got = scrubbed(rows[i][0]);
		assert_string_equal(got, rows[i][1]);
	}
}

void harmless_text_stays(void **state)
{
	static const char *const rows[] = {
		"", "/", "//", "//@", "=", "\":", "https://lab.example/a/b@c", "mail ann@example.org", "glpat-", "glpat-short", "see // and @",
		"/x?page_token=0123456789abcdef0123&per_page=9", "{\"id\":12,\"name\":\"token\"}", "a=b", "myglpat-AbCdEfGhIjKlMnOpQrSt",
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO_STR got = scrubbed(rows[i]);
		assert_string_equal(got, rows[i]);
	}
}

static bool file_has(const char *path, const char *what)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	return file_read(path, 1 << 26, &b, NULL) == 0 && memmem(buf_str(&b), b.len, what, strlen(what));
}

void nothing_secret_reaches_the_file(void **state)
{
	struct world *w = *state;
	const char *secret = "AbCdEfGhIjKlMnOpQrSt";
	AUTO_STR url = xasprintf("https://me:%s@lab.example/x.git", secret);
	AUTO_STR body = xasprintf("{\"runners_token\":\"%s\"}", secret);
	AUTO_STR key = xasprintf("/x?private_token=%s", secret);
	AUTO_STR line = xasprintf("export TOKEN=glpat-%s\n", secret);
	struct project p = flights;
	p.clone_url = url;
	world_open(w);
	cache_put_projects(w->cache, "lab", &p, 1);
	cache_memo_put(w->cache, "h", "k", &(struct cache_memo){ .etag = "e", .body = sv_of(body) });
	cache_memo_put(w->cache, "h", key, &(struct cache_memo){ .etag = "e" });
	struct cache_log *l = cache_log_begin(w->cache, &flights, "1");
	for (size_t i = 0; i < strlen(line); i++)
		cache_log_add(l, (struct sv){ line + i, 1 });
	cache_log_end(l, true);
	world_settle(w);
	AUTO_STR log = cache_log_path(w->cache, &flights, "1");
	AUTO_STR wal = xasprintf("%s-wal", w->db);
	assert_true(file_has(w->db, "lab.example") || file_has(wal, "lab.example"));
	assert_true(file_has(log, "export"));
	assert_false(file_has(w->db, secret) || file_has(wal, secret) || file_has(log, secret));
}
