/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "git/git_priv.h"

static char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct sv name = sv_of(slash && slash[1] ? slash + 1 : path);

	if (name.len > 4 && sv_ends(name, SV(".git")))
		name.len -= 4;
	return sv_dup(name);
}

static bool any_branch(struct repo *r)
{
	AUTO_STR name = repo_default_branch(r);

	return name != NULL;
}

static void note_unborn(struct repo *r, struct project *out)
{
	AUTO_STR head = repo_head_ref(r);
	struct oid tip;

	if (!head || repo_ref_tip(r, head, &tip) || out->note)
		return;
	if (!any_branch(r))
		out->note = xstrdup("no commits yet");
	else if (*r->workdir)
		out->note = xasprintf("the checked-out branch %s has no commits yet",
		                      sv_starts(sv_of(head), SV("refs/heads/")) ? head + strlen("refs/heads/") : head);
}

static void describe_tip(struct repo *r, struct project *out)
{
	AUTO_STR local = xasprintf("refs/heads/%s", out->default_branch);
	AUTO_STR remote = xasprintf("refs/remotes/%s", out->default_branch);
	AUTO(commit_fini) struct commit c = { 0 };
	struct err err = { 0 };
	struct oid tip;

	if (!repo_ref_tip(r, local, &tip) && !repo_ref_tip(r, remote, &tip)) {
		const git_error *e = git_error_last();
		out->note = xasprintf("damaged: branch %s can't be read (%s)", out->default_branch, e ? e->message : "it names no commit");
	} else if (repo_commit(r, &tip, &c, &err)) {
		out->note = xasprintf("damaged: %s", err.text);
	} else {
		out->active_at_s = c.committed_at_s;
	}
}

int repo_describe(struct repo *r, struct project *out, struct err *reterr)
{
	const char *folder = *r->workdir ? r->workdir : r->gitdir;

	*out = (struct project){ .bare = !*r->workdir };
	out->name = last_part(folder);
	out->dir = xstrdup(folder);
	out->clone_url = xstrdup(folder);
	out->default_branch = repo_default_branch(r);
	if (out->default_branch)
		describe_tip(r, out);
	note_unborn(r, out);
	if (!out->note && graph_is_shallow(repo_graph(r)))
		out->note = xstrdup("shallow clone: older commits are not here");
	return 0;
}
