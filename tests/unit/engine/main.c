/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine_test.h"

int main(void)
{
	const struct { const struct CMUnitTest *tests; size_t n; } parts[] = {
		{ decode_tests, n_decode_tests }, { stream_tests, n_stream_tests }, { build_tests, n_build_tests },
		{ errors_tests, n_errors_tests }, { find_tests, n_find_tests }, { server_tests, n_server_tests }, { tunnel_tests, n_tunnel_tests },
	};
	struct CMUnitTest all[96];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (size_t k = 0; k < parts[i].n && n < ARRAY_LEN(all); k++)
			all[n++] = parts[i].tests[k];
	return _cmocka_run_group_tests("engine", all, n, NULL, NULL);
}
