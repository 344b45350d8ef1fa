/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is remembered of a session, and what a look in it answers: whatever is in the text, what was taken is written and read as the same. */
#include "berth/mem.h"
#include "fuzz.h"
#include "session/parts.h"

static void watch(struct sv text)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct session_watch w, again;
	if (!watch_parse(text, &w))
		return;
	FUZZ_CHECK(w.idle_s >= 0 && w.behind >= 0 && w.saved_at_s >= 0);
	watch_format(&b, &w);
	FUZZ_CHECK(watch_parse(buf_sv(&b), &again));
	FUZZ_CHECK(memcmp(&w, &again, sizeof w) == 0);
}

static void fate(struct sv text)
{
	AUTO(buf_fini) struct buf once = BUF_INIT;
	AUTO(buf_fini) struct buf twice = BUF_INIT;
	struct session_fate f, again;
	if (fate_parse(text, &f)) {
		FUZZ_CHECK(f.kind != FATE_NONE && f.owner);
		fate_format(&once, &f);
		FUZZ_CHECK(fate_parse(buf_sv(&once), &again));
		FUZZ_CHECK(again.kind == f.kind && again.at_s == f.at_s && again.keep == f.keep && again.force == f.force);
		fate_format(&twice, &again);
		FUZZ_CHECK(sv_eq(buf_sv(&once), buf_sv(&twice)));
		session_fate_fini(&again);
	}
	session_fate_fini(&f);
}

static void sight(struct sv text)
{
	struct sight_text t;
	sight_parse(text, &t);
	FUZZ_CHECK(t.n_connections <= 1000 && t.free_kib <= UINT64_MAX / 1024 && t.used_kib <= UINT64_MAX / 1024 && t.size_kib <= UINT64_MAX / 1024);
	FUZZ_CHECK((jupyter_kernels_activity(t.kernels) & ~(unsigned)ACTIVITY_KERNEL) == 0);
	FUZZ_CHECK((jupyter_status_activity(t.status, 1000000) & ~(unsigned)(ACTIVITY_CONNECTION | ACTIVITY_USED)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sv text = { (const char *)data, size };
	watch(text);
	fate(text);
	sight(text);
	return 0;
}
