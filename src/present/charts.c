/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/present.h"

static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char ascii_blocks[] = " ..::-=#@";
enum { LEVELS = 8 };

static size_t level_of(double share)
{
	if (!(share > 0))
		return 0;
	size_t level = (size_t)(share * LEVELS + 0.999);
	return MIN_OF(level, (size_t)LEVELS);
}

static void add_level(struct buf *b, size_t level, bool ascii)
{
	if (ascii)
		buf_add_char(b, ascii_blocks[level]);
	else
		buf_add_str(b, blocks[level]);
}

void present_sparkline(struct buf *b, const float *shares, size_t n, size_t cols, bool ascii)
{
	size_t from = n > cols ? n - cols : 0;
	for (size_t i = n - from; i < cols; i++)
		add_level(b, 0, ascii);
	for (size_t i = from; i < n; i++)
		add_level(b, level_of(shares[i]), ascii);
}

void present_bar(struct buf *b, double share, size_t cols, bool ascii)
{
	double clamped = share > 0 ? MIN_OF(share, 1.0) : 0;
	size_t full = (size_t)(clamped * (double)cols + 0.5);
	for (size_t i = 0; i < cols; i++)
		buf_add_str(b, i < full ? (ascii ? "#" : "█") : (ascii ? "." : "░"));
}
