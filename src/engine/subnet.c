/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "subnet.h"

enum { FIRST = 201, BLOCKS = 16 * 256 };

static uint32_t mask_of(unsigned bits)
{
	return bits ? ~(uint32_t)0 << (32 - bits) : 0;
}

bool subnet_parse(struct sv cidr, struct subnet *ret)
{
	struct sv address, part;
	uint64_t number, bits;
	uint32_t value = 0;
	int n = 0;

	if (!sv_split(&cidr, '/', &address) || !sv_to_u64(cidr, &bits) || bits > 32)
		return false;
	while (sv_split(&address, '.', &part)) {
		if (!sv_to_u64(part, &number) || number > 255 || ++n > 4)
			return false;
		value = value << 8 | (uint32_t)number;
	}
	*ret = (struct subnet){ value & mask_of((unsigned)bits), mask_of((unsigned)bits) };
	return n == 4;
}

bool subnets_overlap(const struct subnets *s, struct subnet a)
{
	for (size_t i = 0; i < s->list.len; i++) {
		uint32_t wider = s->list.items[i].mask & a.mask;
		if ((s->list.items[i].address & wider) == (a.address & wider))
			return true;
	}
	return false;
}

static bool hex_of_kernel(struct sv s, uint32_t *ret)
{
	uint32_t v = 0;

	if (s.len != 8)
		return false;
	for (size_t i = 0; i < 8; i++) {
		const char *digits = "0123456789ABCDEF", *at = memchr(digits, s.p[i], 16);
		if (!at)
			return false;
		v = v << 4 | (uint32_t)(at - digits);
	}
	*ret = __builtin_bswap32(v);                /* the kernel prints network order as a little-endian number */
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		*ret = v;
	return true;
}

void subnets_add_routes(struct subnets *s, struct sv route_table)
{
	struct sv line, field;

	while (sv_split(&route_table, '\n', &line)) {
		struct subnet net = { 0, 0 };
		bool sound = true;
		for (int i = 0; i < 8 && sound; i++) {
			sound = sv_split(&line, '\t', &field);
			if (sound && (i == 1 || i == 7))
				sound = hex_of_kernel(sv_trim(field), i == 1 ? &net.address : &net.mask);
		}
		if (sound && net.mask)
			VEC_PUSH(&s->list, net);
	}
}

bool subnets_choose(const struct subnets *taken, const char *name, unsigned nth, struct subnet *ret)
{
	uint32_t from = (uint32_t)(hash_bytes(name, strlen(name)) % BLOCKS);

	for (uint32_t i = 0; i < BLOCKS; i++) {
		uint32_t block = (from + i) % BLOCKS;
		struct subnet net = { (10u << 24) + ((uint32_t)FIRST << 16) + (block << 8), mask_of(24) };
		if (subnets_overlap(taken, net) || nth-- > 0)
			continue;
		*ret = net;
		return true;
	}
	return false;
}
