/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The database's file: where it is, whether it is ours and whole, and what happens when it isn't. Whoever uses it holds a
 * shared lock (flock on cache.lock); only who holds it alone may rename it, because SQLite finds its journal by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "berth/fault.h"
#include "berth/log.h"
#include "berth/path.h"
#include "cache/cache_impl.h"

enum { OPEN_WAIT_MS = 200, READ_WAIT_MS = 25 /* a key waits no longer */, LOCK_WAIT_MS = 500, LOCK_STEP_MS = 5 };

static const char schema[] =
	"CREATE TABLE thing(id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at_s INTEGER NOT NULL, used_s INTEGER NOT NULL, bytes BLOB NOT NULL);"
	"CREATE INDEX thing_used ON thing(used_s);";

/* ---- folder and lock ---- */
static int make_dir(struct cache *c, struct err *reterr)
{
	struct stat st;
	if (fault_point("cache.dir"))
		return err_set_errno(reterr, EROFS, "can't make %s", c->dir);
	int r = path_make_dirs(c->dir, reterr);
	if (r < 0)
		return r;
	if (stat(c->dir, &st) < 0)
		return err_set_errno(reterr, errno, "can't use %s", c->dir);
	if (st.st_uid != geteuid())
		return err_set(reterr, ERR_DENIED, "%s belongs to somebody else", c->dir);
	if (st.st_mode & 077)
		chmod(c->dir, 0700);
	return 0;
}

/* 0600 before anything is in it; SQLite gives its journals the same mode. */
static int make_file(const char *path, struct err *reterr)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return err_set_errno(reterr, errno, "can't open %s", path);
	bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (!(st.st_mode & 077) || fchmod(fd, 0600) == 0);
	close(fd);
	return good ? 0 : err_set(reterr, ERR_DENIED, "%s is no file of ours", path);
}

static bool lock_waits(int fd, int how)
{
	for (int waited = 0; flock(fd, how | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
		if (errno != EWOULDBLOCK || waited >= LOCK_WAIT_MS)
			return false;
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return true;
}

static int lock_open(struct cache *c, struct err *reterr)
{
	AUTO_STR path = path_join(c->dir, "cache.lock");
	c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return c->lock_fd < 0 ? err_set_errno(reterr, errno, "can't open %s", path) : 0;
}

/* Shared memory and locks of a write-ahead log need one machine (sqlite.org/wal.html). */
static bool is_network(const char *dir)
{
	static const unsigned long kinds[] = {
		0x6969 /* nfs */, 0x517b, 0xff534d42, 0xfe534d42 /* smb */, 0x5346414f /* afs */, 0x65735546 /* fuse */, 0x00c36400 /* ceph */,
		0x0bd00bd0 /* lustre */, 0x47504653 /* gpfs */, 0x19830326 /* beegfs */, 0x01021997 /* 9p */, 0x7461636f /* ocfs2 */, 0x01161970 /* gfs2 */,
	};
	struct statfs s;
	if (statfs(dir, &s) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((unsigned long)s.f_type == kinds[i])
			return true;
	return false;
}

/* ---- opening ---- */
bool file_is_damage(int rc)
{
	rc &= 0xff;
	return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_FORMAT || rc == SQLITE_SCHEMA || rc == SQLITE_MISMATCH || rc == SQLITE_ERROR;
}

int file_open_database(const char *path, bool rollback_journal, sqlite3 **ret)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db, 0);
		sqlite3_busy_timeout(db, OPEN_WAIT_MS);
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		/* The end of a run must not wait for a disk: what is in the log then is folded in by the next writer. */
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		rc = sqlite3_exec(db, rollback_journal ? "PRAGMA cache_size=-512; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY"
		                                       : "PRAGMA cache_size=-512; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=4194304", NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK) {
		sqlite3_close(db);
		db = NULL;
	}
	*ret = db;
	return rc;
}

static int number_of(sqlite3 *db, const char *sql, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
	*ret = 0;
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(s);
		if (rc == SQLITE_ROW)
			*ret = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Two that begin it at once: the second one finds it begun. */
static int make_schema(struct cache *c, sqlite3 *db)
{
	int64_t version = 0;
	AUTO_STR stamp = xasprintf("PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", (int)FILE_APPLICATION, (int)FILE_VERSION);
	sqlite3_busy_timeout(db, LOCK_WAIT_MS);
	int rc = sqlite3_exec(db, c->rollback_journal ? "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE"
	                                              : "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = number_of(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && !version)
		rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, stamp, NULL, NULL, NULL);
	return rc;
}

/* SQLITE_OK and c->db; else nothing is open and *ret_why says what is the matter with the file, if it is the file. */
static int open_file(struct cache *c, char **ret_why)
{
	int64_t application = 0, version = 0, tables = 0;
	sqlite3 *db = NULL;
	int rc = file_open_database(c->path, c->rollback_journal, &db);
	if (rc == SQLITE_OK)
		rc = number_of(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK)
		rc = number_of(db, "PRAGMA application_id", &application);
	if (rc == SQLITE_OK)
		rc = number_of(db, "SELECT count(*) FROM sqlite_master", &tables);
	if (rc == SQLITE_OK && !version && !application && !tables) {
		rc = make_schema(c, db);
		application = FILE_APPLICATION;
		version = FILE_VERSION;
	}
	if (rc == SQLITE_OK && application != FILE_APPLICATION)
		*ret_why = xstrdup("is not berth's");
	else if (rc == SQLITE_OK && version != FILE_VERSION)
		*ret_why = xasprintf("is of another version of berth (%lld)", (long long)version);
	else if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(db, "SELECT at_s, used_s, bytes FROM thing WHERE key = ?", -1, SQLITE_PREPARE_PERSISTENT, &c->get, NULL);
	if (rc == SQLITE_OK && !*ret_why)
		/* In the order in which they lie in the file: many thousands in that of their keys would read each page many times. */
		rc = sqlite3_prepare_v3(db, "SELECT key, at_s, bytes FROM thing WHERE id IN (SELECT id FROM thing WHERE key >= ? AND key < ?)", -1, SQLITE_PREPARE_PERSISTENT, &c->all, NULL);
	if (file_is_damage(rc))
		*ret_why = xstrdup("is damaged");
	if (rc == SQLITE_OK && !*ret_why) {
		sqlite3_busy_timeout(db, READ_WAIT_MS);
		c->db = db;
		return SQLITE_OK;
	}
	sqlite3_finalize(c->get);
	c->get = NULL;
	sqlite3_close(db);
	return rc == SQLITE_OK ? SQLITE_NOTADB : rc;
}

/* ---- aside ---- */
static bool rename_aside(struct cache *c)
{
	static const char *const tails[] = { "", "-wal", "-shm", "-journal" };
	bool gone = true;
	for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
		AUTO_STR from = xasprintf("%s%s", c->path, tails[i]);
		AUTO_STR to = xasprintf("%s.aside%s", c->path, tails[i]);
		unlink(to);
		if (rename(from, to) < 0 && errno != ENOENT)
			gone = false;
	}
	return gone;
}

static void close_db(struct cache *c)
{
	sqlite3_finalize(c->get);
	sqlite3_finalize(c->all);
	sqlite3_close(c->db);
	c->get = c->all = NULL;
	c->db = NULL;
}

static int begin_anew(struct cache *c, const char *why, struct err *reterr)
{
	char *again = NULL;
	if (!lock_waits(c->lock_fd, LOCK_EX)) {
		err_set(reterr, ERR_BUSY, "the cache %s %s, and another berth uses it: nothing is kept in this run", c->path, why);
		err_hint(reterr, "end the other one, and the next start puts it right");
		return -ERR_BUSY;
	}
	struct err err = { 0 };
	int rc = rename_aside(c) && make_file(c->path, &err) == 0 ? open_file(c, &again) : SQLITE_CANTOPEN;
	flock(c->lock_fd, LOCK_SH | LOCK_NB);
	if (rc != SQLITE_OK)
		err_set(reterr, ERR_SYS, "the cache %s %s, and a new one can't be made: nothing is kept in this run", c->path, why);
	free(again);
	return rc == SQLITE_OK ? 0 : -ERR_SYS;
}

static void say_aside(struct cache *c, const char *why)
{
	struct err err = { 0 };
	err_set(&err, ERR_DECODE, "the cache %s: it was set aside, a new one begins", why);
	err_hint(&err, "it is in %s.aside and may be removed", c->path);
	cache_say(c, &err);
}

/* ---- life ---- */
/* Two find it damaged at once: the one that had it alone has set it aside meanwhile. */
static bool begun_by_other(struct cache *c)
{
	AUTO_STR why = NULL;
	return lock_waits(c->lock_fd, LOCK_SH) && open_file(c, &why) == SQLITE_OK;
}

static bool is_empty(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && !st.st_size;
}

static int begin(struct cache *c, struct err *reterr)
{
	AUTO_STR why = NULL;
	int r = make_dir(c, reterr);
	if (r == 0)
		r = lock_open(c, reterr);
	if (r == 0)
		r = make_file(c->path, reterr);
	if (r < 0)
		return r;
	c->rollback_journal = is_network(c->dir);
	/* One begins it, the others wait for that. */
	if (!lock_waits(c->lock_fd, is_empty(c->path) ? LOCK_EX : LOCK_SH) && !lock_waits(c->lock_fd, LOCK_SH))
		return err_set(reterr, ERR_BUSY, "%s is in use", c->path);
	int rc = open_file(c, &why);
	flock(c->lock_fd, LOCK_SH | LOCK_NB);
	if (rc == SQLITE_OK)
		return 0;
	if (!why)
		return err_set(reterr, rc == SQLITE_BUSY ? ERR_BUSY : ERR_SYS, "can't open %s: %s", c->path, sqlite3_errstr(rc));
	r = begin_anew(c, why, reterr);
	if (r == 0)
		say_aside(c, why);
	else if (r == -ERR_BUSY && begun_by_other(c))
		r = 0;
	return r;
}

int file_begin(struct cache *c)
{
	struct err err = { 0 };
	int r = begin(c, &err);
	if (r < 0) {
		file_end(c);
		/* Locked for now, or a home that can't be written: all works without. */
		err_hint(&err, "berth works without it; what was seen is not there at the next start");
		cache_say(c, &err);
	}
	return r;
}

void file_end(struct cache *c)
{
	close_db(c);
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	c->lock_fd = -1;
}

void file_set_aside(struct cache *c)
{
	struct err err = { 0 };
	c->broken = false;
	close_db(c);
	log_debug("cache", "%s is damaged", c->path);
	if (begin_anew(c, "is damaged", &err) < 0) {
		file_end(c);
		cache_say(c, &err);
	} else {
		say_aside(c, "is damaged");
	}
}
