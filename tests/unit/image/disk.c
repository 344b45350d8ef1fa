/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <unistd.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "disk.h"
#include "tests.h"

struct oid oid_of(unsigned char c)
{
	struct oid o;
	memset(o.b, c, sizeof o.b);
	return o;
}

void make_record(const char *id, const char *project, unsigned char c, enum build_state state, int64_t at_s)
{
	struct record r = { .dir = xstrdup("/nowhere") };
	r.b = (struct build){ .id = xstrdup(id), .forge = xstrdup("local"), .project = xstrdup(project), .commit = oid_of(c), .state = state,
		.image_ref = xstrdup("berth/x:1"), .engine = xstrdup("fake"), .started_at_s = at_s };
	if (!build_is_active(&r.b))
		r.b.ended_at_s = at_s + 60;
	AUTO_STR dir = build_file(id, NULL);
	assert_int_equal(path_make_dirs(dir, NULL), 0);
	assert_int_equal(record_write(&r, NULL), 0);
	record_fini(&r);
}

static void put(const char *id, const char *name, const char *text, int flags)
{
	AUTO_STR path = build_file(id, name);
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

void put_file(const char *id, const char *name, const char *text)
{
	put(id, name, text, O_TRUNC);
}

void append_log(const char *id, const char *text)
{
	put(id, "log", text, O_APPEND);
}
