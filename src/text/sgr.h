/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEXT_SGR_H
#define TEXT_SGR_H
#include "berth/text.h"

/* Applies the parameters of `CSI … m` ("1;38;5;208", also with colons) to *style. What it does not know is passed over. */
void sgr_apply(struct sv params, struct esc_style *style);
#endif
