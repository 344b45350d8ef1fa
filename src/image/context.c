/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "image/context.h"

enum { ASK_BELOW = 256 * 1024, TAR_BLOCK = 512 };

struct context {
	struct forge_call *tar;
	struct buf bytes;
	size_t at;                     /* read so far */
	bool ended, asked, stopped, done;
	unsigned holds;                /* callbacks under way */
	char *dockerfile;
	struct err err;
	void (*ready)(void *ctx);
	void *ctx;
};

static void free_when_over(struct context *c)
{
	if (!c->done || c->tar || c->holds)
		return;
	buf_fini(&c->bytes);
	free(c->dockerfile);
	free(c);
}

static void tar_piece(void *context, struct sv bytes)
{
	struct context *c = context;
	c->asked = false;
	if (c->stopped)
		return;
	buf_cut_front(&c->bytes, c->at);
	c->at = 0;
	buf_add_sv(&c->bytes, bytes);
	c->ready(c->ctx);
}

static void tar_end(void *context, const struct err *err)
{
	struct context *c = context;
	c->tar = NULL;
	c->ended = true;
	if (err)
		c->err = *err;
	else
		buf_check(&c->bytes, "the build context's next piece", &c->err);
	c->holds++;
	if (!c->stopped)
		c->ready(c->ctx);
	c->holds--;
	free_when_over(c);
}

/*
 * A plain entry for the top folder, before all that the forge gives. BuildKit tells an archive from a lone Dockerfile by
 * reading the first entry out of the first kilobyte; one with an extended header in front (a long or a UTF-8 name) is more
 * than that, and the whole archive would be taken for a Dockerfile.
 */
static void add_top_folder(struct buf *b)
{
	char h[TAR_BLOCK] = "./";
	unsigned sum = 0;
	/* mode, uid, gid, size, mtime, checksum (blank while it is summed), type */
	memcpy(h + 100, "0000755\0" "0000000\0" "0000000\0" "00000000000\0" "00000000000\0" "        5", 57);
	memcpy(h + 257, "ustar\0" "00", 8);
	for (size_t i = 0; i < sizeof h; i++)
		sum += (unsigned char)h[i];
	for (int i = 5; i >= 0; i--, sum >>= 3)
		h[148 + i] = (char)('0' + (sum & 7));
	h[154] = '\0';
	buf_add(b, h, sizeof h);
}

static void ask_more(struct context *c)
{
	if (c->asked || c->ended || !c->tar || c->bytes.len - c->at >= ASK_BELOW)
		return;
	c->asked = true;
	forge_tar_more(c->tar);
}

struct context *context_open(struct forge *f, const struct context_query *q, void (*ready)(void *ctx), void *ctx)
{
	struct context *c = xcalloc(1, sizeof *c);
	c->ready = ready;
	c->ctx = ctx;
	c->dockerfile = xstrdup(q->dockerfile);
	const struct forge_extra_file extra = { "Dockerfile", sv_of(c->dockerfile) };
	const struct forge_tar_query tar = { .project = q->project, .commit = q->commit, .extra = &extra, .n_extra = c->dockerfile ? 1 : 0,
	                                     .dockerignore = true, .keep = "Dockerfile" };
	add_top_folder(&c->bytes);
	c->tar = forge_tar(f, &tar, tar_piece, tar_end, c);
	ask_more(c);
	return c;
}

long context_read(void *context, char *p, size_t room)
{
	struct context *c = context;
	size_t n = MIN_OF(room, c->bytes.len - c->at);
	if (n) {
		memcpy(p, c->bytes.p + c->at, n);
		c->at += n;
	}
	ask_more(c);
	if (n)
		return (long)n;
	if (c->stopped || c->err.code)
		return NET_BODY_FAIL;
	return c->ended ? 0 : NET_BODY_WAIT;
}

void context_stop(struct context *c)
{
	c->stopped = true;
	forge_cancel(c->tar);
}

void context_done(void *context)
{
	struct context *c = context;
	c->done = true;
	c->stopped = true;
	struct forge_call *tar = c->tar;
	if (tar)
		forge_cancel(tar); /* ends in tar_end, which frees */
	else
		free_when_over(c);
}

const struct err *context_error(const struct context *c)
{
	return c->err.code && c->err.code != ERR_CANCELLED ? &c->err : NULL;
}
