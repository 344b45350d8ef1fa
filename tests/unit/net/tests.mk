# SPDX-License-Identifier: GPL-3.0-or-later
check_PROGRAMS += tests/unit/net/test-net
TESTS += tests/unit/net/test-net
tests_unit_net_test_net_SOURCES = \
  tests/unit/net/main.c \
  tests/unit/net/tests.h \
  tests/unit/net/server.h \
  tests/unit/net/server.c \
  tests/unit/net/head.c \
  tests/unit/net/fetch.c \
  tests/unit/net/stream.c \
  tests/unit/net/duplex.c \
  tests/unit/net/tls.c \
  tests/unit/net/script.h \
  tests/unit/net/script.c \
  tests/unit/net/api.c \
  tests/unit/net/api_bad.c \
  tests/unit/net/api_order.c \
  tests/unit/net/record.c \
  tests/unit/net/http2.c
tests_unit_net_test_net_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_net_test_net_LDADD = $(WHOLE) libnet.a $(NO_WHOLE) $(BELOW_net) $(CMOCKA_LIBS) $(ZLIB_LIBS)
EXTRA_DIST += tests/unit/net/tls_server.py tests/unit/net/tls-cert.pem tests/unit/net/tls-key.pem
