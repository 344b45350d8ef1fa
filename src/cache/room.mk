# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libcache.a
libcache_a_SOURCES = \
  include/berth/cache.h \
  src/cache/cache_impl.h \
  src/cache/pack.h \
  src/cache/scrub.h \
  src/cache/cache.c \
  src/cache/file.c \
  src/cache/read.c \
  src/cache/write.c \
  src/cache/entities.c \
  src/cache/memo.c \
  src/cache/logs.c \
  src/cache/pack.c \
  src/cache/scrub.c
EXTRA_DIST += src/cache/README.md
