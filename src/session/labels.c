/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels: what an engine remembers of a session. Never a secret. */
#include <inttypes.h>

#include "berth/mem.h"
#include "berth/text.h"
#include "config.h"
#include "parts.h"

void labels_add(struct label_set *set, const char *name, const char *value)
{
	if (!value || set->n == LABELS_MAX)
		return;
	set->owned[set->n] = xstrdup(value);
	set->items[set->n] = (struct net_header){ name, set->owned[set->n] };
	set->n++;
}

void labels_fini(struct label_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->owned[i]);
	set->n = 0;
}

static void add_number(struct label_set *set, const char *name, uint64_t n)
{
	AUTO_STR text = xasprintf("%" PRIu64, n);
	labels_add(set, name, text);
}

void labels_of(struct label_set *set, const struct session *s, const char *pending)
{
	char hex[OID_HEX + 1];
	AUTO_STR cpus = xasprintf("%.4g", s->cpu_limit_cores);
	oid_hex(&s->commit, hex);
	labels_add(set, LABEL("session"), s->name);
	labels_add(set, LABEL("version"), PACKAGE_VERSION);
	labels_add(set, LABEL("forge"), s->forge);
	labels_add(set, LABEL("project"), s->project);
	labels_add(set, LABEL("branch"), s->branch);
	labels_add(set, LABEL("commit"), hex);
	labels_add(set, LABEL("image"), s->image_ref);
	labels_add(set, LABEL("owner"), s->owner);
	labels_add(set, LABEL("default-url"), s->default_url);
	labels_add(set, LABEL("access"), s->has_token ? "token" : "open");
	add_number(set, LABEL("port"), s->port);
	add_number(set, LABEL("created"), (uint64_t)s->created_at_s);
	add_number(set, LABEL("memory"), s->memory_limit_bytes);
	labels_add(set, LABEL("cpus"), cpus);
	add_number(set, LABEL("pids"), s->pids_limit);
	add_number(set, LABEL("gpus"), s->gpus);
	add_number(set, LABEL("disk"), s->disk_limit_bytes);
	add_number(set, LABEL("shm"), s->shm_bytes);
	add_number(set, LABEL("idle"), s->idle_limit_s);
	labels_add(set, LABEL("lfs"), s->lfs ? "yes" : "no");
	labels_add(set, LABEL("workdir"), s->workdir);
	labels_add(set, LABEL("home"), s->home);
	labels_add(set, LABEL("pending"), pending);
}

const char *label_get(const struct net_header *labels, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(labels[i].name, name) == 0)
			return labels[i].value;
	return NULL;
}

static uint64_t get_number(const struct net_header *labels, size_t n, const char *name, uint64_t most)
{
	uint64_t v = 0;
	const char *text = label_get(labels, n, name);
	return text && sv_to_u64(sv_of(text), &v) && v <= most ? v : 0;
}

void labels_read(const struct net_header *labels, size_t n, struct session *ret)
{
	const char *commit = label_get(labels, n, LABEL("commit")), *cpus = label_get(labels, n, LABEL("cpus"));
	const char *lfs = label_get(labels, n, LABEL("lfs"));
	const char *url = label_get(labels, n, LABEL("default-url")), *access = label_get(labels, n, LABEL("access"));
	*ret = (struct session){ 0 };
	ret->name = xstrdup(label_get(labels, n, LABEL("session")));
	ret->forge = xstrdup(label_get(labels, n, LABEL("forge")));
	ret->project = xstrdup(label_get(labels, n, LABEL("project")));
	ret->branch = xstrdup(label_get(labels, n, LABEL("branch")));
	ret->image_ref = xstrdup(label_get(labels, n, LABEL("image")));
	ret->owner = xstrdup(label_get(labels, n, LABEL("owner")));
	ret->default_url = xstrdup(url ? url : "");
	ret->workdir = xstrdup(label_get(labels, n, LABEL("workdir")));
	ret->home = xstrdup(label_get(labels, n, LABEL("home")));
	ret->volume = ret->name ? xasprintf(NAME_PREFIX "%s", ret->name) : NULL;
	ret->has_token = access && strcmp(access, "token") == 0;
	ret->port = (uint16_t)get_number(labels, n, LABEL("port"), UINT16_MAX);
	ret->created_at_s = (int64_t)get_number(labels, n, LABEL("created"), INT64_MAX);
	ret->memory_limit_bytes = get_number(labels, n, LABEL("memory"), UINT64_MAX);
	ret->pids_limit = (uint32_t)get_number(labels, n, LABEL("pids"), UINT32_MAX);
	ret->gpus = (uint32_t)get_number(labels, n, LABEL("gpus"), UINT32_MAX);
	ret->disk_limit_bytes = get_number(labels, n, LABEL("disk"), UINT64_MAX);
	ret->shm_bytes = get_number(labels, n, LABEL("shm"), UINT64_MAX);
	ret->idle_limit_s = (uint32_t)get_number(labels, n, LABEL("idle"), UINT32_MAX);
	ret->lfs = lfs && strcmp(lfs, "yes") == 0;
	if (!commit || !oid_parse(sv_of(commit), &ret->commit))
		ret->commit = (struct oid){ { 0 } };
	if (!cpus || !sv_to_double(sv_of(cpus), &ret->cpu_limit_cores))
		ret->cpu_limit_cores = 0;
	if (ret->port)
		ret->address = xasprintf("http://127.0.0.1:%u", ret->port);
}
