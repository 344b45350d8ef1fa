# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libpresent.a
libpresent_a_SOURCES = \
  include/berth/present.h \
  src/present/columns.h \
  src/present/writer.h \
  src/present/look.c \
  src/present/charts.c \
  src/present/why.c \
  src/present/links.c \
  src/present/words.c \
  src/present/columns.c \
  src/present/columns_project.c \
  src/present/columns_branch.c \
  src/present/columns_commit.c \
  src/present/columns_image.c \
  src/present/columns_build.c \
  src/present/columns_session.c \
  src/present/columns_config.c \
  src/present/columns_check.c \
  src/present/writer.c \
  src/present/writer_json.c \
  src/present/writer_table.c
EXTRA_DIST += src/present/README.md
