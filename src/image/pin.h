/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IMAGE_PIN_H
#define IMAGE_PIN_H
#include "berth/str.h"

enum { RENKU_INI_MAX = 256 * 1024 };
/* The `image` of [interactive], else of [renku "interactive"], in a project's renku.ini; NULL when none is pinned, or when
 * what stands there can be no image's name. Owned. */
char *pin_of(struct sv ini);
/* Whether two references name the same image, with the host, the folder and the tag that Docker and Podman add or leave out. */
bool image_ref_same(struct sv a, struct sv b);
#endif
