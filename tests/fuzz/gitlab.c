/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever a host answers: entities are whole or not there, words are one bounded line, addresses and remotes are safe to use. */
#include "fuzz.h"

#include "berth/mem.h"
#include "forge/gitlab_pure.h"

static void one(const json_t *j)
{
	static const struct gitlab_where at = { "fuzz", "https://gitlab.example" };
	struct project p;
	struct branch b;
	struct commit c;
	struct job job;
	struct pipeline pipeline;
	struct registry_tag t;
	struct account a = { 0 };

	if (gitlab_project(j, &at, &p)) {
		FUZZ_CHECK(p.path && p.name && *p.name && gitlab_path_ok(sv_of(p.path)) && p.id.v);
		project_fini(&p);
	}
	if (gitlab_branch(j, &b)) {
		FUZZ_CHECK(b.name && *b.name);
		branch_fini(&b);
	}
	if (gitlab_commit(j, &c)) {
		FUZZ_CHECK(!c.subject || !strchr(c.subject, '\n'));
		commit_fini(&c);
	}
	if (gitlab_job(j, &job)) {
		FUZZ_CHECK(job.id && (unsigned)job.state < JOB_STATE_COUNT_);
		job_fini(&job);
	}
	if (gitlab_pipeline(j, &pipeline)) {
		FUZZ_CHECK(pipeline.id && !pipeline.has_job);
		pipeline_fini(&pipeline);
	}
	if (gitlab_tag(j, &t))
		registry_tag_fini(&t);
	gitlab_user(j, &a);
	gitlab_token_self(j, &a);
	account_fini(&a);
}

static void joined(void *ctx, struct pipeline *p) { FUZZ_CHECK(p->id && (!p->has_job || p->job.id)); }

static void addresses(struct sv s)
{
	static const struct forge_host host = { "https://gitlab.example", NULL };
	AUTO(buf_fini) struct buf url = BUF_INIT;
	AUTO_STR text = sv_dup(s);
	const struct forge_remote remote = { "origin", text };
	const struct forge_remotes q = { .remotes = &remote, .n_remotes = 1, .hosts = &host, .n_hosts = 1, .ssh_config = s };
	struct forge_place place = { 0 };

	if (!forge_gitlab_url(s, &url, NULL))
		FUZZ_CHECK(!strpbrk(buf_str(&url), " @?#\\\r\n\t") && strstr(buf_str(&url), "://"));
	if (forge_place_of_remotes(&q, &place)) {
		FUZZ_CHECK(gitlab_path_ok(sv_of(place.path)));
		free(place.path);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sv s = { (const char *)data, size };
	AUTO(buf_fini) struct buf words = BUF_INIT, scope = BUF_INIT;
	AUTO(pipelines_fini) pipelines all = VEC_INIT;
	AUTO(gitlab_join_after_fini) struct gitlab_join_after after = { 0 };

	gitlab_words(s, &words);
	FUZZ_CHECK(words.len <= 400);
	gitlab_missing_scope(s, &scope);
	addresses(s);
	AUTO_JSON j = json_read(s, 1 << 20, NULL);
	if (!j)
		return 0;
	one(j);
	for (size_t i = 0; i < json_array_size(j) && i < 100; i++)
		one(json_array_get(j, i));
	gitlab_join_answer(j, joined, NULL, &after, NULL);
	gitlab_join_jobs(&all, j, "image_build");
	gitlab_join_order(&all);
	return 0;
}
