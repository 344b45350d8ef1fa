# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
  include/berth/model.h \
  include/berth/store.h \
  src/model/entity.h \
  src/model/entity.c \
  src/model/ci.c \
  src/model/store_impl.h \
  src/model/store.c \
  src/model/store_notice.c \
  src/model/store_projects.c \
  src/model/store_commits.c \
  src/model/store_builds.c \
  src/model/store_sessions.c \
  src/model/store_engine.c
EXTRA_DIST += src/model/README.md
