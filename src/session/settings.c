/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a session is told in its memory file system, on the standard input of one command in it: Jupyter's settings with the token, and
 * git's. At its start, when it goes on after a pause, and again whenever the host's token has changed.
 */
#include "berth/mem.h"
#include "call.h"

/* "NAME LINES", then the lines: what settings_store_script reads. */
void settings_add(struct buf *b, const char *name, struct sv text)
{
	size_t n = 0;
	while (text.len && text.p[text.len - 1] == '\n')
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		n += text.p[i] == '\n';
	buf_addf(b, "%s %zu\n", name, n + 1);
	buf_add_sv(b, text);
	buf_add_char(b, '\n');
}

void settings_add_jupyter(struct buf *b, struct sv token, const char *workdir, const char *default_url)
{
	AUTO(buf_fini) struct buf server = BUF_INIT;
	AUTO(buf_fini) struct buf notebook = BUF_INIT;
	settings_add(b, "token", token);
	jupyter_server_settings(&server, token, workdir, default_url);
	settings_add(b, "jupyter_server_config.json", buf_sv(&server));
	jupyter_notebook_settings(&notebook, token, workdir, default_url);
	settings_add(b, "jupyter_notebook_config.json", buf_sv(&notebook));
	wipe(server.p, server.len);
	wipe(notebook.p, notebook.len);
}

/* The author goes where the image's user would write it, and only where nothing says it yet; a home that can't be written leaves the
 * clone's own configuration. An image without git loses nothing by it. */
const char settings_store_script[] =
	"umask 077 && cd " SETTINGS_DIR " || exit 1\n"
	"while IFS=' ' read -r name n; do\n"
	"  {\n"
	"    while [ \"$n\" -gt 0 ]; do\n"
	"      IFS= read -r line && printf '%s\\n' \"$line\" || exit 1\n"
	"      n=$((n - 1))\n"
	"    done\n"
	"  } >\"$name\" || exit 1\n"
	"done\n"
	"set_author() {\n"
	"  [ -n \"$2\" ] && [ -z \"$(git config \"$1\" 2>/dev/null)\" ] || return 0\n"
	"  git config --global \"$1\" \"$2\" 2>/dev/null || git -C \"$3\" config \"$1\" \"$2\" 2>/dev/null || :\n"
	"}\n"
	"if [ -e git-author ] && command -v git >/dev/null 2>&1; then\n"
	"  { IFS= read -r name; IFS= read -r mail; IFS= read -r dir; } <git-author\n"
	"  set_author user.name \"$name\" \"$dir\"\n"
	"  set_author user.email \"$mail\" \"$dir\"\n"
	"fi\n"
	"if [ -s git-lfs ]; then\n"
	"  { IFS= read -r how; IFS= read -r dir; } <git-lfs\n"
	"  : >git-lfs\n"
	"  [ \"$how\" = fetched ] && how= || how=--skip-smudge\n"
	"  if command -v git-lfs >/dev/null 2>&1 && git -C \"$dir\" lfs install --local $how >/dev/null 2>&1; then\n"
	"    git -C \"$dir\" update-index -q --refresh >/dev/null 2>&1 </dev/null &\n" /* reads big files once, so that no status has to */
	"  else\n"
	"    echo no-git-lfs\n"
	"  fi\n"
	"fi\n"
	": >go\n";

/* ---- handed over again ---- */
struct hand_call { struct session_call base; int exit_code; char *name; };

static void hand_fini(struct session_call *c)
{
	free(((struct hand_call *)c)->name);
}

static void hand_exit(void *call, int exit_code)
{
	((struct hand_call *)call)->exit_code = exit_code;
}

static void handed(void *call, const struct err *err)
{
	struct hand_call *h = call;
	struct err failed = { 0 };
	if (!session_call_ok(&h->base, err))
		return;
	if (h->exit_code)
		err_set(&failed, ERR_FAILED, "git's login could not be stored in the memory of %s", h->name);
	session_call_end(&h->base, failed.code ? &failed : NULL);
}

struct session_call *session_hand_git(struct engine *e, struct loop *l, const struct session *s, const struct session_git *g, session_end_fn end, void *ctx)
{
	static const char *const argv[] = { "/bin/sh", "-c", settings_store_script };
	struct hand_call *h = session_call_new(sizeof *h, e, l, end, ctx);
	AUTO(buf_fini) struct buf in = BUF_INIT;
	h->base.fini = hand_fini;
	h->name = xstrdup(s->name);
	gitin_settings(&in, g, s->workdir ? s->workdir : "/");
	struct engine_exec_query q = { .container = s->container_id, .argv = argv, .n_argv = ARRAY_LEN(argv), .workdir = "/", .stdin_bytes = buf_sv(&in) };
	h->base.call = engine_exec(e, &q, NULL, hand_exit, handed, h);
	wipe(in.p, in.len);
	return &h->base;
}
