/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/present.h"
#include "berth/text.h"

/* What to do where the failing place had nothing better to say. */
static const char *const hints[ERR_CODE_COUNT_] = {
	[ERR_NOT_FOUND] = "Check the name; `berth projects` and `berth sessions` list what there is.",
	[ERR_AUTH] = "Check the credentials.",
	[ERR_DENIED] = "Ask whoever looks after this machine for the right, or use another account.",
	[ERR_RATE] = "Wait a little and try again.",
	[ERR_TIMEOUT] = "Try again; `berth --log FILE …` records what was asked.",
	[ERR_NET] = "Check that the server runs and can be reached, then try again.",
	[ERR_TLS] = "Check the address and the certificate authority.",
	[ERR_HTTP] = "Try again; if it stays, `berth --log FILE …` records what was asked.",
	[ERR_DECODE] = "This looks like a version that berth doesn't know; `berth --log FILE …` records what was asked.",
	[ERR_TOO_BIG] = "It is over a limit that protects this machine.",
	[ERR_BUSY] = "Wait until the other one has finished.",
	[ERR_NO_SPACE] = "Free some disk space (`docker system df` shows what the engine holds), then try again.",
	[ERR_USAGE] = "`berth --help` shows how it is used.",
	[ERR_CONFIG] = "Correct that line; `berth config` shows what is in force.",
};

const char *present_hint_for(enum err_code code)
{
	return code < ERR_CODE_COUNT_ && hints[code] ? hints[code] : "";
}

/* A sentence begins with a capital letter, but for a name that is spelt as it is: a path, a command, an address, an option. */
static bool begins_with_a_word(const char *s)
{
	static const char *const programs[] = { "apt", "berth", "chmod", "docker", "git", "glab", "podman", "ssh", "sudo", "systemctl" };
	size_t n = strcspn(s, " ");
	for (size_t i = 0; i < ARRAY_LEN(programs); i++)
		if (sv_eq((struct sv){ s, n }, sv_of(programs[i])))
			return false;
	return s[n] == ' ' && n > 1 && !memchr(s, '/', n) && !memchr(s, ':', n) && !memchr(s, '.', n) && !memchr(s, '-', n) && !memchr(s, '_', n);
}

void present_with_capital(struct buf *b, const char *s)
{
	size_t at = b->len;
	text_clean(b, sv_of(s));
	if (b->len > at && b->p[at] >= 'a' && b->p[at] <= 'z' && begins_with_a_word(s))
		b->p[at] = (char)(b->p[at] - 'a' + 'A');
}

static void add_sentence_as(struct buf *b, const char *s, bool named)
{
	size_t at = b->len;
	if (named)
		text_clean(b, sv_of(s));
	else
		present_with_capital(b, s);
	if (b->len > at && !strchr(".!?:", b->p[b->len - 1]))
		buf_add_char(b, '.');
}

static void add_sentence(struct buf *b, const char *s)
{
	add_sentence_as(b, s, false);
}

static void add_with_hint(struct buf *b, const char *text, bool named, const char *hint)
{
	add_sentence_as(b, text, named);
	if (!*hint)
		return;
	buf_add_char(b, ' ');
	add_sentence(b, hint);
}

void present_message(struct buf *b, const struct message *m)
{
	if (m->hint && *m->hint)
		add_with_hint(b, m->text, m->named, m->hint);
	else
		text_clean(b, sv_of(m->text));
}

void present_error(struct buf *b, const struct err *e)
{
	const char *hint = e->hint[0] ? e->hint : present_hint_for(e->code), *text = e->text[0] ? e->text : err_code_name(e->code);
	add_with_hint(b, text, e->named, hint);
}

/* next: what to do about it, whoever asks. commands: by subcommands; in the dashboard, keys stand beside the sentence. */
static const struct {
	const char *what, *next, *commands;
} image_words[IMAGE_STATE_COUNT_] = {
	[IMAGE_UNKNOWN] = { "The state of the image is not known", NULL, NULL },
	[IMAGE_READY] = { "The engine has the image", NULL, "`berth start` starts a session from it" },
	[IMAGE_AVAILABLE] = { "The registry has the image", NULL, "`berth start` pulls it and starts a session" },
	[IMAGE_SAME_AS] = { "No image of its own, but an ancestor with the same environment files has one", NULL, "`berth start` starts from that one, `berth build` builds all the same" },
	[IMAGE_QUEUED] = { "The build waits for its turn", NULL, "`berth log` shows its log, `berth cancel` cancels it" },
	[IMAGE_BUILDING] = { "The image is being built", NULL, "`berth log` shows the log, `berth cancel` cancels the build" },
	[IMAGE_FAILED] = { "The last build failed", NULL, "`berth diagnose` says why, `berth log` shows the log, `berth build` builds again" },
	[IMAGE_CANCELED] = { "The last build was canceled", NULL, "`berth build` builds again" },
	[IMAGE_SKIPPED] = { "The build was skipped", NULL, "`berth build` builds" },
	[IMAGE_MANUAL] = { "The build waits to be started by hand", NULL, "`berth build` builds" },
	[IMAGE_SCHEDULED] = { "The build will start later", NULL, "`berth build` builds now" },
	[IMAGE_NONE] = { "There is no image of this commit", NULL, "`berth build` builds it, `berth start` builds it and starts a session" },
	[IMAGE_PINNED] = { "The project pins an image of its own", NULL, "`berth start` starts a session from it" },
	[IMAGE_PINNED_MISSING] = { "The project pins an image that can't be had", "Correct image in .renku/renku.ini, or build the commit", NULL },
	[IMAGE_PINNED_LOGIN] = { "The project pins an image whose registry wants a login", "`docker login HOST` on this machine stores one; then ask again", NULL },
};

/* The commands where a host builds. */
static const char *const of_host[IMAGE_STATE_COUNT_] = {
	[IMAGE_FAILED] = "`berth diagnose` says why, `berth retry` runs it again, `berth build` builds on the engine",
	[IMAGE_CANCELED] = "`berth retry` runs it again, `berth build` builds on the engine",
	[IMAGE_SKIPPED] = "`berth run-pipeline` runs a pipeline for the branch, `berth build` builds on the engine",
	[IMAGE_MANUAL] = "`berth play` starts it",
	[IMAGE_SCHEDULED] = "`berth play` starts it now",
	[IMAGE_NONE] = "`berth retry` builds it again, `berth build` builds on the engine",
};

static void add_step(struct buf *b, const char *step)
{
	if (!step)
		return;
	buf_add_char(b, ' ');
	add_sentence(b, step);
}

void present_image_sentence(struct buf *b, const struct image *i, int64_t now_s, bool with_commands)
{
	enum image_state s = i->state < IMAGE_STATE_COUNT_ ? i->state : IMAGE_UNKNOWN;
	add_sentence(b, i->reason ? i->reason : image_words[s].what);
	if (s == IMAGE_BUILDING && i->build_started_at_s) {
		buf_add_str(b, " It has run for ");
		text_add_duration(b, now_s - i->build_started_at_s);
		if (i->typical_build_s) {
			buf_add_str(b, "; builds of this project take about ");
			text_add_duration(b, i->typical_build_s);
		}
		buf_add_char(b, '.');
	}
	const char *commands = i->has_job && of_host[s] ? of_host[s] : image_words[s].commands;
	add_step(b, image_words[s].next);
	add_step(b, with_commands ? commands : NULL);
}

void present_work(struct buf *b, const struct session_work *w)
{
	const struct { uint32_t n; const char *one, *more; } parts[] = {
		{ w->changed, "changed file", "changed files" },
		{ w->unmerged, "of them with a conflict", "of them with conflicts" },
		{ w->untracked, "new file", "new files" },
		{ w->ahead, "commit that is not pushed", "commits that are not pushed" },
		{ w->stashes, "stash", "stashes" },
		{ w->behind, "commit behind", "commits behind" },
	};
	enum { BEHIND = ARRAY_LEN(parts) - 1 };
	const char *comma = "";
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (!parts[i].n)
			continue;
		bool least = i == BEHIND && w->behind_more;
		buf_addf(b, "%s%s%u %s", comma, least ? "at least " : "", parts[i].n, parts[i].n == 1 ? parts[i].one : parts[i].more);
		comma = ", ";
	}
	if (w->behind_more && !w->behind)
		buf_addf(b, "%snew commits on its branch", comma);
}

static void add_count(struct buf *b, uint32_t n, const char *what)
{
	buf_addf(b, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void pull_done(struct buf *b, const struct session_git_done *d)
{
	if (d->came) {
		add_count(b, d->came, "commit");
		buf_addf(b, " came to %s", d->branch);
		if (d->files) {
			buf_add_str(b, ", with changes of ");
			add_count(b, d->files, "file");
		}
	} else {
		buf_addf(b, "There is nothing new for %s", d->branch);
		if (d->ahead) {
			buf_add_str(b, ", and ");
			add_count(b, d->ahead, "commit");
			buf_addf(b, " of it %s not pushed yet", d->ahead == 1 ? "is" : "are");
		}
	}
}

void present_git_done(struct buf *b, const struct session_git_done *d, bool pull)
{
	const char *to = d->landed ? d->landed : d->branch;
	if (pull) {
		pull_done(b, d);
	} else if (d->commit) {
		buf_add_str(b, "Committed ");
		add_count(b, d->files, "file");
		buf_addf(b, " as %s, and pushed to %s", d->commit, to);
		if (d->sent > 1) {
			buf_add_str(b, " with ");
			add_count(b, d->sent - 1, "commit");
			buf_add_str(b, " from before");
		}
	} else if (d->sent) {
		buf_add_str(b, "There was nothing to commit; ");
		add_count(b, d->sent, "commit");
		buf_addf(b, " %s pushed to %s", d->sent == 1 ? "was" : "were", to);
	} else if (d->pushed) {
		buf_addf(b, "There was nothing to commit; %s was pushed, as a new branch of the project", to);
	} else {
		buf_addf(b, "There is nothing to commit, and the project has all of %s", d->branch);
	}
}
