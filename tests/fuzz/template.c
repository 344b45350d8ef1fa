/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manifests of templates, and texts with variables: no folder leads out of the templates, and what is filled in is not looked at again. */
#include "berth/mem.h"
#include "berth/template.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct templates all;
	static const struct template_value values[] = { { "name", "{{ name }}" } };
	AUTO(buf_fini) struct buf out = BUF_INIT;
	struct err err = { 0 };
	struct sv text = { (const char *)data, size };
	if (templates_parse(text, &all, &err) == 0) {
		FUZZ_CHECK(all.n > 0);
		for (size_t i = 0; i < all.n; i++)
			FUZZ_CHECK(all.items[i].name[0] != '/' && !strstr(all.items[i].name, "../"));
		templates_fini(&all);
	} else {
		FUZZ_CHECK(err.code == ERR_DECODE && all.n == 0);
	}
	err = (struct err){ 0 };
	if (template_fill(text, values, 1, &out, &err) < 0)
		FUZZ_CHECK(err.code == ERR_USAGE || err.code == ERR_UNSUPPORTED);
	return 0;
}
