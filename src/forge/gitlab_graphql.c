/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pipelines and their job that builds the image, in one request: Project.pipelines with Pipeline.job(name) (GitLab 14.5 and
 * newer). Child pipelines are listed only where they are asked for by their source, so they are asked for beside the others; a
 * child stands on its parent's commit and is newer than it. A query's weight is about 0.25 points a pipeline and field (the limit
 * is 250), which is why commits are asked by id only in small numbers.
 */
#include "berth/mem.h"
#include "forge/gitlab_pure.h"

#define JOB_FIELDS "id name status allowFailure createdAt queuedAt startedAt finishedAt failureMessage retryable cancelable playable retried stuck"
#define PIPELINE_FIELDS "id sha ref status source createdAt yamlErrors job(name:$j){" JOB_FIELDS "}"

/* The tip is asked for before and after: where it moved in between, nobody knows of which commit the file is. */
#define FILE_FIELDS "before:repository{tree{lastCommit{sha}}}repository{blobs(paths:[$f],first:1){nodes{path rawTextBlob}}}after:repository{tree{lastCommit{sha}}}"

enum { PER_COMMIT = 5, CURSOR_MAX = 1024 };

static void add_list(struct buf *b, const char *alias, const char *where, unsigned n)
{
	buf_addf(b, "%s:pipelines(%s%sfirst:%u){pageInfo{hasNextPage endCursor}nodes{...f}}", alias, where, *where ? "," : "", n);
}

static void add_by_commit(struct buf *b, const struct gitlab_join *q)
{
	for (size_t i = 0; i < MIN_OF(q->n_commits, (size_t)GITLAB_JOIN_COMMITS); i++) {
		char hex[OID_HEX + 1], alias[16], where[100];
		oid_hex(&q->commits[i], hex);
		snprintf(alias, sizeof alias, "t%zu", i);
		snprintf(where, sizeof where, "sha:\"%s\"", hex);
		add_list(b, alias, where, PER_COMMIT);
		snprintf(alias, sizeof alias, "c%zu", i);
		snprintf(where, sizeof where, "sha:\"%s\",source:\"parent_pipeline\"", hex);
		add_list(b, alias, where, PER_COMMIT);
	}
}

static json_t *join_body(const struct gitlab_join *q)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	bool by_commit = q->n_commits && q->n_commits <= GITLAB_JOIN_COMMITS;
	unsigned n = (unsigned)(q->max ? MIN_OF(q->max, 100u) : 50);

	bool older = q->after.top && !by_commit, children = !older || q->after.child;
	const char *top = q->ref ? older ? "ref:$r,after:$t" : "ref:$r" : older ? "after:$t" : "";

	bool file = q->file && !by_commit && !older;

	buf_addf(&b, "query($p:ID!,$j:String%s%s%s%s){project(fullPath:$p){", q->ref && !by_commit ? ",$r:String" : "", older ? ",$t:String" : "",
	         older && children ? ",$c:String" : "", file ? ",$f:String!" : "");
	if (by_commit) {
		add_by_commit(&b, q);
	} else {
		add_list(&b, "top", top, n);
		AUTO_STR child = xasprintf("%s%ssource:\"parent_pipeline\"", q->ref ? "ref:$r," : "", older ? "after:$c," : "");
		if (children)
			add_list(&b, "child", child, n);
	}
	if (file)
		buf_add_str(&b, FILE_FIELDS);
	buf_add_str(&b, "}} fragment f on Pipeline{" PIPELINE_FIELDS "}");
	AUTO_JSON body = json_pack("{s:o, s:{s:o, s:o}}", "query", json_str_lossy(buf_sv(&b)), "variables", "p", json_str_lossy(sv_of(q->path)),
	                           "j", json_str_lossy(sv_of(q->job_name)));
	if (q->ref && !by_commit)
		json_object_set_new(json_object_get(body, "variables"), "r", json_str_lossy(sv_of(q->ref)));
	if (older)
		json_object_set_new(json_object_get(body, "variables"), "t", json_str_lossy(sv_of(q->after.top)));
	if (file)
		json_object_set_new(json_object_get(body, "variables"), "f", json_str_lossy(sv_of(q->file)));
	if (older && children)
		json_object_set_new(json_object_get(body, "variables"), "c", json_str_lossy(sv_of(q->after.child)));
	return json_incref(body);
}

char *gitlab_join_query(const struct gitlab_join *q)
{
	AUTO_JSON body = join_body(q);
	return json_text(body);
}

char *gitlab_join_path(const struct gitlab_join *q)
{
	AUTO_JSON body = join_body(q);
	AUTO_STR variables = json_text(json_object_get(body, "variables"));
	AUTO(buf_fini) struct buf path = BUF_INIT;

	buf_add_str(&path, GRAPHQL_PATH);
	gitlab_add_query(&path, "query", sv_of(json_str(body, "query", "")));
	gitlab_add_query(&path, "variables", sv_of(variables));
	return buf_take(&path);
}

/* ---- answers ---------------------------------------------------------------------------------------------------------------- */
static void job_joins(struct pipeline *p, const json_t *node)
{
	const json_t *j = json_path(node, "job");

	p->has_job = json_is_object(j) && gitlab_job(j, &p->job);
	if (!p->has_job)
		return;
	p->job.pipeline_id = p->id;
	p->job.commit = p->commit;
	str_replace(&p->job.ref, p->ref);
	str_replace(&p->job.source, p->source);
}

static bool already(const pipelines *all, uint64_t id)
{
	for (size_t i = 0; i < all->len; i++) {
		if (all->items[i].id == id)
			return true;
	}
	return false;
}

static void nodes_add(pipelines *all, const json_t *list)
{
	const json_t *nodes = json_path(list, "nodes");
	struct pipeline p;

	for (size_t i = 0; i < MIN_OF(json_array_size(nodes), (size_t)1000); i++) {
		const json_t *node = json_array_get(nodes, i);
		if (!gitlab_pipeline(node, &p))
			continue;
		if (already(all, p.id)) {
			pipeline_fini(&p);
			continue;
		}
		job_joins(&p, node);
		VEC_PUSH(all, p);
	}
}

static int newest_first(const void *a, const void *b)
{
	uint64_t x = ((const struct pipeline *)a)->id, y = ((const struct pipeline *)b)->id;
	return x < y ? 1 : x > y ? -1 : 0;
}

static bool is_child(const struct pipeline *p) { return p->source && !strcmp(p->source, "parent_pipeline"); }

/* The pipeline that started this one: the newest older one of the same commit (and ref, where both say it). */
static struct pipeline *parent_of(pipelines *all, size_t child)
{
	const struct pipeline *c = &all->items[child];

	for (size_t i = child + 1; i < all->len; i++) {
		struct pipeline *p = &all->items[i];
		if (!is_child(p) && oid_eq(&p->commit, &c->commit) && (!p->ref || !c->ref || !strcmp(p->ref, c->ref)))
			return p;
	}
	return NULL;
}

void gitlab_join_order(pipelines *all)
{
	size_t kept = 0;

	if (all->len)
		qsort(all->items, all->len, sizeof *all->items, newest_first);
	for (size_t i = 0; i < all->len; i++) {
		struct pipeline *parent = is_child(&all->items[i]) && all->items[i].has_job ? parent_of(all, i) : NULL;
		if (!parent || parent->has_job)
			continue;
		parent->job = all->items[i].job;
		parent->has_job = true;
		all->items[i].job = (struct job){ 0 };
		all->items[i].has_job = false;
	}
	for (size_t i = 0; i < all->len; i++) {
		if (is_child(&all->items[i]) && parent_of(all, i))
			pipeline_fini(&all->items[i]);
		else
			all->items[kept++] = all->items[i];
	}
	all->len = kept;
}

/* The pipeline that a job belongs to; one of a child pipeline that no list shows is made of what its job says. */
static struct pipeline *pipeline_of_job(pipelines *all, const struct job *job)
{
	for (size_t i = 0; i < all->len; i++) {
		if (all->items[i].id == job->pipeline_id)
			return &all->items[i];
	}
	/* A commit's statuses don't say the source; lists of its pipelines leave out no others. */
	if (job->source ? strcmp(job->source, "parent_pipeline") != 0 : oid_is_zero(&job->commit))
		return NULL;
	struct pipeline child = { .id = job->pipeline_id, .commit = job->commit, .ref = xstrdup(job->ref), .source = xstrdup("parent_pipeline") };
	VEC_PUSH(all, child);
	return VEC_LAST(all);
}

void gitlab_join_jobs(pipelines *all, const json_t *jobs, const char *job_name)
{
	struct job job;

	for (size_t i = 0; i < MIN_OF(json_array_size(jobs), (size_t)1000); i++) {
		if (!gitlab_job(json_array_get(jobs, i), &job))
			continue;
		bool wanted = job.name && !strcmp(job.name, job_name) && job.pipeline_id;
		struct pipeline *to = wanted ? pipeline_of_job(all, &job) : NULL;
		if (!to || (to->has_job && to->job.id > job.id)) { /* the newest try has the highest number */
			job_fini(&job);
			continue;
		}
		job_fini(&to->job);
		to->job = job;
		to->has_job = true;
	}
}

void gitlab_join_after_fini(struct gitlab_join_after *a)
{
	free_p(&a->top);
	free_p(&a->child);
}

static char *next_of(const json_t *project, const char *alias)
{
	const json_t *page = json_path(json_path(project, alias), "pageInfo");

	const char *end = json_str(page, "endCursor", "");

	return json_bool(page, "hasNextPage", false) && *end && strlen(end) <= CURSOR_MAX ? xstrdup(end) : NULL;
}

bool gitlab_join_answer(const json_t *j, void (*item)(void *ctx, struct pipeline *p), void *ctx, struct gitlab_join_after *ret_after, struct err *reterr)
{
	const json_t *project = json_path(j, "data.project"), *list;
	AUTO(pipelines_fini) pipelines all = VEC_INIT;
	const char *alias;

	*ret_after = (struct gitlab_join_after){ 0 };
	if (json_array_size(json_path(j, "errors")) || !json_is_object(project)) {
		const char *why = json_str(json_array_get(json_path(j, "errors"), 0), "message", "it knows no such project");
		err_set(reterr, ERR_UNSUPPORTED, "GraphQL: %.200s", why);
		return false;
	}
	json_object_foreach((json_t *)(uintptr_t)project, alias, list)
		nodes_add(&all, list); /* what is no list of pipelines has no nodes */
	*ret_after = (struct gitlab_join_after){ .top = next_of(project, "top"), .child = next_of(project, "child") };
	gitlab_join_order(&all);
	for (size_t i = 0; i < all.len; i++)
		item(ctx, &all.items[i]);
	return true;
}

/* GitLab makes UTF-8 of a text: only of plain ASCII is it sure that it is the file's own. */
static bool is_own_text(const json_t *text)
{
	const char *s = json_string_value(text);

	while (s && *s && !(*s & 0x80))
		s++;
	return s && !*s;
}

/* Its text is null where it is none, and then nothing is said of it. */
bool gitlab_join_file(const json_t *j, struct gitlab_join_file *ret)
{
	const json_t *project = json_path(j, "data.project");
	const json_t *nodes = json_path(project, "repository.blobs.nodes");
	const char *before = json_str(json_path(project, "before.tree.lastCommit"), "sha", ""), *after = json_str(json_path(project, "after.tree.lastCommit"), "sha", "");
	const json_t *text = json_path(json_array_get(nodes, 0), "rawTextBlob");

	*ret = (struct gitlab_join_file){ 0 };
	if (!json_is_array(nodes) || strcmp(before, after) != 0 || !oid_parse(sv_of(before), &ret->commit))
		return false;
	ret->present = json_array_size(nodes) > 0;
	if (ret->present && !is_own_text(text))
		return false;
	if (ret->present)
		ret->text = (struct sv){ json_string_value(text), json_string_length(text) };
	return true;
}
