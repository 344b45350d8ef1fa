/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A commit-graph file: every row that can be asked for gives parents that can be asked for, and no lookup leaves the file. */
#include "git/graph_file.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct graph_file *f = graph_file_of(data, size);

	if (!f)
		return 0;
	size_t n = graph_file_len(f);
	for (uint32_t i = 0; i <= n && i < 1000; i++) {
		static uint32_t parents[GRAPH_FILE_MAX_PARENTS];
		struct oid id;
		int64_t time_s;
		size_t n_parents;
		uint32_t pos;
		FUZZ_CHECK(graph_file_oid(f, i, &id) == (i < n));
		if (i < n && graph_file_find(f, &id, &pos))
			FUZZ_CHECK(pos < n);
		if (!graph_file_row(f, i, &time_s, parents, &n_parents))
			continue;
		FUZZ_CHECK(i < n && n_parents <= GRAPH_FILE_MAX_PARENTS);
		for (size_t p = 0; p < n_parents; p++)
			FUZZ_CHECK(parents[p] < n);
	}
	graph_file_free(f);
	return 0;
}
