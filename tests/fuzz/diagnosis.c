/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log in two pieces, cut anywhere, gets the verdict of the whole, and nothing of it could move a terminal. */
#include "fuzz.h"

#include "berth/diagnosis.h"

static void check_text(const char *s)
{
	for (; s && *s; s++)
		FUZZ_CHECK((unsigned char)*s >= 32 && *s != 127);
}

static void verdict(struct sv s, size_t cut, struct diagnosis *ret)
{
	struct diagnosing *d = diagnosing_new();
	diagnosing_feed(d, (struct sv){ s.p, cut });
	diagnosing_feed(d, (struct sv){ s.p + cut, s.len - cut });
	diagnosing_end(d, NULL, ret);
	diagnosing_free(d);
	check_text(ret->cause);
	check_text(ret->todo);
	check_text(ret->evidence);
	check_text(ret->step);
	check_text(ret->command);
	for (size_t i = 0; i < ret->n_tail; i++)
		check_text(ret->tail[i]);
	FUZZ_CHECK(ret->todo != NULL);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv s = { (const char *)data, size };
	struct diagnosis whole, cut;
	verdict(s, size, &whole);
	verdict(s, size / 3, &cut);
	FUZZ_CHECK(same(whole.cause, cut.cause) && same(whole.evidence, cut.evidence) && same(whole.step, cut.step) && whole.exit_code == cut.exit_code);
	FUZZ_CHECK(whole.evidence_line == cut.evidence_line && whole.evidence_offset == cut.evidence_offset);
	FUZZ_CHECK(!whole.evidence || whole.evidence_offset <= size);
	diagnosis_fini(&whole);
	diagnosis_fini(&cut);
	return 0;
}
