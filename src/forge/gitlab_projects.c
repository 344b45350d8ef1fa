/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Projects: pages of lists, one by its path */
#include "forge/gitlab.h"

/* Whole entities, not simple=true: a row's rights and its image's prefix come with the list instead of one request a row. */
enum { PAGE = 50, MAX_PAGE = 100 };

struct projects_op { struct op op; size_t max; };

static size_t give_all(struct op *op, const json_t *list)
{
	const struct gitlab_where at = gitlab_at(op->g);
	size_t n = json_array_size(list);
	struct project p;

	for (size_t i = 0; i < n && forge_call_alive(op->call); i++) {
		if (!gitlab_project(json_array_get(list, i), &at, &p))
			continue;
		forge_give_project(op->call, &p);
		project_fini(&p);
	}
	return n;
}

static void page_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	AUTO_JSON list = op_json(op, a, err);
	uint64_t total = 0;

	if (!list)
		return;
	if (!json_is_array(list)) {
		op_end_odd(op, "a list of projects");
		return;
	}
	const char *next = net_header_get(&a->response, "x-next-page"), *said = net_header_get(&a->response, "x-total");
	if (said && !sv_to_u64(sv_of(said), &total))
		total = 0;
	size_t n = give_all(op, list);
	bool full = n >= ((struct projects_op *)op)->max;
	forge_give_page(op->call, full && (!next || *next), total);
	op_end(op, NULL);
}

static void add_list_query(struct buf *b, const struct forge_projects_query *q, size_t max, bool has_account)
{
	buf_add_str(b, "/api/v4/projects?order_by=last_activity_at&sort=desc");
	if (q->of == FORGE_PROJECTS_MINE && has_account)
		buf_add_str(b, "&membership=true");
	if (q->of == FORGE_PROJECTS_STARRED)
		buf_add_str(b, "&starred=true");
	if (q->search && *q->search) {
		buf_add_str(b, "&search_namespaces=true");
		gitlab_add_query(b, "search", sv_of(q->search));
	}
	buf_addf(b, "&per_page=%zu&page=%zu", max, q->first / max + 1);
}

void gitlab_projects_page(struct forge *f, struct forge_call *c, const struct forge_projects_query *q)
{
	struct projects_op *x = op_new(f, c, sizeof *x, NULL, FORGE_DEED_READ);
	AUTO(buf_fini) struct buf path = BUF_INIT;

	x->max = q->max ? MIN_OF(q->max, (size_t)MAX_PAGE) : PAGE;
	add_list_query(&path, q, x->max, ((struct gitlab *)f)->token != NULL);
	op_get(&x->op, buf_str(&path), page_got);
}

void gitlab_projects(struct forge *f, struct forge_call *c)
{
	gitlab_projects_page(f, c, &(struct forge_projects_query){ .of = FORGE_PROJECTS_MINE });
}

/* ---- one ------------------------------------------------------------------------------------------------------------------------ */
void gitlab_one_project(struct forge *f, struct forge_call *c, const char *path)
{
	struct project p = { .path = (char *)(uintptr_t)path };
	struct err err = { 0 };

	if (!sv_to_u64(sv_of(path), &p.number) && !gitlab_path_ok(sv_of(path))) {
		err_set(&err, ERR_NOT_FOUND, "%s is no path of a project: it has a group and a name, as in group/project", path);
		forge_call_end_later(c, &err);
		return;
	}
	struct op *op = op_new(f, c, sizeof *op, &p, FORGE_DEED_READ);
	AUTO_STR url = op_path(op, "?license=false");
	op_get(op, url, op_project_got);
}
