/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_FORGE_GLAB_H
#define BERTH_FORGE_GLAB_H
/*
 * glab's configuration file (docs.gitlab.com/cli, config.yml), as far as it concerns us: the mappings under "hosts". A subset of
 * YAML 1.2: block mappings by indentation, plain and quoted scalars, tags and comments; sequences and flow values are passed over.
 */
#include "berth/str.h"

enum { GLAB_FILE_MAX = 256 << 10, GLAB_HOSTS_MAX = 100 };
struct glab_host {                      /* NULL: not said */
	char *host, *api_host, *api_protocol, *git_protocol, *user, *token, *ca_cert;
	bool use_keyring, is_oauth2;
	int token_line;
};
struct glab { struct glab_host *hosts; size_t n; };
/* Nothing is half read: on an error (ERR_DECODE with the line, ERR_TOO_BIG) *ret is empty. */
int glab_parse(struct sv text, struct glab *ret, struct err *reterr);
void glab_fini(struct glab *g);         /* wipes the tokens */
/* The entry for "gitlab.example:8443" (or its api_host), with or without a path behind; NULL: none. */
const struct glab_host *glab_find(const struct glab *g, const char *url);
char *glab_path(void);                  /* GLAB_CONFIG_DIR, else XDG_CONFIG_HOME/glab-cli; owned */
#endif
