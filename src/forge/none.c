/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forge of projects whose own is configured no longer: every call ends with the reason. */
#include "berth/forge_impl.h"
#include "berth/mem.h"

static void none_destroy(struct forge *f)
{
	free(f);
}

struct forge *forge_none_new(struct loop *loop)
{
	static const struct forge_ops ops = { .destroy = none_destroy };
	struct forge *f = xcalloc(1, sizeof *f);
	forge_init(f, &ops, loop, "(configured no longer)");
	return f;
}
