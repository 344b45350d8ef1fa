/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_SUBNET_H
#define BERTH_ENGINE_SUBNET_H
/* Choosing addresses for a network: the engine's own pool holds some thirty networks and then fails, an explicit small
 * subnet doesn't. */
#include "berth/vec.h"
#include "berth/str.h"

struct subnet { uint32_t address, mask; };          /* host byte order */
struct subnets { VEC(struct subnet) list; };
bool subnet_parse(struct sv cidr, struct subnet *ret);
bool subnets_overlap(const struct subnets *s, struct subnet a);
/* Adds what /proc/net/route (its text) routes elsewhere than by default. */
void subnets_add_routes(struct subnets *s, struct sv route_table);
/* The n-th /24 of 10.201.0.0 to 10.216.255.0 that overlaps with nothing, starting at a place that `name` gives. */
bool subnets_choose(const struct subnets *taken, const char *name, unsigned nth, struct subnet *ret);
#endif
