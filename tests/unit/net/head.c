/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parsers of heads and bodies, and the words for what curl reports. */
#include <errno.h>
#include "net/net_impl.h"
#include "tests.h"

void head_parses(void **state)
{
	static const struct { const char *text; int status; size_t n; const char *name, *value; long rest; } rows[] = {
		{ "HTTP/1.1 101 UPGRADED\r\nContent-Type: a/b\r\nConnection: Upgrade\r\n\r\nbytes", 101, 2, "content-type", "a/b", 5 },
		{ "HTTP/1.0 200\n\n", 200, 0, NULL, NULL, 0 },
		{ "HTTP/1.1 404 Not Found\r\nX-A:  1 \r\nX-A: 2\r\n\r\n", 404, 2, "x-a", "1", 0 },
		{ "HTTP/1.1 200 OK\r\nX-Long: one\r\n\ttwo\r\n\r\n", 200, 1, "x-long", "one two", 0 },
		{ "HTTP/1.1 200 OK\r\nX-Empty:\r\n\r\n\r\n", 200, 1, "x-empty", "", 2 },
		{ "HTTP/1.1 200 OK\r\nX-Bell: a\ab\r\n\r\n", 200, 1, "x-bell", "a b", 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct head h = { 0 };
		struct err e = { 0 };
		struct sv text = sv_of(rows[i].text);
		assert_int_equal(head_parse(&h, text, &e), (long)text.len - rows[i].rest);
		assert_int_equal(h.status, rows[i].status);
		assert_int_equal(h.headers.len, rows[i].n);
		if (rows[i].name)
			assert_string_equal(head_get(&h, rows[i].name), rows[i].value);
		assert_null(head_get(&h, "x-absent"));
		head_fini(&h);
	}
}

void head_refuses(void **state)
{
	static const struct { const char *text; enum err_code code; } rows[] = {
		{ "SSH-2.0-OpenSSH\r\n", ERR_DECODE }, { "HTTP/1.1 20 OK\r\n\r\n", ERR_DECODE }, { "HTTP/1.1 2000 OK\r\n\r\n", ERR_DECODE },
		{ "HTTP/1.1 OK\r\n\r\n", ERR_DECODE }, { "HTTP/ 200 OK\r\n\r\n", ERR_DECODE }, { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ERR_DECODE },
		{ "HTTP/1.1 200 OK\r\n: x\r\n\r\n", ERR_DECODE }, { "HTTP/1.1 200 OK\r\na b: x\r\n\r\n", ERR_DECODE },
		{ "HTTP/1.1 200 OK\r\n folded\r\n\r\n", ERR_DECODE }, { "\r\n\r\n", ERR_DECODE }, { "HTTP/1.1 099 X\r\n\r\n", ERR_DECODE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct head h = { 0 };
		struct err e = { 0 };
		assert_int_equal(head_parse(&h, sv_of(rows[i].text), &e), -(long)rows[i].code);
		assert_int_equal(e.code, rows[i].code);
		head_fini(&h);
	}
	static char big[HEAD_MAX_BYTES + 1];
	memset(big, 'a', sizeof big);
	memcpy(big, "HTTP/1.1 200 ", 13);
	struct head h = { 0 };
	assert_int_equal(head_parse(&h, (struct sv){ big, sizeof big - 2 }, NULL), 0);
	assert_int_equal(head_parse(&h, (struct sv){ big, sizeof big }, NULL), -ERR_TOO_BIG);
	head_fini(&h);
}

void head_by_any_pieces(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		struct head h = { 0 };
		assert_int_equal(head_parse(&h, (struct sv){ text, n }, NULL), 0);
		head_fini(&h);
	}
}

/* Feeds text in pieces of `step` bytes; returns how it ended, the bytes in out. */
static enum body_step feed(const char *head_text, struct sv text, size_t step, struct buf *out)
{
	struct head h = { 0 };
	struct body b;
	struct err e = { 0 };
	assert_true(head_parse(&h, sv_of(head_text), NULL) > 0);
	if (body_start(&b, &h, &e)) {
		head_fini(&h);
		return BODY_BAD;
	}
	head_fini(&h);
	enum body_step s = BODY_MORE;
	for (size_t at = 0; ; ) {
		struct sv in = { text.p + at, MIN_OF(step, text.len - at) }, piece;
		at += in.len;
		while ((s = body_next(&b, &in, &piece, &e)) == BODY_PIECE)
			buf_add_sv(out, piece);
		if (s != BODY_MORE || at == text.len)
			return s;
	}
}

#define CHUNKED "HTTP/1.1 500 E\r\nTransfer-Encoding: chunked\r\n\r\n"
#define LENGTH(n) "HTTP/1.1 404 N\r\nContent-Length: " n "\r\n\r\n"

void body_decodes(void **state)
{
	static const struct { const char *head, *text, *out; enum body_step end; } rows[] = {
		{ CHUNKED, "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\nnext", "hello world", BODY_END },
		{ CHUNKED, "A\n0123456789\n0\nTrailer: x\n\n", "0123456789", BODY_END },
		{ CHUNKED, "0\r\n\r\n", "", BODY_END },
		{ CHUNKED, "5\r\nhel", "hel", BODY_MORE },
		{ LENGTH("5"), "helloX", "hello", BODY_END },
		{ LENGTH("5"), "hel", "hel", BODY_MORE },
		{ LENGTH("0"), "", "", BODY_END },
		{ "HTTP/1.1 204 N\r\n\r\n", "", "", BODY_END },
		{ "HTTP/1.1 404 N\r\n\r\n", "to the end", "to the end", BODY_MORE },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t step = 1; step < 40; step += 3) {
			AUTO(buf_fini) struct buf out = BUF_INIT;
			assert_int_equal(feed(rows[i].head, sv_of(rows[i].text), step, &out), rows[i].end);
			assert_string_equal(buf_str(&out), rows[i].out);
		}
}

void body_refuses(void **state)
{
	static const struct { const char *head, *text; } rows[] = {
		{ CHUNKED, "x\r\n" }, { CHUNKED, "\r\n" }, { CHUNKED, "5 hello" "\r\nhelloX" }, { CHUNKED, "fffffffffffffffff\r\n" },
		{ CHUNKED, "-5\r\n" }, { LENGTH("-5"), "" }, { LENGTH("5x"), "" }, { LENGTH("99999999999999999999"), "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		assert_int_equal(feed(rows[i].head, sv_of(rows[i].text), 7, &out), BODY_BAD);
	}
}

void failures_are_worded(void **state)
{
	static const struct { CURLcode code; long sys; enum err_code is; const char *says; } rows[] = {
		{ CURLE_COULDNT_CONNECT, EACCES, ERR_DENIED, "no permission" }, { CURLE_COULDNT_CONNECT, ENOENT, ERR_NET, "not there" },
		{ CURLE_COULDNT_CONNECT, ECONNREFUSED, ERR_NET, "nothing listens" }, { CURLE_COULDNT_CONNECT, EHOSTUNREACH, ERR_NET, "No route" },
		{ CURLE_COULDNT_CONNECT, 0, ERR_NET, "no connection" }, { CURLE_COULDNT_RESOLVE_HOST, 0, ERR_NET, "the name in" },
		{ CURLE_PEER_FAILED_VERIFICATION, 0, ERR_TLS, "no trusted connection" }, { CURLE_OPERATION_TIMEDOUT, 0, ERR_TIMEOUT, "in time" },
		{ CURLE_RECV_ERROR, 0, ERR_NET, "broke: the detail" }, { CURLE_PARTIAL_FILE, 0, ERR_NET, "cut short" },
	};
	struct target t = { .where = (char[]){ "https://some.host" } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		struct failure f = { rows[i].code, rows[i].sys, "the detail", &t, PHASE_ANY };
		assert_int_equal(net_failure(&e, &f), -(int)rows[i].is);
		assert_int_equal(e.code, rows[i].is);
		assert_non_null(strstr(e.text, rows[i].says));
		assert_non_null(strstr(e.text, "https://some.host"));
		assert_true(e.hint[0]);
	}
}

void tls_failures_and_phases_are_worded(void **state)
{
	static const struct { const char *detail, *says, *hint; } rows[] = {
		{ "SSL certificate problem: certificate has expired", "has expired", "renew" },
		{ "SSL certificate problem: unable to get local issuer certificate", "nobody that this machine trusts", "ca-file" },
		{ "SSL certificate problem: self-signed certificate in certificate chain", "signed by itself or", "ca-file" },
		{ "SSL: no alternative certificate subject name matches target host name 'x'", "another name", "name" },
		{ "error:0A00010B:SSL routines::wrong version number", "does not speak TLS", "http://" },
		{ "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0", "wants a client certificate", "authority" },
		{ "error:0A000418:SSL routines::tlsv1 alert unknown ca", "refuses the client certificate", "authority" },
		{ "something new", "something new", "ca-file" },
	};
	static const struct { enum net_phase phase; const char *says; } phases[] = {
		{ PHASE_NAME, "the name in https://h was looked for too long" }, { PHASE_CONNECT, "did not take the connection" },
		{ PHASE_TLS, "TLS handshake" }, { PHASE_ANY, "no answer" },
	};
	struct target t = { .where = (char[]){ "https://h" }, .is_tls = true };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e = { 0 };
		net_failure(&e, &(struct failure){ CURLE_PEER_FAILED_VERIFICATION, 0, rows[i].detail, &t, PHASE_TLS });
		assert_int_equal(e.code, ERR_TLS);
		assert_non_null(strstr(e.text, rows[i].says));
		assert_non_null(strstr(e.hint, rows[i].hint));
		net_failure(&e, &(struct failure){ CURLE_RECV_ERROR, 0, rows[i].detail, &t, PHASE_ANY });
		assert_int_equal(e.code, strstr(rows[i].detail, " alert ") ? ERR_TLS : ERR_NET);
	}
	for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
		struct err e = { 0 };
		net_failure(&e, &(struct failure){ CURLE_OPERATION_TIMEDOUT, 0, "", &t, phases[i].phase });
		assert_int_equal(e.code, ERR_TIMEOUT);
		assert_non_null(strstr(e.text, phases[i].says));
	}
}
