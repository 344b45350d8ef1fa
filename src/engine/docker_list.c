/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists: asked for with a filter, and taken apart entry by entry. */
#include "docker.h"

#include "berth/mem.h"

static void answered(struct docker_call *c, const struct net_response *r)
{
	json_auto_t *j = docker_json(c, r);
	const json_t *item;
	size_t i;

	if (!j)
		return;
	json_array_foreach(c->list->at ? json_path(j, c->list->at) : j, i, item) {
		c->each(c, item);
		if (c->base.ended)
			return;
	}
	c->listed(c);
}

void docker_fetch_list(struct docker_call *c, const struct docker_list *l, docker_item_fn each, docker_step_fn listed)
{
	AUTO(buf_fini) struct buf path = BUF_INIT;

	c->list = l;
	c->each = each;
	c->listed = listed;
	buf_add_str(&path, l->path);
	if (l->filter && c->arg) {
		json_auto_t *filters = json_pack("{s:[o]}", l->filter, json_str_lossy(sv_of(c->arg)));
		AUTO_STR text = json_text(filters);
		docker_path_add(&path, "filters", text);
	}
	docker_fetch(c, &(struct docker_ask){ .method = "GET", .path = buf_str(&path) }, answered);
}
