/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What git in a session says: the script's lines with a stranger's words in them, and the branches of its bare repository. */
#include "berth/exchange.h"
#include "berth/git.h"
#include "berth/mem.h"
#include "fuzz.h"
#include "session/gitrun.h"

static void fit_to_show(const char *text)
{
	for (const char *p = text; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void note(void *ctx, const char *text)
{
	(void)ctx;
	FUZZ_CHECK(*text);
	fit_to_show(text);
}

static void sentence(struct sv text, bool pull)
{
	struct gitrun g;
	struct err err = { 0 };
	gitrun_read(text, &g);
	int rc = gitrun_judge(&g, "a", pull, &err);
	FUZZ_CHECK(rc == -(int)err.code);
	FUZZ_CHECK(!rc || *err.text);
	FUZZ_CHECK(rc || (g.complete && g.branch.len && !g.refused.len)); /* never well without an end */
	fit_to_show(err.text);
	fit_to_show(err.hint);
	gitrun_notes(&g, note, NULL);
	gitrun_fini(&g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	exchange_refs refs = VEC_INIT;
	sentence(text, false);
	sentence(text, true);
	exchange_read(text, &refs);
	for (size_t i = 0; i < refs.len; i++) {
		const char *name = refs.items[i].name;
		FUZZ_CHECK(*name && !strstr(name, "..") && !strpbrk(name, " ~^:?*[\\\n\t"));
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(strcmp(refs.items[k].name, name) != 0);
	}
	exchange_refs_fini(&refs);
	return 0;
}
