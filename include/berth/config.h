/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_CONFIG_H
#define BERTH_CONFIG_H
/*
 * The configuration, from git-config syntax: sections [forge "name"], [engine "name"], [ui], [start], [keys "pane"],
 * and [style] in themes. One table (app/config.c) has every key, its kind and its help. Unknown or wrong lines are collected,
 * each naming file, line and what was probably meant; the rest still counts.
 */
#include <stdbool.h>
#include "berth/err.h"
#include "berth/vec.h"

struct config;
struct secret;
/* path NULL: PATH_CONFIG/config; an absent file is an empty one. Gives a config even when lines are wrong. */
struct config *config_read(const char *path, struct err *reterr);
void config_free(struct config *c);
const char *config_path(const struct config *c);
size_t config_n_problems(const struct config *c);
const struct err *config_problem_at(const struct config *c, size_t i);

enum ui_colour { UI_COLOUR_AUTO, UI_COLOUR_TRUE, UI_COLOUR_256, UI_COLOUR_16, UI_COLOUR_NONE };
const char *config_theme(const struct config *c);              /* "default" */
enum ui_colour config_colour(const struct config *c);          /* NO_COLOR is looked at by the tui */
bool config_mouse(const struct config *c);
enum ui_notify { UI_NOTIFY_NONE, UI_NOTIFY_BELL, UI_NOTIFY_OSC9, UI_NOTIFY_OSC777 };
enum ui_notify config_notify(const struct config *c);
const char *config_detach_key(const struct config *c);         /* "ctrl-]" */
const char *config_engine_host(const struct config *c);        /* of the default engine; NULL: found */
const char *config_engine_name(const struct config *c);
enum forge_kind { FORGE_KIND_LOCAL, FORGE_KIND_GITLAB };
struct config_forge {                                          /* one [forge "name"]; all borrowed from the config */
	const char *name;
	enum forge_kind kind;
	const char *const *folders;                            /* of a local one, "~" expanded */
	size_t n_folders;
	bool folders_are_default;                              /* nobody named one */
	unsigned depth;
	const char *url;                                       /* of a GitLab host, "https://gitlab.example.org"; the rest NULL: not said */
	const char *token_command, *ca_file;
	const struct secret *token;
	const char *token_from;                                /* "FILE:LINE" */
};
bool config_forge_at(const struct config *c, size_t i, struct config_forge *ret); /* "local" first, then as in the file; false at the end */
size_t config_n_folders(const struct config *c);               /* of all local forges */
const char *config_folder_at(const struct config *c, size_t i);
/* [start] values by option name ("memory"), NULL: not set. */
const char *config_start_option(const struct config *c, const char *name);
/* [keys "pane"] command = key; walks in file order, false at the end. */
bool config_key_at(const struct config *c, size_t i, const char **ret_pane, const char **ret_command, const char **ret_key);
/* Every known key with its value and where it is from, for `berth config`. */
struct config_row { const char *key, *value, *from, *help; };  /* from: "default" or "FILE:LINE" */
bool config_row_at(const struct config *c, size_t i, struct config_row *ret);
#endif
