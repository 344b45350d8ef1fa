/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SESSION_GITRUN_H
#define BERTH_SESSION_GITRUN_H
/* What git in a session has answered, as the script of gitrun.c writes it down; and what that means. Pure. */
#include "berth/session.h"
#include "berth/vec.h"

enum gitrun_step { GITRUN_LOOK /* at the project's branch */, GITRUN_ADD, GITRUN_COMMIT, GITRUN_PUSH, GITRUN_MERGE, GITRUN_STEPS_ };
struct gitrun_said { enum gitrun_step step; struct sv text; };
/* Everything is borrowed from the text that was read. */
struct gitrun {
	bool complete;                 /* the script came to its end */
	struct sv refused;             /* why it did not begin: "no-git", "detached", …; len 0: it did */
	struct sv word;                /* what belongs to that: "rebase", "9f8e7d6" */
	struct sv branch, commit;      /* commit: the one that was made, shortened; len 0: none was */
	bool absent, nothing;          /* the project has no such branch; there was nothing to commit */
	bool left;                     /* a lock of ours was cleared away first: a commit had been killed */
	uint32_t ahead, behind, files;
	int codes[GITRUN_STEPS_];      /* 0: well, or never tried */
	bool tried[GITRUN_STEPS_];
	VEC(struct gitrun_said) said;
	VEC(struct sv) came;           /* "9f8e7d6 subject" */
};
void gitrun_fini(struct gitrun *g);
void gitrun_read(struct sv text, struct gitrun *ret);
/* A stranger's bytes as a few words of one line: cleaned, tokens masked. */
void gitrun_words(struct buf *b, struct sv text);
/* 0: it went well; else what did not, what stands all the same, and what to do. */
int gitrun_judge(const struct gitrun *g, const char *session, bool pull, struct err *reterr);
/* What is worth telling although it went well, a line each: what berth said about a push, repositories within the repository. */
void gitrun_notes(const struct gitrun *g, void (*note)(void *ctx, const char *text), void *ctx);
/* The program for sh; $1: the project's folder, $2: "save" (standard input: the message) or "pull". */
const char *gitrun_script(void);
#endif
