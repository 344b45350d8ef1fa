/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_ENGINE_FIND_H
#define BERTH_ENGINE_FIND_H
/* Where engines are, and whose credentials they get: what the environment and ~/.docker say. find.c alone reads the
 * environment; everything else takes a struct find_env, so tests bring their own. */
#include "berth/engine.h"

struct find_env {
	char *docker_host, *docker_context, *config_dir, *cert_path, *runtime_dir, *home; /* NULL: not set */
	char *podman_socket;           /* of the service that we start (podman.c) */
	bool tls, tls_verify;
	const char *root;              /* before the system's own sockets: "" */
};
#define PODMAN_SOCKET "podman.sock"       /* in our runtime folder */
void find_env_read(struct find_env *ret);
void find_env_fini(struct find_env *env);
char *find_current_context(const struct find_env *env); /* of config.json; owned; NULL: none */
int engine_find_host_in(const struct find_env *env, struct engine_host *ret, struct err *reterr);
#endif
