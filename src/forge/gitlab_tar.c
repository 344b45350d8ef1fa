/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A commit's tree as the port's tar: the host's archive (tar.gz, made by git archive) is read as it comes, and written anew on a
 * worker without the folder that it all lies in. Bytes wait on both sides: the host while the worker has enough, the worker while
 * the reader hasn't asked (credits).
 */
#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>
#include "berth/git.h"
#include "forge/gitlab.h"
#include "forge/tar_out.h"

enum { INPUT_HIGH = 1 << 20, INPUT_LOW = 256 << 10, MAX_IGNORE_FILE = 1 << 20 };

struct tar_op { struct op op; struct tar_feed *feed; struct net_api_call *stream; char hex[OID_HEX + 1]; };
struct tar_feed {                     /* what op and worker share; the worker's `done` ends it */
	struct tar_op *op;            /* NULL: nobody waits; loop's thread only */
	struct loop_work *work;
	pthread_mutex_t lock;         /* the next six */
	pthread_cond_t wake;
	struct buf in;
	bool in_ended, stop, paused;
	size_t credits;
	struct err in_err;            /* why the input ended, if badly */
	struct buf block;             /* what libarchive reads from; worker's */
	struct tar_out out;
	struct forge_extra_file *extra; size_t n_extra;
	char *keep;
	int rc;
	struct err err;
};

static void feed_free(struct tar_feed *t)
{
	for (size_t i = 0; i < t->n_extra; i++) {
		free((char *)(uintptr_t)t->extra[i].path);
		free((char *)(uintptr_t)t->extra[i].bytes.p);
	}
	free(t->extra);
	free(t->keep);
	buf_fini(&t->in);
	buf_fini(&t->block);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	free(t);
}

/* ---- worker ------------------------------------------------------------------------------------------------------------------- */
static void resume_told(void *ctx, const void *item, size_t n)
{
	struct tar_feed *t = ctx;

	if (t->op && t->op->stream)
		net_api_pause(t->op->stream, false);
}

static la_ssize_t bytes_in(struct archive *a, void *ctx, const void **ret)
{
	struct tar_feed *t = ctx;
	bool resume;

	pthread_mutex_lock(&t->lock);
	while (!t->in.len && !t->in_ended && !t->stop)
		pthread_cond_wait(&t->wake, &t->lock);
	struct buf taken = t->in;
	t->in = t->block;
	buf_clear(&t->in);
	t->block = taken;
	resume = t->paused;
	t->paused = false;
	bool stop = t->stop;
	pthread_mutex_unlock(&t->lock);
	if (resume && !stop)
		loop_work_post(t->work, resume_told, NULL, 0);
	*ret = t->block.p;
	return stop ? 0 : (la_ssize_t)t->block.len;
}

static void piece_told(void *ctx, const void *item, size_t n)
{
	struct tar_feed *t = ctx;

	if (t->op)
		forge_give_bytes(t->op->op.call, (struct sv){ item, n });
}

static bool piece_out(void *ctx, struct buf *piece)
{
	struct tar_feed *t = ctx;

	pthread_mutex_lock(&t->lock);
	while (!t->credits && !t->stop)
		pthread_cond_wait(&t->wake, &t->lock);
	bool ok = !t->stop;
	t->credits -= ok;
	pthread_mutex_unlock(&t->lock);
	if (ok)
		loop_work_post(t->work, piece_told, piece->p, piece->len);
	buf_clear(piece);
	return ok;
}

static bool wants_stop(void *ctx)
{
	struct tar_feed *t = ctx;

	pthread_mutex_lock(&t->lock);
	bool stop = t->stop;
	pthread_mutex_unlock(&t->lock);
	return stop;
}

/* "flights-1a2b-1a2b/src/x.py" -> "src/x.py"; NULL: the folder itself, or a name that leads out of it */
static char *inner_path(const char *path, bool *ret_bad)
{
	const char *slash = path ? strchr(path, '/') : NULL;
	struct sv rest, part;
	size_t n = slash ? strlen(slash + 1) : 0;

	*ret_bad = false;
	while (n && slash[n] == '/')
		n--;
	if (!n)
		return NULL;
	rest = (struct sv){ slash + 1, n };
	while (sv_split(&rest, '/', &part))
		*ret_bad = *ret_bad || !part.len || sv_eq(part, SV("..")) || sv_eq(part, SV("."));
	return *ret_bad ? NULL : xstrndup(slash + 1, n);
}

static bool data_copy(struct tar_feed *t, struct archive *in)
{
	char piece[16384];
	la_ssize_t n;

	while ((n = archive_read_data(in, piece, sizeof piece)) > 0) {
		if (!tar_out_data(&t->out, (struct sv){ piece, (size_t)n }))
			return false;
	}
	return n == 0;
}

static bool entry_copy(struct tar_feed *t, struct archive *in, struct archive_entry *e)
{
	bool bad;
	AUTO_STR path = inner_path(archive_entry_pathname(e), &bad);
	unsigned type = archive_entry_filetype(e);
	struct tar_entry to = { .path = path, .folder = type == AE_IFDIR, .exec = archive_entry_perm(e) & 0100 };

	if (bad && !t->out.rc)
		t->out.rc = err_set(&t->out.err, ERR_DECODE, "the host's archive has a name that leads out of it");
	if (!path || !tar_out_wants(&t->out, path))
		return !bad;
	if (type == AE_IFLNK)
		to.link = archive_entry_symlink(e);
	else if (type == AE_IFREG && !archive_entry_hardlink(e))
		to.size = (uint64_t)MAX_OF(archive_entry_size(e), 0);
	else if (!to.folder)
		return true; /* git has no other kinds */
	if (type == AE_IFLNK && !to.link)
		return true;
	t->out.time_s = archive_entry_mtime(e);
	return tar_out_header(&t->out, &to) && (type != AE_IFREG || data_copy(t, in));
}

static int archive_copy(struct tar_feed *t, struct archive *in, struct err *reterr)
{
	struct archive_entry *e;
	bool ok = true;
	int rc = archive_read_open(in, t, NULL, bytes_in, NULL);

	while (ok && rc == ARCHIVE_OK && !wants_stop(t)) {
		rc = archive_read_next_header(in, &e);
		if (rc == ARCHIVE_WARN)
			rc = ARCHIVE_OK;
		if (rc == ARCHIVE_OK)
			ok = entry_copy(t, in, e);
	}
	if (wants_stop(t))
		return err_set(reterr, ERR_CANCELLED, "cancelled");
	if (t->out.rc)
		return err_copy(reterr, &t->out.err);
	pthread_mutex_lock(&t->lock);
	struct err in_err = t->in_err;
	pthread_mutex_unlock(&t->lock);
	if (in_err.code)
		return err_copy(reterr, &in_err);
	if (rc != ARCHIVE_EOF || !ok)
		return err_set(reterr, ERR_DECODE, "the host's archive is damaged: %s", archive_error_string(in) ? archive_error_string(in) : "it ends early");
	return 0;
}

static void tar_process(struct loop_work *w, void *ctx)
{
	struct tar_feed *t = ctx;
	struct archive *in = archive_read_new();

	t->work = w;
	archive_read_support_filter_gzip(in);
	archive_read_support_format_tar(in);
	archive_read_set_options(in, "hdrcharset=BINARY");
	t->rc = tar_out_begin(&t->out, &t->err);
	if (!t->rc)
		t->rc = archive_copy(t, in, &t->err);
	if (!t->rc)
		t->rc = tar_out_finish(&t->out, &t->err);
	tar_out_fini(&t->out);
	archive_read_free(in);
}

/* ---- loop's thread --------------------------------------------------------------------------------------------------------------- */
static void tar_done(void *ctx, bool cancelled)
{
	struct tar_feed *t = ctx;
	struct tar_op *x = t->op;
	struct err err = t->err;
	int rc = t->rc;

	feed_free(t);
	if (!x)
		return;
	x->feed = NULL;
	op_end(&x->op, rc ? &err : NULL);
}

static void feed_stop(struct tar_feed *t, const struct err *err, bool stop)
{
	pthread_mutex_lock(&t->lock);
	if (err && !t->in_ended)
		t->in_err = *err;
	t->in_ended = true;
	t->stop = t->stop || stop;
	pthread_cond_broadcast(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

static void stream_data(void *ctx, struct sv bytes)
{
	struct tar_op *x = ctx;
	struct tar_feed *t = x->feed;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	buf_add_sv(&t->in, bytes);
	bool pause = t->in.len > INPUT_HIGH;
	t->paused = t->paused || pause;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	if (pause)
		net_api_pause(x->stream, true);
}

static void stream_ended(void *ctx, const struct err *err)
{
	struct tar_op *x = ctx;
	struct err said = { 0 };

	x->stream = NULL;
	if (!x->feed)
		return;
	if (err) {
		said = *err;
		err_prefix(&said, "the files of %s", x->op.project);
		if (err->code == ERR_RATE)
			err_hint(&said, "this host gives only a few archives a minute: wait a minute");
	}
	feed_stop(x->feed, err ? &said : NULL, false);
}

static void tar_begin(struct tar_op *x)
{
	static const struct net_piece_events events = { .on_data = stream_data, .on_end = stream_ended };
	AUTO_STR path = xasprintf("%s/repository/archive.tar.gz?sha=%s", x->op.base, x->hex);
	const struct net_api_request q = { .path = path, .any_type = true };

	x->feed->op = x;
	loop_work_submit(x->op.g->forge.loop, tar_process, tar_done, x->feed);
	x->stream = net_api_open(x->op.g->api, &q, &events, x);
}

static void ignore_got(struct op *op, const struct net_answer *a, const struct err *err)
{
	struct tar_op *x = (struct tar_op *)op;
	struct err bad = { 0 };

	if (err && !(a && a->response.status == 404)) {
		op_fail(op, a, err);
		return;
	}
	if (!err && dockerignore_new(a->response.body, &x->feed->out.ignore, &bad)) {
		op_end(op, &bad);
		return;
	}
	tar_begin(x);
}

static void tar_fini_op(struct op *op)
{
	struct tar_op *x = (struct tar_op *)op;
	struct tar_feed *t = x->feed;

	x->feed = NULL;
	net_api_cancel(x->stream);
	if (t && t->op) {
		t->op = NULL;
		feed_stop(t, NULL, true);
	} else if (t) { /* no worker has begun */
		dockerignore_free(t->out.ignore);
		feed_free(t);
	}
}

void gitlab_tar_more(struct forge_call *c)
{
	struct tar_op *x = forge_call_impl(c);

	if (!x || !x->feed)
		return;
	pthread_mutex_lock(&x->feed->lock);
	x->feed->credits++;
	pthread_cond_signal(&x->feed->wake);
	pthread_mutex_unlock(&x->feed->lock);
}

static struct tar_feed *feed_new(const struct forge_tar_query *q)
{
	struct tar_feed *t = xcalloc(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	t->keep = xstrdup(q->keep);
	t->n_extra = q->n_extra;
	t->extra = xcalloc(q->n_extra ? q->n_extra : 1, sizeof *t->extra);
	for (size_t i = 0; i < q->n_extra; i++) {
		t->extra[i].path = xstrdup(q->extra[i].path);
		t->extra[i].bytes = (struct sv){ sv_dup(q->extra[i].bytes), q->extra[i].bytes.len };
	}
	t->out = (struct tar_out){ .extra = t->extra, .n_extra = t->n_extra, .keep = t->keep, .flush = piece_out, .stopped = wants_stop, .ctx = t };
	return t;
}

void gitlab_tar(struct forge *f, struct forge_call *c, const struct forge_tar_query *q)
{
	struct tar_op *x = op_new(f, c, sizeof *x, q->project, FORGE_DEED_READ);

	oid_hex(&q->commit, x->hex);
	x->feed = feed_new(q);
	x->op.fini = tar_fini_op;
	if (!q->dockerignore) {
		tar_begin(x);
		return;
	}
	AUTO_STR path = xasprintf("%s/repository/files/.dockerignore/raw?ref=%s", x->op.base, x->hex);
	op_fetch(&x->op, &(struct op_ask){ .path = path, .revalidate = true, .any_type = true, .max_body = MAX_IGNORE_FILE }, ignore_got);
}
