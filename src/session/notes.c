/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is remembered of a session beside its labels. Three files each under PATH_STATE/sessions, so that no two writers share one:
 * NAME@ENGINE.watch is the keeper's, .kept whoever's extends the time, .fate theirs who stop or pause it. All are lines "key value";
 * what is wrong in one of them makes it count as absent, never as something else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "berth/text.h"
#include "parts.h"

enum { NOTE_MAX = 4096 };
#define WATCH_HEAD "berth watch 1"
#define FATE_HEAD "berth fate 1"

static char *note_path(const char *engine, const char *session, const char *suffix)
{
	AUTO_STR dir = path_of(PATH_STATE, "sessions");
	AUTO(buf_fini) struct buf slug = BUF_INIT;
	if (!session || !*session || *session == '.' || strchr(session, '/') || strlen(session) > 200)
		return NULL;
	buf_add_slug(&slug, sv_of(engine));
	return xasprintf("%s/%s@%s%s", dir, session, buf_str(&slug), suffix);
}

static int note_write(const char *engine, const char *session, const char *suffix, struct sv text, struct err *reterr)
{
	AUTO_STR dir = path_of(PATH_STATE, "sessions");
	AUTO_STR path = note_path(engine, session, suffix);
	if (!path)
		return err_set(reterr, ERR_USAGE, "nothing can be noted of a session of that name");
	int r = path_make_dirs(dir, reterr);
	return r < 0 ? r : file_write_atomic(path, text, reterr);
}

static bool note_read(const char *engine, const char *session, const char *suffix, struct buf *b)
{
	AUTO_STR path = note_path(engine, session, suffix);
	return path && file_read(path, NOTE_MAX, b, NULL) == 0;
}

static void note_drop(const char *engine, const char *session, const char *suffix)
{
	AUTO_STR path = note_path(engine, session, suffix);
	if (path)
		unlink(path);
}

/* ---- what the keeper saw ---- */
#define FIELD(name) { #name, offsetof(struct session_watch, name) }
static const struct { const char *key; size_t at; } fields[] = {
	FIELD(seen_at_s), FIELD(idle_s), FIELD(active), FIELD(warned_at_s), FIELD(disk_used_bytes), FIELD(disk_free_bytes), FIELD(disk_size_bytes),
	FIELD(work_at_s), FIELD(changed), FIELD(untracked), FIELD(ahead), FIELD(behind), FIELD(tip),
	FIELD(saved_at_s), FIELD(save_failed_at_s),
};

void watch_format(struct buf *b, const struct session_watch *w)
{
	buf_add_str(b, WATCH_HEAD "\n");
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		int64_t value;
		memcpy(&value, (const char *)w + fields[i].at, sizeof value);
		buf_addf(b, "%s %lld\n", fields[i].key, (long long)value);
	}
}

static bool take_field(struct sv line, struct session_watch *ret)
{
	struct sv key;
	int64_t value;
	if (!sv_split(&line, ' ', &key) || !sv_to_i64(line, &value) || value < 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (sv_eq(key, sv_of(fields[i].key)))
			memcpy((char *)ret + fields[i].at, &value, sizeof value);
	return true; /* what a newer berth notes as well is passed over */
}

bool watch_parse(struct sv text, struct session_watch *ret)
{
	struct sv line;
	*ret = (struct session_watch){ 0 };
	bool good = sv_split(&text, '\n', &line) && sv_eq(line, SV(WATCH_HEAD));
	while (good && sv_split(&text, '\n', &line))
		good = !line.len || take_field(line, ret);
	if (!good)
		*ret = (struct session_watch){ 0 };
	return good;
}

int watch_set(const char *engine, const char *session, const struct session_watch *w, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	watch_format(&b, w);
	return note_write(engine, session, ".watch", buf_sv(&b), reterr);
}

static int64_t kept_get(const char *engine, const char *session)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	int64_t until_s;
	return note_read(engine, session, ".kept", &b) && sv_to_i64(sv_trim(buf_sv(&b)), &until_s) && until_s > 0 ? until_s : 0;
}

bool watch_get(const char *engine, const char *session, struct session_watch *ret)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	*ret = (struct session_watch){ 0 };
	bool found = note_read(engine, session, ".watch", &b) && watch_parse(buf_sv(&b), ret);
	ret->kept_until_s = kept_get(engine, session);
	return found;
}

int kept_set(const char *engine, const char *session, int64_t until_s, struct err *reterr)
{
	AUTO_STR text = xasprintf("%lld\n", (long long)until_s);
	return note_write(engine, session, ".kept", sv_of(text), reterr);
}

/* ---- what somebody does with it, or did ---- */
static const char *const kinds[FATE_COUNT_] = {
	[FATE_NONE] = "none", [FATE_STOPPING] = "stopping", [FATE_PAUSING] = "pausing", [FATE_PAUSED] = "paused", [FATE_UNSAVED] = "unsaved", [FATE_ENGINE] = "engine",
};

void session_fate_fini(struct session_fate *f)
{
	free(f->owner);
	free(f->why);
	*f = (struct session_fate){ 0 };
}

void fate_format(struct buf *b, const struct session_fate *f)
{
	AUTO(buf_fini) struct buf why = BUF_INIT_MAX(2048);
	text_clean(&why, (struct sv){ f->why ? f->why : "", f->why ? utf8_floor(sv_of(f->why), 1000) : 0 });
	buf_addf(b, FATE_HEAD "\n%s\n%lld\n%s\n%s\n%s\n%s\n", kinds[f->kind], (long long)f->at_s, f->keep ? "keep" : "all", f->force ? "force" : "save",
	         f->owner ? f->owner : "", buf_str(&why));
}

bool fate_parse(struct sv text, struct session_fate *ret)
{
	enum { HEAD, KIND, AT, KEEP, FORCE, OWNER, WHY, N };
	struct sv line[N];
	*ret = (struct session_fate){ 0 };
	for (int i = 0; i < N; i++)
		if (!sv_split(&text, '\n', &line[i]))
			return false;
	if (!sv_eq(line[HEAD], SV(FATE_HEAD)) || !sv_to_i64(line[AT], &ret->at_s) || ret->at_s < 0)
		return false;
	for (int k = FATE_STOPPING; k < FATE_COUNT_; k++)
		if (sv_eq(line[KIND], sv_of(kinds[k])))
			ret->kind = (enum fate_kind)k;
	ret->keep = !sv_eq(line[KEEP], SV("all"));
	ret->force = sv_eq(line[FORCE], SV("force"));
	if (ret->kind == FATE_NONE)
		return false;
	ret->owner = sv_dup(line[OWNER]);
	ret->why = line[WHY].len ? sv_dup(line[WHY]) : NULL;
	return true;
}

int fate_set(const char *engine, const char *session, const struct session_fate *f, struct err *reterr)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR me = owner_token();
	struct session_fate now = *f;
	now.at_s = clock_wall_s();
	now.owner = me;
	fate_format(&b, &now);
	return note_write(engine, session, ".fate", buf_sv(&b), reterr);
}

bool fate_get(const char *engine, const char *session, struct session_fate *ret)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	*ret = (struct session_fate){ 0 };
	if (!note_read(engine, session, ".fate", &b))
		return false;
	if (!fate_parse(buf_sv(&b), ret)) {
		session_fate_fini(ret);
		return false;
	}
	ret->owner_is_dead = owner_life(ret->owner) == OWNER_DEAD;
	return true;
}

void fate_clear(const char *engine, const char *session)
{
	note_drop(engine, session, ".fate");
}

void notes_forget(const char *engine, const char *session)
{
	static const char *const suffixes[] = { ".watch", ".kept", ".fate" };
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		note_drop(engine, session, suffixes[i]);
	AUTO_STR lock = session_save_lock(session);
	unlink(lock);
}

bool session_is_saved_now(const char *session)
{
	AUTO_STR path = session_save_lock(session);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	return busy;
}

char *session_save_lock(const char *session)
{
	AUTO_STR dir = path_of(PATH_STATE, "saves");
	return xasprintf("%s/%s.lock", dir, session);
}

/* ---- whose keeper ---- */
static bool is_home_id(struct sv s)
{
	if (s.len != 32)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return true;
}

static char *home_read(const char *path)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	return file_read(path, 256, &b, NULL) == 0 && is_home_id(sv_trim(buf_sv(&b))) ? sv_dup(sv_trim(buf_sv(&b))) : NULL;
}

char *home_id(void)
{
	AUTO_STR dir = path_of(PATH_STATE, NULL);
	AUTO_STR path = path_join(dir, "home-id");
	AUTO_STR lock = path_join(dir, "home-id.lock");
	char *id = home_read(path);
	if (id || path_make_dirs(dir, NULL) < 0)
		return id;
	int fd = lock_take(lock, /* wait= */ true, NULL);
	id = home_read(path); /* somebody else may have made it meanwhile */
	if (!id && fd >= 0) {
		AUTO(secret_free_p) struct secret *random = secret_random(16);
		id = sv_dup(secret_reveal(random));
		if (file_write_atomic(path, sv_of(id), NULL) < 0)
			free_p(&id);
	}
	if (fd >= 0)
		close(fd);
	return id;
}

char *keeper_lock_path(const char *engine)
{
	AUTO(buf_fini) struct buf slug = BUF_INIT;
	buf_add_slug(&slug, sv_of(engine));
	AUTO_STR rest = xasprintf("keeper@%s.lock", buf_str(&slug));
	return path_of(PATH_STATE, rest);
}
