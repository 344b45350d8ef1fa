/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the played app knows. */
#include "fake.h"

static const char *const projects[] = { "flights-tutorial", "covid-analysis", "zhbikes", "ocean-model", "rstudio-demo" };
static const char *const subjects[] = {
	"fix requirements", "add conda env", "autosave before shutdown", "notebook with the first figures", "first cut", "init",
	"read the data from the new archive, which has another column order than before", "Merge branch 'fix/deps'", "größere Auflösung für Karten", "数据清理",
};
static const char *const authors[] = { "Ann Ackermann", "Bob", "Çağla Öz" };
const char fake_build_log[] =
	"#1 [internal] load build definition from Dockerfile\n#1 DONE 0.0s\n\n#5 [1/4] FROM docker.io/library/debian:12\n#5 CACHED\n\n"
	"#6 [2/4] RUN apt-get update && apt-get install -y python3-pip\n#6 0.512 Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]\n"
	"#6 4.211 \033[32mSetting up python3-pip\033[0m (23.0.1+dfsg-1) ...\n#6 DONE 6.1s\n\n#7 [3/4] COPY requirements.txt /tmp/\n#7 DONE 0.1s\n\n"
	"#8 [4/4] RUN pip install -r /tmp/requirements.txt\n#8 1.002 Collecting numpyy==1.24\n"
	"#8 1.514 ERROR: Could not find a version that satisfies the requirement numpyy==1.24 (from versions: none)\n"
	"#8 1.515 ERROR: No matching distribution found for numpyy==1.24\n#8 ERROR: process \"/bin/sh -c pip install -r /tmp/requirements.txt\" did not complete successfully: exit code: 1\n";

struct oid fake_oid(unsigned project, unsigned commit)
{
	struct oid o;
	uint64_t h = hash_bytes((unsigned[]){ project + 1, commit + 7 }, 2 * sizeof(unsigned));
	for (size_t i = 0; i < sizeof o.b; i++) {
		o.b[i] = (unsigned char)(h >> 56);
		h = h * 6364136223846793005u + 1442695040888963407u;
	}
	return o;
}

static const struct fresh good = { FRESH_FRESH, FAKE_NOW - 5, { 0 } };

static void fill_projects(struct app *a, const char *const *names, size_t n)
{
	struct project *items = xcalloc(n, sizeof *items);
	for (size_t i = 0; i < n; i++) {
		items[i] = (struct project){ .id = project_id_of("local", names[i]), .forge = xstrdup("local"), .path = xstrdup(names[i]), .name = xstrdup(names[i]),
			.dir = xasprintf("/home/ann/berth/%s", names[i]), .default_branch = xstrdup(i == 4 ? NULL : "main"), .note = xstrdup(i == 4 ? "no commits yet" : NULL),
			.active_at_s = FAKE_NOW - 7200 * (int64_t)(i * i * 9 + 1) };
	}
	store_set_projects(a->store, items, n, &good);
	free(items);
}

static void fill_branches(struct app *a, struct project_id p, unsigned project, const char *const *names, size_t n)
{
	struct branch *items = xcalloc(n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = (struct branch){ .name = xstrdup(names[i]), .tip = fake_oid(project, (unsigned)i * 3), .tip_author = xstrdup(authors[i % 3]), .tip_subject = xstrdup(subjects[i % 10]),
			.tip_at_s = FAKE_NOW - 7200 - 86400 * (int64_t)i, .is_default = i == 0, .is_head = i == 1, .ahead = i ? 2 : 0, .behind = i > 1 ? 1 : 0, .is_remote = strncmp(names[i], "origin/", 7) == 0 };
	store_set_branches(a->store, p, items, n, &good);
	free(items);
}

static void put_commit(struct app *a, struct project_id p, unsigned project, unsigned i, const char *subject, const char *author)
{
	struct commit c = { .id = fake_oid(project, i), .author = xstrdup(author), .email = xstrdup("ann@example.org"), .subject = xstrdup(subject),
		.body = xstrdup(i == 1 ? "The environment was missing what the notebooks import.\n\nTested on two machines." : NULL),
		.authored_at_s = FAKE_NOW - 7200 - 9000 * (int64_t)i, .committed_at_s = FAKE_NOW - 7200 - 9000 * (int64_t)i, .n_parents = 1, .parent = fake_oid(project, i + 1) };
	store_put_commit(a->store, p, &c);
}

static void fill_commits(struct app *a, struct project_id p, unsigned project, const char *branch, size_t n, size_t loaded)
{
	struct oid *ids = xcalloc(n, sizeof *ids);
	for (size_t i = 0; i < n; i++)
		ids[i] = fake_oid(project, (unsigned)i);
	store_set_commit_ids(a->store, p, branch, ids, n, true, &good);
	for (size_t i = 0; i < loaded; i++)
		put_commit(a, p, project, (unsigned)i, subjects[i % 10], authors[i % 3]);
	free(ids);
}

void fake_load_commits(struct app *a)
{
	struct project_id p = store_project_at(a->store, 0)->id;
	for (size_t i = a->want_first; i < a->want_first + a->want_n; i++)
		put_commit(a, p, 0, (unsigned)i, subjects[i % 10], authors[i % 3]);
	store_flush(a->store);
}

void fake_put_image(struct app *a, const char *project, unsigned commit, enum image_state state, const char *reason)
{
	struct oid id = fake_oid(0, commit);
	char sha[8];
	oid_sha7(&id, sha);
	struct image i = { .commit = id, .state = state, .ref = xasprintf("berth/%s:%s", project, sha), .reason = xstrdup(reason), .same_as = fake_oid(0, commit + 2),
		.size_bytes = state == IMAGE_READY ? 1840000000 : 0, .created_at_s = state == IMAGE_READY ? FAKE_NOW - 18000 : 0, .typical_build_s = 185, .step = 3, .steps = 7,
		.build_started_at_s = state == IMAGE_BUILDING ? FAKE_NOW - 74 : 0, .fresh = good };
	store_put_image(a->store, project_id_of("local", project), &i);
}

static void fill_images(struct app *a)
{
	static const enum image_state states[] = { IMAGE_FAILED, IMAGE_READY, IMAGE_SAME_AS, IMAGE_READY, IMAGE_NONE, IMAGE_NONE, IMAGE_BUILDING, IMAGE_CANCELED };
	for (unsigned i = 0; i < ARRAY_LEN(states); i++)
		fake_put_image(a, "flights-tutorial", i, states[i], states[i] == IMAGE_FAILED ? "the build failed at step 4 of 4" : NULL);
	struct build failed = { .id = xstrdup("flights-tutorial/a-1"), .forge = xstrdup("local"), .project = xstrdup("flights-tutorial"), .commit = fake_oid(0, 0), .state = BUILD_FAILED,
		.image_ref = xstrdup("berth/flights-tutorial:x"), .engine = xstrdup("default"), .builder = xstrdup("buildkit"), .log_path = xstrdup("/nowhere/log"),
		.error = xstrdup("process \"/bin/sh -c pip install -r /tmp/requirements.txt\" did not complete successfully: exit code: 1"), .started_at_s = FAKE_NOW - 7100, .ended_at_s = FAKE_NOW - 7036, .step = 4, .steps = 4 };
	struct build running = { .id = xstrdup("flights-tutorial/g-1"), .forge = xstrdup("local"), .project = xstrdup("flights-tutorial"), .commit = fake_oid(0, 6), .state = BUILD_RUNNING,
		.engine = xstrdup("default"), .builder = xstrdup("buildkit"), .log_path = xstrdup("/nowhere/log2"), .started_at_s = FAKE_NOW - 74, .step = 3, .steps = 7, .pid = 99 };
	store_put_build(a->store, &failed);
	store_put_build(a->store, &running);
}

static void fill_sessions(struct app *a)
{
	struct session s[3] = {
		{ .name = xstrdup("flights-main-9f8e"), .project = xstrdup("flights-tutorial"), .branch = xstrdup("main"), .commit = fake_oid(0, 1), .state = SESSION_RUNNING, .port = 32774,
		  .address = xstrdup("http://127.0.0.1:32774"), .default_url = xstrdup("/lab"), .started_at_s = FAKE_NOW - 8040, .has_token = true },
		{ .name = xstrdup("covid-main-77ab"), .project = xstrdup("covid-analysis"), .branch = xstrdup("main"), .commit = fake_oid(1, 0), .state = SESSION_RUNNING, .port = 32775,
		  .address = xstrdup("http://127.0.0.1:32775"), .default_url = xstrdup("/lab"), .started_at_s = FAKE_NOW - 21660 },
		{ .name = xstrdup("zhbikes-old-31ac"), .project = xstrdup("zhbikes"), .commit = fake_oid(2, 2), .state = SESSION_FAILED, .reason = xstrdup("killed: it used more than its 1G of memory"),
		  .exit_code = 137, .oom = true, .started_at_s = FAKE_NOW - 90000, .ended_at_s = FAKE_NOW - 80000 },
	};
	for (size_t i = 0; i < 3; i++) {
		s[i].forge = xstrdup("local");
		s[i].container_id = xstrdup("c0ffee");
		s[i].volume = xasprintf("berth-%s", s[i].name);
		s[i].image_ref = xstrdup("berth/flights-tutorial:9f8e7d6");
		s[i].owner = xstrdup("ann");
		s[i].created_at_s = s[i].started_at_s;
		s[i].memory_limit_bytes = (uint64_t)2 << 30;
		s[i].cpu_limit_cores = 0.5;
		s[i].pids_limit = 512;
	}
	store_set_sessions(a->store, s, 3, &good);
	for (unsigned k = 0; k < 30; k++) {
		struct usage u = { .cpu_cores = 0.02 + 0.015 * ((k * 7) % 20), .memory_bytes = (uint64_t)(700 + 20 * k) << 20, .pids = 41, .at_s = FAKE_NOW - 60 + 2 * k };
		store_add_usage(a->store, "flights-main-9f8e", &u);
	}
}

static void fill_engine(struct app *a, bool up)
{
	struct engine_status e = { .state = up ? ENGINE_UP : ENGINE_DOWN, .name = xstrdup("default"), .what = xstrdup(up ? "docker 20.10.24, API 1.41, 4 CPUs, 16 GB" : NULL), .cpus = 4, .memory_bytes = (uint64_t)16 << 30 };
	if (!up) {
		err_set(&e.err, ERR_NET, "no container engine answers at unix:///var/run/docker.sock");
		err_hint(&e.err, "start it with `sudo systemctl start docker`, or set DOCKER_HOST");
		e.retry_in_s = 8;
	}
	store_set_engine(a->store, &e);
}

static void fill_hostile(struct app *a)
{
	static const char *const names[] = { "evil\033[2J\033[31mname", "right\xe2\x80\xaeto-left", "wide\xe6\x96\x87\xe5\xad\x97zwj\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", "bad\xff\xfe\x80" "bytes", "c1\xc2\x9b" "31m" };
	static const char *const branches[] = { "main", "x\033]0;title\007y", "combining-e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81" };
	fill_projects(a, names, 5);
	struct project_id p = project_id_of("local", names[0]);
	fill_branches(a, p, 0, branches, 3);
	fill_commits(a, p, 0, "main", 40, 0);
	for (unsigned i = 0; i < 40; i++)
		put_commit(a, p, 0, i, i % 2 ? "\033[10;10Hjump\033[?25l \tTAB\r\n\b\b\b" : "\xe2\x80\x8f\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 family \xe2\x9a\xa0\xef\xb8\x8f", i % 3 ? "\033cAnn" : "Bob\x9b" "2J");
}

void fake_fill(struct app *a, enum fake_world world)
{
	static const char *const branches[] = { "main", "fix/deps", "renku/autosave/ann/main/31ac0de/77ab120", "exp/gpu", "origin/main", "origin/wip" };
	struct fresh loading = { FRESH_LOADING, 0, { 0 } };
	fill_engine(a, world != WORLD_NO_ENGINE);
	if (world == WORLD_LOADING) {
		store_projects_mark(a->store, &loading);
		return;
	}
	if (world == WORLD_EMPTY) {
		store_set_projects(a->store, NULL, 0, &good);
		store_set_sessions(a->store, NULL, 0, &good);
		return;
	}
	if (world == WORLD_HOSTILE) {
		fill_hostile(a);
		return;
	}
	fill_projects(a, projects, 5);
	for (unsigned i = 0; i < 4; i++) {
		struct project_id p = project_id_of("local", projects[i]);
		fill_branches(a, p, i, branches, i ? 2 : 6);
		fill_commits(a, p, i, "main", world == WORLD_HUGE ? 100000 : 212, world == WORLD_HUGE ? 60 : 212);
		fill_commits(a, p, i, "fix/deps", 12, 12);
	}
	store_set_branches(a->store, project_id_of("local", projects[4]), NULL, 0, &good);
	if (world == WORLD_NO_ENGINE)
		return;
	fill_images(a);
	fill_sessions(a);
	if (world == WORLD_HOST)
		fake_fill_host(a);
}
