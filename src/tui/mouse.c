/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clicks and the wheel: what is drawn says what a click on it means, so nothing here knows where things are. */
#include "tui/logpanel.h"
#include "tui/tui_impl.h"

enum { DOUBLE_MS = 400, WHEEL_ROWS = 3 };

void tui_zone(struct tui *t, enum zone_kind kind, int value, struct rect r)
{
	struct zone z = { kind, value, r };
	if (r.h > 0 && r.w > 0)
		VEC_PUSH(&t->zones, z);
}

bool tui_is_mouse(const struct key *k)
{
	return strcmp(k->name, "click") == 0 || strcmp(k->name, "right-click") == 0 || strncmp(k->name, "wheel-", 6) == 0;
}

static const struct zone *zone_at(const struct tui *t, const struct key *k)
{
	for (size_t i = t->zones.len; i-- > 0;) {
		const struct zone *z = &t->zones.items[i];
		if (k->y >= z->r.y && k->y < z->r.y + z->r.h && k->x >= z->r.x && k->x < z->r.x + z->r.w)
			return z;
	}
	return NULL;
}

static bool is_double(struct tui *t, const struct key *k)
{
	uint64_t now = loop_now_ms(t->loop) + 1; /* 0: none before */
	bool twice = t->clicked.at_ms && now - t->clicked.at_ms < DOUBLE_MS && t->clicked.y == k->y && t->clicked.x == k->x;
	t->clicked.at_ms = twice ? 0 : now;
	t->clicked.y = k->y;
	t->clicked.x = k->x;
	return twice;
}

/* Wherever it is turned, that scrolls; the focus stays. */
static void wheel(struct tui *t, const struct zone *z, bool up)
{
	enum pane p = z->kind == ZONE_PANE || z->kind == ZONE_ROWS ? (enum pane)z->value : PANE_COUNT;
	enum command_id id = up ? CMD_UP : CMD_DOWN;
	if (p < PANE_MAIN) {
		list_move(t, &t->lists[p], up ? -WHEEL_ROWS : WHEEL_ROWS);
		return;
	}
	for (int i = 0; i < WHEEL_ROWS; i++) {
		if (z->kind == ZONE_OVERLAY && t->top && t->top->ops->command)
			t->top->ops->command(t, t->top, id);
		else if (z->kind == ZONE_LOG || (p == PANE_MAIN && t->tab == TAB_LOG))
			log_panel_command(t->log, id);
		else if (p == PANE_MAIN)
			main_scroll(t, up ? -1 : 1);
	}
}

static void click_row(struct tui *t, const struct zone *z, const struct key *k)
{
	struct list *l = &t->lists[z->value];
	size_t row = l->top + (size_t)(k->y - z->r.y);
	bool right = *k->name == 'r', twice = !right && is_double(t, k);
	focus_pane(t, (enum pane)z->value);
	if (row >= list_len(l))
		return;
	list_to(t, l, row);
	if (right)
		tui_run_command(t, CMD_MENU);
	else if (twice)
		tui_run_command(t, CMD_OPEN);
}

static void click_tab(struct tui *t, int tab)
{
	focus_pane(t, PANE_MAIN);
	if (t->tab != (enum tab)tab)
		t->main_top = 0;
	t->tab = (enum tab)tab;
}

void tui_mouse(struct tui *t, const struct key *k)
{
	const struct zone *found = zone_at(t, k);
	if (!found || t->prompt.label)
		return;
	struct zone z = *found; /* what it begins may draw, and that makes new ones */
	if (*k->name == 'w') {
		wheel(t, &z, k->name[6] == 'u');
		return;
	}
	switch (z.kind) {
	case ZONE_PANE: focus_pane(t, (enum pane)z.value); break;
	case ZONE_ROWS: click_row(t, &z, k); break;
	case ZONE_TAB: click_tab(t, z.value); break;
	case ZONE_COMMAND: tui_run_command(t, (enum command_id)z.value); break;
	case ZONE_LOG: click_tab(t, TAB_LOG); break;
	case ZONE_OVERLAY:
		if (t->top && t->top->ops->click && z.value >= 0)
			t->top->ops->click(t, t->top, z.value);
		break;
	}
}

void tui_mouse_toggle(struct tui *t)
{
	t->mouse = !t->mouse;
	if (t->host.mouse)
		t->host.mouse(t->host.self, t->mouse);
	if (t->mouse)
		say(t, MESSAGE_INFO, "clicks and the wheel work here again");
	else
		say(t, MESSAGE_INFO, "the mouse selects text in the terminal now; M gives it back");
}
