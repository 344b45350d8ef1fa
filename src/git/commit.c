/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <iconv.h>
#include "git/commit_scan.h"
#include "git/git_priv.h"

/* The text in UTF-8 where the commit says what it is written in and iconv knows that; else its bytes as they are. */
static char *text_decode(struct sv s, struct sv encoding)
{
	AUTO_STR from = sv_dup(encoding);

	if (!encoding.len || !strcasecmp(from, "utf-8") || !strcasecmp(from, "utf8"))
		return sv_dup(s);
	iconv_t cd = iconv_open("UTF-8", from);
	if (cd == (iconv_t)-1)
		return sv_dup(s);
	size_t in_left = s.len, out_left = s.len * 4 + 4; /* no charset's byte grows beyond a 4-byte character */
	char *out = xmalloc(out_left + 1), *in = (char *)(uintptr_t)s.p, *at = out;
	bool ok = iconv(cd, &in, &in_left, &at, &out_left) != (size_t)-1;
	iconv_close(cd);
	if (!ok) {
		free(out);
		return sv_dup(s);
	}
	*at = '\0';
	return out;
}

static void message_fill(struct commit *out, struct sv message, struct sv encoding)
{
	struct sv rest = message, line = { "", 0 };

	/* git shows no empty lines before the subject either */
	while (rest.len && (*rest.p == '\n' || *rest.p == '\r'))
		rest = (struct sv){ rest.p + 1, rest.len - 1 };
	sv_split(&rest, '\n', &line);
	out->subject = text_decode(sv_trim(line), encoding);
	while (rest.len && rest.p[0] == '\n')
		rest = (struct sv){ rest.p + 1, rest.len - 1 };
	while (rest.len && (rest.p[rest.len - 1] == '\n' || rest.p[rest.len - 1] == ' '))
		rest.len--;
	out->body = rest.len ? text_decode(rest, encoding) : NULL;
}

static void commit_fill(struct commit *out, const struct oid *id, const struct commit_scan *c)
{
	*out = (struct commit){ .id = *id, .authored_at_s = c->author.at_s, .committed_at_s = c->committer.at_s };
	out->author = text_decode(c->author.name, c->encoding);
	out->email = text_decode(c->author.email, c->encoding);
	out->n_parents = (uint32_t)c->n_parents;
	commit_scan_parent(c, 0, &out->parent);
	message_fill(out, c->message, c->encoding);
}

int commit_read(struct repo *r, const struct oid *id, git_odb_object **ret_object, struct commit_scan *ret, struct err *reterr)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	char hex[OID_HEX + 1];
	git_oid gid;

	oid_hex(id, hex);
	int rc = git_odb_read(&object, r->odb, oid_to_git(id, &gid));
	if (rc == GIT_ENOTFOUND)
		return err_set(reterr, ERR_NOT_FOUND, "commit %s is not in this repository", hex);
	if (rc)
		return git_fail(reterr, rc, "commit %s can't be read", hex);
	if (git_odb_object_type(object) != GIT_OBJECT_COMMIT
	    || !commit_scan((struct sv){ git_odb_object_data(object), git_odb_object_size(object) }, ret))
		return err_set(reterr, ERR_DECODE, "%s is not a commit", hex);
	*ret_object = object;
	object = NULL;
	return 0;
}

int repo_commit(struct repo *r, const struct oid *id, struct commit *out, struct err *reterr)
{
	AUTO(git_odb_object_free_p) git_odb_object *object = NULL;
	struct commit_scan c;
	int rc = commit_read(r, id, &object, &c, reterr);

	if (rc < 0)
		return rc;
	commit_fill(out, id, &c);
	return 0;
}

static bool parse_to_commit(struct repo *r, const char *spec, struct oid *ret, int *ret_rc)
{
	AUTO(git_object_free_p) git_object *object = NULL, *commit = NULL;

	*ret_rc = git_revparse_single(&object, r->git, spec);
	if (*ret_rc || (*ret_rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT)))
		return false;
	oid_from_git(ret, git_object_id(commit));
	return true;
}

/* "1a2b3c~2" -> "<40 digits>~2". libgit2 would find the object by its beginning and read it on the way, by the reader that
 * git/loose.h tells of. */
static char *expand(struct repo *r, const char *rev, int *ret_rc)
{
	size_t len = strspn(rev, "0123456789abcdefABCDEF");
	char hex[OID_HEX + 1];
	struct oid full;
	git_oid prefix, id;

	*ret_rc = 0;
	if (len < GIT_OID_MINPREFIXLEN || len >= OID_HEX || (rev[len] && !strchr("~^:@", rev[len])) || git_oid_fromstrn(&prefix, rev, len))
		return xstrdup(rev);
	*ret_rc = git_odb_exists_prefix(&id, r->odb, &prefix, len);
	if (*ret_rc == GIT_EAMBIGUOUS)
		return NULL;
	if (*ret_rc) {
		*ret_rc = 0;
		return xstrdup(rev);
	}
	oid_from_git(&full, &id);
	oid_hex(&full, hex);
	return xasprintf("%s%s", hex, rev + len);
}

int repo_resolve(struct repo *r, const char *rev, struct oid *ret, struct err *reterr)
{
	static const char *const spaces[] = { "refs/heads/", "refs/remotes/", "refs/tags/" };
	int rc;

	if (!*rev)
		return err_set(reterr, ERR_USAGE, "an empty name is no branch, tag or commit");
	/* A branch first: one that is called "deadbeef" or "HEAD~1"-like is what its owner sees in the list. */
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
		AUTO_STR ref = xasprintf("%s%s", spaces[i], rev);
		if (repo_ref_tip(r, ref, ret))
			return 0;
	}
	AUTO_STR expanded = expand(r, rev, &rc);
	if (expanded && parse_to_commit(r, expanded, ret, &rc))
		return 0;
	if (rc == GIT_EAMBIGUOUS) {
		err_set(reterr, ERR_CONFLICT, "\"%s\" is the beginning of more than one commit", rev);
		err_hint(reterr, "give more of its digits");
		return -ERR_CONFLICT;
	}
	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC) {
		err_set(reterr, ERR_NOT_FOUND, "no branch, tag or commit is called \"%s\"", rev);
		err_hint(reterr, "`git -C %s branch -a` lists the branches", r->gitdir);
		return -ERR_NOT_FOUND;
	}
	return git_fail(reterr, rc, "\"%s\" is not a commit", rev);
}
