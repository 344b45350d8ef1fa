/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What git in a session is given: a login that answers for the project's own address and no other, and who the author is. All of it
 * lies in the container's memory file system; the clone's configuration and one variable name the file and hold nothing secret.
 *
 * The section of the address begins with an empty `helper`: whatever helpers the image or its user have are left out for this one
 * address, so that none of them writes the token down (git offers what worked to every helper it knows).
 */
#include "berth/mem.h"
#include "berth/path.h"
#include "parts.h"

enum { CA_MAX = 512 << 10 };

/* ---- the address ---- */
/* "https://host:8443/group/name(.git)" -> its parts, the path without slashes and ".git" at its ends; false: git needs no login there. */
static bool address_parts(const char *url, struct sv *ret_scheme, struct sv *ret_host, struct sv *ret_path)
{
	const char *host = url ? strstr(url, "://") : NULL;
	if (!host || !(sv_starts(sv_of(url), SV("https://")) || sv_starts(sv_of(url), SV("http://"))))
		return false;
	*ret_scheme = (struct sv){ url, (size_t)(host - url) };
	host += 3;
	size_t n = strcspn(host, "/");
	*ret_host = (struct sv){ host, n };
	struct sv path = sv_of(host + n);
	while (path.len && path.p[0] == '/')
		path = (struct sv){ path.p + 1, path.len - 1 };
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	if (sv_ends(path, SV(".git")))
		path.len -= 4;
	*ret_path = path;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return n && path.len && !memchr(host, '@', n);
}

static void add_subsection(struct buf *b, const char *section, struct sv a, struct sv host, struct sv path, const char *end)
{
	struct sv parts[] = { a, SV("://"), host, SV("/"), path };
	buf_addf(b, "[%s \"", section);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t k = 0; k < parts[i].len; k++) {
			if (parts[i].p[k] == '"' || parts[i].p[k] == '\\')
				buf_add_char(b, '\\');
			buf_add_char(b, parts[i].p[k]);
		}
	buf_addf(b, "%s\"]\n", end);
}

void gitin_config(struct buf *b, const char *url, bool has_ca)
{
	static const char *const ends[] = { "", ".git" };
	struct sv scheme, host, path;
	buf_add_str(b, "# written by berth at every start of the session; the login is that of the project's own address\n");
	if (!address_parts(url, &scheme, &host, &path))
		return;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		add_subsection(b, "credential", scheme, host, path, ends[i]);
		buf_add_str(b, "\thelper =\n\thelper = \"!sh " SETTINGS_DIR "/git-login\"\n\tuseHttpPath = true\n");
	}
	if (has_ca) {
		add_subsection(b, "http", scheme, host, SV(""), "");
		buf_add_str(b, "\tsslCAInfo = " SETTINGS_DIR "/git-ca.pem\n");
	}
}

/* ---- the login ---- */
static void add_case(struct buf *b, struct sv path, const char *end)
{
	AUTO(buf_fini) struct buf word = BUF_INIT;
	buf_add_sv(&word, path);
	buf_add_str(&word, end);
	buf_add_shell_quoted(b, buf_sv(&word));
}

/* A program for sh, of builtins alone: no argument of a process ever is the token. The file may just be being written: a line that is
 * not whole yet is read again. */
void gitin_login(struct buf *b, const char *url, const char *user)
{
	static const char *const ends[] = { "", ".git", ".git/info/lfs", "/info/lfs" };
	struct sv scheme, host, path;
	if (!address_parts(url, &scheme, &host, &path)) {
		buf_add_str(b, "exit 0\n");
		return;
	}
	buf_add_str(b, "[ \"$1\" = get ] || exit 0\np= h= q=\n"
	               "while IFS= read -r line; do\n"
	               "  case $line in\n  protocol=*) p=${line#protocol=} ;;\n  host=*) h=${line#host=} ;;\n  path=*) q=${line#path=} ;;\n  '') break ;;\n  esac\ndone\n");
	buf_add_str(b, "[ \"$p\" = ");
	buf_add_shell_quoted(b, scheme);
	buf_add_str(b, " ] && [ \"$h\" = ");
	buf_add_shell_quoted(b, host);
	buf_add_str(b, " ] || exit 0\ncase ${q#/} in\n");
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		buf_add_str(b, i ? " | " : "");
		add_case(b, path, ends[i]);
	}
	buf_add_str(b, ") ;;\n*) exit 0 ;;\nesac\nn=20\n"
	               "until IFS= read -r t <" SETTINGS_DIR "/git-token; do\n  n=$((n - 1))\n  [ $n -gt 0 ] || exit 0\n  sleep 0.1 2>/dev/null || sleep 1\ndone\n"
	               "[ -n \"$t\" ] || exit 0\nprintf 'username=%s\\npassword=%s\\n' ");
	buf_add_shell_quoted(b, sv_of(user && *user ? user : "oauth2"));
	buf_add_str(b, " \"$t\"\n");
}

/* ---- the author ---- */
/* As git would have it: one line, nothing in it that ends a name. */
static void add_plain_line(struct buf *b, const char *text)
{
	AUTO(buf_fini) struct buf plain = BUF_INIT;
	for (const char *p = text ? text : ""; *p; p++)
		buf_add_char(&plain, (unsigned char)*p < 0x20 || *p == 0x7f || *p == '<' || *p == '>' ? ' ' : *p);
	buf_add_sv(b, sv_trim(buf_sv(&plain)));
	buf_add_char(b, '\n');
}

/* ---- as files ---- */
static void add_ca(struct buf *b, const char *ca_file, bool *ret_has)
{
	AUTO(buf_fini) struct buf pem = BUF_INIT_MAX(CA_MAX);
	*ret_has = ca_file && file_read(ca_file, CA_MAX, &pem, NULL) >= 0 && pem.len && !memchr(pem.p, '\0', pem.len);
	if (*ret_has)
		settings_add(b, "git-ca.pem", buf_sv(&pem));
}

/* A push or a fetch of a local project's session: berth is asked to look, and waited for as long as a person would. A session that has just
 * started may be pushed from before the keeper listens. Who writes into the pipe waits for a reader, so somebody else does. */
static const char git_ask[] =
	"cd " SETTINGS_DIR " || exit 0\n"
	"later() { [ \"$1\" = fetch ] || echo 'berth: it goes to the repository on your machine as soon as berth looks there (it does before a stop, too)'; exit 0; }\n"
	"umask 077\n"
	"trap 'rm -f asking.$$ question.$$ taken.*.$$ answer.$$' 0\n"
	"trap 'exit 1' 1 2 15\n"
	"pushed= aside= tries=3\n"
	"[ \"$1\" = fetch ] || while read -r _ new ref; do\n" /* git tells a post-receive hook: old, new, name */
	"  case $ref,$new in\n"
	"  refs/heads/*,*[!0]*) pushed=\"$pushed${ref#refs/heads/}\n\" ;;\n"
	"  refs/heads/*) aside=\"${aside}berth: ${ref#refs/heads/} stays on your machine: delete it there\n\" ;;\n"
	"  *) aside=\"${aside}berth: ${ref#refs/tags/} is no branch, and stays in this session\n\" ;;\n"
	"  esac\n"
	"done\n"
	"printf %s \"$aside\"\n"
	"[ -z \"$aside\" ] || [ -n \"$pushed\" ] || set -- fetch\n" /* berth shall look all the same: it puts back what was deleted here */
	"while [ $tries -gt 0 ] && [ ! -s answer.$$ ]; do\n"
	"  printf %s \"$pushed\" >asking.$$ && mv -f asking.$$ question.$$\n" /* whole, or not there */
	"  (until [ -p ask ]; do sleep 0.1; done; echo \"$1\" >ask) &\n"
	"  writer=$! n=30\n"
	"  while [ $n -gt 0 ] && [ ! -s answer.$$ ]; do sleep 0.1; n=$((n - 1)); done\n"
	"  kill $writer 2>/dev/null\n"
	"  tries=$((tries - 1))\n"
	"done\n"
	"[ -s answer.$$ ] || later \"$1\"\n"
	"[ \"$1\" = fetch ] || while IFS= read -r line; do echo \"berth: $line\"; done <answer.$$\n";
static const char git_fetch[] = "sh " SETTINGS_DIR "/git-ask fetch >/dev/null 2>&1 </dev/null\nexec git-upload-pack \"$@\"\n";

void gitin_settings(struct buf *b, const struct session_git *g, const char *workdir)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	bool has_ca;
	struct sv token = g->password ? secret_reveal(g->password) : (struct sv){ "", 0 };
	add_ca(b, g->ca_file, &has_ca);
	gitin_config(&text, g->url, has_ca);
	settings_add(b, "gitconfig", buf_sv(&text));
	buf_clear(&text);
	gitin_login(&text, g->url, g->user);
	settings_add(b, "git-login", buf_sv(&text));
	buf_addf(b, "git-token 1\n%.*s\n", memchr(token.p, '\n', token.len) ? 0 : (int)token.len, token.p);
	settings_add(b, "git-ask", sv_of(git_ask));
	settings_add(b, "git-fetch", sv_of(git_fetch));
	if (g->lfs) {
		buf_addf(b, "git-lfs 2\n%s\n", g->lfs);
		add_plain_line(b, workdir);
	}
	if (!g->author_name && !g->author_email)
		return;
	buf_add_str(b, "git-author 3\n");
	add_plain_line(b, g->author_name);
	add_plain_line(b, g->author_email);
	add_plain_line(b, workdir);
}
