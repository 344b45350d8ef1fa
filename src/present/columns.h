/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_PRESENT_COLUMNS_H
#define BERTH_SRC_PRESENT_COLUMNS_H
/* What the files of columns share: one table each, ended by a NULL id. */
#include "berth/present.h"

extern const struct column project_columns[], branch_columns[], commit_columns[], image_columns[], build_columns[], session_columns[], config_columns[], check_columns[];

void add_time_ago(struct buf *b, int64_t at_s, int64_t now_s);          /* nothing when at_s is 0 */
void add_look(struct buf *b, const struct look *look, const struct row *r, enum style *ret_style); /* "✓ ready" */
void add_image_state(struct buf *b, const struct row *r, enum style *ret_style); /* with the commit it is the same as */
void add_session_count(struct buf *b, const struct row *r, enum style *ret_style); /* "●2"; nothing for none */
double session_count(const struct row *r);                              /* NAN: unknown */
#endif
