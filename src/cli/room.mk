# SPDX-License-Identifier: GPL-3.0-or-later
noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
  include/berth/cli.h \
  src/cli/cli_impl.h \
  src/cli/cli.c \
  src/cli/globals.c \
  src/cli/args.c \
  src/cli/with.c \
  src/cli/lists.c \
  src/cli/projects.c \
  src/cli/images.c \
  src/cli/jobs.c \
  src/cli/login.c \
  src/cli/logout.c \
  src/cli/start.c \
  src/cli/links.c \
  src/cli/confirm.c \
  src/cli/new.c \
  src/cli/sessions.c \
  src/cli/lives.c \
  src/cli/keep.c \
  src/cli/doctor.c \
  src/cli/saves.c \
  src/cli/attach.c \
  src/cli/help.c \
  src/cli/completion.c

# The man page is made by the program from its tables, so that it can't drift.
berth.1: berth$(EXEEXT)
	$(AM_V_GEN)./berth$(EXEEXT) help --man > $@.tmp && mv $@.tmp $@
man1_MANS = berth.1
CLEANFILES += berth.1

# So are the completions, under the names by which each shell looks for them.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = completion/berth
nodist_zshcompletion_DATA = completion/_berth
nodist_fishcompletion_DATA = completion/berth.fish
completion/berth: SHELL_NAME = bash
completion/_berth: SHELL_NAME = zsh
completion/berth.fish: SHELL_NAME = fish
completion/berth completion/_berth completion/berth.fish: berth$(EXEEXT)
	@$(MKDIR_P) completion
	$(AM_V_GEN)./berth$(EXEEXT) completion $(SHELL_NAME) > $@.tmp && mv $@.tmp $@
CLEANFILES += completion/berth completion/_berth completion/berth.fish
EXTRA_DIST += src/cli/README.md
