/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_GIT_H
#define TESTS_UNIT_GIT_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "fixture.h"

/* Each adds its tests at ret and gives their number: one program, one plan. */
size_t repo_tests(struct CMUnitTest *ret);
size_t history_tests(struct CMUnitTest *ret);
size_t tree_tests(struct CMUnitTest *ret);
size_t clone_tests(struct CMUnitTest *ret);
size_t lfs_tests(struct CMUnitTest *ret);
size_t salvage_tests(struct CMUnitTest *ret);
size_t push_tests(struct CMUnitTest *ret);
size_t gitconf_tests(struct CMUnitTest *ret);
/* Opens or fails the test with the error's text. */
struct repo *opened(const char *path);
struct oid rev(struct repo *r, const char *name);
#endif
