/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jupyter's settings, token included, as a file in memory. The folder is first on JUPYTER_CONFIG_PATH, which wins over what
 * the image or a home folder has; nothing is said on the command line, which would show the token to everyone. Written into a buffer that
 * is wiped, not made of JSON values, which would leave the token behind in memory.
 */
#include "parts.h"

static void add_server(struct buf *b, const char *class, const char *dir_key, const char *root_dir, const char *default_url)
{
	buf_addf(b, "\"%s\":{\"ip\":\"0.0.0.0\",\"port\":%d,\"port_retries\":0,\"open_browser\":false,\"base_url\":\"/\",\"allow_remote_access\":true,"
	         "\"allow_root\":true,\"password\":\"\",\"%s\":", class, JUPYTER_PORT, dir_key);
	buf_add_json_string(b, sv_of(root_dir));
	buf_add_str(b, ",\"default_url\":");
	buf_add_json_string(b, sv_of(default_url));
}

static void add_token(struct buf *b, const char *before, struct sv token, const char *after)
{
	buf_add_str(b, before);
	buf_add_json_string(b, token);
	buf_add_str(b, after);
}

/* jupyter_server 2 asks an identity provider for the token, under the name of its class or of a parent; 1 asks the server's
 * own class. Whoever reads this takes what it knows and ignores the rest. */
void jupyter_server_settings(struct buf *b, struct sv token, const char *root_dir, const char *default_url)
{
	static const char *const providers[] = { "IdentityProvider", "PasswordIdentityProvider", "LegacyIdentityProvider" };
	buf_add_char(b, '{');
	add_server(b, "ServerApp", "root_dir", root_dir, default_url);
	add_token(b, ",\"token\":", token, "},");
	for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
		buf_addf(b, "\"%s\":{\"hashed_password\":\"\"", providers[i]);
		add_token(b, ",\"token\":", token, "},");
	}
	buf_add_str(b, "\"ContentsManager\":{\"allow_hidden\":true}}");
}

/* For notebook 6 and older, in a file of its own: jupyter_server complains of what is not meant for it. */
void jupyter_notebook_settings(struct buf *b, struct sv token, const char *root_dir, const char *default_url)
{
	buf_add_char(b, '{');
	add_server(b, "NotebookApp", "notebook_dir", root_dir, default_url);
	add_token(b, ",\"token\":", token, "},\"ContentsManager\":{\"allow_hidden\":true}}");
}
