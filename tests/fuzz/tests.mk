# SPDX-License-Identifier: GPL-3.0-or-later
# Every parser of foreign bytes has a target. `make check` replays the corpora; `make fuzz` looks for more with clang's
# libFuzzer, FUZZ_SECONDS for each target of FUZZ. A new target is its lines here, tests/fuzz/NAME.c and corpus/NAME/.
check_LIBRARIES = tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h
FUZZ_MAIN = tests/fuzz/libreplay.a
FUZZ_LDFLAGS =
FUZZ_TARGETS = \
  tests/fuzz/fuzz-glyph \
  tests/fuzz/fuzz-escapes \
  tests/fuzz/fuzz-trace \
  tests/fuzz/fuzz-logview \
  tests/fuzz/fuzz-fuzzy \
  tests/fuzz/fuzz-size \
  tests/fuzz/fuzz-time \
  tests/fuzz/fuzz-base64 \
  tests/fuzz/fuzz-slug \
  tests/fuzz/fuzz-json \
  tests/fuzz/fuzz-cache-record \
  tests/fuzz/fuzz-http-head \
  tests/fuzz/fuzz-http-fields \
  tests/fuzz/fuzz-http-tape \
  tests/fuzz/fuzz-glab \
  tests/fuzz/fuzz-registry \
  tests/fuzz/fuzz-frames \
  tests/fuzz/fuzz-buildkit-trace \
  tests/fuzz/fuzz-json-lines \
  tests/fuzz/fuzz-dockerfile \
  tests/fuzz/fuzz-build-record \
  tests/fuzz/fuzz-image-pin \
  tests/fuzz/fuzz-template \
  tests/fuzz/fuzz-git-commit \
  tests/fuzz/fuzz-git-graph \
  tests/fuzz/fuzz-git-config \
  tests/fuzz/fuzz-dockerignore \
  tests/fuzz/fuzz-gitlab \
  tests/fuzz/fuzz-renku-ini \
  tests/fuzz/fuzz-session-env \
  tests/fuzz/fuzz-session-link \
  tests/fuzz/fuzz-session-notes \
  tests/fuzz/fuzz-salvage \
  tests/fuzz/fuzz-lfs \
  tests/fuzz/fuzz-session-git \
  tests/fuzz/fuzz-terminal-keys \
  tests/fuzz/fuzz-image-files \
  tests/fuzz/fuzz-diagnosis
EXTRA_DIST += tests/fuzz/corpus

# One target: SOURCES, LDFLAGS and LDADD with the libraries from its room down.
tests_fuzz_fuzz_diagnosis_SOURCES = tests/fuzz/diagnosis.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_diagnosis_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_diagnosis_LDADD = $(FUZZ_MAIN) libimage.a $(BELOW_image)

tests_fuzz_fuzz_session_notes_SOURCES = tests/fuzz/session_notes.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_session_notes_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_session_notes_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

tests_fuzz_fuzz_salvage_SOURCES = tests/fuzz/salvage.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_salvage_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_salvage_LDADD = $(FUZZ_MAIN) libgit.a $(BELOW_git)

tests_fuzz_fuzz_glyph_SOURCES = tests/fuzz/glyph.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_glyph_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_glyph_LDADD = $(FUZZ_MAIN) libtext.a $(BELOW_text)

tests_fuzz_fuzz_escapes_SOURCES = tests/fuzz/escapes.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_escapes_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_escapes_LDADD = $(FUZZ_MAIN) libtext.a $(BELOW_text)

tests_fuzz_fuzz_trace_SOURCES = tests/fuzz/trace.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_trace_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_trace_LDADD = $(FUZZ_MAIN) libtext.a $(BELOW_text)

tests_fuzz_fuzz_logview_SOURCES = tests/fuzz/logview.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_logview_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_logview_LDADD = $(FUZZ_MAIN) libtui.a $(BELOW_tui)

tests_fuzz_fuzz_fuzzy_SOURCES = tests/fuzz/fuzzy.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_fuzzy_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_fuzzy_LDADD = $(FUZZ_MAIN) libtext.a $(BELOW_text)

tests_fuzz_fuzz_size_SOURCES = tests/fuzz/size.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_size_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_size_LDADD = $(FUZZ_MAIN) libtext.a $(BELOW_text)

tests_fuzz_fuzz_time_SOURCES = tests/fuzz/time.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_time_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_time_LDADD = $(FUZZ_MAIN) libbase.a $(BELOW_base)

tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/base64.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_base64_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_base64_LDADD = $(FUZZ_MAIN) libbase.a $(BELOW_base)

tests_fuzz_fuzz_slug_SOURCES = tests/fuzz/slug.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_slug_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_slug_LDADD = $(FUZZ_MAIN) libbase.a $(BELOW_base)

tests_fuzz_fuzz_cache_record_SOURCES = tests/fuzz/cache_record.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_cache_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cache_record_LDADD = $(FUZZ_MAIN) libcache.a $(BELOW_cache)

tests_fuzz_fuzz_json_SOURCES = tests/fuzz/json.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_LDADD = $(FUZZ_MAIN) libbase.a $(BELOW_base)

tests_fuzz_fuzz_http_head_SOURCES = tests/fuzz/http_head.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_http_head_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_http_head_LDADD = $(FUZZ_MAIN) libnet.a $(BELOW_net)

tests_fuzz_fuzz_frames_SOURCES = tests/fuzz/frames.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_frames_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_frames_LDADD = $(FUZZ_MAIN) libengine.a $(BELOW_engine)

tests_fuzz_fuzz_buildkit_trace_SOURCES = tests/fuzz/buildkit_trace.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_buildkit_trace_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_buildkit_trace_LDADD = $(FUZZ_MAIN) libengine.a $(BELOW_engine)

tests_fuzz_fuzz_json_lines_SOURCES = tests/fuzz/json_lines.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_json_lines_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_lines_LDADD = $(FUZZ_MAIN) libengine.a $(BELOW_engine)

tests_fuzz_fuzz_dockerfile_SOURCES = tests/fuzz/dockerfile.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dockerfile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dockerfile_LDADD = $(FUZZ_MAIN) libimage.a $(BELOW_image)

tests_fuzz_fuzz_build_record_SOURCES = tests/fuzz/build_record.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_build_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_build_record_LDADD = $(FUZZ_MAIN) libimage.a $(BELOW_image)

tests_fuzz_fuzz_image_pin_SOURCES = tests/fuzz/image_pin.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_image_pin_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_image_pin_LDADD = $(FUZZ_MAIN) libimage.a $(BELOW_image)

tests_fuzz_fuzz_template_SOURCES = tests/fuzz/template.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_template_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_template_LDADD = $(FUZZ_MAIN) libimage.a $(BELOW_image)

tests_fuzz_fuzz_git_commit_SOURCES = tests/fuzz/git_commit.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_git_commit_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_git_commit_LDADD = $(FUZZ_MAIN) libgit.a $(BELOW_git)

tests_fuzz_fuzz_git_graph_SOURCES = tests/fuzz/git_graph.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_git_graph_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_git_graph_LDADD = $(FUZZ_MAIN) libgit.a $(BELOW_git)

tests_fuzz_fuzz_git_config_SOURCES = tests/fuzz/git_config.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_git_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_git_config_LDADD = $(FUZZ_MAIN) libgit.a $(BELOW_git)

tests_fuzz_fuzz_dockerignore_SOURCES = tests/fuzz/dockerignore.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_dockerignore_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dockerignore_LDADD = $(FUZZ_MAIN) libforge.a $(BELOW_forge)

tests_fuzz_fuzz_gitlab_SOURCES = tests/fuzz/gitlab.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_gitlab_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_gitlab_LDADD = $(FUZZ_MAIN) libforge.a $(BELOW_forge)

tests_fuzz_fuzz_session_env_SOURCES = tests/fuzz/session_env.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_session_env_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_session_env_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

tests_fuzz_fuzz_session_link_SOURCES = tests/fuzz/session_link.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_session_link_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_session_link_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

tests_fuzz_fuzz_terminal_keys_SOURCES = tests/fuzz/terminal_keys.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_terminal_keys_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_terminal_keys_LDADD = $(FUZZ_MAIN) libtui.a $(BELOW_tui)

tests_fuzz_fuzz_renku_ini_SOURCES = tests/fuzz/renku_ini.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_renku_ini_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_renku_ini_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

tests_fuzz_fuzz_image_files_SOURCES = tests/fuzz/image_files.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_image_files_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_image_files_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

tests_fuzz_fuzz_http_fields_SOURCES = tests/fuzz/http_fields.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_http_fields_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_http_fields_LDADD = $(FUZZ_MAIN) libnet.a $(BELOW_net)

tests_fuzz_fuzz_glab_SOURCES = tests/fuzz/glab.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_glab_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_glab_LDADD = $(FUZZ_MAIN) libforge.a $(BELOW_forge)

tests_fuzz_fuzz_http_tape_SOURCES = tests/fuzz/http_tape.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_http_tape_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_http_tape_LDADD = $(FUZZ_MAIN) libnet.a $(BELOW_net)

tests_fuzz_fuzz_registry_SOURCES = tests/fuzz/registry.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_registry_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_registry_LDADD = $(FUZZ_MAIN) libforge.a $(BELOW_forge)

tests_fuzz_fuzz_session_git_SOURCES = tests/fuzz/session_git.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_session_git_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_session_git_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)

# (New targets above this line, their names in FUZZ_TARGETS.)
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)

FUZZ = $(FUZZ_TARGETS)
FUZZ_SECONDS = 60
FUZZ_CFLAGS = -g -O1 -fsanitize=fuzzer-no-link,address,undefined
.PHONY: fuzz
fuzz:
	$(MKDIR_P) fuzz-build
	test -f fuzz-build/Makefile || (cd fuzz-build && '$(abs_top_srcdir)/configure' -q CC=clang CFLAGS='$(FUZZ_CFLAGS)')
	cd fuzz-build && $(MAKE) FUZZ_MAIN= FUZZ_LDFLAGS=-fsanitize=fuzzer $(FUZZ)
	cd fuzz-build && for target in $(FUZZ); do \
	  name=$${target##*/fuzz-}; $(MKDIR_P) found/$$name; \
	  $$target -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=0 -verbosity=0 -artifact_prefix=found/$$name- \
	    found/$$name '$(abs_top_srcdir)/tests/fuzz/corpus/'$$name || exit 1; done
clean-local: clean-fuzz
clean-fuzz:
	-rm -rf fuzz-build

tests_fuzz_fuzz_lfs_SOURCES = tests/fuzz/lfs.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_lfs_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_lfs_LDADD = $(FUZZ_MAIN) libsession.a $(BELOW_session)
