/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a session has pushed comes into a repository of its own first, which borrows the host's objects: only what is whole there is sent
 * on to the host's, by the same way as saved work. Then the session learns what the host's branches are now.
 */
#include <stdio.h>
#include <sys/stat.h>
#include "berth/exchange.h"
#include "berth/map.h"
#include "berth/path.h"
#include "git/place.h"

static const char beside_as[] = ": the work is there as "; /* a branch follows, to the end of the line */
enum { BESIDE_MAX = 9, REFS_MAX = 20000, PACK_MAX = 256 << 20 };

void exchange_refs_fini(exchange_refs *r)
{
	for (size_t i = 0; i < r->len; i++)
		free(r->items[i].name);
	VEC_FINI(r);
}

void exchanged_fini(struct exchanged *e)
{
	buf_fini(&e->said);
	buf_fini(&e->updates);
	buf_fini(&e->pack);
}

const char *exchange_landed(const char *line)
{
	const char *at = strstr(line, beside_as);
	return at ? at + strlen(beside_as) : NULL;
}

/* ---- what the session has --------------------------------------------------------------------------------------------------------- */
static struct exchange_ref *ref_of(exchange_refs *refs, const char *name)
{
	for (size_t i = 0; i < refs->len; i++)
		if (!strcmp(refs->items[i].name, name))
			return &refs->items[i];
	return NULL;
}

/* A stranger may list thousands: each is found by its name at once. seen: from names to their places, 1 is the first. */
static struct exchange_ref *ref_make(exchange_refs *refs, struct map *seen, const char *name)
{
	uintptr_t at = (uintptr_t)map_get(seen, sv_of(name));
	struct exchange_ref r = { .name = NULL };

	if (at)
		return &refs->items[at - 1];
	r.name = xstrdup(name);
	VEC_PUSH(refs, r);
	map_put(seen, sv_of(name), (void *)(uintptr_t)refs->len);
	return &refs->items[refs->len - 1];
}

void exchange_read(struct sv text, exchange_refs *ret)
{
	static const struct sv heads = { "refs/heads/", 11 }, bases = { "refs/berth/host/", 16 };
	AUTO(map_free_p) struct map *seen = map_new(NULL);
	struct sv line;

	if (git_room_start(NULL) < 0)
		return; /* names can't be judged before */
	while (sv_split(&text, '\n', &line) && ret->len < REFS_MAX) {
		struct oid id;
		if (line.len < OID_HEX + 2 || line.p[OID_HEX] != ' ' || !oid_parse((struct sv){ line.p, OID_HEX }, &id))
			continue;
		struct sv name = { line.p + OID_HEX + 1, line.len - OID_HEX - 1 };
		bool base = sv_starts(name, bases);
		size_t cut = base ? bases.len : heads.len;
		if (!base && !sv_starts(name, heads))
			continue;
		AUTO_STR branch = xasprintf("%.*s", (int)(name.len - cut), name.p + cut);
		AUTO_STR full = xasprintf("refs/heads/%s", branch);
		int valid = 0;
		if (git_reference_name_is_valid(&valid, full) || !valid)
			continue;
		struct exchange_ref *r = ref_make(ret, seen, branch);
		*(base ? &r->base : &r->pushed) = id;
	}
}

bool exchange_is_pushed(const struct exchange_ref *r) { return !oid_is_zero(&r->pushed) && !oid_eq(&r->pushed, &r->base); }

/* ---- a new one -------------------------------------------------------------------------------------------------------------------- */
static const char hook[] = "#!/bin/sh\nexec sh /run/berth/git-ask push\n";

static int bare_refs(struct repo *bare, struct repo *clone, const git_refs *refs, struct err *reterr)
{
	for (size_t i = 0; i < refs->len; i++) {
		AUTO(git_reference_free_p) git_reference *a = NULL, *b = NULL;
		AUTO_STR base = xasprintf("refs/berth/host/%s", refs->items[i].name + strlen("refs/heads/"));
		git_oid id;
		oid_to_git(&refs->items[i].id, &id);
		if (!git_odb_exists(clone->odb, &id))
			continue; /* came meanwhile: the first exchange brings it */
		int rc = git_reference_create(&a, bare->git, refs->items[i].name, &id, 1, NULL);
		if (!rc)
			rc = git_reference_create(&b, bare->git, base, &id, 1, NULL);
		if (rc)
			return git_fail(reterr, rc, "%s can't be written", refs->items[i].name);
	}
	return 0;
}

int exchange_prepare(const char *dir, const struct git_place *place, const char *workdir, struct err *reterr)
{
	AUTO(repo_free_p) struct repo *clone = NULL;
	AUTO(repo_free_p) struct repo *bare = NULL;
	AUTO_STR at = xasprintf("%s/.git/" EXCHANGE_DIR, dir);
	AUTO_STR info = path_join(at, "objects/info");
	AUTO_STR borrows = path_join(info, "alternates");
	AUTO_STR hooks = path_join(at, "hooks");
	AUTO_STR script = path_join(hooks, "post-receive");
	AUTO_STR origin = xasprintf("%s/.git/" EXCHANGE_DIR, workdir);
	git_refs refs = VEC_INIT;
	int rc = repo_open(dir, &clone, reterr);

	if (!rc)
		rc = place_refs(place, "refs/heads/", NULL, &refs, reterr);
	if (!rc)
		rc = repo_init_bare(at, &bare, reterr);
	repo_free(bare);
	bare = NULL;
	if (!rc && (path_make_dirs(info, reterr) < 0 || path_make_dirs(hooks, reterr) < 0 || file_write_atomic(borrows, SV("../../objects\n"), reterr) < 0 ||
	            file_write_atomic(script, sv_of(hook), reterr) < 0 || chmod(script, 0755) < 0))
		rc = -ERR_SYS;
	if (!rc)
		rc = repo_open(at, &bare, reterr);
	if (!rc)
		rc = bare_refs(bare, clone, &refs, reterr);
	git_refs_fini(&refs);
	if (!rc)
		rc = repo_config_set(dir, "remote.origin.url", origin, reterr);
	return rc ? rc : repo_config_set(dir, "remote.origin.uploadpack", "sh /run/berth/git-fetch", reterr);
}

/* ---- an exchange ------------------------------------------------------------------------------------------------------------------- */
struct run { const struct exchange *x; const atomic_bool *stop; struct repo *ours; git_refs host; struct exchanged *ret; struct err *reterr; };

static const struct git_ref *host_ref(const struct run *r, const char *branch)
{
	for (size_t i = 0; i < r->host.len; i++)
		if (!strcmp(r->host.items[i].name + strlen("refs/heads/"), branch))
			return &r->host.items[i];
	return NULL;
}

static int take_pack(struct run *r)
{
	AUTO(git_odb_free_p) git_odb *odb = NULL;
	git_odb_writepack *pack = NULL;
	git_indexer_progress stats = { 0 };
	int rc = git_repository_odb(&odb, r->ours->git);

	if (!r->x->pack.len)
		return 0;
	if (!rc)
		rc = git_odb_write_pack(&pack, odb, NULL, NULL);
	if (!rc)
		rc = pack->append(pack, r->x->pack.p, r->x->pack.len, &stats);
	if (!rc)
		rc = pack->commit(pack, &stats);
	if (pack)
		pack->free(pack);
	return rc ? git_fail(r->reterr, rc, "what the session has pushed can't be read") : 0;
}

static int quarantine(struct run *r)
{
	AUTO(repo_free_p) struct repo *host = NULL;
	AUTO_STR info = path_join(r->x->dir, "objects/info");
	AUTO_STR borrows = path_join(info, "alternates");
	int rc = repo_open(r->x->place->url, &host, r->reterr);

	if (!rc)
		rc = repo_init_bare(r->x->dir, &r->ours, r->reterr);
	if (rc)
		return rc;
	repo_free(r->ours);
	r->ours = NULL;
	AUTO_STR store = xasprintf("%s/objects\n", repo_commondir(host));
	if (path_make_dirs(info, r->reterr) < 0 || file_write_atomic(borrows, sv_of(store), r->reterr) < 0)
		return -ERR_SYS;
	rc = repo_open(r->x->dir, &r->ours, r->reterr);
	if (!rc)
		rc = take_pack(r);
	if (rc)
		return rc;
	repo_free(r->ours); /* it has looked at its store already */
	r->ours = NULL;
	return repo_open(r->x->dir, &r->ours, r->reterr);
}

static bool is_forwards(const struct run *r, const struct oid *from, const struct oid *to)
{
	git_oid a, b;
	oid_to_git(from, &a);
	oid_to_git(to, &b);
	return oid_is_zero(from) || oid_eq(from, to) || git_graph_descendant_of(r->ours->git, &b, &a) == 1;
}

static int move(struct run *r, const char *branch, const struct oid *to, struct err *reterr)
{
	const struct git_ref *there = host_ref(r, branch);
	struct oid old = there ? there->id : (struct oid){ { 0 } };
	AUTO_STR full = xasprintf("refs/heads/%s", branch);
	const struct place_update u = { full, *to, old };
	const struct place_push q = { .from = r->ours, .updates = &u, .n = 1 };

	if (!is_forwards(r, &old, to))
		return err_set(reterr, ERR_CONFLICT, "%s has other commits there", branch);
	return oid_eq(&old, to) ? 0 : place_push(r->x->place, &q, r->stop, reterr);
}

static int beside(struct run *r, const struct exchange_ref *ref, const struct err *why)
{
	bool checked_out = strstr(why->text, "checked out") != NULL;

	for (unsigned n = 1; n <= BESIDE_MAX; n++) {
		AUTO_STR name = n == 1 ? xasprintf("%s-%s", ref->name, r->x->session) : xasprintf("%s-%s-%u", ref->name, r->x->session, n);
		struct err err = { 0 };
		int rc = move(r, name, &ref->pushed, &err);
		if (rc == 0)
			buf_addf(&r->ret->said, "%s %s on your machine, and stays as it is%s%s\n", ref->name, checked_out ? "is checked out" : "has other commits", beside_as, name);
		if (rc != -ERR_CONFLICT)
			return rc == 0 ? 0 : (err_copy(r->reterr, &err), rc);
	}
	return err_set(r->reterr, ERR_CONFLICT, "%s: every branch beside it is taken", ref->name);
}

static int take_one(struct run *r, const struct exchange_ref *ref)
{
	struct err err = { 0 };
	int rc = move(r, ref->name, &ref->pushed, &err);

	if (rc == 0)
		buf_addf(&r->ret->said, "%s is on your machine\n", ref->name);
	else if (rc == -ERR_CONFLICT)
		rc = beside(r, ref, &err);
	else
		err_copy(r->reterr, &err);
	return rc;
}

/* ---- what the host has -------------------------------------------------------------------------------------------------------------- */
static void add_update(struct run *r, const char *prefix, const char *name, const struct oid *to, const struct oid *from)
{
	char a[OID_HEX + 1], b[OID_HEX + 1];

	if (oid_eq(to, from))
		return;
	oid_hex(to, a);
	oid_hex(from, b);
	if (oid_is_zero(to))
		buf_addf(&r->ret->updates, "delete %s%s %s\n", prefix, name, b);
	else
		buf_addf(&r->ret->updates, "update %s%s %s %s\n", prefix, name, a, b);
}

static void tell_one(struct run *r, const char *name, const struct exchange_ref *had, const struct oid *now)
{
	static const struct oid none;
	add_update(r, "refs/heads/", name, now, had ? &had->pushed : &none);
	add_update(r, "refs/berth/host/", name, now, had ? &had->base : &none);
}

static int pack_news(struct run *r)
{
	AUTO(git_packbuilder_free_p) git_packbuilder *pack = NULL;
	AUTO(git_revwalk_free_p) git_revwalk *walk = NULL;
	git_buf bytes = { 0 };
	git_oid id;
	int rc = git_revwalk_new(&walk, r->ours->git);

	for (size_t i = 0; !rc && i < r->host.len; i++)
		rc = git_revwalk_push(walk, oid_to_git(&r->host.items[i].id, &id));
	for (size_t i = 0; !rc && i < r->x->refs->len; i++) {
		const struct oid *has[] = { &r->x->refs->items[i].pushed, &r->x->refs->items[i].base };
		for (size_t k = 0; !rc && k < 2; k++)
			if (!oid_is_zero(has[k]) && git_odb_exists(r->ours->odb, oid_to_git(has[k], &id)))
				rc = git_revwalk_hide(walk, &id);
	}
	if (!rc)
		rc = git_packbuilder_new(&pack, r->ours->git);
	if (!rc)
		rc = git_packbuilder_insert_walk(pack, walk);
	if (!rc && git_packbuilder_object_count(pack))
		rc = git_packbuilder_write_buf(&bytes, pack);
	if (!rc && bytes.size > PACK_MAX)
		rc = err_set(r->reterr, ERR_TOO_BIG, "the repository has more new commits than a session is told of at once");
	else if (rc)
		rc = git_fail(r->reterr, rc, "the repository's new commits can't be packed");
	else
		buf_add(&r->ret->pack, bytes.ptr, bytes.size);
	git_buf_dispose(&bytes);
	return rc;
}

static int tell_all(struct run *r)
{
	static const struct oid none;

	for (size_t i = 0; i < r->host.len; i++) {
		const char *name = r->host.items[i].name + strlen("refs/heads/");
		tell_one(r, name, ref_of((exchange_refs *)r->x->refs, name), &r->host.items[i].id);
	}
	for (size_t i = 0; i < r->x->refs->len; i++)
		if (!host_ref(r, r->x->refs->items[i].name))
			tell_one(r, r->x->refs->items[i].name, &r->x->refs->items[i], &none);
	return r->ret->updates.len ? pack_news(r) : 0;
}

static int exchange_all(struct run *r)
{
	int rc = place_refs(r->x->place, "refs/heads/", r->stop, &r->host, r->reterr);

	if (!rc)
		rc = quarantine(r);
	for (size_t i = 0; !rc && i < r->x->refs->len; i++)
		if (exchange_is_pushed(&r->x->refs->items[i]))
			rc = take_one(r, &r->x->refs->items[i]);
	git_refs_fini(&r->host);
	r->host = (git_refs)VEC_INIT;
	if (!rc)
		rc = place_refs(r->x->place, "refs/heads/", r->stop, &r->host, r->reterr);
	return rc ? rc : tell_all(r);
}

int exchange_run(const struct exchange *x, const atomic_bool *stop, struct exchanged *ret, struct err *reterr)
{
	struct run r = { .x = x, .stop = stop, .ret = ret, .reterr = reterr };

	*ret = (struct exchanged){ .pack = BUF_INIT_MAX(PACK_MAX + 1) };
	int rc = exchange_all(&r);
	repo_free(r.ours);
	git_refs_fini(&r.host);
	path_remove_tree(x->dir, NULL);
	return stopped(stop) ? git_cancelled(reterr) : rc;
}
