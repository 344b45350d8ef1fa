# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libtext.a
libtext_a_SOURCES = \
  include/berth/text.h \
  src/text/glyph.c \
  src/text/latin.c \
  src/text/fit.c \
  src/text/wrap.c \
  src/text/fuzzy.c \
  src/text/nearest.c \
  include/berth/ini.h \
  src/text/ini.c \
  src/text/units.c \
  src/text/escapes.c \
  src/text/sgr.c \
  src/text/sgr.h \
  include/berth/pattern.h \
  src/text/pattern.c \
  src/text/mask.c \
  include/berth/trace.h \
  src/text/trace_impl.h \
  src/text/trace.c \
  src/text/trace_marker.c \
  src/text/trace_style.c \
  src/text/trace_json.c \
  src/text/trace_state.c \
  src/text/unstamp.c
EXTRA_DIST += src/text/README.md
