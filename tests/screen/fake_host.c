/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a GitLab host adds to the played app: its projects, the states of its jobs, what can be done, searching. */
#include "fake.h"

static const struct fresh good = { FRESH_FRESH, FAKE_NOW - 5, { 0 } };
enum { FLIGHTS = 20 }; /* the number that its commits are made from */

static bool on_host(const struct app *a, struct project_id id)
{
	const struct project *p = store_project(a->store, id);
	return p && strcmp(p->forge, "lab") == 0;
}

size_t app_n_forges(const struct app *a) { return a->host ? 2 : 1; }
const char *app_forge_name(const struct app *a, size_t i) { return a->host && !i ? "lab" : "local"; }
const struct fresh *app_forge_fresh(const struct app *a, size_t i) { (void)a; (void)i; return &good; }
bool app_has_jobs(const struct app *a, struct project_id p) { return on_host(a, p); }

int app_may(struct app *a, const struct app_deed_query *q, struct err *reterr)
{
	const struct image *i = store_image(a->store, q->project, &q->commit);
	const struct project *p = store_project(a->store, q->project);
	const char *state = i && i->has_job ? job_state_name(i->job.state) : NULL;
	bool pinned = i && (i->state == IMAGE_PINNED || i->state == IMAGE_PINNED_MISSING || i->state == IMAGE_PINNED_LOGIN);
	if (q->deed == APP_UNPIN && !pinned)
		return err_set(reterr, ERR_NOT_FOUND, "the project pins no image at this commit");
	if ((q->deed == APP_PIN || q->deed == APP_UNPIN) && !on_host(a, q->project))
		return 0;
	if (!on_host(a, q->project))
		return err_set(reterr, ERR_UNSUPPORTED, "local has no CI: its images are built on the engine");
	if (p->access_level < 30)
		return err_set(reterr, ERR_DENIED, "running builds needs the role developer here; yours is %s", access_level_name(p->access_level));
	if (q->deed == APP_RUN)
		return i && oid_eq(&i->commit, &store_branch_at(a->store, q->project, 0)->tip) ? 0 :
			err_set(reterr, ERR_CONFLICT, "pipelines run for the newest commit of a branch, and this one is no branch's newest");
	if (q->deed == APP_TOUCH || q->deed == APP_FORK || q->deed == APP_PIN || q->deed == APP_UNPIN)
		return 0;
	if (!state)
		return err_set(reterr, ERR_NOT_FOUND, "no job builds the image of this commit");
	bool ended = job_state_finished(i->job.state), by_hand = i->job.state == JOB_MANUAL;
	bool fits = q->deed == APP_RETRY ? ended : q->deed == APP_PLAY ? by_hand : !ended;
	return fits ? 0 : err_set(reterr, ERR_CONFLICT, "the job is %s", state);
}

/* ---- searching ---- */
bool app_projects_more(const struct app *a, const char **ret_host) { (void)ret_host; return a->more; }
void app_want_more_projects(struct app *a, size_t n) { a->want_projects = n; }
bool app_can_search(const struct app *a) { return a->host; }

bool app_project_is_found(const struct app *a, struct project_id p)
{
	const struct project *project = store_project(a->store, p);
	return project && strncmp(project->path, "elsewhere/", 10) == 0 && a->host;
}

bool app_search_hit(const struct app *a, struct project_id p) { return app_project_is_found(a, p); }

static void push(struct project *ret, const char *path, int64_t age_s, uint32_t level, const char *note)
{
	*ret = (struct project){ .id = project_id_of("lab", path), .forge = xstrdup("lab"), .path = xstrdup(path), .name = xstrdup(strrchr(path, '/') + 1),
		.default_branch = xstrdup(note ? NULL : "main"), .note = xstrdup(note), .active_at_s = FAKE_NOW - age_s, .number = 7, .access_level = level,
		.visibility = xstrdup("internal"), .image_prefix = xasprintf("registry.lab.example/%s", path), .web_url = xasprintf("https://lab.example/%s", path) };
}

/* Those of the host first, then what was there. */
static void put_projects(struct app *a, const struct project *more, size_t n)
{
	size_t had = store_n_projects(a->store);
	struct project *items = xcalloc(had + n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		project_dup(&items[i], &more[i]);
	for (size_t i = 0; i < had; i++)
		project_dup(&items[n + i], store_project_at(a->store, i));
	store_set_projects(a->store, items, n + had, &good);
	free(items);
}

static void search_answers(void *app)
{
	struct app *a = app;
	struct err err = { 0 };
	struct app_searched said = { .host = "lab", .n = 2, .err = a->no_search ? &err : NULL };
	struct project p[2];
	err_set(&err, a->offline ? ERR_NET : ERR_AUTH, "%s", a->no_search ? a->no_search : "");
	loop_timer_stop(a->search.timer);
	a->search.timer = NULL;
	if (!a->no_search) {
		push(&p[0], "elsewhere/coast/glider-tracks", 80000, 0, NULL);
		push(&p[1], "elsewhere/ice/other-name", 90000, 0, NULL);
		put_projects(a, p, 2);
		project_fini(&p[0]);
		project_fini(&p[1]);
	}
	a->search.got(a->search.ctx, &said);
	a->search.end(a->search.ctx, NULL);
}

unsigned app_search(struct app *a, const struct app_search *q, void (*got)(void *ctx, const struct app_searched *s), app_end_fn end, void *ctx)
{
	buf_addf(&a->calls, "search %s\n", q->words);
	a->search.got = got;
	a->search.end = end;
	a->search.ctx = ctx;
	a->search.timer = loop_timer_start(a->loop, 300, 0, search_answers, a);
	return 9;
}

/* ---- the world ---- */
static void put_branches(struct app *a, struct project_id id)
{
	static const char *const names[] = { "main", "plots", "deps/numpy-2", "by-hand", "no-runner" };
	struct branch items[ARRAY_LEN(names)];
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		items[i] = (struct branch){ .name = xstrdup(names[i]), .tip = fake_oid(FLIGHTS, (unsigned)i), .tip_author = xstrdup("Zoë Müller"), .tip_subject = xstrdup("Try another way"),
			.tip_at_s = FAKE_NOW - 3600 * (int64_t)(i * i + 1), .is_default = i == 0, .ahead = (unsigned)i, .behind = i > 2 };
	store_set_branches(a->store, id, items, ARRAY_LEN(names), &good);
}

static void put_image(struct app *a, struct project_id id, unsigned n, enum image_state state, enum job_state job, const char *why)
{
	struct oid commit = fake_oid(FLIGHTS, n);
	char sha[8];
	oid_sha7(&commit, sha);
	bool ran = state == IMAGE_FAILED || state == IMAGE_BUILDING || state == IMAGE_AVAILABLE, ended = ran && state != IMAGE_BUILDING;
	struct image i = { .commit = commit, .state = state, .ref = xasprintf("registry.lab.example/coast/flights:%s", sha), .reason = xstrdup(why), .typical_build_s = 412,
		.pipeline_id = 300 - n, .pipeline_url = xasprintf("https://lab.example/coast/flights/-/pipelines/%u", 300 - n), .has_job = state != IMAGE_NONE, .fresh = good,
		.size_bytes = state == IMAGE_AVAILABLE ? 912000000 : 0, .created_at_s = state == IMAGE_AVAILABLE ? FAKE_NOW - 90000 : 0,
		.build_started_at_s = state == IMAGE_BUILDING ? FAKE_NOW - 74 : 0 };
	if (i.has_job)
		i.job = (struct job){ .id = 9000 - n, .pipeline_id = i.pipeline_id, .name = xstrdup("image_build"), .ref = xstrdup("main"), .source = xstrdup("push"),
			.state_word = xstrdup(job_state_name(job)), .runner = xstrdup(ran ? "shared-docker-2" : NULL), .commit = commit, .state = job,
			.created_at_s = FAKE_NOW - 7200, .queued_at_s = FAKE_NOW - 7190, .started_at_s = ran ? (ended ? FAKE_NOW - 7100 : FAKE_NOW - 74) : 0,
			.ended_at_s = ended ? FAKE_NOW - 6800 : 0, .web_url = xasprintf("https://lab.example/coast/flights/-/jobs/%u", 9000 - n), .stuck = job == JOB_PENDING };
	store_put_image(a->store, id, &i);
}

static void put_images(struct app *a, struct project_id id)
{
	put_image(a, id, 0, IMAGE_BUILDING, JOB_RUNNING, NULL);
	put_image(a, id, 1, IMAGE_FAILED, JOB_FAILED, "the job's script failed");
	put_image(a, id, 2, IMAGE_AVAILABLE, JOB_SUCCESS, NULL);
	put_image(a, id, 3, IMAGE_MANUAL, JOB_MANUAL, "it waits to be started by hand");
	put_image(a, id, 4, IMAGE_QUEUED, JOB_PENDING, "no runner takes the job: none has its tags, or all are busy");
	put_image(a, id, 5, IMAGE_CANCELED, JOB_CANCELED, NULL);
	put_image(a, id, 6, IMAGE_SKIPPED, JOB_SKIPPED, NULL);
	put_image(a, id, 7, IMAGE_SCHEDULED, JOB_SCHEDULED, NULL);
	put_image(a, id, 8, IMAGE_NONE, JOB_OTHER, "the pipeline has no job image_build");
}

static void put_commits(struct app *a, struct project_id id)
{
	static const char *const subjects[] = { "Plot delays by weekday", "Add pandas", "Read the new archive", "Try a smaller base image", "Größere Karten", "数据清理" };
	struct oid ids[40];
	for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
		struct commit c = { .id = fake_oid(FLIGHTS, i), .author = xstrdup(i % 2 ? "王小明" : "Zoë Müller"), .email = xstrdup("zoe@example.org"), .subject = xstrdup(subjects[i % 6]),
			.authored_at_s = FAKE_NOW - 3600 * (int64_t)(i * i + 1), .committed_at_s = FAKE_NOW - 3600 * (int64_t)(i * i + 1), .n_parents = 1, .parent = fake_oid(FLIGHTS, i + 1) };
		ids[i] = c.id;
		store_put_commit(a->store, id, &c);
	}
	store_set_commit_ids(a->store, id, "main", ids, ARRAY_LEN(ids), false, &good);
}

void fake_fill_host(struct app *a)
{
	struct project p[4];
	a->host = a->more = true;
	push(&p[0], "coast/flights", 3600, 40, NULL);
	push(&p[1], "coast/sensors/tides", 9000, 20, NULL);
	push(&p[2], "zoe/sandbox", 30000, 50, NULL);
	push(&p[3], "zoe/empty", 50000, 50, "no commits yet");
	put_projects(a, p, ARRAY_LEN(p));
	put_branches(a, p[0].id);
	put_commits(a, p[0].id);
	put_images(a, p[0].id);
	put_branches(a, p[1].id);
	put_commits(a, p[1].id);
	put_images(a, p[1].id);
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		project_fini(&p[i]);
}
