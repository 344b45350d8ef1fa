/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Branches between a local project's repository and a running session of it, over standard input and output of commands in it: what its
 * bare repository has, a pack of what was pushed, then a pack of what the host has more, and where its branches are now.
 */
#include "berth/exchange.h"
#include "berth/mem.h"
#include "berth/path.h"
#include "call.h"

enum { LIST_MAX = 8 << 20, PACK_MAX = 256 << 20, CHUNK = 4 << 20 };

struct exchange_call {
	struct session_call base;
	struct session session;
	struct git_place place;
	struct buf list, pack;
	exchange_refs refs;
	struct exchange_job *job;
	struct exchanged done;
	char *name;                    /* of this exchange: those who ask are answered by the one that has looked since */
	size_t sent;
	int exit_code;
	void (*got)(void *ctx, const char *said);
};
struct exchange_job {                          /* a worker's */
	struct exchange_call *call;            /* NULL: nobody waits */
	atomic_bool stop;
	struct git_place place;
	char *dir, *session;
	exchange_refs refs;
	struct buf pack;
	struct exchanged done;
	int rc;
	struct err err;
};

static void exchange_fini(struct session_call *c)
{
	struct exchange_call *x = (struct exchange_call *)c;
	if (x->job) {
		x->job->call = NULL;
		atomic_store(&x->job->stop, true);
	}
	session_fini(&x->session);
	git_place_fini(&x->place);
	exchange_refs_fini(&x->refs);
	exchanged_fini(&x->done);
	buf_fini(&x->list);
	buf_fini(&x->pack);
	free(x->name);
}

static void exited(void *call, int exit_code)
{
	((struct exchange_call *)call)->exit_code = exit_code;
}

static void run(struct exchange_call *x, const char *script, struct sv in, void (*out)(void *, int, struct sv), engine_end_fn end)
{
	AUTO_STR dir = xasprintf("%s/.git/" EXCHANGE_DIR, x->session.workdir);
	const char *argv[] = { "/bin/sh", "-c", script, "berth", dir, x->name };
	struct engine_exec_query q = { .container = x->session.container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/", .stdin_bytes = in };
	x->exit_code = -1;
	x->base.call = engine_exec(x->base.engine, &q, out, exited, end, x);
}

static bool went_well(struct exchange_call *x, const struct err *err, const char *what)
{
	struct err failed = { 0 };
	if (!session_call_ok(&x->base, err))
		return false;
	if (x->exit_code == 0)
		return true;
	err_set(&failed, ERR_FAILED, "git in %s could not %s (exit status %d)", x->session.name, what, x->exit_code);
	session_call_end(&x->base, &failed);
	return false;
}

/* ---- the end: what became of it is told, to those who push and wait ---- */
/* git-ask (gitin.c) leaves a question: the branches that were pushed, one a line (none: a fetch). The exchange takes what was asked before
 * it looks, and answers just that. One that was under way when somebody pushed may know nothing of that push; or it may have seen the push
 * before its question came, and several may have gone by since. So what was said of each branch last is kept, the newest first: the answer
 * to a push is what was said of its branches, whichever exchange took them. */
static const char take_and_list[] =
	"cd " SETTINGS_DIR " 2>/dev/null && for q in question.*; do [ ! -e \"$q\" ] || mv -f \"$q\" \"taken.$2.${q#question.}\"; done\n"
	"exec git --git-dir=\"$1\" for-each-ref '--format=%(objectname) %(refname)' refs/heads refs/berth/host";
static const char answer_taken[] =
	"umask 077; cd " SETTINGS_DIR " && cat >\"answer.$2\" || exit 1\n"
	"names() { names=' '; while read -r name _; do names=\"$names$name \"; done <\"$1\"; }\n"
	"is_one() { case $names in *\" ${1%% *} \"*) ;; *) return 1 ;; esac; }\n"
	"names \"answer.$2\"; n=200; [ -e said ] || : >said\n"
	"{ cat \"answer.$2\"; while [ $n -gt 0 ] && IFS= read -r line; do is_one \"$line\" || { printf '%s\\n' \"$line\"; n=$((n - 1)); }; done <said; } >\"said.$2\" && mv -f \"said.$2\" said\n"
	"for q in taken.\"$2\".*; do\n"
	"  [ -e \"$q\" ] || continue\n"
	"  names \"$q\"; a=${q##*.}\n"
	"  while IFS= read -r line; do ! is_one \"$line\" || printf '%s\\n' \"$line\"; done <said >\"new.$a\"\n"
	"  [ -s \"new.$a\" ] || echo 'nothing new' >\"new.$a\"\n"
	"  rm -f \"$q\" && mv -f \"new.$a\" \"answer.$a\"\n"
	"done\n"
	"rm -f \"answer.$2\"";

static void answered(void *call, const struct err *err)
{
	struct exchange_call *x = call;
	(void)err; /* nobody may be waiting */
	if (!session_call_back(&x->base, NULL))
		return;
	if (x->got && x->done.said.len)
		x->got(x->base.ctx, buf_str(&x->done.said));
	session_call_end(&x->base, NULL);
}

static void answer(struct exchange_call *x)
{
	run(x, answer_taken, buf_sv(&x->done.said), NULL, answered);
}

/* ---- what the host has ---- */
static void updated(void *call, const struct err *err)
{
	struct exchange_call *x = call;
	if (went_well(x, err, "take the branches of the repository on this machine"))
		answer(x);
}

static void send_pack(struct exchange_call *x);

static void piece_sent(void *call, const struct err *err)
{
	struct exchange_call *x = call;
	if (went_well(x, err, "take the commits of the repository on this machine"))
		send_pack(x);
}

static void send_pack(struct exchange_call *x)
{
	static const char first[] = "cat >\"$1/incoming.pack\"", more[] = "cat >>\"$1/incoming.pack\"";
	static const char finish[] = "cd \"$1\" && if [ -s incoming.pack ]; then git --git-dir=. index-pack --stdin <incoming.pack >/dev/null && rm -f incoming.pack; fi && git --git-dir=. update-ref --stdin";
	struct sv all = buf_sv(&x->done.pack);
	if (x->sent < all.len) {
		struct sv piece = { all.p + x->sent, MIN_OF((size_t)CHUNK, all.len - x->sent) };
		bool begins = x->sent == 0;
		x->sent += piece.len;
		run(x, begins ? first : more, piece, NULL, piece_sent);
	} else if (x->done.updates.len) {
		run(x, finish, buf_sv(&x->done.updates), NULL, updated);
	} else {
		answer(x);
	}
}

/* ---- on a worker ---- */
static void job_process(struct loop_work *w, void *job)
{
	struct exchange_job *j = job;
	const struct exchange x = { &j->place, j->dir, j->session, &j->refs, buf_sv(&j->pack) };
	(void)w;
	j->rc = exchange_run(&x, &j->stop, &j->done, &j->err);
}

static void job_done(void *job, bool cancelled)
{
	struct exchange_job *j = job;
	struct exchange_call *x = j->call;
	struct err err = j->err;
	int rc = cancelled ? err_set(&err, ERR_CANCELLED, "cancelled") : j->rc;
	if (x) {
		x->job = NULL;
		exchanged_fini(&x->done);
		x->done = j->done;
		j->done = (struct exchanged){ 0 };
	}
	exchanged_fini(&j->done);
	exchange_refs_fini(&j->refs);
	git_place_fini(&j->place);
	buf_fini(&j->pack);
	free(j->dir);
	free(j->session);
	free(j);
	if (x && session_call_ok(&x->base, rc < 0 ? &err : NULL))
		send_pack(x);
}

static void place_all(struct exchange_call *x)
{
	AUTO_STR dir = path_of(PATH_CACHE, "pushes");
	struct err err = { 0 };
	if (path_make_dirs(dir, &err) < 0) {
		session_call_end(&x->base, &err);
		return;
	}
	struct exchange_job *j = xcalloc(1, sizeof *j);
	*j = (struct exchange_job){ .call = x, .place = x->place, .dir = xasprintf("%s/%s-%s", dir, x->session.name, x->name), .session = xstrdup(x->session.name),
		.refs = x->refs, .pack = x->pack };
	x->place = (struct git_place){ 0 };
	x->refs = (exchange_refs)VEC_INIT;
	x->pack = BUF_INIT;
	x->job = j;
	loop_work_submit(x->base.loop, job_process, job_done, j);
}

/* ---- what was pushed ---- */
static void pack_piece(void *call, int stream, struct sv bytes)
{
	struct exchange_call *x = call;
	if (stream == 1)
		buf_add_sv(&x->pack, bytes);
}

static void packed(void *call, const struct err *err)
{
	struct exchange_call *x = call;
	struct err big = { 0 };
	if (!went_well(x, err, "pack what was pushed"))
		return;
	if (x->pack.overflow) {
		err_set(&big, ERR_TOO_BIG, "what was pushed in %s is larger than %d MB", x->session.name, PACK_MAX >> 20);
		session_call_end(&x->base, &big);
		return;
	}
	place_all(x);
}

static void list_piece(void *call, int stream, struct sv bytes)
{
	struct exchange_call *x = call;
	if (stream == 1)
		buf_add_sv(&x->list, bytes);
}

static void listed(void *call, const struct err *err)
{
	struct exchange_call *x = call;
	AUTO(buf_fini) struct buf revs = BUF_INIT;
	bool any = false;
	if (!went_well(x, err, "list what was pushed"))
		return;
	exchange_read(buf_sv(&x->list), &x->refs);
	for (size_t i = 0; i < x->refs.len; i++) {
		const struct exchange_ref *r = &x->refs.items[i];
		char hex[OID_HEX + 1];
		any = any || exchange_is_pushed(r);
		oid_hex(&r->pushed, hex);
		if (exchange_is_pushed(r))
			buf_addf(&revs, "%s\n", hex);
		oid_hex(&r->base, hex);
		if (!oid_is_zero(&r->base))
			buf_addf(&revs, "^%s\n", hex);
	}
	if (any)
		run(x, "exec git --git-dir=\"$1\" pack-objects --revs --stdout -q", buf_sv(&revs), pack_piece, packed);
	else
		place_all(x);
}

struct session_call *session_exchange(struct engine *e, struct loop *l, const struct session *s, const struct git_place *place, void (*got)(void *ctx, const char *said), session_end_fn end, void *ctx)
{
	AUTO(secret_free_p) struct secret *tail = secret_random(6);
	struct exchange_call *x = session_call_new(sizeof *x, e, l, end, ctx);
	x->base.fini = exchange_fini;
	session_dup(&x->session, s);
	x->place = (struct git_place){ .url = xstrdup(place->url) };
	x->list = BUF_INIT_MAX(LIST_MAX);
	x->pack = BUF_INIT_MAX(PACK_MAX);
	x->got = got;
	x->name = sv_dup(secret_reveal(tail));
	run(x, take_and_list, (struct sv){ "", 0 }, list_piece, listed);
	return &x->base;
}

/* ---- listening: one line for each push and fetch in it, until it ends or somebody else listens ---- */
struct listen_call { struct session_call base; void (*asked)(void *ctx); };

static void line_came(void *call, int stream, struct sv bytes)
{
	struct listen_call *c = call;
	if (stream == 1 && memchr(bytes.p, '\n', bytes.len) && !c->base.cancelled)
		c->asked(c->base.ctx);
}

static void listen_end(void *call, const struct err *err)
{
	struct listen_call *c = call;
	if (session_call_ok(&c->base, err))
		session_call_end(&c->base, NULL);
}

struct session_call *session_listen(struct engine *e, struct loop *l, const struct session *s, void (*asked)(void *ctx), session_end_fn end, void *ctx)
{
	static const char script[] =
		"cd " SETTINGS_DIR " || exit 1\n[ -p ask ] || mkfifo -m 600 ask || exit 1\necho $$ >listener\n"
		"while IFS= read -r me <listener && [ \"$me\" = $$ ]; do\n"
		"  if IFS= read -r line <ask; then echo \"$line\"; else sleep 0.2; fi\n" /* a writer was ended before it wrote */
		"done";
	static const char *const argv[] = { "/bin/sh", "-c", script };
	struct listen_call *c = session_call_new(sizeof *c, e, l, end, ctx);
	c->asked = asked;
	struct engine_exec_query q = { .container = s->container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/" };
	c->base.call = engine_exec(e, &q, line_came, NULL, listen_end, c);
	return &c->base;
}
