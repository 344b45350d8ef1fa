/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_MODEL_ENTITY_H
#define BERTH_MODEL_ENTITY_H
/* The one way entities are ended and copied: by the table of their strings. Private to model/. */
#include "berth/model.h"

#define FIELDS_OF(type, ...) static const size_t type##_strings[] = { __VA_ARGS__ }

static inline char **string_at(void *entity, size_t offset)
{
	return (char **)(void *)((char *)entity + offset);
}

static inline void strings_fini(void *entity, const size_t *offsets, size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++)
		free(*string_at(entity, offsets[i]));
	memset(entity, 0, size);
}

static inline void strings_dup(void *out, const size_t *offsets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*string_at(out, offsets[i]) = xstrdup(*string_at(out, offsets[i]));
}

#define DEFINE_ENTITY(type) \
	void type##_fini(struct type *e) \
	{ \
		if (e) \
			strings_fini(e, type##_strings, ARRAY_LEN(type##_strings), sizeof *e); \
	} \
	void type##_dup(struct type *out, const struct type *e) \
	{ \
		*out = *e; \
		strings_dup(out, type##_strings, ARRAY_LEN(type##_strings)); \
	}
#endif
