/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"
#include "tui/layout.h"

void test_layout_table(void **state)
{
	static const struct { int rows, cols; enum layout_kind kind; } cases[] = {
		{ 0, 0, LAYOUT_TINY }, { 9, 200, LAYOUT_TINY }, { 100, 39, LAYOUT_TINY }, { 10, 40, LAYOUT_SINGLE }, { 20, 60, LAYOUT_SINGLE }, { 21, 200, LAYOUT_SINGLE },
		{ 60, 71, LAYOUT_SINGLE }, { 22, 72, LAYOUT_TWO }, { 24, 80, LAYOUT_TWO }, { 45, 84, LAYOUT_TWO }, { 46, 84, LAYOUT_PORTRAIT }, { 46, 85, LAYOUT_TWO },
		{ 50, 119, LAYOUT_TWO }, { 24, 120, LAYOUT_STACKED }, { 50, 160, LAYOUT_STACKED },
	};
	struct layout l;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		layout_compute(&l, cases[i].rows, cases[i].cols, &(struct layout_wish){ PANE_COMMITS, ZOOM_NONE, NULL });
		assert_int_equal(l.kind, cases[i].kind);
	}
	layout_compute(&l, 50, 160, &(struct layout_wish){ PANE_COMMITS, ZOOM_NONE, NULL });
	assert_true(l.session.h > 0 && l.log.h >= 8);
	layout_compute(&l, 24, 80, &(struct layout_wish){ PANE_COMMITS, ZOOM_FULL, NULL });
	assert_int_equal(l.panes[PANE_COMMITS].w, 80);
	assert_int_equal(l.panes[PANE_MAIN].h, 0);
}

static int covered(const struct layout *l, int y, int x)
{
	const struct rect all[] = { l->panes[0], l->panes[1], l->panes[2], l->panes[3], l->panes[4], l->status, l->tabs, l->preview, l->message, l->keys, l->session, l->log };
	int n = (l->divider == x || l->divider2 == x) && y >= 1 && y <= l->divider_h;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		n += y >= all[i].y && y < all[i].y + all[i].h && x >= all[i].x && x < all[i].x + all[i].w;
	return n;
}

/* From 220 columns the log has a column of its own; | moves the rule between lists and the rest. */
void test_layout_wide(void **state)
{
	struct layout l, more;
	const unsigned char split[LAYOUT_KINDS] = { [LAYOUT_STACKED] = 1, [LAYOUT_TWO] = 1 };
	(void)state;
	layout_compute(&l, 50, 220, &(struct layout_wish){ PANE_COMMITS, ZOOM_NONE, NULL });
	assert_true(l.divider2 > l.divider && l.log.h == 47 && l.log.w > 40 && l.session.h > 0);
	layout_one_log(&l);
	assert_true(l.log.h == 0 && l.panes[PANE_MAIN].h == 47);
	layout_compute(&l, 24, 80, &(struct layout_wish){ PANE_COMMITS, ZOOM_NONE, NULL });
	layout_compute(&more, 24, 80, &(struct layout_wish){ PANE_COMMITS, ZOOM_NONE, split });
	assert_true(more.divider > l.divider);
}

/* Whatever the size, every cell belongs to exactly one thing. */
void test_layout_all_sizes(void **state)
{
	(void)state;
	for (int rows = 10; rows < 70; rows += 3)
		for (int cols = 40; cols < 240; cols += 11)
			for (int focus = 0; focus < PANE_COUNT; focus++)
				for (int zoom = 0; zoom < ZOOM_COUNT * (SPLITS + 1); zoom++) {
					struct layout l;
					unsigned char split[LAYOUT_KINDS];
					memset(split, zoom / ZOOM_COUNT % SPLITS, sizeof split);
					layout_compute(&l, rows, cols, &(struct layout_wish){ (enum pane)focus, (enum zoom)(zoom % ZOOM_COUNT), split });
					if (zoom / ZOOM_COUNT == SPLITS)
						layout_one_log(&l);
					assert_true(l.panes[focus].h >= 3);
					for (int y = 0; y < rows; y++)
						for (int x = 0; x < cols; x += 1 + (x % 5))
							if (covered(&l, y, x) != 1)
								fail_msg("%dx%d focus %d zoom %d: row %d column %d is covered %d times", cols, rows, focus, zoom, y, x, covered(&l, y, x));
				}
}
