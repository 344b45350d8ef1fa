/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of the cache's file: read, written again, read again the same. And text that secrets are blotted out of. */
#include "cache/pack.h"
#include "cache/scrub.h"
#include "fuzz.h"

union entity { struct project project; struct branch branch; struct commit commit; struct image image; };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct pack *const packs[] = { &pack_project, &pack_branch, &pack_commit, &pack_image };
	for (size_t i = 0; i < ARRAY_LEN(packs); i++) {
		struct sv rest = { (const char *)data, size };
		union entity e, again;
		while (pack_next(&rest, packs[i], &e)) {
			AUTO(buf_fini) struct buf once = BUF_INIT, twice = BUF_INIT;
			pack_add(&once, packs[i], &e);
			struct sv back = buf_sv(&once);
			FUZZ_CHECK(pack_next(&back, packs[i], &again) && !back.len);
			pack_add(&twice, packs[i], &again);
			FUZZ_CHECK(sv_eq(buf_sv(&once), buf_sv(&twice)));
			packs[i]->fini(&again);
			packs[i]->fini(&e);
		}
	}
	char *copy = xmalloc(size + 1);
	memcpy(copy, data, size);
	scrub(copy, size);
	free(copy);
	return 0;
}
