/* SPDX-License-Identifier: GPL-3.0-or-later */
/* THE rules of a quick start, in their order: what runs already, work that was saved, then the image. Pure. */
#include "berth/app.h"

static enum quick_way by_image(const struct quick_facts *f)
{
	switch (f->image) {
	case IMAGE_UNKNOWN: /* the launch asks, and says what is wrong */
	case IMAGE_READY: case IMAGE_AVAILABLE: case IMAGE_SAME_AS: case IMAGE_PINNED:
		return QUICK_START;
	case IMAGE_QUEUED: case IMAGE_BUILDING: case IMAGE_SCHEDULED:
		return f->host_builds ? QUICK_WAIT : QUICK_START; /* a launch waits for a build of berth's own by itself */
	case IMAGE_NONE: case IMAGE_CANCELED: case IMAGE_SKIPPED:
		return f->host_builds ? QUICK_FORM : QUICK_BUILD;
	default:
		return QUICK_FORM;
	}
}

enum quick_way quick_decide(const struct quick_facts *f)
{
	if (f->runs && !f->another)
		return QUICK_CONNECT;
	if (f->saved && !f->saved_answered)
		return QUICK_ASK_SAVED;
	return f->image_chosen ? QUICK_START : by_image(f);
}
