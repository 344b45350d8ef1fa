/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_DECODE_H
#define BERTH_ENGINE_DECODE_H
/*
 * The engine's JSON as the port's structs, tolerantly: what is absent, null or of another type becomes "", 0 or an empty
 * list, so that API 1.41 and 1.52 shapes read alike. Strings are borrowed from the JSON; lists live in the scratch.
 */
#include <jansson.h>
#include "berth/engine.h"

struct scratch { VEC(void *) blocks; };
#define SCRATCH_INIT ((struct scratch){ VEC_INIT })
void scratch_fini(struct scratch *s);

unsigned decode_info_caps(const json_t *info);
/* The engine's ID: replaces the owned *identity, NULL when it tells none. */
void decode_info_identity(const json_t *info, char **identity);
void decode_image(const json_t *j, struct scratch *s, struct engine_image *ret);          /* of inspect */
void decode_image_item(const json_t *j, struct scratch *s, struct engine_image *ret);     /* of the list */
void decode_container(const json_t *j, struct scratch *s, struct engine_container *ret);
void decode_container_item(const json_t *j, struct scratch *s, struct engine_container *ret);
/* GPUs that it names: how many, and a few of the names ("0, 1"), added to b. */
uint32_t decode_info_gpus(const json_t *info, struct buf *b);
void decode_volume(const json_t *j, struct scratch *s, struct engine_volume *ret);
void decode_event(const json_t *j, struct scratch *s, struct engine_event *ret);

/* One sample of /stats. running: the container ran when it was taken. */
struct stats_sample { uint64_t cpu_ns, system_ns, memory_bytes; uint32_t pids, cpus; bool running; };
void decode_stats(const json_t *j, struct stats_sample *ret);
#endif
