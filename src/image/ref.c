/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The name of a commit's image. A repository name is made of components of [a-z0-9] runs, joined by one '.', one or two '_'
 * or any number of '-' (the grammar of distribution/reference); a project's path can be anything. Where the path itself is no
 * such name, a hash of it is put behind, so that "Data Set" and "data-set" stay two projects.
 */
#include "berth/image.h"

enum { PATH_MAX_LEN = 180 };       /* the whole name, with tag and host, must stay below 255 */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_joint(struct sv s)
{
	size_t dashes = 0;
	while (dashes < s.len && s.p[dashes] == '-')
		dashes++;
	return s.len && (dashes == s.len || sv_eq(s, SV(".")) || sv_eq(s, SV("_")) || sv_eq(s, SV("__")));
}

/* Adds one component made valid. What stands between two runs of letters and digits is kept when it is a joint, else '-'. */
static void add_component(struct buf *b, struct sv s)
{
	size_t start = b->len, i = 0;
	while (i < s.len) {
		size_t joint = i;
		while (i < s.len && !is_alnum(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'Z'))
			i++;
		struct sv between = { s.p + joint, i - joint };
		if (i == s.len)
			break;
		if (b->len > start && between.len)
			buf_add_sv(b, is_joint(between) ? between : SV("-"));
		for (; i < s.len; i++) {
			char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
			if (!is_alnum(c))
				break;
			buf_add_char(b, c);
		}
	}
	if (b->len == start)
		buf_add_char(b, 'x');
}

static void cut(struct buf *b, size_t max)
{
	if (b->len <= max)
		return;
	buf_cut_to(b, max);
	while (b->len && !is_alnum(b->p[b->len - 1]))
		buf_cut_to(b, b->len - 1);
}

char *image_local_ref_of(const struct project *p, const struct oid *commit)
{
	AUTO(buf_fini) struct buf name = BUF_INIT;
	struct sv path = sv_of(p->path ? p->path : ""), rest = path, part;
	char sha[8];
	for (bool first = true; sv_split(&rest, '/', &part); first = false) {
		if (!first)
			buf_add_char(&name, '/');
		add_component(&name, part);
	}
	cut(&name, PATH_MAX_LEN);
	if (!sv_eq(buf_sv(&name), path))
		buf_addf(&name, "-%010llx", (unsigned long long)(hash_bytes(path.p, path.len) & 0xffffffffffULL));
	oid_sha7(commit, sha);
	return xasprintf("berth/%s:%s", buf_str(&name), sha);
}

char *image_ref_of(const struct project *p, const struct oid *commit)
{
	char sha[8];
	if (!p->image_prefix)
		return image_local_ref_of(p, commit);
	oid_sha7(commit, sha);
	return xasprintf("%s:%s", p->image_prefix, sha);
}
