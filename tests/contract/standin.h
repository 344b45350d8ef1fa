/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CONTRACT_STANDIN_H
#define TESTS_CONTRACT_STANDIN_H
/* The stand-in GitLab (tests/fake/gitlab), started on free ports of this machine and ended with the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "berth/json.h"
#include "berth/net.h"

struct standin { char *url, *control, *state /* its folder */; int pid; struct net *net; struct loop *loop; };
/* world: a description as JSON. args: more words of its command line, up to a NULL; may be NULL. Fails the test when it can't be started. */
struct standin *standin_new(struct loop *loop, const char *world, const char *const *args);
void standin_free(struct standin *s);
/* Asks its control address and waits for the answer; body may be NULL. Fails the test on an error. */
json_t *standin_ask(struct standin *s, const char *method, const char *path, const char *body);
void standin_tell(struct standin *s, const char *method, const char *path, const char *body);
#endif
