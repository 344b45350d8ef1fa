/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GitLab's JSON -> entities, tolerantly: what is missing, null or of another type is "not known" */
#include "berth/mem.h"
#include "berth/path.h"
#include "forge/gitlab_pure.h"

enum { MAX_TEXT = 4096, MAX_MESSAGE = 64 << 10, MAX_WORDS = 400 };

/* ---- fields ---------------------------------------------------------------------------------------------------------------- */
static char *text_capped(const json_t *j, const char *key, size_t max)
{
	const char *s = json_str(j, key, NULL);

	return s && *s ? xstrndup(s, utf8_floor(sv_of(s), max)) : NULL;
}

char *gitlab_text(const json_t *j, const char *key) { return text_capped(j, key, MAX_TEXT); }

int64_t gitlab_time(const json_t *j, const char *key)
{
	const char *s = json_str(j, key, NULL);
	int64_t at_s;

	return s && time_parse_rfc3339(sv_of(s), &at_s) ? at_s : 0;
}

uint64_t gitlab_id(const json_t *j, const char *key)
{
	const char *s = json_str(j, key, NULL), *slash = s ? strrchr(s, '/') : NULL;
	int64_t n = json_int(j, key, 0);
	uint64_t id = 0;

	if (slash && sv_starts(sv_of(s), SV("gid://")) && sv_to_u64(sv_of(slash + 1), &id))
		return id;
	return n > 0 ? (uint64_t)n : 0;
}

static bool id_of_commit(const json_t *j, const char *key, struct oid *ret)
{
	const char *s = json_str(j, key, NULL);
	return s && oid_parse(sv_of(s), ret);
}

/* ---- projects, branches, commits --------------------------------------------------------------------------------------------- */
enum { ROLE_DEVELOPER = 30 };

static void project_rights(const json_t *j, struct project *p)
{
	const json_t *permissions = json_path(j, "permissions");
	int64_t own = json_int(permissions, "project_access.access_level", 0), group = json_int(permissions, "group_access.access_level", 0);
	const char *builds = json_str(j, "builds_access_level", NULL), *registry = json_str(j, "container_registry_access_level", NULL);

	p->access_level = (uint32_t)MIN_OF(MAX_OF(MAX_OF(own, group), 0), 1000);
	/* A project that was shared with a group of the account shows no role of its own, so no role is "not known". */
	p->rights_known = json_is_object(permissions);
	p->can_push = p->can_run = !p->archived && (!p->access_level || p->access_level >= ROLE_DEVELOPER);
	p->ci_enabled = builds ? strcmp(builds, "disabled") != 0 : json_bool(j, "jobs_enabled", true);
	p->registry_enabled = registry ? strcmp(registry, "disabled") != 0 : json_bool(j, "container_registry_enabled", p->image_prefix != NULL);
}

static char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return xstrdup(slash ? slash + 1 : path);
}

bool gitlab_project(const json_t *j, const struct gitlab_where *at, struct project *out)
{
	const char *path = json_str(j, "path_with_namespace", NULL);

	if (!path || !gitlab_path_ok(sv_of(path)))
		return false;
	*out = (struct project){
		.id = project_id_of(at->forge, path), .forge = xstrdup(at->forge), .path = xstrdup(path), .number = gitlab_id(j, "id"),
		.name = last_part(path), .clone_url = xasprintf("%s/%s.git", at->url, path), .default_branch = gitlab_text(j, "default_branch"),
		.visibility = gitlab_text(j, "visibility"), .image_prefix = gitlab_text(j, "container_registry_image_prefix"),
		.web_url = xasprintf("%s/%s", at->url, path), .ssh_url = gitlab_text(j, "ssh_url_to_repo"),
		.import_status = gitlab_text(j, "import_status"), .active_at_s = gitlab_time(j, "last_activity_at"),
		.archived = json_bool(j, "archived", false), .empty = json_bool(j, "empty_repo", false),
		.build_timeout_s = (uint32_t)MIN_OF(MAX_OF(json_int(j, "build_timeout", 0), 0), INT32_MAX), .bare = true,
	};
	project_rights(j, out);
	if (json_str(j, "marked_for_deletion_on", NULL) || json_str(j, "marked_for_deletion_at", NULL))
		out->note = xstrdup("will be deleted");
	else if (out->archived)
		out->note = xstrdup("archived");
	else if (out->empty || !out->default_branch)
		out->note = xstrdup("no commits yet");
	return true;
}

bool gitlab_commit(const json_t *j, struct commit *out)
{
	struct commit c = { 0 };
	const json_t *parents = json_path(j, "parent_ids");
	const char *first = json_string_value(json_array_get(parents, 0));

	if (!id_of_commit(j, "id", &c.id))
		return false;
	AUTO_STR message = text_capped(j, "message", MAX_MESSAGE);
	const char *end = message ? strchr(message, '\n') : NULL;
	c.subject = end ? xstrndup(message, (size_t)(end - message)) : message ? xstrdup(message) : gitlab_text(j, "title");
	while (end && *end == '\n')
		end++;
	c.body = end && *end ? xstrdup(end) : NULL;
	c.author = gitlab_text(j, "author_name");
	c.email = gitlab_text(j, "author_email");
	c.committed_at_s = gitlab_time(j, "committed_date");
	if (!c.committed_at_s)
		c.committed_at_s = gitlab_time(j, "created_at");
	c.authored_at_s = gitlab_time(j, "authored_date");
	c.n_parents = (uint32_t)json_array_size(parents);
	if (!first || !oid_parse(sv_of(first), &c.parent))
		c.parent = (struct oid){ 0 };
	*out = c;
	return true;
}

bool gitlab_branch(const json_t *j, struct branch *out)
{
	struct branch b = { .name = gitlab_text(j, "name") };

	if (!b.name)
		return false;
	id_of_commit(j, "commit.id", &b.tip);
	b.tip_author = gitlab_text(j, "commit.author_name");
	b.tip_subject = gitlab_text(j, "commit.title");
	b.tip_at_s = gitlab_time(j, "commit.committed_date");
	b.is_default = json_bool(j, "default", false);
	*out = b;
	return true;
}

/* ---- jobs and pipelines ------------------------------------------------------------------------------------------------------- */
static char *state_word(const json_t *j, enum job_state *ret)
{
	char *word = text_capped(j, "status", 60);

	*ret = job_state_of(word);
	for (char *p = word; p && *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	return word;
}

/* What the state alone allows, where the answer does not say (REST). */
static void job_allows(const json_t *j, struct job *job)
{
	bool archived = json_bool(j, "archived", false);
	bool ended = job->state == JOB_SUCCESS || job->state == JOB_FAILED || job->state == JOB_CANCELED;

	job->retryable = json_bool(j, "retryable", ended && !archived && !job->retried);
	job->cancelable = json_bool(j, "cancelable", job_state_cancelable(job->state));
	job->playable = json_bool(j, "playable", !archived && (job->state == JOB_MANUAL || job->state == JOB_SCHEDULED));
}

static uint64_t archived_log_bytes(const json_t *j)
{
	const json_t *files = json_path(j, "artifacts");

	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *file = json_array_get(files, i);
		if (!strcmp(json_str(file, "file_type", ""), "trace"))
			return (uint64_t)MAX_OF(json_int(file, "size", 0), 0);
	}
	return 0;
}

static int64_t either_time(const json_t *j, const char *rest, const char *graphql)
{
	int64_t at_s = gitlab_time(j, rest);
	return at_s ? at_s : gitlab_time(j, graphql);
}

bool gitlab_job(const json_t *j, struct job *out)
{
	struct job job = { .id = gitlab_id(j, "id") };

	if (!job.id)
		return false;
	job.pipeline_id = gitlab_id(j, "pipeline.id");
	if (!job.pipeline_id)
		job.pipeline_id = gitlab_id(j, "pipeline_id");
	job.name = gitlab_text(j, "name");
	job.ref = gitlab_text(j, "ref");
	job.source = gitlab_text(j, "pipeline.source");
	job.state_word = state_word(j, &job.state);
	job.failure_reason = gitlab_text(j, "failure_reason");
	if (!job.failure_reason && job.state == JOB_FAILED)
		job.failure_reason = gitlab_text(j, "failureMessage");
	job.web_url = gitlab_text(j, "web_url");
	job.runner = gitlab_text(j, "runner.description");
	if (!id_of_commit(j, "pipeline.sha", &job.commit) && !id_of_commit(j, "commit.id", &job.commit))
		id_of_commit(j, "sha", &job.commit);
	job.created_at_s = either_time(j, "created_at", "createdAt");
	job.queued_at_s = either_time(j, "queued_at", "queuedAt");
	job.started_at_s = either_time(j, "started_at", "startedAt");
	job.ended_at_s = either_time(j, "finished_at", "finishedAt");
	job.log_bytes = archived_log_bytes(j);
	job.allow_failure = json_bool(j, "allow_failure", json_bool(j, "allowFailure", false));
	job.retried = json_bool(j, "retried", false);
	job.stuck = json_bool(j, "stuck", false);
	job_allows(j, &job);
	*out = job;
	return true;
}

bool gitlab_pipeline(const json_t *j, struct pipeline *out)
{
	struct pipeline p = { .id = gitlab_id(j, "id") };

	if (!p.id)
		return false;
	id_of_commit(j, "sha", &p.commit);
	p.ref = gitlab_text(j, "ref");
	p.source = gitlab_text(j, "source");
	p.state_word = state_word(j, &p.state);
	p.web_url = gitlab_text(j, "web_url");
	p.problem = gitlab_text(j, "yaml_errors");
	if (!p.problem && json_bool(j, "yamlErrors", false))
		p.problem = xstrdup("its .gitlab-ci.yml has errors");
	p.created_at_s = either_time(j, "created_at", "createdAt");
	*out = p;
	return true;
}

void pipelines_fini(pipelines *p)
{
	for (size_t i = 0; i < p->len; i++)
		pipeline_fini(&p->items[i]);
	VEC_FINI(p);
}

/* ---- accounts, the registry ---------------------------------------------------------------------------------------------------- */
void gitlab_user(const json_t *j, struct account *a)
{
	AUTO_STR user = gitlab_text(j, "username");
	AUTO_STR name = gitlab_text(j, "name");
	AUTO_STR commit_email = gitlab_text(j, "commit_email");
	AUTO_STR email = gitlab_text(j, "email");

	if (!user)
		return;
	str_replace(&a->email, commit_email && *commit_email ? commit_email : email && *email ? email : NULL);
	str_replace(&a->user, user);
	str_replace(&a->name, name);
	a->id = gitlab_id(j, "id");
	/* "project_7_bot_1a2b" and "group_7_bot_…" are whom such tokens speak for */
	a->bot = json_bool(j, "bot", (sv_starts(sv_of(user), SV("project_")) || sv_starts(sv_of(user), SV("group_"))) && strstr(user, "_bot"));
}

static int64_t day_time(const json_t *j, const char *key)
{
	const char *day = json_str(j, key, NULL);
	int64_t at_s = 0;

	if (day && strlen(day) == 10) { /* a day alone: GitLab ends a token at its midnight, UTC */
		AUTO_STR whole = xasprintf("%sT00:00:00Z", day);
		return time_parse_rfc3339(sv_of(whole), &at_s) ? at_s : 0;
	}
	return gitlab_time(j, key);
}

void gitlab_token_self(const json_t *j, struct account *a)
{
	const json_t *scopes = json_path(j, "scopes");
	AUTO(buf_fini) struct buf all = BUF_INIT_MAX(MAX_TEXT);
	AUTO_STR name = gitlab_text(j, "name");

	if (!json_is_array(scopes))
		scopes = json_path(j, "scope");
	for (size_t i = 0; i < json_array_size(scopes); i++) {
		const char *one = json_string_value(json_array_get(scopes, i));
		if (one && *one && !strchr(one, ' '))
			buf_addf(&all, "%s%s", all.len ? " " : "", one);
	}
	if (json_is_array(scopes))
		str_replace(&a->scopes, buf_str(&all));
	str_replace(&a->token_name, name);
	a->expires_at_s = day_time(j, "expires_at");
	a->revoked = json_bool(j, "revoked", false) || !json_bool(j, "active", true);
}

bool gitlab_tag(const json_t *j, struct registry_tag *out)
{
	char *name = gitlab_text(j, "name");

	if (!name)
		return false;
	*out = (struct registry_tag){ .name = name, .ref = gitlab_text(j, "location"), .digest = gitlab_text(j, "digest"),
		.size_bytes = (uint64_t)MAX_OF(json_int(j, "total_size", 0), 0), .created_at_s = gitlab_time(j, "created_at"), .present = true };
	return true;
}

/* ---- errors: docs of every shape stand in lib/api/helpers.rb and the OAuth guard ------------------------------------------------- */
static void add_words(struct buf *b, const char *s)
{
	if (s && *s)
		buf_addf(b, "%s%.*s", b->len ? "; " : "", (int)utf8_floor(sv_of(s), MAX_WORDS), s);
}

/* {"name": ["has already been taken"], "base": ["Reference not found"]}, lists, and one level more of either */
static void flatten(const json_t *j, const char *label, int depth, struct buf *ret)
{
	const char *key;
	const json_t *value;
	size_t i;

	if (json_is_string(j)) {
		bool bare = !label || !strcmp(label, "base") || !strcmp(label, "error") || !strcmp(label, "message");
		AUTO_STR one = bare ? xstrdup(json_string_value(j)) : xasprintf("%s %s", label, json_string_value(j));
		add_words(ret, one);
	} else if (depth < 3 && ret->len < MAX_WORDS && json_is_object(j)) {
		json_object_foreach((json_t *)(uintptr_t)j, key, value)
			flatten(value, key, depth + 1, ret);
	} else if (depth < 3 && ret->len < MAX_WORDS && json_is_array(j)) {
		json_array_foreach(j, i, value)
			flatten(value, label, depth + 1, ret);
	}
}

static void words_of_text(struct sv body, struct buf *ret)
{
	struct sv line = sv_trim(body);
	const char *end = memchr(line.p ? line.p : "", '\n', line.len);

	if (end)
		line.len = (size_t)(end - line.p);
	line = sv_trim(line);
	if (line.len && line.p[0] != '<')
		buf_add(ret, line.p, utf8_floor(line, MAX_WORDS));
}

void gitlab_words(struct sv body, struct buf *ret)
{
	AUTO_JSON j = json_read(body, 1 << 20, NULL);
	AUTO(buf_fini) struct buf words = BUF_INIT_MAX(8 * MAX_WORDS);
	static const char *const keys[] = { "message", "error_description", "error", "errors" };

	if (!json_is_object(j)) {
		words_of_text(j ? SV("") : body, ret);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys) && !words.len; i++) {
		const json_t *value = json_object_get(j, keys[i]);
		if (!strcmp(keys[i], "errors") && json_is_object(json_array_get(value, 0)))
			add_words(&words, json_str(json_array_get(value, 0), "message", NULL));
		else
			flatten(value, NULL, 0, &words);
	}
	buf_add(ret, buf_str(&words), utf8_floor(buf_sv(&words), MAX_WORDS));
}

bool gitlab_is_taken(const char *words)
{
	return strstr(words, "already been taken") != NULL;
}

/* "unknown input arguments: a, b, `c` input: required value has not been provided, …" */
bool gitlab_input_words(const char *words, struct buf *ret, const char **ret_hint)
{
	static const struct { const char *theirs, *ours, *hint; } kinds[] = {
		{ "required value", "is needed", "give it with --input NAME=VALUE" },
		{ "provided value is not a string", "must be text", "put it in double quotes: --input 'NAME=\"7\"'" },
		{ "provided value is not a number", "must be a number", "give one: --input NAME=7, without quotes" },
		{ "provided value is not a boolean", "must be true or false", "give --input NAME=true or NAME=false" },
		{ "provided value is not an array", "must be a list", "give one: --input 'NAME=[\"a\", \"b\"]'" },
		{ "provided value does not match", "has not the form that the project wants", "its pattern is at the top of .gitlab-ci.yml, below spec" },
		{ "`", "can't have this value", "those that it can have are at the top of .gitlab-ci.yml, below spec" },
	};
	static const char unknown[] = "unknown input arguments: ", mark[] = "` input: ";
	const char *at = strstr(words, unknown), *end;

	*ret_hint = NULL;
	if (strstr(words, "inputs not defined")) {
		buf_add_str(ret, "its .gitlab-ci.yml takes no inputs");
		*ret_hint = "leave them out, or name them there in a header: spec, inputs";
	}
	if (at) {
		at += strlen(unknown);
		end = strstr(at, ", `");
		buf_addf(ret, "its .gitlab-ci.yml has no input %.*s", end ? (int)(end - at) : (int)strlen(at), at);
		*ret_hint = "those that it has are at its top, below spec";
	}
	for (at = words; (end = strstr(at, mark)); at = end + strlen(mark)) {
		const char *name = end, *rest = end + strlen(mark);
		while (name > at && name[-1] != '`')
			name--;
		for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
			if (!sv_starts(sv_of(rest), sv_of(kinds[i].theirs)))
				continue;
			buf_addf(ret, "%sthe input %.*s %s", ret->len ? "; " : "", (int)(end - name), name, kinds[i].ours);
			*ret_hint = *ret_hint ? *ret_hint : kinds[i].hint;
			break;
		}
	}
	return *ret_hint != NULL;
}

bool gitlab_missing_scope(struct sv body, struct buf *ret)
{
	AUTO_JSON j = json_read(body, 1 << 20, NULL);

	if (strcmp(json_str(j, "error", ""), "insufficient_scope") != 0)
		return false;
	buf_add_str(ret, json_str(j, "scope", ""));
	return true;
}
