/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a build failed: the rules are tried on each line, what they find is kept by step, and the verdict is of the step that failed. */
#include "berth/pattern.h"
#include "diagnose.h"
#include "diagnose_lines.h"
#include "diagnose_steps.h"

enum { CAPTURES = 4, MATCHES_MAX = 512, RING = 256, EVIDENCE_MAX_BYTES = 400, CAPTURE_MAX_BYTES = 160, RULES_MAX = 256, ITEMS_TOLD = 3 };

struct match {
	const struct diagnose_rule *rule;
	uint32_t step;
	bool over;                     /* after the build */
	uint64_t line, offset;
	char *text;
	char *captured[CAPTURES];
	char *items;                   /* the first of the list below the line: "a, b, c"; NULL: none */
	size_t n_items;
};
struct ring_line { uint32_t step; bool over; char *text; size_t len; }; /* raw, cut */

/* Which pairs of bytes stand in a text, roughly: what lacks one of a word's pairs doesn't hold the word. Most lines hold none of a
 * hundred words, and this tells so for a fraction of what it costs to look for each. */
enum { PAIR_BITS = 1024, WORD_PAIRS = 8 };
struct pairs { uint64_t bits[PAIR_BITS / 64]; };
struct word { const char *text; size_t len, n; uint16_t pairs[WORD_PAIRS]; };
struct compiled { const struct diagnose_rule *rule; struct word word; struct matcher *line, *command; }; /* matchers NULL: not needed so far */
struct diagnosing {
	struct plain_lines lines;
	struct build_steps steps;
	struct compiled rules[RULES_MAX];
	size_t n_rules;
	VEC(struct match) matches;
	size_t reads_list;             /* of the match whose list goes on: its index + 1 */
	struct ring_line ring[RING];
	uint64_t n_lines, last_step_line, failed_line, failed_offset, last_line, last_offset;
	bool has_failed;
};

/* ---- the rules ---- */
static struct matcher *compile(const char *expression)
{
	struct pattern *p = pattern_fixed(expression);
	struct matcher *m = matcher_new(p);
	pattern_unref(p);
	return m;
}

static unsigned pair_at(const char *p)
{
	return ((unsigned char)p[0] * 37u + (unsigned char)p[1]) % PAIR_BITS;
}

static struct pairs pairs_of(struct sv s)
{
	struct pairs ret = { 0 };
	for (size_t i = 0; i + 1 < s.len; i++) {
		unsigned k = pair_at(s.p + i);
		ret.bits[k / 64] |= UINT64_C(1) << k % 64;
	}
	return ret;
}

static struct word word_new(const char *text)
{
	struct word w = { .text = text, .len = strlen(text) };
	for (; w.n < WORD_PAIRS && w.n + 1 < w.len; w.n++)
		w.pairs[w.n] = (uint16_t)pair_at(text + w.n);
	return w;
}

static bool has_word(struct sv s, const struct pairs *pairs, const struct word *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!(pairs->bits[w->pairs[i] / 64] >> w->pairs[i] % 64 & 1))
			return false;
	return memmem(s.p, s.len, w->text, w->len);
}

static void add_rules(struct diagnosing *d, const struct diagnose_rule *rules)
{
	for (; rules->name; rules++) {
		if (d->n_rules == RULES_MAX)
			BUG("more than %d rules", RULES_MAX);
		d->rules[d->n_rules++] = (struct compiled){ .rule = rules, .word = word_new(rules->word) };
	}
}

static void take_line(void *ctx, const struct plain_line *l);

struct diagnosing *diagnosing_new(void)
{
	struct diagnosing *d = xcalloc(1, sizeof *d);
	plain_lines_init(&d->lines, take_line, d);
	build_steps_init(&d->steps);
	add_rules(d, diagnose_rules_packages);
	add_rules(d, diagnose_rules_build);
	add_rules(d, diagnose_rules_machine);
	return d;
}

static void match_fini(struct match *m)
{
	free(m->text);
	for (size_t i = 0; i < CAPTURES; i++)
		free(m->captured[i]);
	free(m->items);
}

void diagnosing_free(struct diagnosing *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->n_rules; i++) {
		matcher_free(d->rules[i].line);
		matcher_free(d->rules[i].command);
	}
	for (size_t i = 0; i < d->matches.len; i++)
		match_fini(&d->matches.items[i]);
	VEC_FINI(&d->matches);
	for (size_t i = 0; i < RING; i++)
		free(d->ring[i].text);
	plain_lines_fini(&d->lines);
	build_steps_fini(&d->steps);
	free(d);
}

/* ---- lines ---- */
/* For the eyes: cut, without anything that moves a terminal, secrets masked as in the log itself. */
static char *harmless(struct sv s, size_t max)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	s.len = utf8_floor(s, MIN_OF(s.len, max));
	text_clean(&b, s);
	text_mask(b.p, b.len);
	return buf_take(&b);
}

static struct match *match_of(struct diagnosing *d, const struct diagnose_rule *r, uint32_t step, bool over)
{
	for (size_t i = 0; i < d->matches.len; i++) {
		struct match *m = &d->matches.items[i];
		if (m->rule == r && m->step == step && m->over == over)
			return m;
	}
	return NULL;
}

static void note_match(struct diagnosing *d, const struct diagnose_rule *r, uint32_t step, const struct plain_line *l, const struct sv caught[CAPTURES])
{
	struct match *old = match_of(d, r, step, d->steps.over);
	struct match m = { .rule = r, .step = step, .over = d->steps.over, .line = l->number, .offset = l->offset };
	if ((old && (r->flags & RULE_FIRST)) || (!old && d->matches.len >= MATCHES_MAX))
		return;
	for (size_t i = 0; i < CAPTURES; i++)
		m.captured[i] = caught[i].p ? harmless(caught[i], CAPTURE_MAX_BYTES) : NULL;
	m.text = harmless(l->text, EVIDENCE_MAX_BYTES);
	if (old) {
		match_fini(old);
		*old = m;
	} else {
		VEC_PUSH(&d->matches, m);
		old = &d->matches.items[d->matches.len - 1];
	}
	if (strstr(r->cause, "$l") || strstr(r->todo, "$l"))
		d->reads_list = (size_t)(old - d->matches.items) + 1;
}

/* Goes on with the list that stands below a match's line, to its last item. */
static void read_list(struct diagnosing *d, uint32_t step, struct sv line)
{
	static const char *const marks[] = { "- ", "* ", "• " };
	struct sv text = sv_trim(line), item = { 0 };
	struct match *m = d->reads_list ? &d->matches.items[d->reads_list - 1] : NULL;
	if (!m || m->step != step || (!text.len && !m->n_items))
		return;
	for (size_t i = 0; i < ARRAY_LEN(marks) && !item.len; i++)
		if (sv_starts(text, sv_of(marks[i])))
			item = sv_trim((struct sv){ text.p + strlen(marks[i]), text.len - strlen(marks[i]) });
	if (!item.len) {
		d->reads_list = 0;
	} else if (m->n_items++ < ITEMS_TOLD) {
		AUTO_STR before = m->items;
		AUTO_STR told = harmless(item, CAPTURE_MAX_BYTES);
		m->items = before ? xasprintf("%s, %s", before, told) : xstrdup(told);
	}
}

static bool command_fits(struct diagnosing *d, struct compiled *c, uint32_t step)
{
	if (!c->rule->command)
		return true;
	const struct build_step *s = build_steps_at(&d->steps, step);
	if (!s || !s->command)
		return false;
	if (!c->command)
		c->command = compile(c->rule->command);
	return matcher_catch(c->command, sv_of(s->command), NULL, 0);
}

static void keep_in_ring(struct diagnosing *d, uint32_t step, struct sv text)
{
	struct ring_line *r = &d->ring[d->n_lines++ % RING];
	free(r->text);
	text.len = MIN_OF(text.len, (size_t)EVIDENCE_MAX_BYTES);
	*r = (struct ring_line){ step, d->steps.over, sv_dup(text), text.len };
}

static bool has_failed_step(const struct build_steps *s)
{
	for (size_t i = 0; i < s->items.len; i++)
		if (s->items.items[i].failed)
			return true;
	return false;
}

/* Bytes that are no UTF-8 would cut a line in two for the patterns. */
static void make_utf8(struct buf *b, struct sv s)
{
	uint32_t code;
	while (s.len) {
		size_t n = utf8_next(s, &code);
		if (n)
			buf_add(b, s.p, n);
		else
			buf_add_char(b, '?');
		n = MAX_OF(n, (size_t)1);
		s = (struct sv){ s.p + n, s.len - n };
	}
}

static void try_rules(struct diagnosing *d, uint32_t step, const struct plain_line *l)
{
	AUTO(buf_fini) struct buf text = BUF_INIT;
	const struct pairs pairs = pairs_of(l->text);
	struct plain_line line = *l;
	for (size_t i = 0; i < d->n_rules; i++) {
		struct compiled *c = &d->rules[i];
		struct sv caught[CAPTURES];
		if (((c->rule->flags & RULE_OUTSIDE) && step) || !has_word(l->text, &pairs, &c->word))
			continue;
		if (!text.len) {
			make_utf8(&text, l->text);
			line.text = buf_sv(&text);
		}
		if (!c->line)
			c->line = compile(c->rule->pattern);
		if (command_fits(d, c, step) && matcher_catch(c->line, line.text, caught, CAPTURES))
			note_match(d, c->rule, step, &line, caught);
	}
}

static void take_line(void *ctx, const struct plain_line *l)
{
	struct diagnosing *d = ctx;
	struct plain_line inner = *l;
	bool own;
	uint32_t step = build_steps_line(&d->steps, l->text, &inner.text, &own);
	if (!d->has_failed && has_failed_step(&d->steps)) {
		d->has_failed = true;
		d->failed_line = l->number;
		d->failed_offset = l->offset;
	}
	if (step)
		d->last_step_line = l->number;
	if (sv_trim(inner.text).len) {
		d->last_line = l->number;
		d->last_offset = l->offset;
		if (!own)
			keep_in_ring(d, step, inner.text);
	}
	read_list(d, step, inner.text);
	try_rules(d, step, &inner);
}

void diagnosing_feed(struct diagnosing *d, struct sv bytes)
{
	plain_lines_feed(&d->lines, bytes);
}

/* ---- the verdict ---- */
/* Whether a match stands where the build broke. What no step said counts where no step failed, and only after the last one. */
static bool counts(const struct diagnosing *d, const struct match *m, const struct build_step *failed)
{
	if (m->rule->flags & RULE_ANYWHERE)
		return true;
	if (failed)
		return m->step == failed->number;
	return !m->step && !m->over && (!d->steps.items.len || m->line > d->last_step_line);
}

static const struct match *best_match(const struct diagnosing *d, const struct build_step *failed)
{
	const struct match *best = NULL;
	for (size_t i = 0; i < d->matches.len; i++) {
		const struct match *m = &d->matches.items[i];
		if (!counts(d, m, failed))
			continue;
		if (!best || m->rule->weight > best->rule->weight || (m->rule->weight == best->rule->weight && m->line > best->line))
			best = m;
	}
	return best;
}

static void add_debian(struct buf *b, const char *name)
{
	const char *package = name ? diagnose_debian_package(sv_of(name)) : NULL;
	if (package)
		buf_addf(b, " (Debian's is %s)", package);
}

static void add_list(struct buf *b, const struct match *m)
{
	if (!m->n_items)
		buf_add_str(b, "what the lines below name");
	else if (m->n_items <= ITEMS_TOLD)
		buf_add_str(b, m->items);
	else
		buf_addf(b, "%s and %zu more", m->items, m->n_items - ITEMS_TOLD);
}

/* $1 … of what was caught, $c the command, $h Debian's package of $1, $l the list below the line. */
static char *filled(const char *form, const struct match *m, const char *command)
{
	AUTO(buf_fini) struct buf b = BUF_INIT_MAX(4096);
	for (const char *p = form; *p; p++) {
		if (*p != '$' || !p[1]) {
			buf_add_char(&b, *p);
			continue;
		}
		p++;
		if (*p == 'c')
			buf_add_str(&b, command);
		else if (*p == 'h')
			add_debian(&b, m->captured[0]);
		else if (*p == 'l')
			add_list(&b, m);
		else if (*p >= '1' && *p < '1' + CAPTURES)
			buf_add_str(&b, m->captured[*p - '1'] ? m->captured[*p - '1'] : "");
	}
	return buf_take(&b);
}

static const struct diagnose_reason *reason_of(const struct diagnosis_facts *facts)
{
	if (facts && facts->failure_reason)
		for (const struct diagnose_reason *r = diagnose_reasons; r->reason; r++)
			if (strcmp(r->reason, facts->failure_reason) == 0)
				return r;
	return NULL;
}

static void tell_step(const struct diagnosing *d, const struct build_step *failed, struct diagnosis *ret)
{
	ret->failed_line = d->has_failed ? d->failed_line : d->last_line;
	ret->failed_offset = d->has_failed ? d->failed_offset : d->last_offset;
	if (!failed)
		return;
	ret->step = harmless(sv_of(failed->name), EVIDENCE_MAX_BYTES);
	ret->command = failed->command ? harmless(sv_of(failed->command), EVIDENCE_MAX_BYTES) : NULL;
	if (failed->exit_code >= 0)
		ret->exit_code = failed->exit_code;
}

static void tell_tail(const struct diagnosing *d, const struct build_step *failed, struct diagnosis *ret)
{
	struct sv last[DIAGNOSIS_TAIL];
	size_t n = 0;
	for (uint64_t back = 1; back <= MIN_OF(d->n_lines, (uint64_t)RING) && n < DIAGNOSIS_TAIL; back++) {
		const struct ring_line *r = &d->ring[(d->n_lines - back) % RING];
		if (failed ? r->step == failed->number : !r->over)
			last[n++] = (struct sv){ r->text, r->len };
	}
	ret->n_tail = n;
	for (size_t i = 0; i < n; i++)
		ret->tail[i] = harmless(last[n - 1 - i], EVIDENCE_MAX_BYTES);
}

static void tell_match(const struct match *m, const char *command, struct diagnosis *ret)
{
	ret->rule = m->rule->name;
	ret->cause = filled(m->rule->cause, m, command);
	ret->todo = filled(m->rule->todo, m, command);
	ret->evidence = xstrdup(m->text);
	ret->evidence_line = m->line;
	ret->evidence_offset = m->offset;
}

static void tell_reason(const struct diagnose_reason *r, struct diagnosis *ret)
{
	ret->rule = r->reason;
	ret->cause = xstrdup(r->cause);
	ret->todo = xstrdup(r->todo);
}

/* Nothing is sure: what the exit code says by itself, and where to look. */
static void tell_exit_code(const struct diagnosing *d, struct diagnosis *ret)
{
	if (ret->exit_code == 137) {
		ret->rule = "killed";
		ret->cause = xstrdup("The step was killed from outside (exit code 137): as good as always it needed more memory than the machine that builds has.");
		ret->todo = xstrdup("Let it do less at a time (make -j1), or build where there is more memory.");
	} else if (ret->step) {
		ret->todo = xstrdup("Read the last lines of the step that failed; to try it by hand, run its command in a shell of the image before it.");
	} else {
		ret->todo = xstrdup(d->n_lines ? "Read the last lines of the log." : "Build again: the log is empty, the build ended before it wrote anything.");
	}
}

void diagnosing_end(struct diagnosing *d, const struct diagnosis_facts *facts, struct diagnosis *ret)
{
	*ret = (struct diagnosis){ .exit_code = facts ? facts->exit_code : -1 };
	plain_lines_end(&d->lines);
	const struct build_step *failed = build_steps_failed(&d->steps);
	const struct match *m = best_match(d, failed);
	const struct diagnose_reason *r = reason_of(facts);
	tell_step(d, failed, ret);
	tell_tail(d, failed, ret);
	if (r && (!m || r->weight > m->rule->weight))
		tell_reason(r, ret);
	else if (m)
		tell_match(m, ret->command, ret);
	else
		tell_exit_code(d, ret);
}

void diagnosis_fini(struct diagnosis *d)
{
	free_p(&d->cause);
	free_p(&d->todo);
	free_p(&d->evidence);
	free_p(&d->step);
	free_p(&d->command);
	for (size_t i = 0; i < d->n_tail; i++)
		free_p(&d->tail[i]);
	d->n_tail = 0;
}

bool diagnosis_rule_at(size_t i, const char **ret_name, const char **ret_cause, const char **ret_todo)
{
	static const struct diagnose_rule *const tables[] = { diagnose_rules_packages, diagnose_rules_build, diagnose_rules_machine };
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (const struct diagnose_rule *r = tables[t]; r->name; r++)
			if (i-- == 0) {
				*ret_name = r->name;
				*ret_cause = r->cause;
				*ret_todo = r->todo;
				return true;
			}
	return false;
}
