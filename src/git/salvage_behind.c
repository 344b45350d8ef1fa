/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many commits the project's branch has that a workspace lacks. What the workspace has as a remote branch is as old as its last fetch;
 * where the project's repository lies on this machine, the branch there is looked at, and its commits are counted there: the workspace may
 * not have them.
 */
#include "git/salvage.h"

enum { BEHIND_MOST = 100000 };

static bool is_in(struct repo *r, const git_oid *id) { return git_odb_exists(r->odb, id) == 1; }

static bool leads_to(struct repo *workspace, const git_oid *head, const git_oid *id)
{
	return git_oid_equal(head, id) || git_graph_descendant_of(workspace->git, head, id) == 1;
}

/* From the tip down to what HEAD has too: HEAD itself where the project has it, else what below HEAD is known to be there. */
static uint32_t count_there(struct repo *there, struct repo *workspace, const git_oid *tip, const git_oid *head, const git_oid *known, size_t n_known)
{
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_oid at;
	uint32_t n = 0;

	if (git_revwalk_new(&walk, there->git) || git_revwalk_push(walk, tip))
		return 0;
	if (is_in(there, head))
		git_revwalk_hide(walk, head);
	for (size_t i = 0; i < n_known; i++)
		if (is_in(there, &known[i]) && leads_to(workspace, head, &known[i]))
			git_revwalk_hide(walk, &known[i]);
	while (n < BEHIND_MOST && !git_revwalk_next(&at, walk))
		n++;
	return n;
}

static const struct git_ref *branch_there(const struct salvage_spec *spec, const char *branch)
{
	AUTO_STR full = xasprintf("refs/heads/%s", branch);

	for (size_t i = 0; spec->elsewhere && i < spec->elsewhere->len; i++)
		if (!strcmp(spec->elsewhere->items[i].name, full))
			return &spec->elsewhere->items[i];
	return NULL;
}

uint32_t salvage_behind(struct repo *workspace, const char *branch, const git_oid *head, const struct salvage_spec *spec, const git_oid *known, size_t n_known, struct oid *ret_tip)
{
	AUTO(repo_free_p) struct repo *there = NULL;
	AUTO_STR remote = xasprintf("refs/remotes/origin/%s", branch);
	const struct git_ref *ref = branch_there(spec, branch);
	VEC(git_oid) tips = VEC_INIT;
	git_oid fetched, tip;
	size_t ahead, behind;
	uint32_t n = 0;
	bool has_fetched = !git_reference_name_to_id(&fetched, workspace->git, remote) && is_in(workspace, &fetched);

	*ret_tip = ref ? ref->id : (struct oid){ { 0 } };
	if (!ref && has_fetched)
		oid_from_git(ret_tip, &fetched);
	if (ref && spec->elsewhere_dir && !repo_open(spec->elsewhere_dir, &there, NULL)) {
		for (size_t i = 0; i < n_known; i++)
			VEC_PUSH(&tips, known[i]);
		if (has_fetched)
			VEC_PUSH(&tips, fetched);
		n = count_there(there, workspace, oid_to_git(&ref->id, &tip), head, tips.items, tips.len);
		VEC_FINI(&tips);
	} else if (has_fetched && !git_graph_ahead_behind(&ahead, &behind, workspace->git, head, &fetched)) {
		n = (uint32_t)behind;
	}
	return n;
}
