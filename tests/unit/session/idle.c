/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "berth/path.h"
#include "session/parts.h"
#include "tests.h"

enum { DAY_S = 86400, BEGAN_S = 1700000000 };

/* Looks as the keeper does, with nothing happening; gives the time of the first verdict of that kind, 0: none within `most_s`. */
static int64_t look_until(struct session_watch *w, uint32_t limit_s, int64_t *at_s, enum idle_verdict wanted, int64_t most_s)
{
	for (int64_t end_s = *at_s + most_s; *at_s < end_s; *at_s += idle_next_look_s(w, limit_s)) {
		idle_add(w, *at_s, 0);
		enum idle_verdict v = idle_verdict(w, limit_s);
		if (v == IDLE_WARN)
			w->warned_at_s = *at_s;
		if (v == wanted)
			return *at_s;
	}
	return 0;
}

static void a_day_warns_an_hour_before(void **state)
{
	struct session_watch w = { 0 };
	int64_t at_s = BEGAN_S;
	(void)state;
	assert_int_equal(look_until(&w, DAY_S, &at_s, IDLE_WARN, 2 * DAY_S), BEGAN_S + DAY_S - 3600);
	assert_true(idle_is_near(&w, DAY_S, at_s));
	assert_int_equal(look_until(&w, DAY_S, &at_s, IDLE_STOP, 2 * DAY_S), BEGAN_S + DAY_S);
	assert_int_equal(idle_left_s(&w, DAY_S, at_s), 0);
}

static void limits_of_all_sizes_warn_before_they_stop(void **state)
{
	static const uint32_t limits[] = { 1, 30, 60, 600, 3600, 7200, 7201, DAY_S, 30 * DAY_S };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct session_watch w = { 0 };
		int64_t at_s = BEGAN_S, warned_s = look_until(&w, limits[i], &at_s, IDLE_WARN, 31 * DAY_S);
		at_s += idle_next_look_s(&w, limits[i]);
		int64_t stopped_s = look_until(&w, limits[i], &at_s, IDLE_STOP, 31 * DAY_S);
		assert_true(warned_s >= BEGAN_S && stopped_s > warned_s && stopped_s >= BEGAN_S + limits[i]);
		assert_true(stopped_s <= BEGAN_S + limits[i] + 2 * IDLE_SOONEST_S);
	}
}

static void anything_in_use_starts_the_count_again(void **state)
{
	(void)state;
	for (unsigned bit = ACTIVITY_KERNEL; bit <= ACTIVITY_USED; bit <<= 1) {
		struct session_watch w = { 0 };
		AUTO(buf_fini) struct buf words = BUF_INIT;
		int64_t at_s = BEGAN_S;
		look_until(&w, DAY_S, &at_s, IDLE_WARN, 2 * DAY_S);
		at_s += 60;
		idle_add(&w, at_s, bit);
		assert_int_equal(idle_verdict(&w, DAY_S), IDLE_GOES_ON);
		assert_int_equal(idle_left_s(&w, DAY_S, at_s), DAY_S);
		assert_int_equal(w.warned_at_s, 0);
		assert_false(idle_is_near(&w, DAY_S, at_s));
		activity_words(&words, bit);
		assert_true(words.len > 5);
		int64_t used_s = at_s;
		at_s += 300;
		assert_int_equal(look_until(&w, DAY_S, &at_s, IDLE_WARN, 2 * DAY_S), used_s + DAY_S - 3600);
	}
}

static void zero_is_never(void **state)
{
	struct session_watch w = { 0 };
	int64_t at_s = BEGAN_S;
	(void)state;
	assert_int_equal(look_until(&w, 0, &at_s, IDLE_STOP, 40 * DAY_S), 0);
	assert_true(w.idle_s > 30 * DAY_S);
	assert_true(idle_left_s(&w, 0, at_s) == INT64_MAX && idle_verdict(&w, 0) == IDLE_GOES_ON);
	assert_false(idle_is_near(&w, 0, at_s));
}

/* A keeper that was away does not know what happened. */
static void time_without_a_look_counts_little(void **state)
{
	struct session_watch w = { 0 };
	(void)state;
	idle_add(&w, BEGAN_S, 0);
	idle_add(&w, BEGAN_S + 300, 0);
	idle_add(&w, BEGAN_S + 300 + 7 * DAY_S, 0);
	assert_int_equal(w.idle_s, 300 + IDLE_GAP_S);
	assert_int_equal(idle_verdict(&w, DAY_S), IDLE_GOES_ON);
	idle_add(&w, BEGAN_S, 0); /* a clock that was set back takes nothing away and adds nothing */
	assert_int_equal(w.idle_s, 300 + IDLE_GAP_S);
	assert_int_equal(w.seen_at_s, BEGAN_S);
}

static void a_session_that_was_extended_stays(void **state)
{
	struct session_watch w = { 0 };
	int64_t at_s = BEGAN_S;
	(void)state;
	look_until(&w, DAY_S, &at_s, IDLE_WARN, 2 * DAY_S);
	w.kept_until_s = at_s + 3 * DAY_S;
	w.warned_at_s = 0;
	assert_int_equal(idle_left_s(&w, DAY_S, at_s), 3 * DAY_S);
	int64_t asked_s = at_s;
	assert_int_equal(look_until(&w, DAY_S, &at_s, IDLE_WARN, 9 * DAY_S), asked_s + 3 * DAY_S - 3600);
	assert_int_equal(look_until(&w, DAY_S, &at_s, IDLE_STOP, 9 * DAY_S), asked_s + 3 * DAY_S);
}

/* ---- what a look reads ---- */
static void a_look_is_read(void **state)
{
	static const char text[] =
		"ptys 2\n"
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		"   0: 00000000:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1\n"
		"   1: 020013AC:22B8 010013AC:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 2\n"
		"   2: 0100007F:22B8 0100007F:9C42 01 00000000:00000000 00:00000000 00000000  1000        0 3\n"
		"   3: 020013AC:D431 05050505:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 4\n"
		"   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0 0\n"
		"   1: 0000000000000000FFFF0000020013AC:1F90 0000000000000000FFFF0000010013AC:9C41 01 0 0\n"
		"   2: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:9C41 01 0 0\n"
		"   3: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:9C41 01 0 0\n"
		"disk Used 1024-blocks\ndisk 1000 400 600\nused 350\n"
		"kernels [{\"execution_state\":\"idle\"},{\"execution_state\":\"busy\"}]\nstatus {\"connections\":0,\"last_activity\":\"2023-11-14T22:13:21Z\"}\n";
	struct sight_text t;
	(void)state;
	sight_parse(sv_of(text), &t);
	assert_int_equal(t.n_terminals, 2);
	assert_int_equal(t.n_connections, 2); /* not what it has open to the world, nor what it says to itself */
	assert_true(t.size_kib == 1000 && t.free_kib == 600 && t.used_kib == 350);
	assert_int_equal(jupyter_kernels_activity(t.kernels), ACTIVITY_KERNEL);
	assert_int_equal(jupyter_status_activity(t.status, BEGAN_S), ACTIVITY_USED);
	assert_int_equal(jupyter_status_activity(t.status, BEGAN_S + 60), 0);
	assert_int_equal(jupyter_status_activity(SV("{\"connections\":3}"), 0), ACTIVITY_CONNECTION);
}

static void a_strange_look_is_nothing(void **state)
{
	static const char *const texts[] = { "", "\n", "ptys", "ptys -1", "ptys 99999999999999999999", "disk", "kernels", "kernels {", "status []", "0: 1 2 01", ":: : : 01", "1: :1 :2 01\n1: :1 :2 0A" };
	struct sight_text t;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		sight_parse(sv_of(texts[i]), &t);
		assert_int_equal(t.n_terminals, 0);
		assert_int_equal(jupyter_kernels_activity(t.kernels) | jupyter_status_activity(t.status, 1), 0);
	}
}

/* Not asked, or asked in vain, is neither yes nor no. */
static void changed_files_are_told(void **state)
{
	static const struct { const char *text; enum sight_change change; } looks[] = {
		{ "ptys 1\nchanged no\n", CHANGE_NONE }, { "changed yes\n", CHANGE_SOME }, { "changed no", CHANGE_NONE }, { "", CHANGE_UNKNOWN }, { "ptys 1\n", CHANGE_UNKNOWN },
		{ "changed\n", CHANGE_SOME }, { "changed nonsense\n", CHANGE_SOME }, { "unchanged no\n", CHANGE_UNKNOWN }, { "changed no\nchanged yes\n", CHANGE_SOME },
	};
	struct sight_text t;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		sight_parse(sv_of(looks[i].text), &t);
		if (t.change != looks[i].change)
			fail_msg("\"%s\" is read as %d", looks[i].text, (int)t.change);
	}
}

/* ---- notes ---- */
static void notes_go_round(void **state)
{
	struct session_watch w = { .seen_at_s = BEGAN_S, .idle_s = 77, .active = 5, .warned_at_s = 3, .disk_free_bytes = 1LL << 50, .work_at_s = 9, .behind = 4 }, got;
	struct session_fate f = { .kind = FATE_UNSAVED, .why = S("no right\nto push\x1b[31m"), .keep = true }, back;
	(void)state;
	assert_false(watch_get("ENGINE", "a", &got));
	assert_int_equal(watch_set("ENGINE", "a", &w, NULL), 0);
	assert_int_equal(kept_set("ENGINE", "a", 123456, NULL), 0);
	assert_true(watch_get("ENGINE", "a", &got));
	w.kept_until_s = 123456;
	assert_memory_equal(&got, &w, sizeof w);
	assert_false(watch_get("other", "a", &got));
	assert_int_equal(fate_set("ENGINE", "a", &f, NULL), 0);
	assert_true(fate_get("ENGINE", "a", &back));
	assert_true(back.kind == FATE_UNSAVED && back.keep && !back.force && !back.owner_is_dead && back.at_s > BEGAN_S);
	assert_null(strchr(back.why, '\n'));
	assert_null(strchr(back.why, '\x1b'));
	session_fate_fini(&back);
	notes_forget("ENGINE", "a");
	assert_false(fate_get("ENGINE", "a", &back));
	assert_false(watch_get("ENGINE", "a", &got) || got.kept_until_s);
}

static void damaged_notes_count_as_absent(void **state)
{
	static const char *const watches[] = { "", "x", "berth watch 2\nidle_s 1\n", "berth watch 1\nidle_s\n", "berth watch 1\nidle_s -5\n", "berth watch 1\nidle_s 9\nseen_at_s 1e9\n" };
	static const char *const fates[] = { "", "berth fate 1\n", "berth fate 1\nnone\n1\nkeep\nsave\no\n\n", "berth fate 1\npaused\nx\nkeep\nsave\no\n\n", "berth fate 1\npaused\n-1\nkeep\nsave\no\n\n",
		"berth fate 9\npaused\n1\nkeep\nsave\no\n\n" };
	static const char *const names[] = { "", ".", "..", "../a", "a/b", NULL };
	struct session_watch w;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(watches); i++)
		assert_false(watch_parse(sv_of(watches[i]), &w) || w.idle_s || w.seen_at_s);
	for (size_t i = 0; i < ARRAY_LEN(fates); i++) {
		AUTO(session_fate_fini) struct session_fate f = { 0 };
		assert_false(fate_parse(sv_of(fates[i]), &f));
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_true(watch_set("e", names[i], &w, NULL) < 0);
		assert_false(watch_get("e", names[i], &w));
		fate_clear("e", names[i]);
	}
}

static void a_home_keeps_its_number(void **state)
{
	AUTO_STR one = home_id();
	AUTO_STR two = home_id();
	AUTO_STR path = path_of(PATH_STATE, "home-id");
	(void)state;
	assert_int_equal(strlen(one), 32);
	assert_string_equal(one, two);
	file_write_atomic(path, SV("../../etc\n"), NULL);
	AUTO_STR fresh = home_id();
	assert_int_equal(strlen(fresh), 32);
	assert_string_not_equal(fresh, one);
}

const struct CMUnitTest idle_tests[] = {
	cmocka_unit_test(a_day_warns_an_hour_before), cmocka_unit_test(limits_of_all_sizes_warn_before_they_stop), cmocka_unit_test(anything_in_use_starts_the_count_again),
	cmocka_unit_test(zero_is_never), cmocka_unit_test(time_without_a_look_counts_little), cmocka_unit_test(a_session_that_was_extended_stays),
	cmocka_unit_test(a_look_is_read), cmocka_unit_test(a_strange_look_is_nothing), cmocka_unit_test(changed_files_are_told), cmocka_unit_test(notes_go_round),
	cmocka_unit_test(damaged_notes_count_as_absent), cmocka_unit_test(a_home_keeps_its_number),
};
const size_t n_idle_tests = ARRAY_LEN(idle_tests);
