/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pin is NULL or a plausible reference, safe to show and to send; it is the same image as itself. */
#include "fuzz.h"

#include "berth/mem.h"
#include "image/pin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_STR pin = pin_of((struct sv){ (const char *)data, size });
	if (!pin)
		return 0;
	FUZZ_CHECK(*pin && *pin != '-' && strlen(pin) <= 512);
	for (const char *p = pin; *p; p++)
		FUZZ_CHECK(*p > ' ' && *p < 0x7f && !strchr("'\"`$\\;&|<>", *p));
	FUZZ_CHECK(image_ref_same(sv_of(pin), sv_of(pin)));
	return 0;
}
