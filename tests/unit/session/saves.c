/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saved work in the project's repository: newer takes the place of older, and of nothing else. And the folders that saves work in. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "session/autosave_impl.h"
#include "tests.h"

/* ---- a workspace, saved ----------------------------------------------------------------------------------------------------------- */
struct saver { struct save_job job; struct salvage *s; char *dir; struct loop *loop; struct oid tip; };

static char *folder_for(const char *name)
{
	return path_join(getenv("TEST_FOLDER"), name);
}

static void feed(struct salvage *s, const char *path, struct sv bytes)
{
	const struct salvage_entry e = { path, false, bytes.len };
	bool wanted;
	assert_int_equal(salvage_file(s, &e, &wanted, NULL), 0);
	assert_true(wanted);
	if (bytes.len)
		assert_int_equal(salvage_bytes(s, bytes.p, bytes.len, NULL), 0);
	assert_int_equal(salvage_end_file(s, NULL), 0);
}

static void feed_objects(struct salvage *s, const char *dir, const char *below)
{
	AUTO_STR here = path_join(dir, below);
	DIR *d = opendir(here);
	assert_non_null(d);
	for (struct dirent *at; (at = readdir(d)) != NULL;) {
		AUTO(buf_fini) struct buf bytes = BUF_INIT;
		AUTO_STR path = path_join(below, at->d_name);
		AUTO_STR full = path_join(dir, path);
		if (strlen(at->d_name) == 2 && at->d_name[0] != '.')
			feed_objects(s, dir, path);
		else if (strlen(at->d_name) == 38 && file_read(full, 1 << 20, &bytes, NULL) == 0)
			feed(s, path, buf_sv(&bytes));
	}
	closedir(d);
}

/* text: of its one file. below: its HEAD is what that one saved; NULL: it has no commit. */
static void save_begin(struct saver *v, const char *name, const char *session, const char *text, const struct saver *below)
{
	char hex[OID_HEX + 1];
	struct err err = { 0 };
	*v = (struct saver){ .dir = folder_for(name), .loop = loop_new() };
	v->job = (struct save_job){ .in = -1, .dir = v->dir, .user = S("ada"), .session = S(session), .place = { .url = folder_for("saves-project") } };
	const struct salvage_spec spec = { .start = { { 0x11, 0x11, 0x11, 0x11 } }, .user = "ada", .author_name = "Ada", .author_email = "a@b", .session = session, .now_s = 1600000000 };
	assert_int_equal(salvage_new(v->dir, &v->s, &err), 0);
	feed(v->s, ".git/HEAD", SV("ref: refs/heads/main\n"));
	if (below) {
		oid_hex(&below->tip, hex);
		feed_objects(v->s, below->dir, ".git/objects");
		feed(v->s, ".git/refs/heads/main", sv_of(hex));
	}
	feed(v->s, "f", sv_of(text));
	if (salvage_finish(v->s, &spec, NULL, &v->job.found, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(v->job.found.saved.len, 1);
	v->tip = v->job.found.saved.items[0].tip;
}

static void process(struct loop_work *w, void *saver)
{
	struct saver *v = saver;
	v->job.work = w;
	v->job.rc = autosave_send(&v->job, v->s, &v->job.err);
}

static void done(void *saver, bool cancelled)
{
	struct saver *v = saver;
	assert_false(cancelled);
	loop_stop(v->loop);
}

static void send_it(struct saver *v)
{
	loop_work_submit(v->loop, process, done, v);
	loop_run(v->loop);
	if (v->job.rc < 0)
		fail_msg("%s", v->job.err.text);
	assert_int_equal(v->job.refs.len, 1);
}

static void saver_fini(struct saver *v)
{
	for (size_t i = 0; i < v->job.refs.len; i++) {
		free(v->job.refs.items[i].name);
		free(v->job.refs.items[i].branch);
	}
	VEC_FINI(&v->job.refs);
	salvage_result_fini(&v->job.found);
	git_place_fini(&v->job.place);
	salvage_free(v->s);
	loop_free(v->loop);
	free(v->dir);
}

static bool is_there(const struct saver *v, const char *ref)
{
	git_refs refs = VEC_INIT;
	bool there = false;
	assert_int_equal(place_refs(&v->job.place, "refs/heads/", NULL, &refs, NULL), 0);
	for (size_t i = 0; i < refs.len; i++)
		there = there || strcmp(refs.items[i].name, ref) == 0;
	git_refs_fini(&refs);
	return there;
}

static void also_as(struct saver *v, const char *ref)
{
	const struct place_update u = { .name = ref, .id = v->tip };
	assert_int_equal(place_push(&v->job.place, &(struct place_push){ .from = salvage_repo(v->s), .updates = &u, .n = 1 }, NULL, NULL), 0);
}

static void project_begin(void)
{
	AUTO(repo_free_p) struct repo *r = NULL;
	AUTO_STR dir = folder_for("saves-project");
	path_remove_tree(dir, NULL);
	assert_int_equal(repo_init_bare(dir, &r, NULL), 0);
}

#define OF(user, branch, start) "refs/heads/renku/autosave/" user "/" branch "/" start "/9999999"

static void newer_takes_the_place_of_older(void **state)
{
	AUTO(saver_fini) struct saver first, stranger, second;
	(void)state;
	project_begin();
	save_begin(&first, "saves-1", "one (7)", "one\n", NULL);
	send_it(&first);
	AUTO_STR first_ref = xasprintf("refs/heads/%s", first.job.refs.items[0].name);
	assert_true(is_there(&first, first_ref));
	assert_non_null(strstr(first_ref, "/ada/main/1111111/0000000"));
	also_as(&first, OF("ada", "main", "2222222"));   /* begun elsewhere */
	also_as(&first, OF("ada", "other", "1111111"));  /* another branch */
	also_as(&first, OF("eve", "main", "1111111"));   /* somebody else's */
	also_as(&first, OF("ada", "@stash-0", "1111111"));
	save_begin(&stranger, "saves-2", "two (8)", "another session's\n", NULL);
	also_as(&stranger, OF("ada", "main", "1111111"));
	save_begin(&second, "saves-3", "one (7)", "two\n", &first);
	send_it(&second);
	AUTO_STR second_ref = xasprintf("refs/heads/%s", second.job.refs.items[0].name);
	assert_true(is_there(&second, second_ref));
	assert_string_not_equal(first_ref, second_ref);
	assert_false(is_there(&second, first_ref));
	assert_true(is_there(&second, OF("ada", "main", "2222222")));
	assert_true(is_there(&second, OF("ada", "other", "1111111")));
	assert_true(is_there(&second, OF("eve", "main", "1111111")));
	assert_true(is_there(&second, OF("ada", "@stash-0", "1111111")));
	assert_true(is_there(&second, OF("ada", "main", "1111111"))); /* another session's, and not in this one */
}

/* Once more the same: nothing moves. Other bytes at the same HEAD: the same branch has them. */
static void one_session_has_one_branch(void **state)
{
	AUTO(saver_fini) struct saver one, again, changed, other;
	(void)state;
	project_begin();
	save_begin(&one, "saves-4", "one (7)", "one\n", NULL);
	send_it(&one);
	save_begin(&again, "saves-5", "one (7)", "one\n", NULL);
	send_it(&again);
	assert_true(again.job.refs.items[0].was_there);
	save_begin(&changed, "saves-6", "one (7)", "two\n", NULL);
	send_it(&changed);
	assert_string_equal(changed.job.refs.items[0].name, one.job.refs.items[0].name);
	assert_false(changed.job.refs.items[0].was_there);
	save_begin(&other, "saves-7", "two (8)", "three\n", NULL);
	send_it(&other);
	assert_non_null(strstr(other.job.refs.items[0].name, "/main/@2/"));
	AUTO_STR ref = xasprintf("refs/heads/%s", one.job.refs.items[0].name);
	assert_true(is_there(&one, ref));
}

/* ---- folders -------------------------------------------------------------------------------------------------------------------------- */
static char *dead_token(void)
{
	AUTO_STR mine = owner_token();
	const char *slash = strchr(mine, '/'), *next = slash ? strchr(slash + 1, '/') : NULL;
	assert_non_null(next);
	return xasprintf("%.*s/before-this-boot%s", (int)(slash - mine), mine, next);
}

static char *scratch_of(const char *what, const char *token)
{
	AUTO_STR saves = path_of(PATH_CACHE, "saves");
	char *dir = path_join(saves, what);
	AUTO_STR owner = xasprintf("%s.owner", dir);
	AUTO_STR file = path_join(dir, "f");
	assert_int_equal(path_make_dirs(dir, NULL), 0);
	assert_int_equal(file_write_atomic(file, SV("x"), NULL), 0);
	assert_int_equal(file_write_atomic(owner, sv_of(token), NULL), 0);
	return dir;
}

static void folders_of_the_dead_go(void **state)
{
	AUTO_STR gone = dead_token();
	AUTO_STR dead = scratch_of("left-1", gone);
	AUTO_STR odd = scratch_of("left-2", "nonsense");
	AUTO_STR mine = scratch_new("mine", NULL);
	AUTO_STR owner = xasprintf("%s.owner", mine);
	AUTO_STR dead_owner = xasprintf("%s.owner", dead);
	(void)state;
	assert_int_equal(access(mine, F_OK), -1); /* whoever works in it makes it */
	assert_int_equal(path_make_dirs(mine, NULL), 0);
	scratch_sweep();
	assert_int_equal(access(dead, F_OK), -1);
	assert_int_equal(access(dead_owner, F_OK), -1);
	assert_int_equal(access(odd, F_OK), 0); /* whose it is can't be told */
	assert_int_equal(access(mine, F_OK) | access(owner, F_OK), 0);
	scratch_remove(mine);
	assert_int_equal(access(mine, F_OK), -1);
	assert_int_equal(access(owner, F_OK), -1);
	path_remove_tree(odd, NULL);
}

static char *note_file(const char *name, int64_t age_s)
{
	AUTO_STR notes = path_of(PATH_STATE, "sessions");
	char *path = path_join(notes, name);
	const struct timespec times[2] = { { .tv_sec = clock_wall_s() - age_s }, { .tv_sec = clock_wall_s() - age_s } };
	assert_int_equal(path_make_dirs(notes, NULL), 0);
	assert_int_equal(file_write_atomic(path, SV("x"), NULL), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	return path;
}

static void half_written_notes_go_when_they_are_old(void **state)
{
	AUTO_STR old = note_file("a.fate.Ab3dEf", 3600);
	AUTO_STR fresh = note_file("b.fate.Ab3dEf", 5);
	AUTO_STR whole = note_file("c.fate", 3600);
	AUTO_STR other = note_file("d.txt.Ab3dEf", 3600);
	(void)state;
	scratch_sweep();
	assert_int_equal(access(old, F_OK), -1);
	assert_int_equal(access(fresh, F_OK) | access(whole, F_OK) | access(other, F_OK), 0);
	unlink(fresh);
	unlink(whole);
	unlink(other);
}

const struct CMUnitTest saves_tests[] = {
	cmocka_unit_test(newer_takes_the_place_of_older), cmocka_unit_test(one_session_has_one_branch), cmocka_unit_test(folders_of_the_dead_go),
	cmocka_unit_test(half_written_notes_go_when_they_are_old),
};
const size_t n_saves_tests = ARRAY_LEN(saves_tests);
