/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved work, taken apart again: what was HEAD, what was staged, what were only files. And what it changes, as a patch. */
#include "git/salvage.h"

DEFINE_AUTO(git_diff_free, git_diff)

struct sv salvage_message_value(const char *message, const char *key)
{
	struct sv rest = sv_of(message), line, k = sv_of(key);

	while (sv_split(&rest, '\n', &line))
		if (sv_starts(line, k))
			return sv_trim((struct sv){ line.p + k.len, line.len - k.len });
	return (struct sv){ "", 0 };
}

/* "work", "staged", or nothing for a commit that is none of ours. */
static int state_of(git_commit *c)
{
	struct sv state = salvage_message_value(git_commit_message(c), "Berth-State: ");
	return sv_eq(state, SV("work")) ? 'w' : sv_eq(state, SV("staged")) ? 's' : 0;
}

struct saved { git_commit *tip, *staged, *head; }; /* staged, head: NULL when there is none */

static void saved_fini(struct saved *s)
{
	git_commit_free(s->tip);
	git_commit_free(s->staged);
	git_commit_free(s->head);
}

static int parent_of(git_commit *c, git_commit **ret)
{
	return git_commit_parentcount(c) ? git_commit_parent(ret, c, 0) : 0;
}

static int saved_read(struct repo *r, const struct oid *tip, struct saved *ret, bool *ret_ours, struct err *reterr)
{
	git_oid id;
	git_commit *below = NULL;
	int rc = git_commit_lookup(&ret->tip, r->git, oid_to_git(tip, &id));

	*ret_ours = !rc && state_of(ret->tip) == 'w';
	if (!rc && *ret_ours)
		rc = parent_of(ret->tip, &below);
	if (!rc && below && state_of(below) == 's') {
		ret->staged = below;
		rc = parent_of(below, &ret->head);
	} else {
		ret->head = below;
	}
	return rc ? git_fail(reterr, rc, "the saved work is not whole") : 0;
}

int salvage_head_of(struct repo *r, const struct oid *tip, struct oid *ret_head, bool *ret_ours, struct err *reterr)
{
	AUTO(saved_fini) struct saved s = { 0 };
	int rc = saved_read(r, tip, &s, ret_ours, reterr);

	*ret_head = (struct oid){ { 0 } };
	if (!rc && !*ret_ours)
		*ret_head = *tip;
	else if (!rc && s.head)
		oid_from_git(ret_head, git_commit_id(s.head));
	return rc;
}

static bool same_files(const git_commit *a, const git_commit *b)
{
	return (!a && !b) || (a && b && git_oid_equal(git_commit_tree_id(a), git_commit_tree_id(b)));
}

bool salvage_same(struct repo *r, const struct oid *a, const struct oid *b)
{
	AUTO(saved_fini) struct saved x = { 0 };
	AUTO(saved_fini) struct saved y = { 0 };
	bool ours_x, ours_y;

	if (saved_read(r, a, &x, &ours_x, NULL) < 0 || saved_read(r, b, &y, &ours_y, NULL) < 0 || !ours_x || !ours_y)
		return false;
	bool same_head = (!x.head && !y.head) || (x.head && y.head && git_oid_equal(git_commit_id(x.head), git_commit_id(y.head)));
	return same_head && same_files(x.staged, y.staged) && same_files(x.tip, y.tip);
}

static int head_back(struct repo *r, const char *branch, const struct saved *s, struct err *reterr)
{
	AUTO(git_reference_free_p) git_reference *ref = NULL;
	AUTO(git_reference_free_p) git_reference *gone = NULL;
	bool detached = !branch || !strcmp(branch, "HEAD");
	AUTO_STR name = xasprintf("refs/heads/%s", detached ? "main" : branch);
	int rc;

	if (s->head && detached)
		rc = git_repository_set_head_detached(r->git, git_commit_id(s->head));
	else if (s->head)
		rc = git_reference_create(&ref, r->git, name, git_commit_id(s->head), 1, "berth: restored");
	else if (!(rc = git_reference_symbolic_create(&ref, r->git, "HEAD", name, 1, NULL)) && !git_reference_lookup(&gone, r->git, name))
		rc = git_reference_delete(gone);
	return rc ? git_fail(reterr, rc, "HEAD can't be put back to where it was") : 0;
}

static int index_back(struct repo *r, const struct saved *s, struct err *reterr)
{
	AUTO(git_index_free_p) git_index *index = NULL;
	AUTO(git_tree_free_p) git_tree *tree = NULL;
	const git_commit *from = s->staged ? s->staged : s->head;
	int rc = git_repository_index(&index, r->git);

	if (!rc && from)
		rc = git_commit_tree(&tree, from);
	if (!rc)
		rc = tree ? git_index_read_tree(index, tree) : git_index_clear(index);
	if (!rc)
		rc = git_index_write(index);
	return rc ? git_fail(reterr, rc, "the index can't be put back to what it was") : 0;
}

int salvage_unwrap(const char *dir, const char *branch, const struct oid *tip, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO(saved_fini) struct saved s = { 0 };
	bool ours;
	int rc = repo_open(dir, &r, reterr);

	if (!rc)
		rc = saved_read(r, tip, &s, &ours, reterr);
	if (rc || !ours)
		return rc; /* a plain commit: the clone is on it */
	rc = head_back(r, branch, &s, reterr);
	return rc ? rc : index_back(r, &s, reterr);
}

/* ---- a patch -------------------------------------------------------------------------------------------------------------------- */
struct patch_out { void (*piece)(void *ctx, struct sv text); void *ctx; struct buf b; };

static int patch_line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line, void *out)
{
	struct patch_out *o = out;

	if (line->origin == GIT_DIFF_LINE_CONTEXT || line->origin == GIT_DIFF_LINE_ADDITION || line->origin == GIT_DIFF_LINE_DELETION)
		buf_add_char(&o->b, line->origin);
	buf_add(&o->b, line->content, line->content_len);
	if (o->b.len >= 32 << 10) {
		o->piece(o->ctx, buf_sv(&o->b));
		buf_clear(&o->b);
	}
	return 0;
}

static int tree_of(struct repo *r, const struct oid *id, git_tree **ret)
{
	AUTO(git_commit_free_p) git_commit *c = NULL;
	git_oid oid;

	if (oid_is_zero(id))
		return 0;
	int rc = git_commit_lookup(&c, r->git, oid_to_git(id, &oid));
	return rc ? rc : git_commit_tree(ret, c);
}

int repo_patch(struct repo *r, const struct oid *from, const struct oid *to, void (*piece)(void *ctx, struct sv text), void *ctx, struct err *reterr)
{
	AUTO(git_tree_free_p) git_tree *a = NULL;
	AUTO(git_tree_free_p) git_tree *b = NULL;
	AUTO(git_diff_free_p) git_diff *diff = NULL;
	struct patch_out out = { piece, ctx, BUF_INIT };
	int rc = tree_of(r, from, &a);

	if (!rc)
		rc = tree_of(r, to, &b);
	if (!rc)
		rc = git_diff_tree_to_tree(&diff, r->git, a, b, NULL);
	if (!rc)
		rc = git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, patch_line, &out);
	if (!rc && out.b.len)
		piece(ctx, buf_sv(&out.b));
	buf_fini(&out.b);
	return rc ? git_fail(reterr, rc, "the two commits can't be compared") : 0;
}
