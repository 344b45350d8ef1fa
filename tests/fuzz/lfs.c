/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Git LFS: pointers in a stranger's files, and what a host answers about them. What comes out can be a file's name and an address. */
#include "berth/lfs.h"
#include "fuzz.h"
#include "session/lfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	char oid[LFS_OID_HEX + 1];
	uint64_t length;
	struct lfs_answer a;
	struct lfs_source s;
	struct lfs_object o = { .oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393" };

	if (lfs_pointer_parse(text, oid, &length)) {
		FUZZ_CHECK(strlen(oid) == LFS_OID_HEX && strspn(oid, "0123456789abcdef") == LFS_OID_HEX);
		memcpy(o.oid, oid, sizeof oid);
	}
	if (lfs_answer_read(text, &a, NULL) == 0) {
		if (lfs_answer_find(&a, &o, &s, NULL) == 0)
			FUZZ_CHECK(!strncmp(s.href, "http", 4) && !strpbrk(s.href, " \r\n\t\"") && s.n_headers <= 16);
		lfs_answer_fini(&a);
	}
	return 0;
}
