# SPDX-License-Identifier: GPL-3.0-or-later
# Screens on the memory surface over an app that is played (its functions come first in the link, so app's own are not taken).
SCREEN_FAKE = tests/screen/fake.h tests/screen/fake_app.c tests/screen/fake_world.c tests/screen/fake_host.c
SCREEN_CPPFLAGS = $(UNIT_CPPFLAGS) -I$(srcdir)/tests/screen
check_PROGRAMS += tests/screen/screens tests/screen/real tests/screen/screen-demo
TESTS += tests/screen/screens tests/screen/real
tests_screen_screens_SOURCES = \
  tests/screen/screens.c \
  tests/screen/screens_log.c \
  tests/screen/screens_host.c \
  tests/screen/screens_saved.c \
  tests/screen/play.h \
  tests/screen/play.c \
  $(SCREEN_FAKE)
tests_screen_screens_CPPFLAGS = $(SCREEN_CPPFLAGS)
tests_screen_screens_LDADD = libtui.a $(BELOW_tui) $(CMOCKA_LIBS)
tests_screen_screen_demo_SOURCES = tests/screen/demo.c $(SCREEN_FAKE)
tests_screen_screen_demo_CPPFLAGS = $(SCREEN_CPPFLAGS)
tests_screen_screen_demo_LDADD = libtui.a $(BELOW_tui)
tests_screen_real_SOURCES = \
  tests/screen/real.c \
  tests/screen/terminal.h \
  tests/screen/terminal.c
tests_screen_real_CPPFLAGS = $(UNIT_CPPFLAGS) $(VTERM_CFLAGS) -I$(srcdir)/tests/screen
tests_screen_real_LDADD = libtext.a $(BELOW_text) $(CMOCKA_LIBS) $(VTERM_LIBS) -lutil
EXTRA_DIST += tests/screen/golden
