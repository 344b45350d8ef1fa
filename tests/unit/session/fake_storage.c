/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <archive.h>
#include <archive_entry.h>

#include "fake.h"

struct thing *fake_add(struct thing *things, size_t *n, const char *name, const struct net_header *labels, size_t n_labels)
{
	struct thing *t = &things[(*n)++];
	if (*n > THINGS_MAX || n_labels > LABELS_KEPT)
		abort();
	*t = (struct thing){ .name = xstrdup(name), .status = xstrdup("created"), .n_labels = n_labels };
	for (size_t i = 0; i < n_labels; i++)
		t->labels[i] = (struct net_header){ xstrdup(labels[i].name), xstrdup(labels[i].value) };
	return t;
}

void fake_mount(struct fake_engine *f, const char *name, const struct net_header *labels, size_t n_labels)
{
	for (size_t i = 0; i < f->n_volumes; i++)
		if (strcmp(f->volumes[i].name, name) == 0)
			return;
	fake_add(f->volumes, &f->n_volumes, name, labels, n_labels);
}

static void thing_fini(struct thing *t)
{
	for (size_t i = 0; i < t->n_labels; i++) {
		free((char *)t->labels[i].name);
		free((char *)t->labels[i].value);
	}
	free(t->name);
	free(t->status);
	free(t->env);
	free(t->argv);
}

bool fake_drop(struct thing *things, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(things[i].name, name) == 0) {
			thing_fini(&things[i]);
			memmove(&things[i], &things[i + 1], (*n - i - 1) * sizeof *things);
			(*n)--;
			return true;
		}
	return false;
}

void fake_things_fini(struct thing *things, size_t n)
{
	for (size_t i = 0; i < n; i++)
		thing_fini(&things[i]);
}

bool fake_matches(const struct thing *t, const char *filter)
{
	const char *eq = filter ? strchr(filter, '=') : NULL;
	if (!filter)
		return true;
	size_t len = eq ? (size_t)(eq - filter) : strlen(filter);
	for (size_t i = 0; i < t->n_labels; i++)
		if (strlen(t->labels[i].name) == len && strncmp(t->labels[i].name, filter, len) == 0 && (!eq || strcmp(t->labels[i].value, eq + 1) == 0))
			return true;
	return false;
}

void fake_tar(struct buf *out, const char *path, const char *text)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	char room[1 << 14];
	size_t used = 0;
	archive_write_set_format_ustar(a);
	archive_write_open_memory(a, room, sizeof room, &used);
	archive_entry_set_pathname(e, path);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)strlen(text));
	archive_write_header(a, e);
	archive_write_data(a, text, strlen(text));
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
	buf_add(out, room, used);
}
