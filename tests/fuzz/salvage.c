/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A workspace from a stranger, entry by entry: each is a byte for its kind, a byte for the length of its path, the path, a byte for
 * the length of what it holds, and that. Nothing is written outside of the folder, and what is found is told or refused.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/salvage.h"
#include "fuzz.h"

struct input { const uint8_t *p; size_t n; };

static char *take(struct input *i, size_t *ret_n)
{
	size_t n = i->n ? i->p[0] : 0;
	if (i->n)
		i->p++, i->n--;
	n = n < i->n ? n : i->n;
	char *text = xmalloc(n + 1); /* also behind a NUL, where a string would end */
	memcpy(text, i->p, n);
	text[n] = '\0';
	i->p += n;
	i->n -= n;
	if (ret_n)
		*ret_n = n;
	return text;
}

static int one(struct salvage *s, struct input *i, struct err *err)
{
	static const char *const places[] = { "", ".git/", ".git/refs/heads/", ".git/objects/", "sub/", ".git/logs/refs/" };
	uint8_t kind = i->p[0];
	bool wanted = false;
	size_t n;
	i->p++, i->n--;
	AUTO_STR name = take(i, NULL);
	AUTO_STR path = xasprintf("%s%s", places[(kind >> 2) % ARRAY_LEN(places)], name);
	AUTO_STR bytes = take(i, &n);
	if (!*path)
		return 0;
	if ((kind & 3) == 1)
		return salvage_symlink(s, path, bytes, err);
	if ((kind & 3) == 2)
		return salvage_hardlink(s, path, bytes, err);
	const struct salvage_entry e = { path, kind & 128, n };
	int rc = salvage_file(s, &e, &wanted, err);
	if (rc == 0 && wanted && n)
		rc = salvage_bytes(s, bytes, n, err);
	return rc == 0 && wanted ? salvage_end_file(s, err) : rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input i = { data, size < 4096 ? size : 4096 };
	char parent[] = "/tmp/berth-fuzz.XXXXXX";
	struct err err = { 0 };
	struct salvage *s = NULL;
	struct salvage_result r = { 0 };
	const struct salvage_spec spec = { .user = "u", .author_name = "U", .author_email = "u@example.org", .session = "s", .now_s = 1000000 };
	atomic_bool stop = false;
	struct stat st;
	FUZZ_CHECK(mkdtemp(parent));
	AUTO_STR dir = xasprintf("%s/w", parent);
	int rc = salvage_new(dir, &s, &err);
	FUZZ_CHECK(rc == 0);
	while (rc == 0 && i.n)
		rc = one(s, &i, &err);
	if (rc == 0)
		rc = salvage_finish(s, &spec, &stop, &r, &err);
	FUZZ_CHECK(rc == 0 || (err.code && err.text[0]));
	salvage_result_fini(&r);
	salvage_free(s);
	FUZZ_CHECK(path_remove_tree(dir, NULL) == 0);
	FUZZ_CHECK(stat(parent, &st) == 0 && rmdir(parent) == 0); /* nothing came beside it */
	return 0;
}
