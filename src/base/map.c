/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries stand in insertion order in one array; a second, open-addressed one finds them by hash. A removed entry keeps its
 * place (key NULL) until the next growth packs the array. */
#include "berth/map.h"

#include "berth/mem.h"

struct entry { uint64_t hash; char *key; size_t key_len; void *value; };

struct map {
	struct entry *entries;
	size_t n_entries, n_live;
	uint32_t *slots;        /* 1 + index of an entry, 0 when free */
	size_t n_slots;         /* a power of two, at least 4/3 of the entries there is room for */
	void (*free_value)(void *);
};

struct map *map_new(void (*free_value)(void *))
{
	struct map *m = xcalloc(1, sizeof *m);

	m->free_value = free_value;
	return m;
}

static void end_value(struct map *m, void *value)
{
	if (m->free_value)
		m->free_value(value);
}

void map_free(struct map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_entries; i++) {
		if (!m->entries[i].key)
			continue;
		free(m->entries[i].key);
		end_value(m, m->entries[i].value);
	}
	free(m->entries);
	free(m->slots);
	free(m);
}

/* FNV's low bits are its weak ones: fold the high half in. */
static uint64_t hash_of(struct sv key)
{
	uint64_t hash = hash_bytes(key.p, key.len);

	return hash ^ hash >> 32;
}

static struct entry *find(const struct map *m, struct sv key)
{
	uint64_t hash = hash_of(key);

	if (!m->n_slots)
		return NULL;
	for (size_t i = hash & (m->n_slots - 1); m->slots[i]; i = (i + 1) & (m->n_slots - 1)) {
		struct entry *e = &m->entries[m->slots[i] - 1];
		if (e->key && e->hash == hash && sv_eq((struct sv){ e->key, e->key_len }, key))
			return e;
	}
	return NULL;
}

static void index_entry(struct map *m, size_t at)
{
	size_t i = m->entries[at].hash & (m->n_slots - 1);

	while (m->slots[i])
		i = (i + 1) & (m->n_slots - 1);
	m->slots[i] = (uint32_t)(at + 1);
}

/* Packs, and makes room so that the slots stay at most half full after twice as many entries were live. */
static void rebuild(struct map *m)
{
	size_t n = 0, n_slots = 16;

	for (size_t i = 0; i < m->n_entries; i++) {
		if (m->entries[i].key)
			m->entries[n++] = m->entries[i];
	}
	m->n_entries = n;
	while (n_slots < n * 4)
		n_slots *= 2;
	if (n_slots > UINT32_MAX)
		BUG("a map of %zu entries", n);
	free(m->slots);
	m->slots = xcalloc(n_slots, sizeof *m->slots);
	m->n_slots = n_slots;
	m->entries = xrealloc(m->entries, n_slots / 4 * 3, sizeof *m->entries);
	for (size_t i = 0; i < n; i++)
		index_entry(m, i);
}

void *map_get(const struct map *m, struct sv key)
{
	const struct entry *e = find(m, key);

	return e ? e->value : NULL;
}

void map_put(struct map *m, struct sv key, void *value)
{
	struct entry *e = find(m, key);

	if (!value)
		BUG("NULL put into a map");
	if (e) {
		void *old = e->value;
		e->value = value;
		if (old != value)
			end_value(m, old);
		return;
	}
	if (m->n_entries >= m->n_slots / 4 * 3)
		rebuild(m);
	m->entries[m->n_entries] = (struct entry){ hash_of(key), sv_dup(key), key.len, value };
	index_entry(m, m->n_entries++);
	m->n_live++;
}

bool map_remove(struct map *m, struct sv key)
{
	struct entry *e = find(m, key);

	if (!e)
		return false;
	free(e->key);
	e->key = NULL;
	m->n_live--;
	end_value(m, e->value);
	return true;
}

size_t map_len(const struct map *m)
{
	return m->n_live;
}

bool map_next(const struct map *m, size_t *pos, struct sv *ret_key, void **ret_value)
{
	while (*pos < m->n_entries && !m->entries[*pos].key)
		++*pos;
	if (*pos >= m->n_entries)
		return false;
	const struct entry *e = &m->entries[(*pos)++];
	if (ret_key)
		*ret_key = (struct sv){ e->key, e->key_len };
	if (ret_value)
		*ret_value = e->value;
	return true;
}
