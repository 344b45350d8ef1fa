/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A commit's text: whatever it holds, what is taken from it lies within it. */
#include "git/commit_scan.h"
#include "fuzz.h"

static void check_within(struct sv whole, struct sv part)
{
	FUZZ_CHECK(!part.len || (part.p >= whole.p && part.p + part.len <= whole.p + whole.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv whole = { (const char *)data, size };
	struct commit_scan c;

	if (!commit_scan(whole, &c))
		return 0;
	const struct sv parts[] = { c.parents, c.author.name, c.author.email, c.committer.name, c.committer.email, c.encoding, c.message };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		check_within(whole, parts[i]);
	FUZZ_CHECK(c.parents.len == c.n_parents * 48);
	struct oid parent;
	for (size_t i = 0; i < c.n_parents; i++)
		commit_scan_parent(&c, i, &parent);
	FUZZ_CHECK(!commit_scan_parent(&c, c.n_parents, &parent));
	return 0;
}
