/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A workspace comes in: its .git is put below ours as far as it is harmless, its files become blobs. */
#include "git/salvage.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "berth/path.h"

enum { FULL_BYTES = 4 << 20, SMALL_BYTES = 4 << 20, GIT_FILE_MAX = 1 << 30, RULES_BYTES = 1 << 20 };

/* Nothing of the user's own settings, nor of the workspace's, has a say. Names that only other systems can't have are fine. */
static const char config[] =
	"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfilemode = true\n\tprotectNTFS = false\n\tprotectHFS = false\n"
	"\texcludesFile = /dev/null\n\tattributesFile = /dev/null\n\tautocrlf = false\n\tignorecase = false\n\tlogAllRefUpdates = false\n";

int salvage_new(const char *dir, struct salvage **ret, struct err *reterr)
{
	AUTO(git_repository_free_p) git_repository *git = NULL;
	git_odb *odb = NULL;
	AUTO_STR file = xasprintf("%s/.git/config", dir);

	if (git_room_start(reterr) < 0)
		return -ERR_FAILED;
	int rc = git_repository_init(&git, dir, 0);
	if (rc)
		return git_fail(reterr, rc, "%s can't be made a repository", dir);
	rc = file_write_atomic(file, sv_of(config), reterr);
	if (rc < 0)
		return rc;
	git_repository_free(git); /* it has read the other configuration */
	git = NULL;
	rc = git_repository_open(&git, dir);
	if (!rc)
		rc = git_repository_odb(&odb, git);
	if (rc)
		return git_fail(reterr, rc, "%s can't be opened", dir);
	struct salvage *s = xcalloc(1, sizeof *s);
	*s = (struct salvage){ .dir = xstrdup(dir), .gitdir = xasprintf("%s/.git", dir), .git = git, .odb = odb, .by_path = map_new(NULL), .now = { .fd = -1 } };
	git = NULL;
	*ret = s;
	return 0;
}

static void now_clear(struct salvage *s)
{
	if (s->now.fd >= 0)
		close(s->now.fd);
	git_odb_stream_free(s->now.stream);
	buf_fini(&s->now.bytes);
	free(s->now.path);
	memset(&s->now, 0, sizeof s->now);
	s->now.fd = -1;
}

void salvage_free(struct salvage *s)
{
	if (!s)
		return;
	now_clear(s);
	for (size_t i = 0; i < s->items.len; i++)
		free(s->items.items[i].path);
	VEC_FINI(&s->items);
	map_free(s->by_path);
	strings_fini(&s->nested);
	VEC_FINI(&s->made);
	free(s->lfs_there);
	git_index_free(s->tracked);
	repo_free(s->repo);
	git_odb_free(s->odb);
	git_repository_free(s->git);
	free(s->gitdir);
	free(s->dir);
	free(s);
}

struct repo *salvage_repo(struct salvage *s) { return s->repo; }

int salvage_borrow(struct salvage *s, const char *commondir, struct err *reterr)
{
	AUTO_STR info = path_join(s->gitdir, "objects/info");
	AUTO_STR path = path_join(info, "alternates");
	AUTO_STR line = xasprintf("%s/objects\n", commondir);
	int rc = path_make_dirs(info, reterr);
	return rc < 0 ? rc : file_write_atomic(path, sv_of(line), reterr);
}

bool salvage_is_shallow(const struct salvage *s)
{
	AUTO_STR path = path_join(s->gitdir, "shallow");
	return access(path, F_OK) == 0;
}

/* ---- what of .git is taken ------------------------------------------------------------------------------------------------- */
static bool all_hex(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdef") >= n;
}

static bool is_object(const char *p)
{
	if (sv_starts(sv_of(p), SV("pack/pack-")) && !strchr(p + 10, '/'))
		return sv_ends(sv_of(p), SV(".pack")) || sv_ends(sv_of(p), SV(".idx"));
	return strlen(p) == 41 && all_hex(p, 2) && p[2] == '/' && all_hex(p + 3, 38);
}

/* p: below .git/. Left out: config (it names programs, proxies and other places), hooks, commondir, alternates, and all else. */
bool salvage_git_file_wanted(const char *p)
{
	static const char *const whole[] = { "HEAD", "index", "packed-refs", "shallow", "MERGE_HEAD", "info/exclude", "logs/refs/stash" };

	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (!strcmp(p, whole[i]))
			return true;
	if (sv_starts(sv_of(p), SV("objects/")))
		return is_object(p + strlen("objects/"));
	return sv_starts(sv_of(p), SV("refs/")) && !sv_ends(sv_of(p), SV(".lock"));
}

/* No part of it leads anywhere else. */
static bool path_is_sound(const char *path)
{
	struct sv part, rest = sv_of(path);

	while (sv_split(&rest, '/', &part))
		if (!part.len || sv_eq(part, SV(".")) || sv_eq(part, SV("..")))
			return false;
	return *path != '\0';
}

/* libgit2 does not say that a disk is full. */
static int not_stored(const struct salvage *s, int rc, const char *path, struct err *reterr)
{
	uint64_t left;

	if (!disk_free_at(s->dir, &left) || left >= FULL_BYTES)
		return git_fail(reterr, rc, "%s can't be stored", path);
	err_set(reterr, ERR_NO_SPACE, "no space is left for the copy of the workspace in %s, at %s", s->dir, path);
	err_hint(reterr, "Make room on that disk and save again; all of it is still in the workspace.");
	return -ERR_NO_SPACE;
}

static int open_below(struct salvage *s, const char *path, struct err *reterr)
{
	AUTO_STR full = path_join(s->dir, path);
	char *slash = strrchr(full, '/');

	*slash = '\0';
	if (path_make_dirs(full, reterr) < 0)
		return -1;
	*slash = '/';
	s->now.fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return s->now.fd < 0 ? err_set_errno(reterr, errno, "writing %s", full) : 0;
}

static int git_file(struct salvage *s, const struct salvage_entry *e, bool *ret_wanted, struct err *reterr)
{
	const char *below = e->path + strlen(".git/");

	*ret_wanted = path_is_sound(below) && (salvage_git_file_wanted(below) || salvage_lfs_object_wanted(s, below, e->size));
	s->has_head = s->has_head || !strcmp(below, "HEAD");
	s->has_index = s->has_index || !strcmp(below, "index");
	return *ret_wanted ? open_below(s, e->path, reterr) : 0;
}

/* ---- the user's files ---------------------------------------------------------------------------------------------------------- */
void salvage_load_index(struct salvage *s)
{
	AUTO_STR path = path_join(s->gitdir, "index");

	if (s->index_tried || !s->has_index)
		return;
	s->index_tried = true;
	if (git_index_open(&s->tracked, path) || git_index_read(s->tracked, 1)) {
		git_index_free(s->tracked);
		s->tracked = NULL;
		s->index_bad = true;
	}
}

static bool is_tracked(struct salvage *s, const char *path)
{
	size_t at;
	salvage_load_index(s);
	return s->tracked && !git_index_find(&at, s->tracked, path);
}

bool salvage_ignored(struct salvage *s, const char *path)
{
	int ignored = 0;
	return !git_ignore_path_is_ignored(&ignored, s->git, path) && ignored;
}

bool salvage_is_nested(const struct salvage *s, const char *path)
{
	for (size_t i = 0; i < s->nested.len; i++)
		if (sv_starts(sv_of(path), sv_of(s->nested.items[i])))
			return true;
	return false;
}

static bool is_noted(const struct salvage *s, const char *folder)
{
	for (size_t i = 0; i < s->nested.len; i++)
		if (!strcmp(s->nested.items[i], folder))
			return true;
	return false;
}

/* "sub/.git" or "sub/.git/HEAD": the folder is a repository of its own. One in a submodule may be a submodule, too. */
static bool note_nested(struct salvage *s, const char *path)
{
	const char *at = strstr(path, "/.git");

	while (at && at[5] && at[5] != '/')
		at = strstr(at + 1, "/.git");
	if (!at)
		return false;
	AUTO_STR folder = xasprintf("%.*s/", (int)(at - path), path);
	if (!salvage_is_nested(s, folder) || (!is_noted(s, folder) && salvage_is_module(s, folder))) {
		char *owned = xstrdup(folder);
		VEC_PUSH(&s->nested, owned);
	}
	return true;
}

static bool file_wanted(struct salvage *s, const char *path)
{
	if (!path_is_sound(path))
		return false;
	if (note_nested(s, path) || salvage_is_nested(s, path))
		return !strstr(path, "/.git/") && !sv_ends(sv_of(path), SV("/.git")) && salvage_is_module(s, path);
	return is_tracked(s, path) || !salvage_ignored(s, path);
}

static bool holds_rules(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	return !strcmp(base, ".gitignore") || !strcmp(base, ".gitattributes");
}

static void item_put(struct salvage *s, const char *path, const git_oid *id, unsigned mode)
{
	struct salvage_item i = { .path = xstrdup(path), .id = *id, .mode = mode };

	VEC_PUSH(&s->items, i);
	map_put(s->by_path, sv_of(path), (void *)(uintptr_t)s->items.len);
}

/* True: it is a file of a submodule's .git, and what becomes of it is decided. */
static bool nested_git_file(struct salvage *s, const struct salvage_entry *e, bool *ret_wanted, int *ret_rc, struct err *reterr)
{
	if (!path_is_sound(e->path) || !note_nested(s, e->path))
		return false;
	AUTO_STR to = salvage_nested_git_file(s, e->path);
	*ret_wanted = to != NULL;
	if (to)
		*ret_rc = open_below(s, to, reterr);
	return true;
}

int salvage_file(struct salvage *s, const struct salvage_entry *e, bool *ret_wanted, struct err *reterr)
{
	int rc = 0;

	now_clear(s);
	if (!strcmp(e->path, ".git")) {
		*ret_wanted = false; /* a pointer to a repository elsewhere: nothing of it can be trusted */
		return 0;
	}
	if (sv_starts(sv_of(e->path), SV(".git/"))) {
		rc = git_file(s, e, ret_wanted, reterr);
	} else if (nested_git_file(s, e, ret_wanted, &rc, reterr)) {
		;
	} else if ((*ret_wanted = file_wanted(s, e->path))) {
		s->now.blob = true;
		if (holds_rules(e->path) && e->size <= RULES_BYTES)
			rc = open_below(s, e->path, reterr);
		if (!rc && e->size > SMALL_BYTES)
			rc = git_odb_open_wstream(&s->now.stream, s->odb, e->size, GIT_OBJECT_BLOB) ? not_stored(s, -1, e->path, reterr) : 0;
	}
	if (!rc && *ret_wanted) {
		s->now.path = xstrdup(e->path);
		s->now.size = e->size;
		s->now.program = e->program;
		s->now.bytes = BUF_INIT_MAX(SMALL_BYTES + 1);
	}
	return rc;
}

static int write_copy(int fd, const char *p, size_t n, const char *path, struct err *reterr)
{
	return file_write_all(fd, (struct sv){ p, n }) < 0 ? err_set_errno(reterr, errno, "writing a copy of %s", path) : 0;
}

int salvage_bytes(struct salvage *s, const void *p, size_t n, struct err *reterr)
{
	s->now.got += n;
	if (s->now.got > s->now.size)
		return err_set(reterr, ERR_DECODE, "%s is longer than was told", s->now.path);
	if (s->now.fd >= 0 && write_copy(s->now.fd, p, n, s->now.path, reterr) < 0)
		return -1;
	if (s->now.stream) {
		int rc = git_odb_stream_write(s->now.stream, p, n);
		return rc ? not_stored(s, rc, s->now.path, reterr) : 0;
	}
	if (s->now.blob)
		buf_add(&s->now.bytes, p, n);
	return 0;
}

static int blob_end(struct salvage *s, git_oid *ret, struct err *reterr)
{
	struct sv bytes = buf_sv(&s->now.bytes);
	int rc;

	if (s->now.stream) {
		rc = git_odb_stream_finalize_write(ret, s->now.stream);
	} else {
		rc = git_odb_hash(ret, bytes.p, bytes.len, GIT_OBJECT_BLOB);
		if (!rc && !git_odb_exists_ext(s->odb, ret, GIT_ODB_LOOKUP_NO_REFRESH))
			rc = git_odb_write(ret, s->odb, bytes.p, bytes.len, GIT_OBJECT_BLOB);
	}
	return rc ? not_stored(s, rc, s->now.path, reterr) : 0;
}

int salvage_end_file(struct salvage *s, struct err *reterr)
{
	git_oid id;
	int rc = 0;

	if (s->now.got != s->now.size)
		rc = err_set(reterr, ERR_DECODE, "%s is shorter than was told", s->now.path);
	if (!rc && s->now.blob)
		rc = blob_end(s, &id, reterr);
	if (!rc && s->now.blob)
		item_put(s, s->now.path, &id, s->now.program ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB);
	now_clear(s);
	return rc;
}

int salvage_symlink(struct salvage *s, const char *path, const char *target, struct err *reterr)
{
	git_oid id;

	if (!strcmp(path, ".git") || sv_starts(sv_of(path), SV(".git/")) || !file_wanted(s, path))
		return 0;
	int rc = git_odb_write(&id, s->odb, target, strlen(target), GIT_OBJECT_BLOB);
	if (rc)
		return not_stored(s, rc, path, reterr);
	item_put(s, path, &id, GIT_FILEMODE_LINK);
	return 0;
}

int salvage_hardlink(struct salvage *s, const char *path, const char *before, struct err *reterr)
{
	size_t at = (size_t)(uintptr_t)map_get(s->by_path, sv_of(before));

	if (sv_starts(sv_of(path), SV(".git/"))) {
		const char *below = path + strlen(".git/");
		AUTO_STR from = path_join(s->dir, before);
		AUTO_STR to = path_join(s->dir, path);
		char *slash = strrchr(to, '/');
		if (!path_is_sound(below) || !salvage_git_file_wanted(below) || !sv_starts(sv_of(before), SV(".git/")) || !path_is_sound(before + 5))
			return 0;
		*slash = '\0';
		int rc = path_make_dirs(to, reterr);
		*slash = '/';
		return rc < 0 || !link(from, to) || errno == EEXIST ? rc : err_set_errno(reterr, errno, "writing %s", to);
	}
	if (!file_wanted(s, path))
		return 0;
	if (!at)
		return err_set(reterr, ERR_UNSUPPORTED, "%s shares its bytes with %s, which git ignores: they can't be read here", path, before);
	struct salvage_item other = s->items.items[at - 1];
	item_put(s, path, &other.id, other.mode);
	return 0;
}
