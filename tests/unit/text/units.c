/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include "berth/text.h"

static void ages_take_four_columns(void **state)
{
	static const struct { int64_t s; const char *want; } rows[] = {
		{ INT64_MIN, "now" }, { -1, "now" }, { 0, "now" }, { 4, "now" }, { 5, "5s" }, { 59, "59s" }, { 60, "1m" }, { 3599, "59m" },
		{ 3600, "1h" }, { 86399, "23h" }, { 86400, "1d" }, { 13 * 86400, "13d" }, { 14 * 86400, "2w" }, { 70 * 86400, "2mo" },
		{ 364 * 86400, "11mo" }, { 366 * 86400, "1y" }, { 40000LL * 31556952, "999y" }, { INT64_MAX, "999y" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		text_add_age(&b, rows[i].s);
		assert_row(!strcmp(buf_str(&b), rows[i].want) && b.len <= 4, i, buf_str(&b));
	}
}

static void durations(void **state)
{
	static const struct { int64_t s; const char *want; } rows[] = {
		{ -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 64, "1m04s" }, { 3599, "59m59s" }, { 8040, "2h14m" }, { 7200, "2h" }, { 2 * 86400 + 59, "2d" }, { 3 * 86400 + 4 * 3600, "3d04h" }, { 299 * 86400 + 4 * 3600, "299d" },
		{ INT64_MAX, "106751991167300d" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		text_add_duration(&b, rows[i].s);
		assert_row(!strcmp(buf_str(&b), rows[i].want), i, buf_str(&b));
	}
}

static void sizes_written(void **state)
{
	static const struct { uint64_t n; const char *decimal, *binary; } rows[] = {
		{ 0, "0 B", "0B" }, { 999, "999 B", "999B" }, { 1000, "1.0 kB", "1000B" }, { 1024, "1.0 kB", "1K" }, { 1536, "1.5 kB", "1.5K" },
		{ 99949, "99.9 kB", "97.6K" }, { 99950, "100 kB", "97.6K" }, { 999499, "999 kB", "976.1K" }, { 999500, "1.0 MB", "976.1K" },
		{ 1800000000, "1.8 GB", "1.7G" }, { 512u << 20, "537 MB", "512M" }, { (uint64_t)2 << 30, "2.1 GB", "2G" },
		{ ((uint64_t)1 << 30) - 1, "1.1 GB", "1G" }, { UINT64_MAX, "18.4 EB", "16E" }, { (uint64_t)1 << 60, "1.2 EB", "1E" },
		{ (uint64_t)3 << 59, "1.7 EB", "1.5E" }, { 14744864073709551616u, "14.7 EB", "12.8E" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		AUTO(buf_fini) struct buf d = BUF_INIT, b = BUF_INIT;
		text_add_size(&d, rows[i].n);
		text_add_binary_size(&b, rows[i].n);
		assert_row(!strcmp(buf_str(&d), rows[i].decimal), i, buf_str(&d));
		assert_row(!strcmp(buf_str(&b), rows[i].binary), i, buf_str(&b));
	}
}

static void sizes_read(void **state)
{
	static const struct { const char *text; bool ok; uint64_t n; } rows[] = {
		{ "0", true, 0 }, { "512", true, 512 }, { "512b", true, 512 }, { "512 B", true, 512 }, { "512M", true, (uint64_t)512 << 20 },
		{ "2G", true, (uint64_t)2 << 30 }, { "2g", true, (uint64_t)2 << 30 }, { "1.5Gi", true, (uint64_t)3 << 29 },
		{ "2GB", true, (uint64_t)2 << 30 }, { "2GiB", true, (uint64_t)2 << 30 }, { " 64k ", true, 65536 }, { "0.5M", true, 1 << 19 },
		{ "1.1K", true, 1126 }, { "0.0000001K", true, 0 }, { "15E", true, (uint64_t)15 << 60 }, { "18446744073709551615", true, UINT64_MAX },
		{ "16E", false, 0 }, { "15.9999E", true, 0 }, { "18446744073709551616", false, 0 }, { "99999999999999999999G", false, 0 },
		{ "", false, 0 }, { "G", false, 0 }, { ".5G", false, 0 }, { "1.G", false, 0 }, { "1.5", false, 0 }, { "1..5G", false, 0 },
		{ "1.5.2G", false, 0 }, { "-1G", false, 0 }, { "+1G", false, 0 }, { "1,5G", false, 0 }, { "1e3", false, 0 }, { "2X", false, 0 },
		{ "2Gx", false, 0 }, { "2i", false, 0 }, { "2iB", false, 0 }, { "2GBB", false, 0 }, { "2 G B", false, 0 }, { "0x10", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t n = 77;
		bool ok = text_parse_size(sv_of(rows[i].text), &n);
		assert_row(ok == rows[i].ok, i, rows[i].text);
		if (strcmp(rows[i].text, "15.9999E") != 0)
			assert_row(n == (ok ? rows[i].n : 77), i, rows[i].text);
	}
	assert_false(text_parse_size((struct sv){ "1\0G", 3 }, &(uint64_t){ 0 }));
}

TEST_LIST(unit_tests,
	cmocka_unit_test(ages_take_four_columns),
	cmocka_unit_test(durations),
	cmocka_unit_test(sizes_written),
	cmocka_unit_test(sizes_read),
);
