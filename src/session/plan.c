/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What runs in a session's container. An image with a shell is wrapped: /bin/sh runs a few lines made here, which wait for
 * the session's settings, then run Jupyter (the best one the image has) or the image's own command, behind the image's
 * entry point where that is one that runs what it is given. An image without a shell runs as it is.
 */
#include "berth/mem.h"
#include "parts.h"

void words_fini(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->items[i]);
	free(w->items);
	*w = (struct words){ 0 };
}

void words_add(struct words *w, const char *word)
{
	w->items = xrealloc(w->items, w->n + 1, sizeof *w->items);
	w->items[w->n++] = xstrdup(word);
}

void image_facts_fini(struct image_facts *f)
{
	free(f->id);
	free(f->user);
	free(f->workdir);
	free(f->path);
	free(f->jupyter_config_path);
	words_fini(&f->entrypoint);
	words_fini(&f->cmd);
	*f = (struct image_facts){ 0 };
}

void run_plan_fini(struct run_plan *p)
{
	words_fini(&p->entrypoint);
	words_fini(&p->cmd);
	free(p->default_url);
	*p = (struct run_plan){ 0 };
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool is_one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool is_init(const char *word)
{
	static const char *const inits[] = { "tini", "tini-static", "dumb-init", "docker-init", "catatonit", "init", "s6-svscan", "systemd", NULL };
	return is_one_of(base_of(word), inits);
}

/* A script that ends in `exec "$@"`, by its name: entrypoint.sh, docker-entrypoint, start.sh, _entrypoint.sh … */
static bool is_passing_script(const char *word)
{
	const char *base = base_of(word);
	return strstr(base, "entrypoint") || sv_ends(sv_of(base), SV(".sh"));
}

/* Whether the entry point runs what stands after it. */
static bool entrypoint_passes(const struct words *e)
{
	bool passes = true;
	for (size_t i = 0; i < e->n; i++) {
		const char *word = e->items[i];
		if (is_init(word) || is_passing_script(word))
			passes = true;
		else if (word[0] != '-')
			passes = false;
	}
	return passes;
}

static bool has_init(const struct words *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (is_init(e->items[i]))
			return true;
	return false;
}

static bool mentions(const struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (strstr(w->items[i], "jupyter") || strstr(w->items[i], "start-notebook") || strstr(w->items[i], "start-singleuser"))
			return true;
	return false;
}

bool image_facts_mention_jupyter(const struct image_facts *f)
{
	return mentions(&f->cmd) || mentions(&f->entrypoint);
}

/* A lone shell as the command would end at once, having nothing to read. */
static bool only_a_shell(const struct image_facts *f)
{
	static const char *const shells[] = { "sh", "bash", "dash", "ash", "zsh", "ksh", "fish", NULL };
	static const char *const flags[] = { "-l", "-i", "-il", "-li", "--login", "-c", NULL };
	const struct words *w = f->cmd.n ? &f->cmd : &f->entrypoint;
	if (f->cmd.n && !entrypoint_passes(&f->entrypoint))
		return false;
	if (w->n && !f->cmd.n && entrypoint_passes(w))
		return true; /* an entry point that passes nothing on */
	for (size_t i = 1; i < w->n; i++)
		if (!is_one_of(w->items[i], flags) && !is_one_of(base_of(w->items[i]), shells))
			return false;
	return w->n == 0 || is_one_of(base_of(w->items[0]), shells);
}

/* ---- the wrapper ---- */
static const char wait_for_settings[] =
	"n=600\n"
	"until [ -e " SETTINGS_DIR "/go ]; do\n"
	"  n=$((n - 1))\n"
	"  [ $n -gt 0 ] || { echo 'berth: the settings of this session never came' >&2; exit 79; }\n"
	"  sleep 0.1 2>/dev/null || sleep 1 || exit 79\n"
	"done\n";

static const char stay[] =
	"trap 'exit 0' TERM INT HUP\n"
	"while :; do\n"
	"  if command -v sleep >/dev/null 2>&1; then sleep 3600 & wait $!; else read -r _ || exit 0; fi\n"
	"done\n";

static void add_quoted(struct buf *b, const struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		buf_add_char(b, ' ');
		buf_add_shell_quoted(b, sv_of(w->items[i]));
	}
}

static void add_jupyter(struct buf *b, const struct image_facts *f)
{
	static const char *const programs[][2] = {
		{ "jupyter-lab", "jupyter-lab" }, { "jupyter-server", "jupyter-server" }, { "jupyter-notebook", "jupyter-notebook" }, { "jupyter", "jupyter server" },
	};
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		buf_addf(b, "if command -v %s >/dev/null 2>&1; then exec", programs[i][0]);
		if (entrypoint_passes(&f->entrypoint))
			add_quoted(b, &f->entrypoint);
		buf_addf(b, " %s; fi\n", programs[i][1]);
	}
}

static void add_own_command(struct buf *b, const struct image_facts *f)
{
	if (f->workdir && f->workdir[0]) {
		buf_add_str(b, "cd ");
		buf_add_shell_quoted(b, sv_of(f->workdir));
		buf_add_str(b, " 2>/dev/null || :\n");
	}
	buf_add_str(b, "exec");
	add_quoted(b, &f->entrypoint);
	add_quoted(b, &f->cmd);
	buf_add_char(b, '\n');
}

static void wrap(const struct image_facts *f, struct run_plan *p, bool stays)
{
	AUTO(buf_fini) struct buf script = BUF_INIT;
	if (p->settings)
		buf_add_str(&script, wait_for_settings);
	if (p->jupyter)
		add_jupyter(&script, f);
	if (stays || (p->jupyter && only_a_shell(f)))
		buf_add_str(&script, stay);
	else
		add_own_command(&script, f);
	words_add(&p->entrypoint, "/bin/sh");
	words_add(&p->entrypoint, "-c");
	words_add(&p->entrypoint, buf_str(&script));
	words_add(&p->entrypoint, "berth");
}

/* Paths that only Jupyter serves mean nothing to another server. */
static char *url_for(const struct run_plan *p, const char *environment)
{
	if (!p->port)
		return xstrdup("");
	if (!p->jupyter && (strcmp(environment, "/lab") == 0 || strcmp(environment, "/rstudio") == 0 || strcmp(environment, "/tree") == 0))
		return xstrdup("/");
	return xstrdup(environment);
}

void run_plan_make(const struct image_facts *f, const char *environment, struct run_plan *ret)
{
	bool shell_asked = strcmp(environment, "shell") == 0;
	bool own_server = f->port && f->port != JUPYTER_PORT;
	*ret = (struct run_plan){ 0 };
	ret->jupyter = f->has_sh && f->has_jupyter && !shell_asked && !own_server;
	ret->port = shell_asked ? 0 : ret->jupyter ? JUPYTER_PORT : f->port;
	ret->settings = f->has_sh;
	ret->default_url = url_for(ret, environment);
	ret->init = !has_init(&f->entrypoint);
	bool stays = shell_asked || (!ret->port && only_a_shell(f));
	ret->open_stdin = stays;
	ret->tty = stays && !f->has_sh;
	if (f->has_sh)
		wrap(f, ret, stays);
}

/* ---- places ---- */
char *work_root_of(const struct image_facts *f, const struct image_user *u)
{
	const char *dir = f->workdir && f->workdir[0] == '/' && f->workdir[1] ? f->workdir : NULL;
	if (!dir && u->home && u->home[1])
		dir = u->home;
	if (!dir)
		dir = "/home/jovyan";
	size_t len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		len--;
	return xasprintf("%.*s/work", (int)len, dir);
}

char *folder_name_of(const char *project_name)
{
	struct sv s = sv_of(project_name);
	bool plain = s.len && s.len <= 100 && s.p[0] != '.' && s.p[0] != '-';
	for (size_t at = 0; plain && at < s.len;) {
		uint32_t code;
		size_t n = utf8_next((struct sv){ s.p + at, s.len - at }, &code);
		plain = n && code >= 0x20 && code != 0x7f && code != '/' && code != ':' && !(code >= 0x80 && code < 0xa0);
		at += n;
	}
	if (plain)
		return xstrdup(project_name);
	AUTO(buf_fini) struct buf slug = BUF_INIT;
	buf_add_slug(&slug, s);
	return buf_take(&slug);
}
