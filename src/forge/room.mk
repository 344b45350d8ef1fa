# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libforge.a
libforge_a_SOURCES = \
  include/berth/forge.h \
  include/berth/forge_impl.h \
  src/forge/local.h \
  include/berth/dockerignore.h \
  src/forge/forge_call.h \
  src/forge/forge.c \
  src/forge/forge_host.c \
  src/forge/local.c \
  src/forge/local_projects.c \
  src/forge/local_history.c \
  src/forge/local_commit.c \
  src/forge/local_files.c \
  src/forge/local_tar.c \
  src/forge/local_watch.c \
  src/forge/dockerignore.c \
  include/berth/token.h \
  src/forge/token.c \
  src/forge/token_parts.h \
  src/forge/token_parts.c \
  src/forge/glab.h \
  src/forge/glab.c \
  src/forge/none.c \
  src/forge/gitlab_pure.h \
  src/forge/gitlab.h \
  src/forge/gitlab.c \
  src/forge/gitlab_account.c \
  src/forge/gitlab_ahead.c \
  src/forge/gitlab_projects.c \
  src/forge/gitlab_branches.c \
  src/forge/gitlab_commits.c \
  src/forge/gitlab_files.c \
  src/forge/gitlab_tar.c \
  src/forge/gitlab_ci.c \
  src/forge/gitlab_log.c \
  src/forge/gitlab_actions.c \
  src/forge/gitlab_new.c \
  src/forge/gitlab_fork.c \
  src/forge/gitlab_registry.c \
  src/forge/gitlab_url.c \
  src/forge/gitlab_decode.c \
  src/forge/gitlab_graphql.c \
  src/forge/remote.c \
  src/forge/tar_out.h \
  src/forge/tar_out.c \
  include/berth/registry.h \
  src/forge/registry.h \
  src/forge/registry.c \
  src/forge/registry_auth.c \
  src/forge/registry_details.c \
  src/forge/registry_parts.h \
  src/forge/registry_parts.c
EXTRA_DIST += src/forge/README.md
