/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_LINK_H
#define BERTH_LINK_H
/*
 * Links that start a session, as text in and out: nothing here asks anybody or starts anything. Two forms, one set of parameters:
 *   https://<host>/projects/<namespace…>/<project>/sessions/new?autostart=1&branch=…&commit=…&env[NAME]=…   as RenkuLab makes them
 *   berth://<host>/<namespace…>/<project>?…     berth://local/<project> for a repository of this machine
 * Parameters: autostart, branch, commit ("latest": the branch's newest), notebook (a file that JupyterLab opens), env[NAME], and every
 * option of a start (session.h) by its name. What else a link carries is kept, so that it can be shown and written again.
 */
#include "berth/session.h"

enum { LINK_TEXT_MAX = 64 << 10, LINK_EXTRAS_MAX = 64 };
struct link_extra { char *name, *value; };
struct link {
	char *host;                    /* lower case, with its port: "gitlab.example.org:8443"; or the name of a forge: "local" */
	bool berth;                    /* of the form berth:// */
	char *project;                 /* path in the forge, decoded: "group/sub/flights" */
	char *branch, *commit;         /* NULL: not said (of the commit also: latest); commit is lower-case hexadecimal, 4 to 64 digits */
	bool autostart;                /* without it the link leads to the form */
	struct session_options options; /* what the link sets is FROM_USER, the rest the table's */
	struct link_extra extras[LINK_EXTRAS_MAX]; /* in their order */
	size_t n_extras;
};
void link_init(struct link *l);
void link_fini(struct link *l);
/* Reads one from its whole text. ERR_USAGE says what is wrong; ret is ended then. White space around it is passed over. */
int link_parse(struct sv text, struct link *ret, struct err *reterr);
bool link_sets(const struct link *l, enum option_id id);
/* The link itself, all percent-encoded, and the markdown that shows it as a badge. Added to b. */
void link_make(struct buf *b, const struct link *l);
void link_make_badge(struct buf *b, const struct link *l);
#endif
