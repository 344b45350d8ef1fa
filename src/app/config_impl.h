/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_APP_CONFIG_IMPL_H
#define BERTH_SRC_APP_CONFIG_IMPL_H
/* The configuration, inside: config.c owns the file and the settings that there is one of, config_forges.c the [forge "name"]s. */
#include "berth/config.h"
#include "berth/git.h"
#include "berth/session.h"

enum kind { KIND_TEXT, KIND_BOOL, KIND_NUMBER, KIND_CHOICE, KIND_KEY, KIND_MANY, KIND_SECRET };
struct setting {
	const char *key, *fallback, *choices, *help;
	enum kind kind;
};
enum setting_id { SET_HOST, SET_THEME, SET_COLOUR, SET_MOUSE, SET_DETACH, SET_NOTIFY, SET_COUNT };
enum forge_setting_id { FSET_TYPE, FSET_FOLDER, FSET_DEPTH, FSET_URL, FSET_TOKEN, FSET_TOKEN_COMMAND, FSET_CA_FILE, FSET_COUNT };

struct value {
	char *text, *from;             /* from: "FILE:LINE" */
};
struct key_row {
	char *pane, *command, *key;
};
struct forge_section {
	char *name;
	char *keys[FSET_COUNT];        /* "forge.<name>.url" */
	struct value values[FSET_COUNT];
	strings folders;
	struct secret *token;
	enum forge_kind kind;
	char *url;                     /* of a GitLab host, without a slash at its end; NULL: not known */
};
struct config {
	char *path;
	struct value values[SET_COUNT], options[OPT_COUNT_];
	VEC(struct forge_section) forges; /* "local" first */
	VEC(struct key_row) keys;
	VEC(struct err) problems;
	bool exposed;                  /* others may read the file */
};

void value_set(struct value *v, const char *text, const struct gitconf_entry *e);
void value_fini(struct value *v);
void config_problem(struct config *c, const char *from, const char *what, const char *hint);
void config_problem_in(struct config *c, const struct gitconf_entry *e, const char *what, const char *hint);
/* NULL when the setting may be that; else what is wrong, owned. key: its whole name. */
char *setting_wrong(const struct setting *s, const char *key, const char *value);
/* Said of a key that is none: which one was probably meant. */
void config_unknown(struct config *c, const struct gitconf_entry *e, const char *key);
void config_row_of(struct config_row *row, const struct value *v, const char *fallback, const char *help);

/* config_forges.c */
void forges_take(struct config *c, const struct gitconf_entry *e);
void forges_begin(struct config *c);                   /* "local" is always there */
void forges_finish(struct config *c);                  /* when all lines are known */
void forges_end(struct config *c);
struct text_nearest;
void forges_offer(struct text_nearest *n);             /* its settings' names, as they stand in their section */
bool forges_row_at(const struct config *c, size_t *i, struct config_row *ret); /* false: *i is lessened by the rows there are */
#endif
