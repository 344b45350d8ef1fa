/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The user of an image, as numbers: files of the workspace and the memory file system belong to it. */
#include "berth/mem.h"
#include "parts.h"

enum { FIELDS_MAX = 7 };

void image_user_fini(struct image_user *u)
{
	free(u->name);
	free(u->home);
	*u = (struct image_user){ 0 };
}

static size_t split_fields(struct sv line, struct sv *ret)
{
	size_t n = 0;
	while (n < FIELDS_MAX && sv_split(&line, ':', &ret[n]))
		n++;
	return n;
}

static bool number_of(struct sv s, uint32_t *ret)
{
	uint64_t n = 0;
	if (!sv_to_u64(s, &n) || n >= UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* The line of a passwd or group file whose name (or, for a number, id) is `who`. */
static bool find_line(struct sv file, struct sv who, struct sv fields[FIELDS_MAX], size_t least)
{
	struct sv line;
	uint32_t wanted = 0, id = 0;
	bool by_id = number_of(who, &wanted);
	while (sv_split(&file, '\n', &line)) {
		size_t n = split_fields(line, fields);
		if (n < least || !number_of(fields[2], &id))
			continue;
		if (sv_eq(fields[0], who) || (by_id && id == wanted))
			return true;
	}
	return false;
}

static int unknown(struct sv who, const char *file, struct err *reterr)
{
	err_set(reterr, ERR_FAILED, "the image wants to run as '%.*s', which its %s doesn't have", (int)MIN_OF(who.len, 60u), who.p, file);
	err_hint(reterr, "Correct USER in its Dockerfile, or use a number there.");
	return -ERR_FAILED;
}

int image_user_resolve(const char *user, struct sv passwd, struct sv group, struct image_user *ret, struct err *reterr)
{
	struct sv rest = sv_of(user ? user : ""), who = { "", 0 }, gr = { "", 0 }, f[FIELDS_MAX];
	*ret = (struct image_user){ 0 };
	sv_split(&rest, ':', &who);
	if (rest.p)
		gr = rest;
	if (!who.len)
		who = SV("0");
	if (find_line(passwd, who, f, 6)) {
		number_of(f[2], &ret->uid);
		if (!number_of(f[3], &ret->gid))
			ret->gid = 0;
		ret->name = sv_dup(f[0]);
		ret->home = f[5].len && f[5].p[0] == '/' ? sv_dup(f[5]) : NULL;
	} else if (!number_of(who, &ret->uid)) {
		return unknown(who, "/etc/passwd", reterr);
	}
	if (!gr.len)
		return 0;
	if (find_line(group, gr, f, 3))
		number_of(f[2], &ret->gid);
	else if (!number_of(gr, &ret->gid)) {
		image_user_fini(ret);
		return unknown(gr, "/etc/group", reterr);
	}
	return 0;
}
