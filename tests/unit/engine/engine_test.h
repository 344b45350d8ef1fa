/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_TEST_ENGINE_H
#define BERTH_TEST_ENGINE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "berth/json.h"
#include "berth/mem.h"
#include "berth/path.h"

static inline UNUSED void read_data(const char *name, struct buf *out)
{
	AUTO_STR path = xasprintf("%s/unit/engine/data/%s", TEST_SRCDIR, name);
	struct err err = { 0 };

	if (file_read(path, 1 << 20, out, &err) < 0)
		fail_msg("%s: %s", path, err.text);
}

extern const struct CMUnitTest decode_tests[], stream_tests[], build_tests[], errors_tests[], find_tests[], server_tests[], tunnel_tests[];
extern const size_t n_decode_tests, n_stream_tests, n_build_tests, n_errors_tests, n_find_tests, n_server_tests, n_tunnel_tests;
#endif
