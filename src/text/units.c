/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ages, durations and sizes. In whole numbers throughout: printf's %f would follow the locale's decimal sign. */
#include "berth/text.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, WEEK = 7 * DAY, MONTH = 2629746, YEAR = 31556952 };

void text_add_age(struct buf *b, int64_t seconds)
{
	static const struct step { int64_t below, unit; const char *name; } steps[] = {
		{ MINUTE, 1, "s" }, { HOUR, MINUTE, "m" }, { DAY, HOUR, "h" }, { 2 * WEEK, DAY, "d" },
		{ 2 * MONTH, WEEK, "w" }, { YEAR, MONTH, "mo" }, { INT64_MAX, YEAR, "y" },
	};

	if (seconds < 5) {
		buf_add_str(b, "now");
		return;
	}
	seconds = MIN_OF(seconds, (int64_t)999 * YEAR);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (seconds >= steps[i].below)
			continue;
		buf_addf(b, "%d%s", (int)(seconds / steps[i].unit), steps[i].name);
		return;
	}
}

void text_add_duration(struct buf *b, int64_t seconds)
{
	long long s = MAX_OF(seconds, (int64_t)0);

	if (s < MINUTE)
		buf_addf(b, "%llds", s);
	else if (s < HOUR)
		buf_addf(b, "%lldm%02llds", s / MINUTE, s % MINUTE);
	else if (s < DAY && s % HOUR / MINUTE)
		buf_addf(b, "%lldh%02lldm", s / HOUR, s % HOUR / MINUTE);
	else if (s < DAY)
		buf_addf(b, "%lldh", s / HOUR);
	else if (s < 10 * DAY && s % DAY / HOUR)
		buf_addf(b, "%lldd%02lldh", s / DAY, s % DAY / HOUR);
	else
		buf_addf(b, "%lldd", s / DAY);
}

/* n / unit in tenths, rounded. The low bits of the biggest units would overflow and can't be seen in a tenth. */
static uint64_t tenths_of(uint64_t n, uint64_t unit)
{
	uint64_t whole = n / unit, rest = n % unit;

	if (unit >> 50) {
		rest >>= 10;
		unit >>= 10;
	}
	return whole * 10 + (rest * 20 + unit) / (2 * unit);
}

void text_add_size(struct buf *b, uint64_t bytes)
{
	static const char *const names[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t unit = 1, whole = bytes;
	size_t i = 0;

	for (; whole >= 1000 && i + 1 < ARRAY_LEN(names); i++) { /* 999.9 kB is 1.0 MB */
		unit *= 1000;
		whole = bytes / unit + (bytes % unit * 2 >= unit);
	}
	uint64_t tenths = i ? tenths_of(bytes, unit) : 0;
	if (i == 0)
		buf_addf(b, "%d B", (int)bytes);
	else if (tenths < 1000)
		buf_addf(b, "%d.%d %s", (int)(tenths / 10), (int)(tenths % 10), names[i]);
	else
		buf_addf(b, "%d %s", (int)whole, names[i]);
}

void text_add_binary_size(struct buf *b, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	int i = 0;

	while (i < 6 && bytes >> (10 * (i + 1)))
		i++;
	uint64_t unit = (uint64_t)1 << (10 * i), tenths = i ? tenths_of(bytes, unit) : bytes * 10;
	if (tenths % 10)
		buf_addf(b, "%d.%d%c", (int)(tenths / 10), (int)(tenths % 10), units[i]);
	else if (tenths == 10240 && i < 6)
		buf_addf(b, "1%c", units[i + 1]);
	else
		buf_addf(b, "%d%c", (int)(tenths / 10), units[i]);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "Ki", "kb", "KiB" … off the end, as a power of 1024; no unit at all is 0. -1 when it is none. */
static int unit_power(struct sv unit)
{
	static const char powers[] = "kmgtpe";

	if (unit.len && (unit.p[unit.len - 1] | 0x20) == 'b')
		unit.len--;
	if (!unit.len)
		return 0;
	if (unit.len == 2 && unit.p[1] == 'i')
		unit.len--;
	const char *at = unit.len == 1 ? strchr(powers, unit.p[0] | 0x20) : NULL;
	return at && *at ? (int)(at - powers) + 1 : -1;
}

bool text_parse_size(struct sv s, uint64_t *ret_bytes)
{
	struct sv whole, part = { NULL, 0 };
	uint64_t n, bytes;
	size_t len = 0;

	s = sv_trim(s);
	while (len < s.len && (is_digit(s.p[len]) || s.p[len] == '.'))
		len++;
	struct sv rest = { s.p, len };
	int power = unit_power(sv_trim((struct sv){ s.p + len, s.len - len }));
	if (!len || power < 0 || !sv_split(&rest, '.', &whole) || !sv_to_u64(whole, &n))
		return false;
	uint64_t unit = (uint64_t)1 << (10 * power), scale = 1, fraction = 0;
	if (rest.p && (!power || !sv_split(&rest, '.', &part) || !part.len || rest.p))
		return false; /* half a byte, or a second point */
	for (size_t i = 0; i < part.len && scale < 1000000; i++, scale *= 10)
		fraction = fraction * 10 + (uint64_t)(part.p[i] - '0');
	uint64_t of_unit = unit / scale * fraction + unit % scale * fraction / scale;
	if (__builtin_mul_overflow(n, unit, &bytes) || __builtin_add_overflow(bytes, of_unit, &bytes))
		return false;
	*ret_bytes = bytes;
	return true;
}
