# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libgit.a
libgit_a_SOURCES = \
  include/berth/git.h \
  include/berth/salvage.h \
  include/berth/lfs.h \
  include/berth/exchange.h \
  src/git/git_priv.h \
  src/git/graph.h \
  src/git/graph_file.h \
  src/git/commit_scan.h \
  src/git/loose.h \
  src/git/clone.h \
  src/git/remote.h \
  src/git/place.h \
  src/git/salvage.h \
  src/git/room.c \
  src/git/repo.c \
  src/git/find.c \
  src/git/describe.c \
  src/git/diff.c \
  src/git/branches.c \
  src/git/commit.c \
  src/git/commit_scan.c \
  src/git/walk.c \
  src/git/ahead.c \
  src/git/graph.c \
  src/git/graph_file.c \
  src/git/tree.c \
  src/git/loose.c \
  src/git/commit_on.c \
  src/git/make.c \
  src/git/author.c \
  src/git/exchange.c \
  src/git/lfs.c \
  src/git/submodules.c \
  src/git/clone.c \
  src/git/clone_remote.c \
  src/git/clone_objects.c \
  src/git/remote.c \
  src/git/place.c \
  src/git/place_url.c \
  src/git/place_objects.c \
  src/git/place_pack.c \
  src/git/place_report.c \
  src/git/salvage.c \
  src/git/salvage_finish.c \
  src/git/salvage_behind.c \
  src/git/salvage_apart.c \
  src/git/salvage_lfs.c \
  src/git/unwrap.c \
  src/git/gitconf.c
EXTRA_DIST += src/git/README.md
