/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a registry says and what a person types of it: what comes out can stand in a path. */
#include "berth/mem.h"
#include "forge/registry_parts.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct registry_challenge c;
	struct registry_ref r;
	AUTO(buf_fini) struct buf words = BUF_INIT;
	AUTO(secret_free_p) struct secret *login = secret_new(text);
	AUTO_STR copy = sv_dup(text);
	char *url = NULL, *path = NULL;
	registry_challenge_parse(text, &c);
	if (registry_realm_split(&c, "http://localhost", &url, &path))
		FUZZ_CHECK(!strpbrk(url, " @\r\n") && path[0] == '/' && !strpbrk(path, " \r\n"));
	free(url);
	free(path);
	registry_challenge_fini(&c);
	if (!registry_ref_parse(copy, &r, NULL))
		FUZZ_CHECK(!strpbrk(r.path, " ?#%@:\r\n") && !strstr(r.path, "..") && !strpbrk(r.what, " /?#%\r\n") && !strpbrk(r.registry, " /@\r\n"));
	registry_ref_fini(&r);
	registry_words(&(struct net_response){ .status = 400, .content_type = "", .body = text }, &words);
	secret_free(registry_login_basic(login));
	secret_free(registry_login_identity(login));
	return 0;
}
