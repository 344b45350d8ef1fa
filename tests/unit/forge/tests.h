/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FORGE_TESTS_H
#define FORGE_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "berth/mem.h"
#include "berth/path.h"
/* Ended by one without a function. */
extern const struct CMUnitTest url_tests[], remote_tests[], decode_tests[], join_tests[];
#endif
