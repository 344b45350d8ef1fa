# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libtui.a
libtui_a_CPPFLAGS = $(AM_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"'
libtui_a_SOURCES = \
  include/berth/tui.h \
  src/tui/tui_impl.h \
  src/tui/surface.h \
  src/tui/surface.c \
  src/tui/surface_curses.c \
  src/tui/theme.h \
  src/tui/theme.c \
  src/tui/truecolour.h \
  src/tui/truecolour.c \
  src/tui/keys.h \
  src/tui/keys.c \
  src/tui/keys_curses.c \
  src/tui/keymap.h \
  src/tui/keymap.c \
  src/tui/layout.h \
  src/tui/layout.c \
  src/tui/doc.h \
  src/tui/doc.c \
  src/tui/line.h \
  src/tui/line.c \
  src/tui/list.h \
  src/tui/list.c \
  src/tui/list_order.c \
  src/tui/panes.c \
  src/tui/search.c \
  src/tui/place.c \
  src/tui/pin.c \
  src/tui/details.c \
  src/tui/offlist.h \
  src/tui/offlist.c \
  src/tui/logstore.h \
  src/tui/logstore.c \
  src/tui/logindex.h \
  src/tui/logindex.c \
  src/tui/logscan.h \
  src/tui/logscan.c \
  src/tui/logview.h \
  src/tui/logview.c \
  src/tui/logline.h \
  src/tui/logline.c \
  src/tui/logpanel.h \
  src/tui/logpanel.c \
  src/tui/logmove.c \
  src/tui/logstate.c \
  src/tui/logmarks.c \
  src/tui/logfind.c \
  src/tui/logexport.c \
  src/tui/overlay.c \
  src/tui/picker.h \
  src/tui/picker.c \
  src/tui/pickers.c \
  src/tui/confirm.c \
  src/tui/page.h \
  src/tui/pages_asked.c \
  src/tui/pages.c \
  src/tui/form.h \
  src/tui/form.c \
  src/tui/form_draw.c \
  src/tui/form_pick.c \
  src/tui/actions.c \
  src/tui/lives.c \
  src/tui/lost.c \
  src/tui/jobs.c \
  src/tui/links.c \
  src/tui/saved.c \
  src/tui/new.c \
  src/tui/clipboard.c \
  src/tui/bulk.c \
  src/tui/input.c \
  src/tui/mouse.c \
  src/tui/notify.c \
  src/tui/status.c \
  src/tui/tui.c \
  src/tui/term.h \
  src/tui/term.c \
  src/tui/attach.c \
  src/tui/plain.c
nodist_libtui_a_SOURCES = src/tui/theme_builtin.c
BUILT_SOURCES += src/tui/theme_builtin.c
CLEANFILES += src/tui/theme_builtin.c

# The default and the mono theme are in the program too, as text.
src/tui/theme_builtin.c: $(srcdir)/themes/default.theme $(srcdir)/themes/mono.theme
	@$(MKDIR_P) src/tui
	$(AM_V_GEN)$(AWK) 'BEGIN { print "/* SPDX-License-Identifier: GPL-3.0-or-later */"; print "#include \"tui/theme.h\"" } \
	  FNR == 1 { n = FILENAME; sub(/.*\//, "", n); sub(/\.theme/, "", n); if (NR > 1) print ";"; print "const char builtin_theme_" n "[] =" } \
	  { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); print "\t\"" $$0 "\\n\"" } END { print ";" }' \
	  $(srcdir)/themes/default.theme $(srcdir)/themes/mono.theme > $@.tmp && mv $@.tmp $@

EXTRA_DIST += src/tui/README.md
nobase_dist_pkgdata_DATA += themes/default.theme themes/mono.theme themes/light.theme themes/solstice.theme themes/contrast.theme
