/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tui/keymap.h"

#include "berth/mem.h"
#include "berth/vec.h"
#include "tui/keys.h"

struct binding { char *pane, *key; enum command_id id; bool own; /* own: from the configuration */ };
struct keymap {
	VEC(struct binding) all;
	VEC(char *) problems;
};

bool command_in_pane(const struct command *c, const char *pane)
{
	struct sv rest = sv_of(c->panes), word;
	if (!*c->panes)
		return true;
	while (sv_split(&rest, ' ', &word))
		if (sv_eq(word, sv_of(pane)))
			return true;
	return false;
}

static void bind(struct keymap *m, struct sv pane, struct sv key, enum command_id id, bool own)
{
	struct binding b = { sv_dup(pane), sv_dup(key), id, own };
	VEC_PUSH(&m->all, b);
}

static void bind_defaults(struct keymap *m, const struct command *c)
{
	struct sv keys = sv_of(c->keys), key;
	while (c->keys && sv_split(&keys, ' ', &key)) {
		struct sv panes = sv_of(c->panes), pane;
		while (sv_split(&panes, ' ', &pane))
			bind(m, pane, key, c->id, false);
	}
}

static void drop(struct keymap *m, size_t i)
{
	free(m->all.items[i].pane);
	free(m->all.items[i].key);
	VEC_REMOVE(&m->all, i);
}

/* A line of the configuration replaces the keys that the table gives this command there; "none" leaves it without. */
static void take_line(struct keymap *m, const char *pane, const char *name, const char *keys)
{
	const struct command *c = command_by_name(name);
	struct sv rest = sv_of(keys), key;
	if (!c)
		return; /* config has said so */
	if (*pane && !command_in_pane(c, pane)) {
		VEC_PUSH(&m->problems, xasprintf("[keys \"%s\"] %s: the command does not work there", pane, name));
		return;
	}
	for (size_t i = m->all.len; i-- > 0;) {
		struct binding *b = &m->all.items[i];
		if (b->id == c->id && !b->own && (!*pane || strcmp(b->pane, pane) == 0 || !*b->pane))
			drop(m, i);
	}
	while (sv_split(&rest, ' ', &key)) {
		AUTO_STR k = sv_dup(key);
		if (!key.len || strcmp(k, "none") == 0)
			continue;
		if (!key_name_valid(k)) {
			VEC_PUSH(&m->problems, xasprintf("[keys] %s: %s is no key; write j, ctrl-d, alt-x, enter, f5 …", name, k));
			continue;
		}
		struct sv panes = *pane ? sv_of(pane) : sv_of(c->panes), one;
		while (sv_split(&panes, ' ', &one))
			bind(m, one, key, c->id, true);
	}
}

/* Two commands on one key in one place: the configured one wins over a default, the later line over an earlier; it is told. */
static void find_conflicts(struct keymap *m)
{
	for (size_t i = 0; i < m->all.len; i++)
		for (size_t j = 0; j < i; j++) {
			struct binding *late = &m->all.items[i], *early = &m->all.items[j];
			if (late->id == early->id || strcmp(late->key, early->key) != 0 || strcmp(late->pane, early->pane) != 0)
				continue;
			VEC_PUSH(&m->problems, xasprintf("the key %s means both %s and %s%s%s; %s wins", late->key, command_at(early->id)->name,
			                                 command_at(late->id)->name, *late->pane ? " in " : "", late->pane, command_at(late->id)->name));
		}
}

struct keymap *keymap_new(const struct config *c)
{
	struct keymap *m = xcalloc(1, sizeof *m);
	const char *pane, *name, *key;
	for (size_t i = 0; i < CMD_COUNT_; i++)
		if (command_at(i)->faces & FACE_TUI)
			bind_defaults(m, command_at(i));
	for (size_t i = 0; c && config_key_at(c, i, &pane, &name, &key); i++)
		take_line(m, pane, name, key);
	find_conflicts(m);
	return m;
}

void keymap_free(struct keymap *m)
{
	if (!m)
		return;
	while (m->all.len)
		drop(m, m->all.len - 1);
	for (size_t i = 0; i < m->problems.len; i++)
		free(m->problems.items[i]);
	VEC_FINI(&m->problems);
	VEC_FINI(&m->all);
	free(m);
}

static enum command_id find_in(const struct keymap *m, const char *pane, const char *key)
{
	for (size_t i = m->all.len; i-- > 0;)
		if (strcmp(m->all.items[i].key, key) == 0 && strcmp(m->all.items[i].pane, pane) == 0)
			return m->all.items[i].id;
	return CMD_COUNT_;
}

enum command_id keymap_find(const struct keymap *m, const char *const *panes, const char *key)
{
	for (; *panes; panes++) {
		enum command_id id = find_in(m, *panes, key);
		if (id != CMD_COUNT_)
			return id;
	}
	return find_in(m, "", key);
}

const char *keymap_key_of(const struct keymap *m, enum command_id id, const char *pane)
{
	for (size_t i = 0; i < m->all.len; i++)
		if (m->all.items[i].id == id && (!*m->all.items[i].pane || strcmp(m->all.items[i].pane, pane) == 0))
			return m->all.items[i].key;
	return NULL;
}

void keymap_add_keys(const struct keymap *m, struct buf *b, enum command_id id, const char *pane)
{
	size_t at = b->len;
	for (size_t i = 0; i < m->all.len; i++)
		if (m->all.items[i].id == id && (!*m->all.items[i].pane || strcmp(m->all.items[i].pane, pane) == 0))
			buf_addf(b, "%s%s", b->len > at ? " " : "", m->all.items[i].key);
}

size_t keymap_n_problems(const struct keymap *m)
{
	return m->problems.len;
}

const char *keymap_problem_at(const struct keymap *m, size_t i)
{
	return m->problems.items[i];
}
