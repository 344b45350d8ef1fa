/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pin is NULL or a plausible reference, safe to show and to send; it is the same image as itself. Any file can be pinned in and
 * unpinned again, and reads back so. */
#include "fuzz.h"

#include "berth/image.h"
#include "berth/mem.h"
#include "image/pin.h"

static void change(struct sv ini)
{
	AUTO(buf_fini) struct buf pinned = BUF_INIT_MAX(1 << 20);
	AUTO(buf_fini) struct buf bare = BUF_INIT_MAX(1 << 20);
	struct err err = { 0 };
	int r = image_pin_put(ini, "registry.example/a/b:fuzz", &pinned, &err);
	if (r < 0)
		return;
	AUTO_STR pin = pin_of(buf_sv(&pinned));
	FUZZ_CHECK(pin && strcmp(pin, "registry.example/a/b:fuzz") == 0);
	FUZZ_CHECK(image_pin_put(buf_sv(&pinned), NULL, &bare, &err) < 0 || bare.len <= pinned.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv ini = { (const char *)data, size };
	AUTO_STR pin = pin_of(ini);
	change(ini);
	if (!pin)
		return 0;
	FUZZ_CHECK(*pin && *pin != '-' && strlen(pin) <= 512);
	for (const char *p = pin; *p; p++)
		FUZZ_CHECK(*p > ' ' && *p < 0x7f && !strchr("'\"`$\\;&|<>", *p));
	FUZZ_CHECK(image_ref_same(sv_of(pin), sv_of(pin)));
	return 0;
}
