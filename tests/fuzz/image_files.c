/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of an image, as its engine sends them: a tar, in it a passwd or group file; and the kernel's table of sockets. */
#include "berth/mem.h"
#include "fuzz.h"
#include "session/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv all = { (const char *)data, size };
	AUTO(buf_fini) struct buf file = BUF_INIT;
	AUTO(buf_fini) struct buf words = BUF_INIT;
	AUTO(image_user_fini) struct image_user u;
	AUTO_STR link = NULL;
	if (tar_first(all, &file, &link, NULL) < 0)
		buf_add_sv(&file, all);
	image_user_resolve("jovyan:users", buf_sv(&file), buf_sv(&file), &u, NULL);
	proc_net_listens(all, 8888);
	log_last_words(&words, all);
	FUZZ_CHECK(words.len <= 1000);
	return 0;
}
