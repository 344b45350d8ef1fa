/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <stdlib.h>
#include <time.h>
#include "berth/path.h"

static void times_as_servers_write_them(void **state)
{
	static const struct { const char *text; bool ok; int64_t s; } rows[] = {
		{ "1970-01-01T00:00:00Z", true, 0 }, { "2026-11-23T20:00:00Z", true, 1795464000 },
		{ "2024-05-14T11:19:19.899359Z", true, 1715685559 }, { "2024-05-14T13:19:19.899+02:00", true, 1715685559 },
		{ "2024-05-14T06:49:19-0430", true, 1715685559 }, { "2024-05-14t11:19:19z", true, 1715685559 },
		{ "2024-05-14 11:19:19", true, 1715685559 }, { "2024-05-14T11:19:19.123456789", true, 1715685559 },
		{ "0001-01-01T00:00:00Z", true, -62135596800 }, { "0000-01-01T00:00:00Z", true, -62167219200 },
		{ "9999-12-31T23:59:59Z", true, 253402300799 }, { "1969-12-31T23:59:59Z", true, -1 },
		{ "2000-02-29T00:00:00Z", true, 951782400 }, { "1900-02-29T00:00:00Z", false, 0 }, { "2023-02-29T00:00:00Z", false, 0 },
		{ "2016-12-31T23:59:60Z", true, 1483228800 }, { "2024-05-14T23:59:61Z", false, 0 },
		{ "2024-00-10T00:00:00Z", false, 0 }, { "2024-13-10T00:00:00Z", false, 0 }, { "2024-04-31T00:00:00Z", false, 0 },
		{ "2024-05-00T00:00:00Z", false, 0 }, { "2024-05-14T24:00:00Z", false, 0 }, { "2024-05-14T11:60:00Z", false, 0 },
		{ "2024-05-14T11:19:19.Z", false, 0 }, { "2024-05-14T11:19:19+2", false, 0 }, { "2024-05-14T11:19:19+24:00", false, 0 },
		{ "2024-05-14T11:19:19+02:00x", false, 0 }, { "2024-05-14T11:19Z", false, 0 }, { "2024-05-14", false, 0 },
		{ "24-05-14T11:19:19Z", false, 0 }, { "2024-5-14T11:19:19Z", false, 0 }, { "", false, 0 }, { "never", false, 0 },
		{ "2024-05-14T11:19:19 Z", false, 0 }, { "-2024-05-14T11:19:19Z", false, 0 }, { " 2024-05-14T11:19:19Z", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t s = 77;
		bool ok = time_parse_rfc3339(sv_of(rows[i].text), &s);
		assert_row(ok == rows[i].ok && s == (ok ? rows[i].s : 77), i, rows[i].text);
	}
}

static void written_times_read_back(void **state)
{
	static const struct { int64_t s; const char *text; } rows[] = {
		{ 0, "1970-01-01T00:00:00Z" }, { -1, "1969-12-31T23:59:59Z" }, { 1795464000, "2026-11-23T20:00:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" }, { INT64_MIN, "0000-01-01T00:00:00Z" }, { INT64_MAX, "9999-12-31T23:59:59Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		buf_add_rfc3339(&b, rows[i].s);
		assert_string_equal(buf_str(&b), rows[i].text);
	}
	for (int64_t s = -62167219200; s < 253402300799; s += 86400 * 37 + 12345) { /* the C library is the other opinion */
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct tm utc;
		char want[64];
		time_t t = (time_t)s;
		int64_t back = 0;
		buf_add_rfc3339(&b, s);
		gmtime_r(&t, &utc);
		strftime(want, sizeof want, "-%m-%dT%H:%M:%SZ", &utc);
		assert_string_equal(buf_str(&b) + 4, want);
		assert_true(time_parse_rfc3339(buf_sv(&b), &back) && back == s);
	}
}

static void the_clock_can_be_fixed(void **state)
{
	setenv("BERTH_NOW", "1234567890", 1);
	assert_true(clock_wall_s() == 1234567890);
	setenv("BERTH_NOW", "soon", 1);
	assert_true(clock_wall_s() > 1700000000);
	unsetenv("BERTH_NOW");
	assert_true(clock_wall_s() > 1700000000);
}

TEST_LIST(clock_tests,
	cmocka_unit_test(times_as_servers_write_them),
	cmocka_unit_test(written_times_read_back),
	cmocka_unit_test(the_clock_can_be_fixed),
);
