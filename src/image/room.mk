# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libimage.a
libimage_a_SOURCES = \
  include/berth/image.h \
  include/berth/template.h \
  src/image/template.c \
  src/image/template_read.c \
  src/image/template_builtin.c \
  src/image/ref.c \
  src/image/dockerfile.h \
  src/image/dockerfile_parse.c \
  src/image/source_match.c \
  src/image/fingerprint.c \
  src/image/dockerfile_make.c \
  src/image/pin.h \
  src/image/pin.c \
  src/image/environment.h \
  src/image/environment.c \
  src/image/environment_compare.c \
  src/image/record.h \
  src/image/record.c \
  src/image/records.c \
  src/image/begin.c \
  src/image/cancel.c \
  src/image/build_log.h \
  src/image/build_log.c \
  src/image/context.h \
  src/image/context.c \
  src/image/build_run.c \
  src/image/worker.c \
  src/image/follow.c \
  src/image/resolver.h \
  src/image/resolver.c \
  src/image/resolver_facts.c \
  src/image/resolver_words.c \
  src/image/resolver_same.c \
  include/berth/diagnosis.h \
  src/image/diagnose.h \
  src/image/diagnose.c \
  src/image/diagnose_lines.h \
  src/image/diagnose_lines.c \
  src/image/diagnose_steps.h \
  src/image/diagnose_steps.c \
  src/image/diagnose_rules_packages.c \
  src/image/diagnose_rules_build.c \
  src/image/diagnose_rules_machine.c \
  src/image/resolver_ci.c \
  src/image/resolver_host.c \
  src/image/resolver_registry.c
EXTRA_DIST += src/image/README.md
