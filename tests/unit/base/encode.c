/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <sys/wait.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/sha256.h"
#include "berth/str.h"

static void base64_both_ways(void **state)
{
	static const struct { const char *plain, *text, *url; } rows[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg==" }, { "fo", "Zm8=", "Zm8=" }, { "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg==" },
		{ "\xfb\xff\xfe", "+//+", "-__-" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT, url = BUF_INIT, back = BUF_INIT;
		buf_add_base64(&b, rows[i].plain, strlen(rows[i].plain), false);
		buf_add_base64(&url, rows[i].plain, strlen(rows[i].plain), true);
		assert_string_equal(buf_str(&b), rows[i].text);
		assert_string_equal(buf_str(&url), rows[i].url);
		assert_true(buf_add_base64_decoded(&back, sv_of(rows[i].url)));
		assert_string_equal(buf_str(&back), rows[i].plain);
	}
}

static void base64_that_is_none(void **state)
{
	static const char *const good[] = { "Zg", "Zm8", "Zg==", "" };
	static const char *const bad[] = { "Z", "Zm9vY", "Zg=", "Zg===", "=", "==", "====", "Zm=v", "Zm 9v", "Zh==", "Zm9=", "Zm9v\n", "*AAA" };

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		assert_row(buf_add_base64_decoded(&b, sv_of(good[i])), i, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_str(&b, "kept");
		assert_row(!buf_add_base64_decoded(&b, sv_of(bad[i])), i, bad[i]);
		assert_string_equal(buf_str(&b), "kept");
	}
}

static void url_and_hex(void **state)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;

	buf_add_urlencoded(&b, (struct sv){ "a/b c~\xc3\xa9%\0", 10 }, NULL);
	assert_string_equal(buf_str(&b), "a%2Fb%20c~%C3%A9%25%00");
	buf_clear(&b);
	buf_add_urlencoded(&b, SV("group/sub:x"), "/");
	assert_string_equal(buf_str(&b), "group/sub%3Ax");
	buf_clear(&b);
	buf_add_hex(&b, "\x00\xff\x1a", 3);
	assert_string_equal(buf_str(&b), "00ff1a");
}

/* Only a shell can say what a shell makes of it. */
static void a_shell_sees_one_word(void **state)
{
	static const char *const words[] = {
		"plain", "", "two words", "it's", "'", "$HOME `id` \\ \"", "-n", "*", "~", "a=b", "new\nline", "!x", "#", "\xc3\xa9\xff",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		AUTO(buf_fini) struct buf command = BUF_INIT;
		char got[64];
		buf_add_str(&command, "f() { printf '%s|%s' $# \"$1\"; }; f ");
		buf_add_shell_quoted(&command, sv_of(words[i]));
		int out[2];
		assert_int_equal(pipe(out), 0);
		pid_t pid = fork();
		if (!pid) {
			dup2(out[1], 1);
			execl("/bin/sh", "sh", "-c", buf_str(&command), (char *)NULL);
			_exit(127);
		}
		close(out[1]);
		ssize_t n = read(out[0], got, sizeof got - 1);
		close(out[0]);
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		got[MAX_OF(n, (ssize_t)0)] = '\0';
		AUTO_STR want = xasprintf("1|%s", words[i]);
		assert_string_equal(got, want);
	}
}

static void slugs_are_safe_and_differ(void **state)
{
	static const char *const changed[] = { "", ".", "..", "-rf", "a/b", "a b", ".hidden", "caf\xc3\xa9", "a\nb", "///", "../../etc" };
	static const char *const kept[] = { "a", "My_Project-1.2", "_x", "a..b" };
	char longest[300];

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_slug(&b, sv_of(kept[i]));
		assert_string_equal(buf_str(&b), kept[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(changed); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_slug(&b, sv_of(changed[i]));
		size_t safe = strspn(buf_str(&b), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
		assert_row(b.len && safe == b.len && b.p[0] != '.' && b.p[0] != '-' && strcmp(b.p, changed[i]) != 0, i, changed[i]);
	}
	AUTO(buf_fini) struct buf one = BUF_INIT, two = BUF_INIT;
	memset(longest, 'x', sizeof longest);
	buf_add_slug(&one, (struct sv){ longest, 299 });
	buf_add_slug(&two, (struct sv){ longest, 300 });
	assert_true(one.len <= 100 && two.len <= 100);
	assert_string_not_equal(buf_str(&one), buf_str(&two));
	buf_clear(&one);
	buf_clear(&two);
	buf_add_slug(&one, SV("a/b"));
	buf_add_slug(&two, SV("a:b"));
	assert_string_not_equal(buf_str(&one), buf_str(&two));
}

static void json_strings_are_quoted_and_steer_nothing(void **state)
{
	static const struct { struct sv in; const char *out; } rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { "a \"b\"\\c/", 8 }, "\"a \\\"b\\\"\\\\c/\"" },
		{ { "\b\f\n\r\t\0\x1b", 7 }, "\"\\b\\f\\n\\r\\t\\u0000\\u001b\"" },
		{ { "\xc3\xbc\xe2\x80\xae\x7f\xc2\x9b", 8 }, "\"\xc3\xbc\\u202e\\u007f\\u009b\"" },
		{ { "\xf3\xa0\x81\x81", 4 }, "\"\\udb40\\udc41\"" }, /* a tag character: two halves */
		{ { "a\xff" "b\xc3", 4 }, "\"a\\ufffdb\\ufffd\"" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_json_string(&b, rows[i].in);
		assert_row(strcmp(buf_str(&b), rows[i].out) == 0, i, buf_str(&b));
	}
}

static void the_hash_is_fnv1a(void **state)
{
	assert_true(hash_bytes("", 0) == 0xcbf29ce484222325u);
	assert_true(hash_bytes("foobar", 6) == 0x85944171f73967e8u);
}

/* FIPS 180-4's examples, in pieces of every size. */
static void the_digest_is_sha256(void **state)
{
	static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	struct sha256_ctx sum;
	char hex[65];

	sha256_init(&sum);
	sha256_hex(&sum, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	for (size_t piece = 1; piece < sizeof text; piece++) { /* the sum is as new each time */
		for (size_t at = 0; at < sizeof text - 1; at += piece)
			sha256_add(&sum, text + at, MIN_OF(piece, sizeof text - 1 - at));
		sha256_hex(&sum, hex);
		assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	}
}

TEST_LIST(encode_tests,
	cmocka_unit_test(base64_both_ways),
	cmocka_unit_test(base64_that_is_none),
	cmocka_unit_test(url_and_hex),
	cmocka_unit_test(a_shell_sees_one_word),
	cmocka_unit_test(slugs_are_safe_and_differ),
	cmocka_unit_test(json_strings_are_quoted_and_steer_nothing),
	cmocka_unit_test(the_hash_is_fnv1a),
	cmocka_unit_test(the_digest_is_sha256),
);
