/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a quick start does, by what is there. */
#include "test_app.h"

#include "berth/app.h"

static const struct { struct quick_facts facts; enum quick_way way; } cases[] = {
	{ { .image = IMAGE_READY }, QUICK_START }, { { .image = IMAGE_AVAILABLE, .host_builds = true }, QUICK_START },
	{ { .image = IMAGE_SAME_AS }, QUICK_START }, { { .image = IMAGE_PINNED, .host_builds = true }, QUICK_START }, { { .image = IMAGE_UNKNOWN }, QUICK_START },
	/* what runs is first, whatever else there is */
	{ { .image = IMAGE_FAILED, .runs = true, .saved = true }, QUICK_CONNECT }, { { .image = IMAGE_BUILDING, .runs = true, .host_builds = true }, QUICK_CONNECT },
	{ { .image = IMAGE_READY, .runs = true, .another = true }, QUICK_START }, { { .image = IMAGE_READY, .runs = true, .another = true, .saved = true }, QUICK_ASK_SAVED },
	/* then saved work, asked about once */
	{ { .image = IMAGE_READY, .saved = true }, QUICK_ASK_SAVED }, { { .image = IMAGE_FAILED, .saved = true }, QUICK_ASK_SAVED },
	{ { .image = IMAGE_READY, .saved = true, .saved_answered = true }, QUICK_START }, { { .image = IMAGE_FAILED, .saved = true, .saved_answered = true }, QUICK_FORM },
	/* then the image */
	{ { .image = IMAGE_QUEUED, .host_builds = true }, QUICK_WAIT }, { { .image = IMAGE_BUILDING, .host_builds = true }, QUICK_WAIT },
	{ { .image = IMAGE_SCHEDULED, .host_builds = true }, QUICK_WAIT }, { { .image = IMAGE_BUILDING }, QUICK_START }, { { .image = IMAGE_QUEUED }, QUICK_START },
	{ { .image = IMAGE_NONE }, QUICK_BUILD }, { { .image = IMAGE_CANCELED }, QUICK_BUILD }, { { .image = IMAGE_SKIPPED }, QUICK_BUILD },
	{ { .image = IMAGE_NONE, .host_builds = true }, QUICK_FORM }, { { .image = IMAGE_CANCELED, .host_builds = true }, QUICK_FORM },
	{ { .image = IMAGE_FAILED }, QUICK_FORM }, { { .image = IMAGE_FAILED, .host_builds = true }, QUICK_FORM }, { { .image = IMAGE_MANUAL, .host_builds = true }, QUICK_FORM },
	{ { .image = IMAGE_PINNED_MISSING }, QUICK_FORM }, { { .image = IMAGE_PINNED_MISSING, .host_builds = true }, QUICK_FORM },
	/* an image of one's own asks for nothing */
	{ { .image = IMAGE_FAILED, .image_chosen = true }, QUICK_START }, { { .image = IMAGE_BUILDING, .host_builds = true, .image_chosen = true }, QUICK_START },
};

void a_quick_start_keeps_to_its_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (quick_decide(&cases[i].facts) != cases[i].way)
			fail_msg("case %zu (%s): %d", i, image_state_name(cases[i].facts.image), (int)quick_decide(&cases[i].facts));
}
