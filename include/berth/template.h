/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TEMPLATE_H
#define BERTH_TEMPLATE_H
/*
 * What new projects are made from: files with {{ variables }}. Some are in the program; others are folders with a manifest.yaml in
 * RenkuLab's form (a list of items with folder, name, description and variables), or a folder as it is. Pure but for template_read().
 */
#include "berth/str.h"

enum { TEMPLATE_FILES_MAX = 500, TEMPLATE_VARIABLES_MAX = 32, TEMPLATE_BYTES_MAX = 8 << 20, TEMPLATES_MAX = 64 };
struct template_variable { char *name, *help, *fallback; /* NULL: has to be given */ };
struct template_file { char *path; struct buf bytes; bool executable; };
struct template {
	char *name;                    /* "python"; of a manifest: its folder */
	char *title;
	struct template_variable variables[TEMPLATE_VARIABLES_MAX]; size_t n_variables;
	struct template_file *files; size_t n_files; /* not of those that a manifest lists: template_read() fills them in */
};
struct templates { struct template items[TEMPLATES_MAX]; size_t n; };
void template_fini(struct template *t);
void templates_fini(struct templates *t);
/* Those in the program, with their files. */
void templates_builtin(struct templates *ret);
/* A manifest.yaml, as far as RenkuLab's go: ERR_DECODE names the line. */
int templates_parse(struct sv yaml, struct templates *ret, struct err *reterr);
/* The files below a folder (links and .git are left out), into t. */
int template_read(const char *folder, struct template *t, struct err *reterr);

struct template_value { const char *name, *value; };
/* {{ name }} and {{ name | default("x") }} become values. ERR_USAGE: one that nobody gave; ERR_UNSUPPORTED: {% … %}. Added to out. */
int template_fill(struct sv text, const struct template_value *values, size_t n, struct buf *out, struct err *reterr);
#endif
