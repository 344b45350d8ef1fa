/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests.h"

#include <stdio.h>

#include "berth/map.h"
#include "berth/mem.h"
#include "berth/vec.h"

/* The same, as slow and as simple as it can be. */
struct pair { int key; char *value; };
typedef VEC(struct pair) twin_pairs; /* a name, because it crosses functions */

static size_t twin_find(const twin_pairs *t, int key)
{
	size_t i = 0;

	while (i < t->len && t->items[i].key != key)
		i++;
	return i;
}

static struct sv key_text(int key, char out[16])
{
	int n = snprintf(out, 16, "k%d", key);

	return (struct sv){ out, (size_t)n };
}

static void compare(const struct map *m, const twin_pairs *t)
{
	size_t pos = 0, n = 0;
	struct sv key;
	void *value;
	char text[16];

	assert_int_equal(map_len(m), t->len);
	for (; map_next(m, &pos, &key, &value); n++) {
		assert_true(n < t->len);
		assert_true(sv_eq(key, key_text(t->items[n].key, text)));
		assert_ptr_equal(value, t->items[n].value);
	}
	assert_int_equal(n, t->len);
}

static void equals_a_naive_twin(void **state)
{
	struct map *m = map_new(free);
	twin_pairs twin = VEC_INIT;
	uint32_t seed = 12345;
	char text[16];

	for (int i = 0; i < 20000; i++) {
		seed = seed * 1664525u + 1013904223u;
		int key = (int)(seed >> 16) % (i < 10000 ? 700 : 50); /* grows, then shrinks by removals */
		size_t at = twin_find(&twin, key);
		struct sv k = key_text(key, text);
		if ((seed >> 10) % 5 < 2) {
			assert_int_equal(map_remove(m, k), at < twin.len);
			if (at < twin.len)
				VEC_REMOVE(&twin, at);
		} else {
			char *value = xasprintf("%d", i);
			map_put(m, k, value);
			if (at < twin.len)
				twin.items[at].value = value;
			else
				VEC_PUSH(&twin, ((struct pair){ key, value }));
		}
		at = twin_find(&twin, key);
		assert_ptr_equal(map_get(m, k), at < twin.len ? twin.items[at].value : NULL);
		if (i % 500 == 0)
			compare(m, &twin);
	}
	compare(m, &twin);
	map_free(m);
	VEC_FINI(&twin);
}

static void odd_keys_and_an_empty_map(void **state)
{
	AUTO(map_free_p) struct map *m = map_new(NULL);
	int a, b, c;
	size_t pos = 0;

	assert_null(map_get(m, SV("x")));
	assert_false(map_remove(m, SV("x")));
	assert_false(map_next(m, &pos, NULL, NULL));
	map_put(m, SV(""), &a);
	map_put(m, (struct sv){ "a\0b", 3 }, &b);
	map_put(m, SV("a"), &c);
	assert_ptr_equal(map_get(m, (struct sv){ NULL, 0 }), &a);
	assert_ptr_equal(map_get(m, (struct sv){ "a\0b", 3 }), &b);
	assert_ptr_equal(map_get(m, SV("a")), &c);
	map_put(m, SV("a"), &a);
	assert_int_equal(map_len(m), 3);
	assert_true(map_next(m, &pos, NULL, NULL));
	map_free(NULL);
}

static void the_same_value_again_stays_alive(void **state)
{
	AUTO(map_free_p) struct map *m = map_new(free);
	char *value = xstrdup("v");

	map_put(m, SV("k"), value);
	map_put(m, SV("k"), value);
	assert_string_equal(map_get(m, SV("k")), "v");
}

static void steady_churn_does_not_grow(void **state)
{
	AUTO(map_free_p) struct map *m = map_new(NULL);
	char text[16];

	for (int i = 0; i < 100000; i++) { /* one live entry at a time, among all the places that removed ones left */
		map_put(m, key_text(i, text), &text);
		assert_true(map_remove(m, key_text(i, text)));
	}
	assert_int_equal(map_len(m), 0);
}

static void vectors_push_and_remove(void **state)
{
	VEC(int) v = VEC_INIT;

	for (int i = 0; i < 100; i++)
		VEC_PUSH(&v, i);
	VEC_REMOVE(&v, 0);
	VEC_REMOVE(&v, v.len - 1);
	assert_int_equal(v.len, 98);
	assert_int_equal(v.items[0], 1);
	assert_int_equal(*VEC_LAST(&v), 98);
	VEC_FINI(&v);
	assert_null(v.items);
}

TEST_LIST(map_tests,
	cmocka_unit_test(equals_a_naive_twin),
	cmocka_unit_test(odd_keys_and_an_empty_map),
	cmocka_unit_test(the_same_value_again_stays_alive),
	cmocka_unit_test(steady_churn_does_not_grow),
	cmocka_unit_test(vectors_push_and_remove),
);
