# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
  include/berth/err.h \
  include/berth/mem.h \
  include/berth/str.h \
  include/berth/vec.h \
  include/berth/map.h \
  include/berth/json.h \
  include/berth/log.h \
  include/berth/secret.h \
  include/berth/sha256.h \
  include/berth/path.h \
  include/berth/fault.h \
  src/base/err.c \
  src/base/mem.c \
  src/base/crash.c \
  src/base/sv.c \
  src/base/buf.c \
  src/base/encode.c \
  src/base/utf8.c \
  src/base/map.c \
  src/base/json.c \
  src/base/log.c \
  src/base/secret.c \
  src/base/sha256.c \
  src/base/path.c \
  src/base/file.c \
  src/base/remove.c \
  src/base/lock.c \
  src/base/clock.c \
  src/base/fault.c
EXTRA_DIST += src/base/README.md
