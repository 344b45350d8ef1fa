# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/model/test-model
TESTS += tests/unit/model/test-model
tests_unit_model_test_model_SOURCES = \
  tests/unit/model/main.c \
  tests/unit/model/tests.h \
  tests/unit/model/entity.c \
  tests/unit/model/store_projects.c \
  tests/unit/model/store.c \
  tests/unit/model/ci.c
tests_unit_model_test_model_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_model_test_model_LDADD = $(WHOLE) libmodel.a $(NO_WHOLE) $(BELOW_model) $(CMOCKA_LIBS)
