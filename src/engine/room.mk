# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
  include/berth/engine.h \
  include/berth/engine_impl.h \
  src/engine/engine.c \
  src/engine/find.c \
  src/engine/find.h \
  src/engine/podman.c \
  src/engine/docker.c \
  src/engine/docker.h \
  src/engine/docker_call.c \
  src/engine/negotiate.c \
  src/engine/negotiate.h \
  src/engine/docker_images.c \
  src/engine/docker_list.c \
  src/engine/docker_pull.c \
  src/engine/pull.h \
  src/engine/docker_build.c \
  src/engine/build_lines.c \
  src/engine/build_lines.h \
  src/engine/buildkit_trace.c \
  src/engine/buildkit_trace.h \
  src/engine/dockerfile.c \
  src/engine/docker_containers.c \
  src/engine/docker_exec.c \
  src/engine/docker_logs.c \
  src/engine/docker_stats.c \
  src/engine/docker_volumes.c \
  src/engine/docker_networks.c \
  src/engine/subnet.c \
  src/engine/subnet.h \
  src/engine/decode.c \
  src/engine/decode.h \
  src/engine/stream.c \
  src/engine/stream.h \
  src/engine/auth.c \
  src/engine/auth.h \
  src/engine/tunnel.c \
  src/engine/tunnel.h \
  src/engine/errors.c \
  src/engine/errors.h
EXTRA_DIST += src/engine/README.md
