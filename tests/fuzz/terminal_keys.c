/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a terminal sends: keys come out the same however the bytes are cut, names fit, and nothing but a paste has text. */
#include "fuzz.h"
#include "tui/keys.h"

static void take(struct keys *k, struct sv bytes, struct buf *out)
{
	struct key key;
	while (keys_next(k, &bytes, &key)) {
		FUZZ_CHECK(memchr(key.name, '\0', sizeof key.name) && key.name[0]);
		FUZZ_CHECK(!key.text.len || strcmp(key.name, "paste") == 0);
		FUZZ_CHECK(strcmp(key.name, "ground") != 0 || (key.y >= 0 && key.y <= 255));
		buf_addf(out, "%s %d %d %zu\n", key.name, key.y, key.x, key.text.len);
	}
	FUZZ_CHECK(!bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(buf_fini) struct buf whole = BUF_INIT;
	AUTO(buf_fini) struct buf pieces = BUF_INIT;
	struct keys a, b;
	keys_init(&a);
	keys_init(&b);
	take(&a, (struct sv){ (const char *)data, size }, &whole);
	for (size_t i = 0; i < size; i++)
		take(&b, (struct sv){ (const char *)data + i, 1 }, &pieces);
	FUZZ_CHECK(sv_eq(buf_sv(&whole), buf_sv(&pieces)));
	keys_fini(&a);
	keys_fini(&b);
	return 0;
}
