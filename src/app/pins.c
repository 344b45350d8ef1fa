/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pin, unpin: the key `image` of .renku/renku.ini, as a commit on the branch that ends at the commit that was named. Where the branch
 * has moved on, or is not to be moved, the commit is on a branch beside it, which somebody merges: nobody's branch is moved back,
 * and no work tree is changed under its owner's hands.
 */
#include "app/deeds.h"
#include "berth/path.h"

enum { INI_MAX = 256 << 10 };

struct pinning {
	struct ask *ask;
	struct oid commit;
	char *image;                   /* NULL: unpin */
	char *branch;
	bool beside;                   /* a new branch, which begins at the commit */
	struct buf before;
};

static void pinning_end(struct pinning *p, const struct err *err)
{
	struct ask *k = p->ask;
	buf_fini(&p->before);
	free(p->image);
	free(p->branch);
	free(p);
	deed_end(k, err);
}

static void committed(void *pinning, const struct commit *c)
{
	struct pinning *p = pinning;
	char sha[8];
	oid_sha7(&c->id, sha);
	AUTO_STR text = p->image ? xasprintf("the commit %s on %s pins %s%s", sha, p->branch, p->image, p->beside ? " (a branch beside: merge it to have it there)" : "")
	                         : xasprintf("the commit %s on %s pins no image any more%s", sha, p->branch, p->beside ? " (a branch beside: merge it to have it there)" : "");
	deed_say(p->ask, text);
}

static void commit_end(void *pinning, const struct err *err)
{
	pinning_end(pinning, err);
}

static void commit_file(struct pinning *p, const struct buf *after)
{
	struct ask *k = p->ask;
	struct app *a = k->app;
	const struct project *project = a ? store_project(a->store, k->project) : NULL;
	struct err err = { 0 };
	char hex[OID_HEX + 1];
	if (!project) {
		err_set(&err, a ? ERR_NOT_FOUND : ERR_CANCELLED, a ? "the project is gone" : "cancelled");
		pinning_end(p, &err);
		return;
	}
	oid_hex(&p->commit, hex);
	AUTO_STR message = p->image ? xasprintf("Pin the image %s", p->image) : xstrdup("Pin no image");
	const struct forge_file_action action = { FORGE_FILE_PUT, RENKU_INI, buf_sv(after) };
	const struct forge_commit_query q = { .project = project, .branch = p->branch, .message = message, .start = p->beside ? hex : NULL, .actions = &action, .n_actions = 1,
		.parent = &p->commit, .author = local_user() };
	k->call = forge_commit_files(forge_of(a, project), &q, committed, commit_end, p);
}

static void file_got(void *pinning, struct sv bytes)
{
	buf_add_sv(&((struct pinning *)pinning)->before, bytes);
}

static void file_end(void *pinning, const struct err *err)
{
	struct pinning *p = pinning;
	AUTO(buf_fini) struct buf after = BUF_INIT_MAX(2 * INI_MAX);
	struct err why = { 0 };
	if (err && err->code != ERR_NOT_FOUND)
		pinning_end(p, err);
	else if (image_pin_put(buf_sv(&p->before), p->image, &after, &why) < 0)
		pinning_end(p, &why);
	else
		commit_file(p, &after);
}

static bool has_own(const struct subject *s)
{
	enum image_state state = s->image ? s->image->state : IMAGE_UNKNOWN;
	return s->image && s->image->ref && (state == IMAGE_READY || state == IMAGE_AVAILABLE || state == IMAGE_SAME_AS);
}

int may_pin_own(const struct subject *s, struct err *reterr)
{
	if (has_own(s))
		return 0;
	err_set(reterr, ERR_NOT_FOUND, "the commit has no image of its own that could be pinned");
	err_hint(reterr, "Name one (berth pin --image IMAGE), or build it first.");
	return -ERR_NOT_FOUND;
}

/* 400: the host's word about this branch; other refusals are about the account or the project. */
bool app_beside_helps(const struct app_deed_query *q, const struct err *err)
{
	bool pins = q->deed == APP_PIN || q->deed == APP_UNPIN;
	return pins && !q->beside && err && (err->code == ERR_BUSY || (err->code == ERR_DENIED && err->http == 400));
}

void pin_begin(struct ask *k, const struct subject *s, const struct app_deed_query *q)
{
	const char *image = q->deed == APP_UNPIN ? NULL : q->image ? q->image : s->image->ref;
	struct pinning *p = xcalloc(1, sizeof *p);
	char sha[8];
	oid_sha7(&q->commit, sha);
	*p = (struct pinning){ .ask = k, .commit = q->commit, .image = xstrdup(image), .beside = q->beside || !s->tip, .before = BUF_INIT_MAX(INI_MAX) };
	p->branch = p->beside ? xasprintf("%s/%s", q->deed == APP_UNPIN ? "unpin" : "pin", sha) : xstrdup(s->tip->name);
	const struct forge_file_query file = { .project = s->project, .commit = q->commit, .path = RENKU_INI, .max_bytes = INI_MAX };
	k->call = forge_file(s->forge, &file, file_got, file_end, p);
}
