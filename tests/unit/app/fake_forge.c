/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fakes.h"

#include <stdio.h>

struct fake_job {
	struct fake_forge *forge;
	struct forge_call *call;
	struct loop_timer *timer;
	enum fake_slot slot;
	size_t project, first, max;
	bool ini;                      /* the file that is asked for is renku.ini, else the Dockerfile */
	enum forge_projects_of of;
	size_t given;
	struct oid tip;
	VEC(struct oid) ids;
	char *rev;
};

struct oid fake_oid(size_t project, size_t number)
{
	struct oid o = { { 0xc0, (unsigned char)project } };
	for (size_t i = 0; i < sizeof number; i++)
		o.b[2 + i] = (unsigned char)(number >> (8 * i));
	o.b[19] = 1;
	return o;
}

static size_t number_of(const struct oid *o)
{
	size_t n = 0;
	for (size_t i = 0; i < sizeof n; i++)
		n |= (size_t)o->b[2 + i] << (8 * i);
	return n;
}

struct project_id fake_project_id(const struct fake_forge *f, size_t i)
{
	return project_id_of(f->base.name, f->projects[i].path);
}

static size_t index_of(const struct fake_forge *f, const struct project *p)
{
	size_t i = 0;
	while (i < f->n_projects && strcmp(f->projects[i].path, p->path) != 0)
		i++;
	return i;
}

/* ---- answers ---- */
static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

static void give_projects(struct fake_job *j)
{
	for (size_t i = 0; i < j->forge->n_projects; i++) {
		const struct fake_project *f = &j->forge->projects[i];
		const char *slash = strrchr(f->path, '/');
		struct project p = { .id = fake_project_id(j->forge, i), .forge = j->forge->base.name, .path = text(f->path), .name = text(slash ? slash + 1 : f->path),
			.dir = text(f->dir), .active_at_s = f->active_at_s, .default_branch = f->n_commits ? text("main") : NULL };
		forge_give_project(j->call, &p);
	}
}

static void give_one(struct fake_job *j, const char *group, size_t i)
{
	AUTO_STR path = xasprintf("%s/p%zu", i < j->forge->moved ? "moved" : group, i);
	struct project p = { .id = project_id_of(j->forge->base.name, path), .forge = j->forge->base.name, .path = path, .name = strchr(path, '/') + 1,
		.active_at_s = 1000 - (int64_t)i, .default_branch = text("main"), .number = i + 1 };
	forge_give_project(j->call, &p);
}

static void give_page(struct fake_job *j)
{
	size_t n = j->of == FORGE_PROJECTS_ALL ? j->forge->n_all : j->forge->n_mine, end = MIN_OF(n, j->first + j->max);
	if (j->rev) { /* a search */
		bool there = j->forge->hit && strstr(j->rev, j->forge->hit) && n;
		if (there)
			give_one(j, j->of == FORGE_PROJECTS_ALL ? "all" : "mine", n - 1);
		forge_give_page(j->call, false, 0);
		return;
	}
	for (size_t i = j->first; i < end; i++)
		give_one(j, "mine", i);
	forge_give_page(j->call, end < n, n);
}

static void give_branches(struct fake_job *j)
{
	size_t n = j->forge->projects[j->project].n_commits;
	struct branch b = { .name = text("main"), .tip = fake_oid(j->project, n), .is_default = true };
	if (n)
		forge_give_branch(j->call, &b);
	b = (struct branch){ .name = text("dev"), .tip = fake_oid(j->project, n - 10), .behind = 10 };
	if (n > 10)
		forge_give_branch(j->call, &b);
	for (size_t i = 0; i < ARRAY_LEN(j->forge->saved) && j->forge->saved[i]; i++) {
		b = (struct branch){ .name = text(j->forge->saved[i]), .tip = fake_oid(j->project, n), .tip_at_s = 1000 + (int64_t)i };
		forge_give_branch(j->call, &b);
	}
}

static size_t n_saved(const struct fake_forge *f)
{
	size_t n = 0;
	while (n < ARRAY_LEN(f->saved) && f->saved[n])
		n++;
	return n;
}

static void give_branch_page(struct fake_job *j)
{
	struct fake_forge *f = j->forge;
	size_t n = f->n_branches + n_saved(f), fits = 0, end = j->first + j->max;
	for (size_t i = 0; i < n; i++) {
		AUTO_STR name = i >= f->n_branches ? xstrdup(f->saved[i - f->n_branches]) : i == f->main_at ? xstrdup("main") : xasprintf("b%zu", i);
		bool fit = !j->rev || (*j->rev == '^' ? strncmp(name, j->rev + 1, strlen(j->rev + 1)) == 0 : strcmp(name, j->rev) == 0);
		if (!fit || fits++ < j->first || fits > end)
			continue;
		struct branch b = { .name = name, .tip = fake_oid(j->project, f->projects[j->project].n_commits - i % 10), .tip_at_s = 100000 - (int64_t)i,
			.is_default = i == f->main_at };
		forge_give_branch(j->call, &b);
	}
	forge_give_page(j->call, fits > end, 0);
}

static void give_account(struct fake_job *j)
{
	struct account a = { .user = text(j->forge->account), .name = text("Zoe") };
	forge_give_account(j->call, &a);
}

/* In two pieces, as a forge may. */
static void give_ids(struct fake_job *j)
{
	size_t tip = number_of(&j->tip), end = MIN_OF(tip, j->first + j->max), half = (j->first + end) / 2, from = j->first;
	VEC(struct oid) ids = VEC_INIT;
	for (size_t to = half; from < end; from = to, to = end) {
		VEC_CLEAR(&ids);
		for (size_t i = from; i < to; i++)
			VEC_PUSH(&ids, fake_oid(j->project, tip - i - j->forge->wrong_ids));
		if (ids.len)
			forge_give_ids(j->call, from, ids.items, ids.len, to == tip);
	}
	VEC_FINI(&ids);
}

static void give_commits(struct fake_job *j)
{
	for (size_t i = 0; i < j->ids.len && !j->forge->lost_commits; i++) {
		struct commit c = { .id = j->ids.items[i], .author = text("Ann"), .subject = text("subject") };
		forge_give_commit(j->call, &c);
	}
}

static void give_found(struct fake_job *j)
{
	size_t n = j->forge->projects[j->project].n_commits;
	struct oid id = fake_oid(j->project, strcmp(j->rev, "dev") == 0 ? n - 10 : n);
	forge_give_found(j->call, &id, j->rev);
}

static void give_file(struct fake_job *j)
{
	forge_give_bytes(j->call, j->ini ? sv_of(j->forge->projects[j->project].ini) : SV("FROM scratch\nCOPY . .\n"));
}

/* The same files at every commit. */
static void give_tree(struct fake_job *j)
{
	static const struct forge_tree_item items[] = { { "Dockerfile", { { 1 } }, 0100644 }, { "a.py", { { 2 } }, 0100644 } };
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		forge_give_tree(j->call, &items[i]);
}

static void answer(void *job)
{
	struct fake_job *j = job;
	static void (*const give[FAKE_SLOTS_])(struct fake_job *) = { give_projects, give_branches, give_ids, give_commits, give_found, give_file, give_tree, give_page, give_account, give_branch_page };
	struct forge_call *c = j->call;
	struct err err = { 0 };
	if (j->forge->fail[j->slot])
		err_set(&err, j->forge->fail[j->slot], "the forge fails"), err.http = j->forge->fail_http;
	else if (j->slot == FAKE_FILE && j->ini && !j->forge->projects[j->project].ini)
		err_set(&err, ERR_NOT_FOUND, "no such file");
	else if (j->slot == FAKE_RESOLVE && strcmp(j->rev, "main") != 0 && strcmp(j->rev, "dev") != 0)
		err_set(&err, ERR_NOT_FOUND, "no such revision");
	else
		give[j->slot](j);
	if (!forge_call_alive(c))
		return; /* cancelled meanwhile: the job is gone */
	loop_timer_stop(j->timer);
	VEC_FINI(&j->ids);
	free(j->rev);
	free(j);
	forge_call_set_impl(c, NULL);
	forge_call_end(c, &err);
}

/* ---- the port ---- */
static struct fake_job *job_new(struct forge *f, struct forge_call *c, enum fake_slot slot, const struct project *p)
{
	struct fake_forge *fake = (struct fake_forge *)f;
	struct fake_job *j = xcalloc(1, sizeof *j);
	fake->n[slot]++;
	*j = (struct fake_job){ .forge = fake, .call = c, .slot = slot, .project = p ? index_of(fake, p) : 0 };
	j->timer = loop_timer_start(f->loop, fake->delay_ms, 0, answer, j);
	forge_call_set_impl(c, j);
	return j;
}

static void cancel(struct forge_call *c)
{
	struct fake_job *j = forge_call_impl(c);
	if (!j)
		return;
	loop_timer_stop(j->timer);
	VEC_FINI(&j->ids);
	free(j->rev);
	free(j);
}

static void projects(struct forge *f, struct forge_call *c)
{
	job_new(f, c, FAKE_PROJECTS, NULL);
}

static void projects_page(struct forge *f, struct forge_call *c, const struct forge_projects_query *q)
{
	struct fake_job *j = job_new(f, c, FAKE_PAGE, NULL);
	struct buf b = BUF_INIT;
	j->of = q->of;
	j->first = q->first;
	j->max = q->max;
	if (!q->search)
		return;
	j->rev = xstrdup(q->search);
	buf_addf(&b, "%s%s:%s ", j->forge->searched, q->of == FORGE_PROJECTS_ALL ? "A" : "M", q->search);
	snprintf(j->forge->searched, sizeof j->forge->searched, "%s", buf_str(&b));
	buf_fini(&b);
}

static void branches(struct forge *f, struct forge_call *c, const struct project *p)
{
	job_new(f, c, FAKE_BRANCHES, p);
}

static void branches_page(struct forge *f, struct forge_call *c, const struct forge_branches_query *q)
{
	struct fake_job *j = job_new(f, c, FAKE_BRANCH_PAGE, q->project);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	j->first = q->first;
	j->max = q->max ? q->max : 100;
	j->rev = q->name ? xstrdup(q->name) : q->prefix ? xasprintf("^%s", q->prefix) : NULL;
	buf_add_str(&b, j->forge->asked);
	if (j->rev)
		buf_addf(&b, "%s ", j->rev);
	else
		buf_addf(&b, "%zu ", j->first);
	snprintf(j->forge->asked, sizeof j->forge->asked, "%s", buf_str(&b));
}

static void commit_ids(struct forge *f, struct forge_call *c, const struct forge_commits_query *q)
{
	struct fake_job *j = job_new(f, c, FAKE_IDS, q->project);
	j->tip = q->tip;
	j->first = q->first;
	j->max = q->max;
	j->forge->max_first = MAX_OF(j->forge->max_first, q->first);
}

static void commits(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *ids, size_t n)
{
	struct fake_job *j = job_new(f, c, FAKE_COMMITS, p);
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&j->ids, ids[i]);
}

static void resolve(struct forge *f, struct forge_call *c, const struct project *p, const char *rev)
{
	job_new(f, c, FAKE_RESOLVE, p)->rev = xstrdup(rev);
}

static void file(struct forge *f, struct forge_call *c, const struct forge_file_query *q)
{
	job_new(f, c, FAKE_FILE, q->project)->ini = strcmp(q->path, "Dockerfile") != 0;
}

static void tree(struct forge *f, struct forge_call *c, const struct project *p, const struct oid *commit)
{
	(void)commit;
	job_new(f, c, FAKE_TREE, p);
}

static void account(struct forge *f, struct forge_call *c)
{
	job_new(f, c, FAKE_ACCOUNT, NULL);
}

static bool watch(struct forge *f, struct forge_watch *w, const struct project *p, void **ret_impl)
{
	(void)p;
	((struct fake_forge *)f)->watch = w;
	*ret_impl = f;
	return true;
}

static void unwatch(void *impl)
{
	((struct fake_forge *)impl)->watch = NULL;
}

static void destroy(struct forge *f)
{
	free(f);
}

struct fake_forge *fake_forge_new(struct loop *l, const char *name)
{
	static const struct forge_ops ops = { .destroy = destroy, .cancel = cancel, .projects = projects, .branches = branches, .commit_ids = commit_ids,
		.commits = commits, .resolve = resolve, .file = file, .tree = tree, .watch = watch, .unwatch = unwatch };
	struct fake_forge *f = xcalloc(1, sizeof *f);
	forge_init(&f->base, &ops, l, name);
	return f;
}

void fake_forge_has_account(struct fake_forge *f, const char *user)
{
	static struct forge_ops ops;
	ops = *f->base.ops;
	ops.caps |= FORGE_HAS_ACCOUNT;
	ops.account = account;
	f->base.ops = &ops;
	f->account = user;
}

void fake_forge_be_host(struct fake_forge *f)
{
	static struct forge_ops ops;
	ops = *f->base.ops;
	ops.caps |= FORGE_SEARCHES;
	ops.projects_page = projects_page;
	ops.watch = NULL;
	ops.unwatch = NULL;
	f->base.ops = &ops;
}

void fake_forge_has_pages(struct fake_forge *f, size_t n_branches, size_t main_at)
{
	static struct forge_ops ops;
	fake_forge_be_host(f);
	ops = *f->base.ops;
	ops.caps |= FORGE_BRANCH_PAGES;
	ops.branches_page = branches_page;
	f->base.ops = &ops;
	f->n_branches = n_branches;
	f->main_at = main_at;
	f->n_mine = 2;
}
