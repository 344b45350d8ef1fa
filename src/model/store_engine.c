/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's state, hosts that do not answer, the messages, and launches. */
#include "berth/path.h"
#include "store_impl.h"

const struct engine_status *store_engine(const struct store *s)
{
	return &s->engine;
}

static void engine_clear(struct engine_status *e)
{
	free(e->name);
	free(e->what);
	*e = (struct engine_status){ 0 };
}

void store_set_engine(struct store *s, struct engine_status *e)
{
	engine_clear(&s->engine);
	s->engine = *e;
	*e = (struct engine_status){ 0 };
	store_note(s, NOTICE_ENGINE, NO_PROJECT);
}

/* ---- hosts ---- */
size_t store_n_hosts_away(const struct store *s)
{
	return s->away.len;
}

const struct host_away *store_host_away_at(const struct store *s, size_t i)
{
	return i < s->away.len ? &s->away.items[i] : NULL;
}

void store_set_host_away(struct store *s, const char *name, int64_t since_s, const struct err *why)
{
	size_t i = 0;
	while (i < s->away.len && strcmp(s->away.items[i].name, name) != 0)
		i++;
	if (i == s->away.len && !why)
		return;
	if (i == s->away.len)
		VEC_PUSH(&s->away, ((struct host_away){ .name = xstrdup(name), .since_s = since_s }));
	if (why) {
		s->away.items[i].why = *why;
	} else {
		free(s->away.items[i].name);
		VEC_REMOVE(&s->away, i);
	}
	store_note(s, NOTICE_HOSTS, NO_PROJECT);
}

/* ---- messages ---- */
static void message_fini(struct message *m)
{
	free(m->text);
	free(m->hint);
}

void store_engine_fini(struct store *s)
{
	engine_clear(&s->engine);
	for (size_t i = 0; i < s->away.len; i++)
		free(s->away.items[i].name);
	VEC_FINI(&s->away);
	for (size_t i = 0; i < s->n_messages; i++)
		message_fini(&s->messages[i]);
}

size_t store_n_messages(const struct store *s)
{
	return s->n_messages;
}

const struct message *store_message_at(const struct store *s, size_t i)
{
	if (i >= s->n_messages)
		return NULL;
	return &s->messages[(s->first_message + s->n_messages - 1 - i) % MESSAGES_KEPT];
}

void store_add_message(struct store *s, const struct message *said)
{
	struct message m = { clock_wall_s(), said->level, xstrdup(said->text), xstrdup(said->hint && *said->hint ? said->hint : NULL), said->named };
	struct message *slot = &s->messages[(s->first_message + s->n_messages) % MESSAGES_KEPT];
	if (s->n_messages < MESSAGES_KEPT) {
		s->n_messages++;
	} else {
		message_fini(slot);
		s->first_message = (s->first_message + 1) % MESSAGES_KEPT;
	}
	*slot = m;
	store_note(s, NOTICE_MESSAGES, NO_PROJECT);
}

void store_note_launch(struct store *s)
{
	store_note(s, NOTICE_LAUNCH, NO_PROJECT);
}
