/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The unit that lets systemd run the keeper: its text, and what one that is there starts. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "berth/path.h"

enum { UNIT_MAX = 64 << 10 };

#define BEGINS "ExecStart=\""

char *keeper_unit_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	AUTO_STR home = path_home();
	AUTO_STR dir = config && *config ? xstrdup(config) : path_join(home, ".config");
	return path_join(dir, "systemd/user/berth-keeper.service");
}

/* A word in quotes, as systemd.syntax(7) has them; % begins a specifier everywhere, $ a variable in arguments alone. */
static void add_word(struct buf *b, const char *word, bool is_argument)
{
	buf_add_char(b, '"');
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;
		if (c < ' ' || c == 0x7f) {
			buf_addf(b, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_add_char(b, '\\');
		if (c == '%' || (c == '$' && is_argument))
			buf_add_char(b, (char)c);
		buf_add_char(b, (char)c);
	}
	buf_add_char(b, '"');
}

/* systemd takes no program whose path has any of these, in whatever way they are written. */
static bool can_be_started(const char *program)
{
	for (const char *p = program; *p; p++)
		if ((unsigned char)*p < ' ' || strchr("\"'\\\x7f", *p))
			return false;
	return true;
}

static int add_program(struct buf *b, struct err *reterr)
{
	char program[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0)
		return err_set_errno(reterr, errno, "this program's own file can't be found");
	program[n] = '\0';
	if (!can_be_started(program)) {
		err_set(reterr, ERR_UNSUPPORTED, "systemd starts no program whose path has quotes, backslashes or control characters: %s", program);
		err_hint(reterr, "Put berth where the path has none, and install it from there. Until then berth starts keepers by itself.");
		return -ERR_UNSUPPORTED;
	}
	if (access(program, X_OK) < 0) {
		err_set(reterr, ERR_NOT_FOUND, "this program is gone from where it was started: %s", program);
		err_hint(reterr, "Install it with the berth that is there now.");
		return -ERR_NOT_FOUND;
	}
	buf_add_str(b, "ExecStart=");
	add_word(b, program, /* is_argument= */ false);
	return 0;
}

int app_keeper_unit(struct app *a, struct buf *b, struct err *reterr)
{
	static const char *const passed[] = { "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME" };
	const char *config = config_path(a->config);
	buf_add_str(b, "[Unit]\nDescription=The keeper of berth's sessions\n\n[Service]\n");
	int r = add_program(b, reterr);
	if (r < 0)
		return r;
	if (access(config, R_OK) == 0) {
		buf_add_str(b, " --config ");
		add_word(b, config, /* is_argument= */ true);
	}
	/* 6: another keeper runs. What a keeper starts (an engine, the next keeper) goes on when it ends. */
	buf_add_str(b, " keep\nSuccessExitStatus=6\nRestart=always\nRestartSec=30\nKillMode=process\n");
	for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
		const char *value = getenv(passed[i]);
		if (!value || !*value)
			continue;
		AUTO_STR pair = xasprintf("%s=%s", passed[i], value);
		buf_add_str(b, "Environment=");
		add_word(b, pair, /* is_argument= */ false);
		buf_add_char(b, '\n');
	}
	buf_add_str(b, "\n[Install]\nWantedBy=default.target\n");
	return b->overflow ? err_set(reterr, ERR_TOO_BIG, "the unit would be too long") : 0;
}

/* "100%% x" keep -> 100% x; such a path has no quotes in it. */
bool keeper_unit_program(const char *path, char **ret)
{
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(UNIT_MAX);
	struct sv rest, line;
	*ret = NULL;
	if (file_read(path, UNIT_MAX, &text, NULL) < 0)
		return false;
	for (rest = buf_sv(&text); !*ret && sv_split(&rest, '\n', &line);) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		if (!sv_starts(line, SV(BEGINS)))
			continue;
		for (size_t i = strlen(BEGINS); i < line.len && line.p[i] != '"'; i++) {
			buf_add_char(&b, line.p[i]);
			i += line.p[i] == '%';
		}
		*ret = xstrdup(buf_str(&b));
	}
	return true;
}
