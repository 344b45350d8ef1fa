/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/present.h"

static const struct look image_looks[IMAGE_STATE_COUNT_] = {
	[IMAGE_UNKNOWN] = { "?", "?", "unknown", STYLE_DIM },
	[IMAGE_READY] = { "✓", "+", "ready", STYLE_GOOD },
	[IMAGE_AVAILABLE] = { "↓", "v", "available", STYLE_GOOD },
	[IMAGE_SAME_AS] = { "≡", "=", "same as", STYLE_GOOD },
	[IMAGE_QUEUED] = { "◌", ".", "queued", STYLE_BUSY },
	[IMAGE_BUILDING] = { "◐", "~", "building", STYLE_BUSY },
	[IMAGE_FAILED] = { "✗", "x", "failed", STYLE_BAD },
	[IMAGE_CANCELED] = { "⊘", "c", "canceled", STYLE_WARN },
	[IMAGE_SKIPPED] = { "·", "-", "skipped", STYLE_DIM },
	[IMAGE_MANUAL] = { "▷", ">", "manual", STYLE_WARN },
	[IMAGE_SCHEDULED] = { "◷", "@", "scheduled", STYLE_WARN },
	[IMAGE_NONE] = { "○", "o", "no image", STYLE_DIM },
	[IMAGE_PINNED] = { "◆", "*", "pinned", STYLE_GOOD },
	[IMAGE_PINNED_MISSING] = { "◇", "!", "pin missing", STYLE_BAD },
	[IMAGE_PINNED_LOGIN] = { "◇", "?", "pin: login", STYLE_WARN },
};
static const struct look build_looks[BUILD_STATE_COUNT_] = {
	[BUILD_QUEUED] = { "◌", ".", "queued", STYLE_BUSY },     [BUILD_RUNNING] = { "◐", "~", "running", STYLE_BUSY },
	[BUILD_DONE] = { "✓", "+", "done", STYLE_GOOD },         [BUILD_FAILED] = { "✗", "x", "failed", STYLE_BAD },
	[BUILD_CANCELED] = { "⊘", "c", "canceled", STYLE_WARN }, [BUILD_LOST] = { "!", "!", "lost", STYLE_BAD },
};
static const struct look job_looks[JOB_STATE_COUNT_] = {
	[JOB_OTHER] = { "?", "?", "unknown", STYLE_DIM },
	[JOB_CREATED] = { "○", "o", "created", STYLE_DIM },
	[JOB_WAITING_FOR_RESOURCE] = { "◌", ".", "waiting for resource", STYLE_WARN },
	[JOB_PREPARING] = { "◌", ".", "preparing", STYLE_DIM },
	[JOB_WAITING_FOR_CALLBACK] = { "◌", ".", "waiting for callback", STYLE_WARN },
	[JOB_PENDING] = { "◌", ".", "pending", STYLE_BUSY },
	[JOB_RUNNING] = { "◐", "~", "running", STYLE_BUSY },
	[JOB_SUCCESS] = { "✓", "+", "passed", STYLE_GOOD },
	[JOB_FAILED] = { "✗", "x", "failed", STYLE_BAD },
	[JOB_CANCELING] = { "⊘", "c", "canceling", STYLE_WARN },
	[JOB_CANCELED] = { "⊘", "c", "canceled", STYLE_WARN },
	[JOB_SKIPPED] = { "·", "-", "skipped", STYLE_DIM },
	[JOB_MANUAL] = { "▷", ">", "manual", STYLE_WARN },
	[JOB_SCHEDULED] = { "◷", "@", "delayed", STYLE_WARN },
};
static const struct look session_looks[SESSION_STATE_COUNT_] = {
	[SESSION_STARTING] = { "◐", "~", "starting", STYLE_BUSY },  [SESSION_RUNNING] = { "●", "*", "running", STYLE_GOOD },
	[SESSION_UNHEALTHY] = { "!", "!", "unhealthy", STYLE_WARN }, [SESSION_PAUSED] = { "‖", "=", "paused", STYLE_WARN },
	[SESSION_STOPPING] = { "◒", "~", "stopping", STYLE_BUSY },  [SESSION_STOPPED] = { "○", "o", "stopped", STYLE_DIM },
	[SESSION_FAILED] = { "✗", "x", "failed", STYLE_BAD },
	[SESSION_UNSAVED] = { "◍", "!", "unsaved", STYLE_BAD },
};
static const struct look step_looks[] = {
	[STEP_WAITING] = { "·", ".", "waiting", STYLE_DIM }, [STEP_RUNNING] = { "◐", "~", "running", STYLE_BUSY },
	[STEP_DONE] = { "✓", "+", "done", STYLE_GOOD },      [STEP_SKIPPED] = { "-", "-", "not needed", STYLE_DIM },
	[STEP_FAILED] = { "✗", "x", "failed", STYLE_BAD },   [STEP_CANCELLED] = { "⊘", "c", "cancelled", STYLE_WARN },
};
static const struct look message_looks[] = {
	[MESSAGE_INFO] = { "·", ".", "note", STYLE_PLAIN }, [MESSAGE_GOOD] = { "✓", "+", "done", STYLE_GOOD },
	[MESSAGE_WARN] = { "!", "!", "warning", STYLE_WARN }, [MESSAGE_ERROR] = { "✗", "x", "error", STYLE_ERROR },
};

const struct look *look_of_image(enum image_state s) { return &image_looks[s < IMAGE_STATE_COUNT_ ? s : IMAGE_UNKNOWN]; }
const struct look *look_of_build(enum build_state s) { return &build_looks[s < BUILD_STATE_COUNT_ ? s : BUILD_LOST]; }
const struct look *look_of_job(enum job_state s) { return &job_looks[s < JOB_STATE_COUNT_ ? s : JOB_OTHER]; }
const struct look *look_of_session(enum session_state s) { return &session_looks[s < SESSION_STATE_COUNT_ ? s : SESSION_FAILED]; }
const struct look *look_of_step(enum step_state s) { return &step_looks[s <= STEP_CANCELLED ? s : STEP_WAITING]; }
const struct look *look_of_message(enum message_level l) { return &message_looks[l <= MESSAGE_ERROR ? l : MESSAGE_INFO]; }

static const struct look check_looks[] = {
	[CHECK_OK] = { "✓", "+", "ok", STYLE_GOOD }, [CHECK_WARNING] = { "!", "!", "warning", STYLE_WARN }, [CHECK_PROBLEM] = { "✗", "x", "problem", STYLE_BAD },
};

const struct look *look_of_check(enum check_level l) { return &check_looks[l <= CHECK_PROBLEM ? l : CHECK_PROBLEM]; }

static const char *const style_names[STYLE_COUNT_] = {
	[STYLE_PLAIN] = "plain", [STYLE_DIM] = "dim", [STYLE_BOLD] = "bold", [STYLE_GOOD] = "good", [STYLE_WARN] = "warn", [STYLE_BAD] = "bad",
	[STYLE_BUSY] = "busy", [STYLE_ACCENT] = "accent", [STYLE_REF] = "ref", [STYLE_HASH] = "hash", [STYLE_AGE] = "age", [STYLE_PERSON] = "person",
	[STYLE_TITLE] = "title", [STYLE_TITLE_FOCUS] = "title.focus", [STYLE_RULE] = "rule", [STYLE_RULE_FOCUS] = "rule.focus",
	[STYLE_CURSOR] = "cursor", [STYLE_CURSOR_DIM] = "cursor.dim", [STYLE_MATCH] = "match", [STYLE_KEY] = "key", [STYLE_HINT] = "hint",
	[STYLE_STATUS] = "status", [STYLE_ERROR] = "error", [STYLE_TOAST] = "toast", [STYLE_BAR] = "bar",
};

const char *style_name(enum style s)
{
	return s < STYLE_COUNT_ ? style_names[s] : "plain";
}
