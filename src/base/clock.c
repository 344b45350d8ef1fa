/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <time.h>
#include "berth/mem.h"
#include "berth/path.h"

enum { DAY_S = 86400 };

/* A file with one number; 0 when there is none. */
static int64_t number_in(const char *path)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	int64_t n;

	return file_read(path, 64, &b, NULL) == 0 && sv_to_i64(sv_trim(buf_sv(&b)), &n) ? n : 0;
}

int64_t clock_wall_s(void)
{
	const char *fixed = getenv("BERTH_NOW"), *ahead = getenv("BERTH_CLOCK");
	int64_t s;

	if (fixed && sv_to_i64(sv_of(fixed), &s))
		return s;
	return (int64_t)time(NULL) + (ahead ? number_in(ahead) : 0);
}

bool clock_skip(uint32_t seconds, uint32_t *ret_passed_s)
{
	const char *ahead = getenv("BERTH_CLOCK");

	*ret_passed_s = 0;
	if (!ahead)
		return false;
	AUTO_STR goal = xasprintf("%s.goal", ahead);
	int64_t now = number_in(ahead), end = number_in(goal);
	if (end <= now)
		return true;
	*ret_passed_s = (uint32_t)MIN_OF(end - now, (int64_t)seconds);
	AUTO_STR text = xasprintf("%lld\n", (long long)(now + *ret_passed_s));
	file_write_atomic(ahead, sv_of(text), NULL);
	return true;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(int64_t year, int month)
{
	static const int days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from March, so that the leap day is
 * the last of its year. */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

/* Takes exactly `n` digits off *s. */
static bool take_digits(struct sv *s, int n, int *ret)
{
	uint64_t value;

	if (s->len < (size_t)n || !sv_to_u64((struct sv){ s->p, (size_t)n }, &value))
		return false;
	*ret = (int)value;
	s->p += n;
	s->len -= (size_t)n;
	return true;
}

static bool take_char(struct sv *s, const char *one_of)
{
	if (!s->len || !s->p[0] || !strchr(one_of, s->p[0]))
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool take_fraction(struct sv *s)
{
	int digit, n = 0;

	if (!take_char(s, ".,"))
		return true;
	while (take_digits(s, 1, &digit))
		n++;
	return n > 0;
}

/* "", "Z", "+02:00", "-0730". */
static bool take_offset(struct sv *s, int64_t *ret_s)
{
	int hours, minutes;

	*ret_s = 0;
	if (!s->len || take_char(s, "Zz"))
		return true;
	int sign = s->p[0] == '-' ? -1 : 1;
	if (!take_char(s, "+-") || !take_digits(s, 2, &hours))
		return false;
	take_char(s, ":");
	if (!take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool time_parse_rfc3339(struct sv s, int64_t *ret_s)
{
	int year, month, day, hour, minute, second;
	int64_t offset_s;

	if (!take_digits(&s, 4, &year) || !take_char(&s, "-") || !take_digits(&s, 2, &month) || !take_char(&s, "-") ||
	    !take_digits(&s, 2, &day) || !take_char(&s, "Tt ") || !take_digits(&s, 2, &hour) || !take_char(&s, ":") ||
	    !take_digits(&s, 2, &minute) || !take_char(&s, ":") || !take_digits(&s, 2, &second))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 60) /* 60: a leap second is the next minute's first */
		return false;
	if (!take_fraction(&s) || !take_offset(&s, &offset_s) || s.len)
		return false;
	*ret_s = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second - offset_s;
	return true;
}

void buf_add_rfc3339(struct buf *b, int64_t wall_s)
{
	const int64_t first = -62167219200, last = 253402300799; /* the format's years have four digits */
	int64_t s = MAX_OF(first, MIN_OF(wall_s, last));
	int64_t day = (s - first) / DAY_S, in_day = (s - first) % DAY_S, year = day / 366;
	int month = 1;

	while (days_of(year + 1, 1, 1) - days_of(0, 1, 1) <= day)
		year++;
	day -= days_of(year, 1, 1) - days_of(0, 1, 1);
	while (day >= days_in(year, month))
		day -= days_in(year, month++);
	buf_addf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, month, (int)day + 1, (int)(in_day / 3600),
	         (int)(in_day / 60 % 60), (int)(in_day % 60));
}
