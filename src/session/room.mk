# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = \
  include/berth/session.h \
  include/berth/link.h \
  include/berth/autosave.h \
  src/session/autosave_impl.h \
  src/session/parts.h \
  src/session/call.h \
  src/session/launch_impl.h \
  src/session/options.c \
  src/session/options_env.c \
  src/session/link.c \
  src/session/link_make.c \
  src/session/options_ini.c \
  src/session/labels.c \
  src/session/owner.c \
  src/session/journal.c \
  src/session/user.c \
  src/session/plan.c \
  src/session/jupyter.c \
  src/session/settings.c \
  src/session/exchange.c \
  src/session/gitin.c \
  src/session/gitrun.h \
  src/session/gitrun.c \
  src/session/gitrun_words.c \
  src/session/lfs.h \
  src/session/lfs.c \
  src/session/explain.c \
  src/session/tar.c \
  src/session/tar_feed.c \
  src/session/launch.c \
  src/session/launch_check.c \
  src/session/launch_look.c \
  src/session/launch_workspace.c \
  src/session/launch_tree.c \
  src/session/launch_create.c \
  src/session/launch_start.c \
  src/session/launch_ready.c \
  src/session/call.c \
  src/session/sessions.c \
  src/session/questions.c \
  src/session/idle.c \
  src/session/notes.c \
  src/session/sight.c \
  src/session/resume.c \
  src/session/stop.c \
  src/session/sweep.c \
  src/session/autosave.c \
  src/session/autosave_copy.c \
  src/session/autosave_send.c \
  src/session/autosave_branches.c \
  src/session/autosave_source.c \
  src/session/scratch.c
EXTRA_DIST += src/session/README.md
