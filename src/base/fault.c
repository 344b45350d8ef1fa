/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include "berth/str.h"

/* Times that the fault point of the current BERTH_FAULT was passed; starts anew when a test sets another value. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t spec_hash, n_passed;

static uint64_t count_pass(struct sv spec)
{
	uint64_t hash = hash_bytes(spec.p, spec.len);

	pthread_mutex_lock(&lock);
	if (hash != spec_hash)
		n_passed = 0;
	spec_hash = hash;
	uint64_t n = ++n_passed;
	pthread_mutex_unlock(&lock);
	return n;
}

bool fault_hit(const char *name)
{
	struct sv spec = sv_of(getenv("BERTH_FAULT")), rest = spec, wanted, times = { NULL, 0 };
	uint64_t nth = 1;

	if (!spec.len)
		return false;
	bool kill_here = sv_starts(rest, SV("kill:"));
	if (kill_here)
		rest = (struct sv){ rest.p + 5, rest.len - 5 };
	if (!sv_split(&rest, ':', &wanted) || !sv_eq(wanted, sv_of(name)))
		return false;
	sv_split(&rest, ':', &times);
	bool and_on = sv_ends(times, SV("+"));
	if (and_on)
		times.len--;
	if (times.len && !sv_to_u64(times, &nth))
		return false;
	uint64_t n = count_pass(spec);
	if (n != nth && !(and_on && n > nth))
		return false;
	if (kill_here)
		raise(SIGKILL);
	return true;
}
