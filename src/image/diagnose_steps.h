/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BERTH_SRC_IMAGE_DIAGNOSE_STEPS_H
#define BERTH_SRC_IMAGE_DIAGNOSE_STEPS_H
/*
 * Which step of a build a line belongs to, from the builders' own words:
 *   BuildKit, plain      "#7 [stage-1 3/5] RUN …", "#7 0.123 text", "#7 ERROR: …", at last "ERROR: failed to solve: …"
 *   classic              "Step 3/7 : RUN …", text, "The command '…' returned a non-zero code: 1", "COPY failed: …"
 *   Podman, Buildah      "STEP 3/7: RUN …", text, "Error: building at STEP …: exit status 1"
 *   kaniko               "INFO[0012] RUN …", text, "error building image: … waiting for process to exit: exit status 1"
 */
#include "berth/str.h"
#include "berth/vec.h"

struct build_step { uint32_t number; char *name /* "3/5 RUN …" */, *command /* NULL: none */; int exit_code; bool failed, done; };
struct build_steps {
	VEC(struct build_step) items;
	uint32_t current;              /* classic: the number of the step whose text comes; 0: none */
	bool over;                     /* what comes is not the build any more (clean-up, after_script) */
};
void build_steps_init(struct build_steps *s);
void build_steps_fini(struct build_steps *s);
/* The step of this line (0: none) and its text without the builder's prefix; *ret_own: these are the builder's words, not the step's. */
uint32_t build_steps_line(struct build_steps *s, struct sv line, struct sv *ret_text, bool *ret_own);
/* The first that failed, else the one that the log ends in; NULL: none. */
const struct build_step *build_steps_failed(const struct build_steps *s);
const struct build_step *build_steps_at(const struct build_steps *s, uint32_t number);
#endif
