/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>

#include "berth/path.h"
#include "fake.h"

static void clone_now(struct forge *base, struct forge_call *c, const struct forge_clone_query *q)
{
	struct fake_forge *f = (struct fake_forge *)base;
	struct err err = { 0 };
	f->n_clones++;
	if (f->hang)
		return;
	if (f->fail) {
		err_set(&err, ERR_NOT_FOUND, "the branch %s vanished", q->branch ? q->branch : "");
		err_hint(&err, "Take another.");
		forge_call_end_later(c, &err);
		return;
	}
	mkdir(q->into, 0700);
	AUTO_STR readme = path_join(q->into, "README.md");
	AUTO_STR sub = path_join(q->into, "häuser und \"tüten\"");
	file_write_atomic(readme, SV("hello\n"), NULL);
	mkdir(sub, 0755);
	AUTO_STR deep = path_join(sub, "x.txt");
	file_write_atomic(deep, SV("deep\n"), NULL);
	forge_call_end_later(c, NULL);
}

static void clone_cancel(struct forge_call *c)
{
	(void)c;
}

static void fake_destroy(struct forge *f)
{
	free(f);
}

struct fake_forge *fake_forge_new(struct loop *loop)
{
	static const struct forge_ops ops = { .destroy = fake_destroy, .cancel = clone_cancel, .clone = clone_now };
	struct fake_forge *f = xcalloc(1, sizeof *f);
	forge_init(&f->base, &ops, loop, "local");
	return f;
}
