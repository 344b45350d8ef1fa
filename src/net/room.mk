# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
  include/berth/net.h \
  include/berth/net_api.h \
  src/net/net_impl.h \
  src/net/head.h \
  src/net/net.c \
  src/net/mux.c \
  src/net/request.c \
  src/net/errors.c \
  src/net/head.c \
  src/net/body.c \
  src/net/call.c \
  src/net/duplex.c \
  src/net/api.h \
  src/net/api.c \
  src/net/api_queue.c \
  src/net/api_run.c \
  src/net/api_renew.c \
  src/net/api_answer.c \
  src/net/api_words.c \
  src/net/api_memo.c \
  src/net/api_fields.h \
  src/net/api_fields.c \
  src/net/scrub.h \
  src/net/scrub.c \
  src/net/tape.h \
  src/net/tape.c \
  src/net/replay.c
EXTRA_DIST += src/net/README.md
