/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work is saved out of a copy of a workspace, lands in the project's repository, and comes back as it was. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "berth/path.h"
#include "berth/salvage.h"
#include "tests.h"

/* ---- a folder, fed as an engine's tar would be ---------------------------------------------------------------------------------- */
static void feed_file(struct salvage *s, const char *full, const char *path, const struct stat *st)
{
	AUTO(buf_fini) struct buf bytes = BUF_INIT;
	struct err err = { 0 };
	const struct salvage_entry e = { path, (st->st_mode & 0100) != 0, (uint64_t)st->st_size };
	bool wanted;

	assert_int_equal(file_read(full, 64 << 20, &bytes, &err), 0);
	if (salvage_file(s, &e, &wanted, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	if (!wanted)
		return;
	for (size_t at = 0; at < bytes.len; at += 1000)
		assert_int_equal(salvage_bytes(s, bytes.p + at, MIN_OF(bytes.len - at, (size_t)1000), &err), 0);
	if (salvage_end_file(s, &err) < 0)
		fail_msg("%s: %s", path, err.text);
}

static void feed(struct salvage *s, const char *dir, const char *below)
{
	AUTO_STR here = *below ? path_join(dir, below) : xstrdup(dir);
	DIR *d = opendir(here);
	assert_non_null(d);
	for (struct dirent *at; (at = readdir(d)) != NULL;) {
		AUTO_STR full = path_join(here, at->d_name);
		AUTO_STR path = *below ? path_join(below, at->d_name) : xstrdup(at->d_name);
		char target[4096];
		struct stat st;
		if (!strcmp(at->d_name, ".") || !strcmp(at->d_name, ".."))
			continue;
		assert_int_equal(lstat(full, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			feed(s, dir, path);
		} else if (S_ISLNK(st.st_mode)) {
			ssize_t n = readlink(full, target, sizeof target - 1);
			target[n] = '\0';
			assert_int_equal(salvage_symlink(s, path, target, NULL), 0);
		} else {
			feed_file(s, full, path, &st);
		}
	}
	closedir(d);
}

/* ---- a project, a session's clone of it, and what is saved ------------------------------------------------------------------------ */
struct play { char *project, *clone, *copy; struct oid start; struct salvage *s; struct salvage_result found; struct git_place place; bool asks_project; };

static void play_begin(struct play *p, const char *name)
{
	AUTO_STR project = xasprintf("%s-project", name);
	AUTO_STR clone = xasprintf("%s-clone", name);
	AUTO_STR copy = xasprintf("%s-copy", name);

	*p = (struct play){ .project = repo_usual(project), .clone = fixture_path(clone), .copy = fixture_path(copy) };
	AUTO(repo_free_p) struct repo *r = opened(p->project);
	p->start = rev(r, "main");
	p->place.url = xstrdup(p->project);
	const struct clone_spec spec = { .url_or_path = p->project, .branch = "main", .commit = p->start, .into = p->clone, .author_name = "A", .author_email = "a@b" };
	struct err err = { 0 };
	if (repo_clone(&spec, NULL, NULL, NULL, &err))
		fail_msg("%s", err.text);
}

static void play_end(struct play *p)
{
	salvage_result_fini(&p->found);
	salvage_free(p->s);
	git_place_fini(&p->place);
	free(p->project);
	free(p->clone);
	free(p->copy);
}

static void salvaged(struct play *p)
{
	struct salvage_spec spec = { .start = p->start, .user = "ada", .author_name = "Ada", .author_email = "ada@example.org", .session = "one (7)", .now_s = 1600000000, .saved_prefix = "saved/" };
	struct err err = { 0 };
	git_refs refs = VEC_INIT;

	if (p->asks_project) {
		assert_int_equal(place_refs(&p->place, "refs/heads/", NULL, &refs, &err), 0);
		spec.elsewhere = &refs;
		spec.elsewhere_dir = p->project;
	}
	assert_int_equal(salvage_new(p->copy, &p->s, &err), 0);
	salvage_take_lfs(p->s, NULL);
	feed(p->s, p->clone, "");
	if (salvage_finish(p->s, &spec, NULL, &p->found, &err))
		fail_msg("%s", err.text);
	git_refs_fini(&refs);
}

/* As salvaged(), of the workspace as it is now, once more. */
static const struct salvage_counts *counted(struct play *p)
{
	salvage_result_fini(&p->found);
	salvage_free(p->s);
	path_remove_tree(p->copy, NULL);
	salvaged(p);
	return &p->found.counts;
}

static const struct salvaged *saved_as(const struct play *p, const char *branch)
{
	for (size_t i = 0; i < p->found.saved.len; i++)
		if (!strcmp(p->found.saved.items[i].branch, branch))
			return &p->found.saved.items[i];
	return NULL;
}

static void push_as(struct play *p, const struct salvaged *w, const char *ref)
{
	const struct place_update u = { .name = ref, .id = w->tip };
	struct err err = { 0 };
	if (place_push(&p->place, &(struct place_push){ .from = salvage_repo(p->s), .updates = &u, .n = 1 }, NULL, &err))
		fail_msg("%s", err.text);
}

/* Into another clone, as a new session would. */
static char *restored(struct play *p, const struct salvaged *w, const char *name)
{
	char *into = fixture_path(name);
	const struct clone_spec spec = { .url_or_path = p->project, .branch = strcmp(w->branch, "HEAD") ? w->branch : NULL, .commit = w->tip, .into = into };
	struct err err = { 0 };
	if (repo_clone(&spec, NULL, NULL, NULL, &err) || salvage_unwrap(into, w->branch, &w->tip, &err))
		fail_msg("%s", err.text);
	return into;
}

#define assert_same(a, b, ...) do { AUTO_STR x_ = git_output(a, __VA_ARGS__); AUTO_STR y_ = git_output(b, __VA_ARGS__); assert_string_equal(x_, y_); } while (0)

static void nothing_is_nothing(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-nothing");
	salvaged(&p);
	assert_int_equal(p.found.saved.len, 0);
	assert_int_equal(p.found.notes.len, 0);
	assert_int_equal(p.found.counts.changed + p.found.counts.untracked + p.found.counts.ahead, 0);
}

static void put(struct play *p, const char *name, const char *text)
{
	AUTO_STR path = path_join(p->clone, name);
	write_text(path, text);
}

static void files_come_back_as_they_were(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-files");
	put(&p, "staged", "one\n");
	git_run(p.clone, "add", "staged");
	put(&p, "staged", "two\n");
	put(&p, "new\nline", "x");
	put(&p, "empty", "");
	put(&p, ".gitignore", "*.o\n");
	put(&p, "a.o", "object");
	git_run(p.clone, "add", ".gitignore");
	salvaged(&p);
	const struct salvaged *w = saved_as(&p, "main");
	assert_non_null(w);
	assert_true(w->ours);
	assert_int_equal(p.found.counts.untracked, 2);
	assert_int_equal(p.found.counts.staged, 2);
	push_as(&p, w, "refs/heads/renku/autosave/ada/main/1111111/2222222");
	git_run(p.project, "fsck", "--strict");
	AUTO_STR back = restored(&p, w, "s-files-back");
	assert_same(p.clone, back, "status", "--porcelain=v2", "-z");
	assert_same(p.clone, back, "diff");
	assert_same(p.clone, back, "diff", "--cached");
	assert_same(p.clone, back, "rev-parse", "HEAD");
	AUTO_STR object = path_join(back, "a.o");
	assert_int_equal(access(object, F_OK), -1);
}

static void commits_and_branches_are_kept(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-branches");
	git_run(p.clone, "checkout", "-q", "-b", "fix/a/b");
	git_run(p.clone, "commit", "-q", "--allow-empty", "-m", "on a branch of its own");
	git_run(p.clone, "checkout", "-q", "--detach");
	git_run(p.clone, "commit", "-q", "--allow-empty", "-m", "on none");
	put(&p, "stash-me", "x");
	git_run(p.clone, "stash", "push", "-q", "-u");
	put(&p, "f", "x");
	salvaged(&p);
	assert_int_equal(p.found.saved.len, 3);
	assert_true(p.found.counts.detached);
	assert_int_equal(p.found.counts.stashes, 1);
	assert_non_null(saved_as(&p, "@stash-0"));
	assert_false(saved_as(&p, "fix/a/b")->ours);
	assert_true(saved_as(&p, "HEAD")->ours);
	assert_int_equal(p.found.counts.ahead, 2);
	push_as(&p, saved_as(&p, "HEAD"), "refs/heads/renku/autosave/ada/HEAD/1111111/2222222");
	AUTO_STR back = restored(&p, saved_as(&p, "HEAD"), "s-branches-back");
	assert_same(p.clone, back, "rev-parse", "HEAD");
	assert_same(p.clone, back, "status", "--porcelain");
}

static void behind_is_counted_where_the_project_is(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-behind");
	p.asks_project = true;
	assert_int_equal(counted(&p)->behind, 0);
	git_run(p.project, "commit", "-q", "--allow-empty", "-m", "one");
	git_run(p.project, "commit", "-q", "--allow-empty", "-m", "two");
	assert_int_equal(counted(&p)->behind, 2); /* nobody has fetched */
	git_run(p.clone, "commit", "-q", "--allow-empty", "-m", "ours");
	assert_int_equal(counted(&p)->behind, 2);
	git_run(p.clone, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main");
	assert_int_equal(counted(&p)->behind, 0);
	git_run(p.project, "commit", "-q", "--allow-empty", "-m", "three");
	assert_int_equal(counted(&p)->behind, 1);
	git_run(p.clone, "checkout", "-q", "-b", "of-its-own");
	assert_int_equal(counted(&p)->behind, 0);
	git_run(p.clone, "checkout", "-q", "main");
	p.asks_project = false;
	assert_int_equal(counted(&p)->behind, 0); /* as of the last fetch */
	AUTO(repo_free_p) struct repo *r = opened(p.project);
	const struct oid tip = rev(r, "main"), before = counted(&p)->tip;
	assert_false(oid_eq(&tip, &before));
	git_run(p.clone, "fetch", "-q", "origin");
	assert_int_equal(counted(&p)->behind, 1);
	assert_true(oid_eq(&tip, &p.found.counts.tip));
}

static void saved_work_is_not_saved_again(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-saved");
	p.asks_project = true;
	git_run(p.clone, "commit", "-q", "--allow-empty", "-m", "Auto-saving");
	git_run(p.clone, "push", "-q", "origin", "HEAD:refs/heads/saved/ada");
	git_run(p.clone, "reset", "-q", "--hard", "HEAD~1");
	git_run(p.project, "branch", "-q", "-D", "saved/ada"); /* deleted there, it does not come back */
	assert_true(counted(&p) && !p.found.saved.len);
}

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define DEF "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34"
#define POINTER(oid) "version https://git-lfs.github.com/spec/v1\noid sha256:" oid "\nsize 3\n"

static void has_object(const char *store, const char *oid, const char *text)
{
	AUTO_STR path = lfs_object_path(store, oid);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	assert_int_equal(file_read(path, 100, &b, NULL), 0);
	assert_string_equal(buf_str(&b), text);
}

/* abc: committed by git-lfs, in the workspace's own store alone. def: a file that git-lfs never saw, as in an image without it. */
static void files_of_lfs_become_pointers(void **state)
{
	AUTO(play_end) struct play p;
	struct err err = { 0 };
	play_begin(&p, "s-lfs");
	put(&p, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
	put(&p, "committed.bin", POINTER(ABC));
	git_run(p.clone, "-c", "filter.lfs.clean=cat", "add", ".");
	git_run(p.clone, "commit", "-q", "-m", "by git-lfs");
	AUTO_STR own = lfs_store_of(p.clone);
	AUTO_STR object = lfs_object_path(own, ABC);
	AUTO_STR folder = xstrndup(object, strlen(object) - 65);
	assert_int_equal(path_make_dirs(folder, NULL), 0);
	write_text(object, "abc");
	put(&p, "committed.bin", "abc");
	put(&p, "new.bin", "def");
	put(&p, "empty.bin", "");
	put(&p, "plain.txt", "def");
	salvaged(&p);
	const struct salvaged *w = saved_as(&p, "main");
	assert_non_null(w);
	assert_int_equal(p.found.counts.changed, 0); /* committed.bin is what its pointer says */
	assert_int_equal(p.found.counts.untracked, 3);
	assert_int_equal(p.found.lfs.len, 2);
	has_object(p.found.lfs_store, ABC, "abc");
	has_object(p.found.lfs_store, DEF, "def");

	AUTO_STR there = lfs_store_of(p.project);
	const struct lfs_copy q = { p.found.lfs_store, there, &p.found.lfs, NULL, NULL };
	if (lfs_copy(&q, NULL, &err))
		fail_msg("%s", err.text);
	has_object(there, ABC, "abc");
	AUTO_STR parts = xasprintf("%.*s/tmp", (int)(strrchr(there, '/') - there), there);
	assert_int_equal(rmdir(parts), 0); /* nothing half is left in it */
	push_as(&p, w, "refs/heads/renku/autosave/ada/main/1111111/4444444");
	AUTO_STR tip = git_output(p.project, "rev-parse", "renku/autosave/ada/main/1111111/4444444");
	AUTO_STR name = xasprintf("%s:new.bin", tip);
	AUTO_STR text = git_output(p.project, "show", name);
	assert_true(strstr(text, DEF) != NULL);
	git_run(p.project, "fsck", "--strict");
}

/* The same bytes again are no change, whether or not they should have become pointers. */
static void what_is_committed_outside_lfs_stays(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-lfs-raw");
	put(&p, "raw.bin", "def");
	git_run(p.clone, "add", ".");
	git_run(p.clone, "commit", "-q", "-m", "raw");
	put(&p, ".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
	git_run(p.clone, "add", ".gitattributes");
	git_run(p.clone, "commit", "-q", "-m", "from now on");
	salvaged(&p);
	assert_int_equal(p.found.counts.changed + p.found.counts.untracked, 0);
	assert_int_equal(p.found.lfs.len, 0);
	assert_false(saved_as(&p, "main")->ours);
}

static char *pack_file(const char *project, const char *name, time_t age_s)
{
	char *path = xasprintf("%s/.git/objects/pack/%s", project, name);
	const struct timespec times[2] = { { .tv_sec = time(NULL) - age_s }, { .tv_sec = time(NULL) - age_s } };
	write_text(path, "half of a pack");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

static void packs_of_the_killed_go(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-packs");
	put(&p, "f", "x");
	salvaged(&p);
	AUTO_STR old = pack_file(p.project, "pack_git2_abc123", 4000);
	AUTO_STR fresh = pack_file(p.project, "pack_git2_def456", 3000);
	AUTO_STR other = pack_file(p.project, "tmp_pack_abc123", 4000);
	push_as(&p, saved_as(&p, "main"), "refs/heads/renku/autosave/ada/main/1111111/5555555");
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(fresh, F_OK) | access(other, F_OK), 0);
}

static void odd_heads(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-unborn");
	git_run(p.clone, "checkout", "-q", "--orphan", "fresh");
	git_run(p.clone, "rm", "-rfq", "--cached", ".");
	put(&p, "only", "x");
	salvaged(&p);
	assert_true(p.found.counts.unborn);
	const struct salvaged *w = saved_as(&p, "fresh");
	assert_non_null(w);
	assert_string_equal(w->head7, "0000000");
	push_as(&p, w, "refs/heads/renku/autosave/ada/fresh/1111111/0000000");
	AUTO_STR back = restored(&p, w, "s-unborn-back");
	assert_same(p.clone, back, "symbolic-ref", "HEAD");
	assert_same(p.clone, back, "status", "--porcelain");
}

static void without_git_files_are_kept(void **state)
{
	AUTO(play_end) struct play p;
	play_begin(&p, "s-gone");
	AUTO_STR git = path_join(p.clone, ".git");
	path_remove_tree(git, NULL);
	salvaged(&p);
	assert_int_equal(p.found.saved.len, 1);
	assert_int_equal(p.found.notes.len, 1);
	assert_string_equal(p.found.saved.items[0].branch, "HEAD");
}

static void conflicts_are_kept(void **state)
{
	AUTO(play_end) struct play p;
	static const char *const merge[] = { "sh", "-c", "git merge other >/dev/null 2>&1; true", NULL };
	play_begin(&p, "s-conflict");
	put(&p, "both", "base\n");
	git_run(p.clone, "add", "both");
	git_run(p.clone, "commit", "-q", "-m", "base");
	git_run(p.clone, "checkout", "-q", "-b", "other");
	put(&p, "both", "theirs\n");
	git_run(p.clone, "commit", "-qam", "theirs");
	git_run(p.clone, "checkout", "-q", "main");
	put(&p, "both", "ours\n");
	git_run(p.clone, "commit", "-qam", "ours");
	git_run_in(p.clone, (struct sv){ NULL, 0 }, merge);
	salvaged(&p);
	assert_int_equal(p.found.counts.unmerged, 1);
	assert_non_null(saved_as(&p, "main"));
	assert_non_null(saved_as(&p, "other"));
	assert_int_equal(p.found.counts.ahead, 3);
}

static void strangers_get_nothing(void **state)
{
	AUTO(play_end) struct play p = { 0 };
	static const char *const unwanted[] = { ".git/config", ".git/hooks/pre-push", ".git/commondir", ".git/objects/info/alternates", ".git/../x", ".git/refs/../../x", "../x", "a/../b",
		"/etc/x", "", "a//b", ".git/objects/pack/../../../x", ".git", "sub/.git/HEAD", "sub/x" };
	struct err err = { 0 };
	bool wanted;
	p.copy = fixture_path("s-strange");
	assert_int_equal(salvage_new(p.copy, &p.s, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(unwanted); i++) {
		const struct salvage_entry e = { unwanted[i], false, 3 };
		assert_int_equal(salvage_file(p.s, &e, &wanted, &err), 0);
		if (wanted)
			fail_msg("%s is wanted", unwanted[i]);
	}
}

/* ---- submodules ------------------------------------------------------------------------------------------------------------------- */
static void add_module(const char *top, const char *lib, const char *path)
{
	AUTO_STR sha = git_output(lib, "rev-parse", "main");
	AUTO_STR entry = xasprintf("160000,%s,%s", sha, path);
	AUTO_STR list = path_join(top, ".gitmodules");
	AUTO_STR base = xasprintf("../%s", strrchr(lib, '/') + 1);
	AUTO_STR text = xasprintf("[submodule \"%s\"]\n\tpath = %s\n\turl = %s\n", path, path, base);
	write_text(list, text);
	git_run(top, "add", ".gitmodules");
	git_run(top, "update-index", "--add", "--cacheinfo", entry);
	git_run(top, "commit", "-q", "-m", "a submodule");
}

static void only_note(struct play *p, const char *words)
{
	counted(p);
	if (p->found.notes.len != (words != NULL))
		fail_msg("%zu notes: %s", p->found.notes.len, p->found.notes.len ? p->found.notes.items[0] : "");
	if (words && !strstr(p->found.notes.items[0], words))
		fail_msg("%s", p->found.notes.items[0]);
}

/* What a submodule has alone is counted, one in a submodule too; and what only the project's index knows is not taken for pushed. */
static void work_in_submodules_is_counted(void **state)
{
	AUTO(play_end) struct play p;
	AUTO_STR inner = repo_usual("s-mod-inner");
	AUTO_STR lib = repo_usual("s-mod-lib");
	strings notes = VEC_INIT;
	struct err err = { 0 };

	add_module(lib, inner, "inner");
	play_begin(&p, "s-mod");
	add_module(p.project, lib, "lib");
	path_remove_tree(p.clone, NULL);
	AUTO(repo_free_p) struct repo *r = opened(p.project);
	p.start = rev(r, "main");
	const struct clone_spec spec = { .url_or_path = p.project, .branch = "main", .commit = p.start, .into = p.clone, .author_name = "A", .author_email = "a@b" };
	assert_int_equal(repo_clone(&spec, NULL, NULL, NULL, &err), 0);
	assert_int_equal(clone_submodules(p.clone, &p.place, NULL, &notes, &err), 0);
	assert_int_equal(notes.len, 0);
	AUTO_STR in_lib = path_join(p.clone, "lib");
	AUTO_STR in_inner = path_join(p.clone, "lib/inner");
	salvaged(&p);
	only_note(&p, NULL);

	put(&p, "lib/inner/new", "x");
	only_note(&p, "the submodule lib/inner has work that is nowhere else (1 changed file): it is not saved with the project; push it");
	git_run(in_inner, "clean", "-q", "-f");
	put(&p, "lib/new", "x");
	put(&p, "lib/.gitignore", "*.o\n");
	put(&p, "lib/a.o", "x");
	only_note(&p, "the submodule lib has work that is nowhere else (2 changed files)");
	git_run(in_lib, "add", "new", ".gitignore");
	git_run(in_lib, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "mine");
	only_note(&p, "(1 commit that was never pushed)");
	git_run(p.clone, "add", "lib");
	only_note(&p, "(1 commit that was never pushed)");
	git_run(p.clone, "commit", "-q", "-m", "it is at mine");
	only_note(&p, "(1 commit that was never pushed)");
	git_run(in_lib, "update-ref", "refs/remotes/origin/mine", "HEAD");
	only_note(&p, NULL);
	put(&p, "lib/new", "y");
	git_run(in_lib, "-c", "user.name=A", "-c", "user.email=a@b", "stash", "-q");
	only_note(&p, "(1 stash)");
	strings_fini(&notes);
}

size_t salvage_tests(struct CMUnitTest *ret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing), cmocka_unit_test(files_come_back_as_they_were),
		cmocka_unit_test(commits_and_branches_are_kept), cmocka_unit_test(behind_is_counted_where_the_project_is), cmocka_unit_test(saved_work_is_not_saved_again),
		cmocka_unit_test(files_of_lfs_become_pointers), cmocka_unit_test(what_is_committed_outside_lfs_stays),
		cmocka_unit_test(packs_of_the_killed_go), cmocka_unit_test(odd_heads),
		cmocka_unit_test(without_git_files_are_kept), cmocka_unit_test(conflicts_are_kept),
		cmocka_unit_test(strangers_get_nothing), cmocka_unit_test(work_in_submodules_is_counted),
	};

	memcpy(ret, tests, sizeof tests);
	return ARRAY_LEN(tests);
}
