# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = \
  include/berth/loop.h \
  src/loop/loop_impl.h \
  src/loop/loop.c \
  src/loop/timer.c \
  src/loop/fd.c \
  src/loop/signal.c \
  src/loop/work.c \
  src/loop/child.c \
  src/loop/ask.c \
  src/loop/path_watch.c
EXTRA_DIST += src/loop/README.md
