/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include "berth/mem.h"

struct secret { size_t len; char bytes[]; };

static struct secret *alloc(size_t len)
{
	struct secret *s = xcalloc(1, sizeof *s + len + 1);

	s->len = len;
	return s;
}

struct secret *secret_new(struct sv bytes)
{
	struct secret *s = alloc(bytes.len);

	if (bytes.len)
		memcpy(s->bytes, bytes.p, bytes.len);
	return s;
}

struct secret *secret_dup(const struct secret *s)
{
	return s ? secret_new(secret_reveal(s)) : NULL;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	wipe(s->bytes, s->len);
	free(s);
}

static void fill_random(unsigned char *p, size_t len)
{
	while (len) {
		ssize_t n = getrandom(p, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			BUG("no random bytes: %s", strerror(errno));
		p += n;
		len -= (size_t)n;
	}
}

struct secret *secret_random(size_t n_bytes)
{
	struct secret *s = alloc(n_bytes * 2);
	unsigned char *raw = (unsigned char *)s->bytes + n_bytes;

	/* The raw bytes stand in the upper half and are spread from the front, so that no copy is left anywhere. */
	fill_random(raw, n_bytes);
	for (size_t i = 0; i < n_bytes; i++) {
		unsigned char c = raw[i];
		s->bytes[2 * i] = "0123456789abcdef"[c >> 4];
		s->bytes[2 * i + 1] = "0123456789abcdef"[c & 15];
	}
	return s;
}

struct sv secret_reveal(const struct secret *s)
{
	return s ? (struct sv){ s->bytes, s->len } : (struct sv){ "", 0 };
}

bool secret_eq(const struct secret *a, struct sv b)
{
	struct sv s = secret_reveal(a);
	unsigned char differ = 0;

	if (!a || s.len != b.len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		differ |= (unsigned char)(s.p[i] ^ b.p[i]);
	return !differ;
}

void wipe(void *p, size_t len)
{
	if (len)
		explicit_bzero(p, len);
}
