/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form on the screen: a field a row, and beside it what it can be, what there is of it, and what was used before. */
#include "tui/form.h"

enum { WIDE = 70, LABEL = 14, BELOW = 5 /* a blank, two lines about the field, the command, the buttons */ };
static const char *const labels[OPT_COUNT_] = {
	[OPT_IMAGE] = "Image", [OPT_ENVIRONMENT] = "Environment", [OPT_CPUS] = "CPUs", [OPT_MEMORY] = "Memory", [OPT_GPUS] = "GPUs", [OPT_DISK] = "Disk",
	[OPT_SHM] = "Shared mem.", [OPT_LFS] = "Fetch LFS", [OPT_ENV] = "Variables", [OPT_IDLE] = "Idle limit", [OPT_PIDS] = "Processes", [OPT_NAME] = "Name",
};

int form_height(struct tui *t, struct overlay *o, int width)
{
	(void)t, (void)o, (void)width;
	return FIELDS + BELOW;
}

/* ---- beside ---- */
static void held(struct tui *t, double *ret_cores, uint64_t *ret_memory)
{
	*ret_cores = 0;
	*ret_memory = 0;
	for (size_t i = 0; i < store_n_sessions(t->store); i++) {
		const struct session *s = store_session_at(t->store, i);
		*ret_cores += session_is_up(s) ? s->cpu_limit_cores : 0;
		*ret_memory += session_is_up(s) ? s->memory_limit_bytes : 0;
	}
}

/* Beside the field there is little room, so what is free comes first: "2.5 of 4 free; used 0.7, 1 fits". Below it stands all of it. */
static void add_cpus(struct form *f, struct buf *b, bool brief)
{
	const struct engine_status *e = store_engine(f->t->store);
	double cores;
	uint64_t memory;
	held(f->t, &cores, &memory);
	if (e && e->cpus)
		buf_addf(b, "%.3g of %u free", MAX_OF(e->cpus - cores, 0.0), e->cpus);
	if (!brief && cores > 0)
		buf_addf(b, " (sessions hold %.3g; they may share)", cores);
	if (f->use.peak_cores > 0)
		buf_addf(b, brief ? "; used %.2g, %g fits" : ". Its sessions used %.2g at most: %g fits", f->use.peak_cores, project_use_cores(&f->use));
}

static void add_memory_used(struct form *f, struct buf *b, bool brief)
{
	if (!project_use_memory(&f->use))
		return;
	buf_add_str(b, brief ? "; " : ". Its sessions: ");
	if (f->use.oom_limit_bytes) {
		text_add_binary_size(b, f->use.oom_limit_bytes);
		buf_add_str(b, " was too little, ");
	} else {
		buf_add_str(b, "used ");
		text_add_binary_size(b, f->use.peak_memory_bytes);
		buf_add_str(b, brief ? ", " : " at most, ");
	}
	text_add_binary_size(b, project_use_memory(&f->use));
	buf_add_str(b, " fits");
}

static void add_memory(struct form *f, struct buf *b, bool brief)
{
	const struct engine_status *e = store_engine(f->t->store);
	double cores;
	uint64_t memory;
	held(f->t, &cores, &memory);
	if (e && e->memory_bytes) {
		text_add_binary_size(b, e->memory_bytes - MIN_OF(memory, e->memory_bytes));
		buf_add_str(b, " of ");
		text_add_binary_size(b, e->memory_bytes);
		buf_add_str(b, " free");
	}
	if (!brief && memory) {
		buf_add_str(b, " (sessions may take ");
		text_add_binary_size(b, memory);
		buf_add_char(b, ')');
	}
	add_memory_used(f, b, brief);
}

static void add_shm(struct form *f, struct buf *b)
{
	uint64_t shm = options_bytes(&f->options, OPT_SHM), memory = options_bytes(&f->options, OPT_MEMORY);
	if (memory && shm > memory)
		buf_add_str(b, "more than the memory, which it counts as");
}

static void add_image(struct form *f, struct buf *b)
{
	const struct image *i = store_image(f->t->store, f->project, &f->commit);
	const struct look *look = i ? look_of_image(i->state) : NULL;
	char sha[8];
	if (*options_text(&f->options, OPT_IMAGE)) {
		buf_add_str(b, "instead of the commit's own");
		return;
	}
	buf_addf(b, "the commit's: %s %s", !look ? "" : f->t->surface.ascii ? look->ascii : look->glyph, look ? look->word : "being looked for");
	if (i && i->state == IMAGE_SAME_AS) {
		oid_sha7(&i->same_as, sha);
		buf_addf(b, " %s", sha);
	}
}

static void add_disk(struct form *f, struct buf *b)
{
	const struct engine_status *e = store_engine(f->t->store);
	if (e && e->disk_free_bytes) {
		text_add_binary_size(b, e->disk_free_bytes);
		buf_add_str(b, " free");
	}
	if (e && e->state == ENGINE_UP && !e->limits_disk)
		buf_addf(b, "%sthe engine can't limit it", b->len ? "; " : "");
}

static void add_gpus(const struct engine_status *e, struct buf *b, bool brief)
{
	if (!e || e->state != ENGINE_UP)
		return;
	if (!e->has_gpus)
		buf_add_str(b, "the engine offers none");
	else if (!e->n_gpus)
		buf_add_str(b, brief ? "the engine has some" : "the engine has some, and doesn't say how many");
	else
		buf_addf(b, "the engine has %u%s%s", e->n_gpus, !brief && *e->gpus ? ": " : "", brief ? "" : e->gpus);
}

static void add_beside(struct form *f, enum option_id id, struct buf *b, bool brief)
{
	const struct option_def *d = option_def(id);
	const struct engine_status *e = store_engine(f->t->store);
	switch (id) {
	case OPT_CPUS: add_cpus(f, b, brief); break;
	case OPT_MEMORY: add_memory(f, b, brief); break;
	case OPT_SHM: add_shm(f, b); break;
	case OPT_IMAGE: add_image(f, b); break;
	case OPT_DISK: add_disk(f, b); break;
	case OPT_ENVIRONMENT: buf_add_str(b, "/lab, /rstudio, shell, or a path"); break;
	case OPT_GPUS: add_gpus(e, b, brief); break;
	case OPT_LFS: buf_add_str(b, "space changes it"); break;
	case OPT_IDLE: buf_addf(b, "%s to %s, 0 for never", d->least, d->most); break;
	case OPT_NAME: buf_add_str(b, "made of project and branch"); break;
	case OPT_ENV: buf_add_str(b, "NAME=VALUE OTHER=\"two words\""); break;
	default: break;
	}
	if (!b->len && d->least && d->most)
		buf_addf(b, "%s to %s", d->least, d->most);
}

/* ---- fields ---- */
static void draw_label(struct form *f, int field, int y, struct rect r, const char *label)
{
	bool here = f->at == field;
	surface_fit(&f->t->surface, y, r.x + 1, LABEL - 1, here ? STYLE_BOLD : STYLE_PLAIN, sv_of(label));
	tui_zone(f->t, ZONE_OVERLAY, field, (struct rect){ y, r.x, 1, r.w });
}

static void draw_place(struct form *f, int field, int y, struct rect r)
{
	struct surface *s = &f->t->surface;
	const struct commit *c = store_commit(f->t->store, f->project, &f->commit);
	int x = r.x + LABEL;
	char sha[8];
	oid_sha7(&f->commit, sha);
	draw_label(f, field, y, r, field == FIELD_BRANCH ? "Branch" : "Commit");
	if (field == FIELD_BRANCH) {
		x += surface_fit(s, y, x, r.w - LABEL - 12, STYLE_REF, sv_of(f->branch ? f->branch : "none: the commit alone"));
		if (f->branch && form_is_autosave(f->branch))
			surface_str(s, y, x + 2, r.x + r.w - x - 2, STYLE_WARN, "autosave");
	} else {
		x += surface_printf(s, y, x, 8, STYLE_HASH, "%s ", sha);
		surface_fit(s, y, x, r.x + r.w - x, STYLE_PLAIN, sv_of(c && c->subject ? c->subject : ""));
	}
	if (f->at != field)
		return;
	surface_over(s, y, r.x + LABEL, r.w - LABEL, STYLE_CURSOR);
	s->cursor_y = y;
	s->cursor_x = r.x + LABEL;
}

static void draw_option(struct form *f, enum option_id id, int y, struct rect r)
{
	struct surface *s = &f->t->surface;
	int field = FIELD_OPTIONS + (int)id, box = r.w >= WIDE ? MAX_OF(r.w / 4, 16) : r.w - LABEL - 1;
	bool here = f->at == field, wrong = f->errors[id].code;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	draw_label(f, field, y, r, labels[id]);
	if (wrong) /* not by its colour alone */
		surface_str(s, y, r.x, 1, STYLE_ERROR, "!");
	surface_str(s, y, r.x + LABEL, 1, STYLE_DIM, "[");
	line_draw(&f->lines[id], s, y, r.x + LABEL + 1, box - 2, wrong ? STYLE_BAD : f->touched[id] ? STYLE_BOLD : STYLE_PLAIN, here);
	surface_str(s, y, r.x + LABEL + box - 1, 1, STYLE_DIM, "]");
	if (here)
		surface_over(s, y, r.x + LABEL, box, STYLE_CURSOR);
	if (r.w < WIDE)
		return;
	if (wrong)
		buf_add_str(&b, f->errors[id].text);
	else
		add_beside(f, id, &b, true);
	surface_fit(s, y, r.x + LABEL + box + 1, r.w - LABEL - box - 1, wrong ? STYLE_ERROR : STYLE_DIM, buf_sv(&b));
}

/* ---- below them ---- */
/* What has to be read first: why the form is there, else what is wrong with the project's wishes: two lines have room for the first. */
static const char *first_words(const struct form *f)
{
	return f->wrong ? f->wrong : f->warnings ? f->warnings : "";
}

static void add_first_words(struct form *f, struct doc *d)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv rest = sv_trim(sv_of(first_words(f))), first = { 0 };
	size_t more = 0;
	sv_split(&rest, '\n', &first);
	for (struct sv line; sv_split(&rest, '\n', &line);)
		more += line.len > 0;
	if (more)
		buf_addf(&b, "(1 of %zu) ", more + 1);
	buf_add_sv(&b, first);
	doc_wrap(d, STYLE_WARN, 0, buf_sv(&b));
}

static void add_about(struct form *f, struct doc *d, bool wide)
{
	static const char *const froms[] = { "", "From your configuration. ", "From the project's renku.ini. ", "As the last time. ", "" };
	enum option_id id = (enum option_id)(f->at - FIELD_OPTIONS);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (f->at < FIELD_OPTIONS || f->at >= FIELDS) {
		if (*first_words(f))
			add_first_words(f, d);
		else
			doc_wrap(d, STYLE_DIM, 0, !f->loaded ? SV("Reading what the project asks for...") : f->at < FIELD_OPTIONS ? SV("enter shows what there is to choose from.") : SV(""));
		return;
	}
	if (f->errors[id].code) {
		present_with_capital(&b, f->errors[id].text);
		buf_add_char(&b, '.');
		doc_wrap(d, STYLE_ERROR, 0, buf_sv(&b));
		return;
	}
	if (!wide || id == OPT_CPUS || id == OPT_MEMORY) /* it may be cut beside the field */
		add_beside(f, id, &b, false);
	buf_addf(&b, "%s%s", b.len ? ". " : "", froms[f->options.values[id].source]);
	buf_add_str(&b, option_def(id)->help);
	if (*first_words(f) && f->at == FIELD_OPTIONS)
		add_first_words(f, d);
	else
		doc_wrap(d, STYLE_DIM, 0, buf_sv(&b));
}

static void draw_buttons(struct form *f, int y, struct rect r)
{
	static const char *const words[][3] = {
		{ "[ Start  ^S ]", "[ Start, shell  ^A ]", "[ Cancel  esc ]" },
		{ "[ Start  ^S ]", "[ Start, then a shell  ^A ]", "[ Cancel  esc ]" },
	};
	struct surface *s = &f->t->surface;
	bool wide = r.w >= WIDE;
	int x = r.x + (wide ? LABEL : 1);
	for (int i = 0; i < (int)ARRAY_LEN(words[0]); i++) {
		int w = surface_str(s, y, x, r.x + r.w - x, STYLE_BOLD, words[wide][i]);
		tui_zone(f->t, ZONE_OVERLAY, BUTTON_START + i, (struct rect){ y, x, 1, w });
		if (f->at == BUTTON_START + i) {
			surface_over(s, y, x, w, STYLE_CURSOR);
			s->cursor_y = y;
			s->cursor_x = x;
		}
		x += w + 2;
	}
}

/* What is above and below the fields that there is room for. */
static void draw_more(struct form *f, int room, struct rect r)
{
	struct surface *s = &f->t->surface;
	if (f->top > 0)
		surface_str(s, r.y, r.x + r.w - 1, 1, STYLE_KEY, s->ascii ? "^" : "↑");
	if (f->top + room < FIELDS)
		surface_str(s, r.y + room - 1, r.x + r.w - 1, 1, STYLE_KEY, s->ascii ? "v" : "↓");
}

void form_draw(struct tui *t, struct overlay *o, struct rect r)
{
	struct form *f = (struct form *)o;
	struct doc d = { 0 };
	int room = MAX_OF(r.h - (BELOW - 1), 1), last = MIN_OF(f->at, FIELDS - 1);
	AUTO_STR command = form_is_wrong(f) ? NULL : form_command(f);
	f->top = MAX_OF(MIN_OF(f->top, last), last - room + 1);
	f->top = MAX_OF(MIN_OF(f->top, FIELDS - room), 0);
	for (int i = f->top; i < FIELDS && i < f->top + room; i++) {
		if (i < FIELD_OPTIONS)
			draw_place(f, i, r.y + i - f->top, r);
		else
			draw_option(f, (enum option_id)(i - FIELD_OPTIONS), r.y + i - f->top, r);
	}
	draw_more(f, room, r);
	doc_begin(&d, r.w - 2, t->surface.ascii);
	add_about(f, &d, r.w >= WIDE);
	doc_draw(&d, &t->surface, (struct rect){ r.y + r.h - 4, r.x + 1, 2, r.w - 1 }, 0);
	doc_fini(&d);
	if (command) {
		surface_str(&t->surface, r.y + r.h - 2, r.x + 1, 2, STYLE_DIM, "$ ");
		surface_fit(&t->surface, r.y + r.h - 2, r.x + 3, r.w - 3, STYLE_DIM, sv_of(command));
	} else {
		surface_fit(&t->surface, r.y + r.h - 2, r.x + 1, r.w - 1, STYLE_ERROR, SV("It can't be started so: what is marked with ! is wrong."));
	}
	draw_buttons(f, r.y + r.h - 1, r);
}
