/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of text that scroll: messages so far, the configuration, how to reach a session. */
#include <time.h>

#include "berth/path.h"
#include "berth/secret.h"
#include "tui/page.h"

void page_fini(struct overlay *o)
{
	struct page *p = (struct page *)o;
	if (p->asking)
		app_forget(p->t->app, p->asking);
	if (p->url)
		wipe(p->url, strlen(p->url));
	if (p->doc.text.p)
		wipe(p->doc.text.p, p->doc.text.len);
	buf_fini(&p->text);
	free(p->url);
	free(p->session);
	for (size_t i = 0; i < p->n_rows; i++)
		free(p->rows[i].text);
	free(p->rows);
	doc_fini(&p->doc);
	free(p);
}

static void scroll(struct page *p, int by)
{
	p->top = MAX_OF(MIN_OF(p->top + by, doc_height(&p->doc) - p->height), 0);
}

void page_command(struct tui *t, struct overlay *o, enum command_id id)
{
	struct page *p = (struct page *)o;
	int page = MAX_OF(p->height - 1, 1);
	(void)t;
	switch (id) {
	case CMD_DOWN: scroll(p, 1); break;
	case CMD_UP: scroll(p, -1); break;
	case CMD_PAGE_DOWN: scroll(p, page); break;
	case CMD_PAGE_UP: scroll(p, -page); break;
	case CMD_HALF_DOWN: scroll(p, page / 2 + 1); break;
	case CMD_HALF_UP: scroll(p, -(page / 2 + 1)); break;
	case CMD_TOP: p->top = 0; break;
	case CMD_BOTTOM: scroll(p, 1 << 20); break;
	default: break;
	}
}

int page_height(struct tui *t, struct overlay *o, int width)
{
	struct page *p = (struct page *)o;
	doc_begin(&p->doc, width, t->surface.ascii);
	p->fill(t, p);
	return doc_height(&p->doc);
}

void page_draw(struct tui *t, struct overlay *o, struct rect r)
{
	struct page *p = (struct page *)o;
	p->height = r.h;
	scroll(p, 0);
	doc_draw(&p->doc, &t->surface, r, p->top);
	t->surface.cursor_y = r.y;
	t->surface.cursor_x = r.x;
}

const struct overlay_ops page_ops = { "page", page_height, page_draw, NULL, page_command, page_fini, "j k scrolls   esc or q closes", NULL };

struct page *page_open(struct tui *t, const struct overlay_ops *ops, const char *title, void (*fill)(struct tui *t, struct page *p))
{
	struct page *p = xcalloc(1, sizeof *p);
	p->o.ops = ops;
	p->o.title = xstrdup(title);
	p->fill = fill;
	p->t = t;
	overlay_push(t, &p->o);
	return p;
}

/* ---- messages ---- */
static void host_trouble(struct tui *t, struct doc *d, const struct host_away *h)
{
	const char *key = keymap_key_of(t->keymap, CMD_REFRESH, "");
	AUTO(buf_fini) struct buf b = BUF_INIT;
	buf_addf(&b, "%s has not answered for ", h->name);
	text_add_duration(&b, MAX_OF(t->now_s - h->since_s, (int64_t)1));
	buf_addf(&b, ": %s.", h->why.text);
	doc_add(d, STYLE_WARN, "%s ", t->surface.ascii ? "x" : "✗");
	doc_wrap(d, STYLE_PLAIN, 2, buf_sv(&b));
	buf_clear(&b);
	buf_add_str(&b, "What is shown of it is what it said before. It is asked again by itself");
	if (key)
		buf_addf(&b, "; %s asks at once", key);
	buf_add_char(&b, '.');
	doc_add(d, STYLE_PLAIN, "  ");
	doc_wrap(d, STYLE_DIM, 2, buf_sv(&b));
	doc_nl(d);
}

static void fill_messages(struct tui *t, struct page *p)
{
	for (size_t i = 0; i < store_n_hosts_away(t->store); i++)
		host_trouble(t, &p->doc, store_host_away_at(t->store, i));
	for (size_t i = 0; i < store_n_messages(t->store); i++) {
		const struct message *m = store_message_at(t->store, i);
		const struct look *look = look_of_message(m->level);
		time_t at = (time_t)m->at_s;
		struct tm tm = { 0 };
		char clock[16];
		localtime_r(&at, &tm);
		strftime(clock, sizeof clock, "%H:%M:%S", &tm);
		doc_add(&p->doc, STYLE_AGE, "%s ", clock);
		doc_add(&p->doc, look->style, "%s ", t->surface.ascii ? look->ascii : look->glyph);
		AUTO(buf_fini) struct buf text = BUF_INIT;
		present_message(&text, m);
		doc_wrap(&p->doc, STYLE_PLAIN, 11, buf_sv(&text));
	}
	if (!store_n_messages(t->store) && !store_n_hosts_away(t->store))
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("No messages so far."));
}

void open_messages(struct tui *t)
{
	page_open(t, &page_ops, "Messages", fill_messages);
}

/* ---- configuration ---- */
static void fill_config(struct tui *t, struct page *p)
{
	const struct config *c = app_config(t->app);
	struct config_row row;
	doc_field(&p->doc, "File", STYLE_REF, "%s", config_path(c));
	for (size_t i = 0; i < config_n_problems(c); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, config_problem_at(c, i));
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
	}
	doc_nl(&p->doc);
	for (size_t i = 0; config_row_at(c, i, &row); i++) {
		doc_add(&p->doc, STYLE_KEY, "%-22s ", row.key);
		doc_add(&p->doc, STYLE_PLAIN, "%s", *row.value ? row.value : "-");
		doc_add(&p->doc, STYLE_DIM, "  (%s)", row.from);
		doc_nl(&p->doc);
		doc_wrap(&p->doc, STYLE_DIM, 23, sv_of(row.help));
	}
}

void open_config(struct tui *t)
{
	page_open(t, &page_ops, "Configuration", fill_config);
}

/* ---- connect ---- */
static void fill_connect(struct tui *t, struct page *p)
{
	const struct session *s = store_session(t->store, p->session);
	AUTO_STR ssh = s ? app_ssh_line(t->app, s) : NULL;
	doc_nl(&p->doc);
	if (p->err.code) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, &p->err);
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
		return;
	}
	if (!p->url) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("Asking the session for its address..."));
		return;
	}
	if (ssh) {
		doc_wrap(&p->doc, STYLE_PLAIN, 0, SV("1. On your own machine, in another terminal:"));
		doc_wrap(&p->doc, STYLE_KEY, 3, sv_of(ssh));
		doc_nl(&p->doc);
		doc_wrap(&p->doc, STYLE_PLAIN, 0, SV("2. There, in a browser:"));
	} else {
		doc_wrap(&p->doc, STYLE_PLAIN, 0, p->opened ? SV("The browser opens:") : SV("Open in a browser:"));
	}
	doc_wrap(&p->doc, STYLE_REF, 3, sv_of(p->url));
	doc_nl(&p->doc);
	doc_wrap(&p->doc, STYLE_DIM, 0, s && !s->has_token ? SV("Everybody on this machine reaches the address; who may use it is for the image's own server to say.")
	                                                  : SV("The address holds the session's token: who has it has the session."));
	doc_nl(&p->doc);
}

static bool connect_key(struct tui *t, struct overlay *o, const struct key *k)
{
	struct page *p = (struct page *)o;
	if (!p->url || k->name[1])
		return false;
	const struct session *s = store_session(t->store, p->session);
	AUTO_STR ssh = s ? app_ssh_line(t->app, s) : NULL;
	if (k->name[0] == 'y')
		do_copy_text(t, "address", sv_of(p->url));
	else if (k->name[0] == 's' && ssh)
		do_copy_text(t, "ssh line", sv_of(ssh));
	else if (k->name[0] == 'o')
		do_open_url(t, p->url);
	else
		return false;
	return true;
}

static const struct overlay_ops connect_ops = {
	"address", page_height, page_draw, connect_key, page_command, page_fini, "y copies the address   s the ssh line   o opens a browser   esc closes", NULL,
};

static void got_url(void *page, const char *url)
{
	struct page *p = page;
	const struct session *s = store_session(p->t->store, p->session);
	AUTO_STR ssh = s ? app_ssh_line(p->t->app, s) : NULL;
	str_replace(&p->url, url);
	do_copy_text(p->t, "address", sv_of(url));
	p->opened = p->browse || (!ssh && (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")));
	if (p->opened)
		do_open_url(p->t, url);
	tui_dirty(p->t);
}

void page_asked(void *page, const struct err *err)
{
	struct page *p = page;
	p->asking = 0;
	if (err)
		p->err = *err;
	tui_dirty(p->t);
}

void open_connect(struct tui *t, const char *session, bool browse)
{
	AUTO_STR title = xasprintf("Connect to %s", session);
	struct page *p = page_open(t, &connect_ops, title, fill_connect);
	p->browse = browse;
	p->session = xstrdup(session);
	p->asking = app_session_url(t->app, session, got_url, page_asked, p);
}

/* ---- inspect ---- */
static void json_line(struct doc *d, int depth)
{
	doc_nl(d);
	doc_add(d, STYLE_PLAIN, "%*s", depth * 2, "");
}

/* One line of JSON as many, indented; strings stay whole. */
static void add_json(struct doc *d, struct sv json)
{
	int depth = 0;
	for (size_t i = 0; i < json.len; i++) {
		char c = json.p[i];
		size_t from = i;
		if (c == '"') {
			for (i++; i < json.len && json.p[i] != '"'; i++)
				i += json.p[i] == '\\';
			struct sv text = { json.p + from, MIN_OF(i + 1, json.len) - from };
			bool key = i + 1 < json.len && json.p[i + 1] == ':';
			doc_sv(d, key ? STYLE_KEY : STYLE_GOOD, text);
			continue;
		}
		if (c == '}' || c == ']')
			json_line(d, depth = MAX_OF(depth - 1, 0));
		doc_sv(d, STYLE_PLAIN, (struct sv){ json.p + i, 1 });
		if (c == ':')
			doc_sv(d, STYLE_PLAIN, SV(" "));
		if (c == '{' || c == '[')
			depth++;
		if (c == '{' || c == '[' || c == ',')
			json_line(d, depth);
	}
	doc_nl(d);
}

static const char *const entity_words[ENTITY_COUNT_] = {
	[ENTITY_PROJECT] = "Project", [ENTITY_BRANCH] = "Branch", [ENTITY_COMMIT] = "Commit", [ENTITY_SESSION] = "Session",
};

static void inspect(struct page *p, const char *title, enum entity e, const struct row *r)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (doc_height(&p->doc))
		doc_nl(&p->doc);
	doc_wrap(&p->doc, STYLE_TITLE, 0, sv_of(title));
	present_json(&b, e, r);
	add_json(&p->doc, sv_trim(buf_sv(&b)));
}

/* Values of variables may be passwords: their names are enough here. */
static void start_options(const struct session_options *o, struct doc *d)
{
	for (int id = 0; id < OPT_COUNT_; id++) {
		const struct option_def *def = option_def((enum option_id)id);
		const char *text = options_text(o, (enum option_id)id);
		struct sv rest = sv_of(text), name, value;
		if (!*text)
			continue;
		doc_add(d, STYLE_KEY, "%-13s", def->name);
		if (def->kind != OPTION_ENV)
			doc_wrap(d, STYLE_PLAIN, 13, sv_of(text));
		while (def->kind == OPTION_ENV && options_env_next(&rest, &name, &value)) {
			AUTO_STR one = xasprintf("%.*s=...%s", (int)name.len, name.p, rest.len ? "," : "");
			doc_wrap(d, STYLE_PLAIN, 13, sv_of(one));
		}
	}
}

enum { START_LOG_BYTES = 4 << 20, START_LOG_LINES = 40 };

/* The end of what its container has printed, which is kept when a start fails. */
static void start_log(const struct launch *l, struct doc *d)
{
	AUTO(buf_fini) struct buf log = BUF_INIT_MAX(START_LOG_BYTES);
	const char *path = launch_log_path(l);
	if (!path) {
		doc_wrap(d, STYLE_DIM, 0, SV("Nothing was printed in it yet. What its program prints is kept when the start fails."));
		return;
	}
	doc_wrap(d, STYLE_REF, 0, sv_of(path));
	if (file_read(path, START_LOG_BYTES, &log, NULL) < 0 || !log.len)
		return;
	struct sv rest = sv_trim(buf_sv(&log)), line;
	size_t from = rest.len;
	for (int n = 0; from && n < START_LOG_LINES; n++)
		for (from--; from && rest.p[from - 1] != '\n'; from--)
			;
	rest = (struct sv){ rest.p + from, rest.len - from };
	while (sv_split(&rest, '\n', &line))
		doc_wrap(d, STYLE_PLAIN, 0, line);
}

static void inspect_start(struct tui *t, struct page *p, struct launch *l)
{
	const struct session *s = launch_session(l);
	const struct err *err = app_launch_error(t->app, l);
	char hex[OID_HEX + 1];
	doc_wrap(&p->doc, STYLE_TITLE, 0, err ? SV("A start that failed") : SV("A start under way"));
	doc_field(&p->doc, "Session", STYLE_BOLD, "%s", launch_session_name(l));
	doc_field(&p->doc, "Project", STYLE_PLAIN, "%s (%s)", launch_project(l)->path, launch_project(l)->forge);
	doc_field(&p->doc, "Branch", STYLE_REF, "%s", s->branch ? s->branch : "none: the commit alone");
	oid_hex(&s->commit, hex);
	doc_field(&p->doc, "Commit", STYLE_HASH, "%s", hex);
	if (s->image_ref)
		doc_field(&p->doc, "Image", STYLE_REF, "%s", s->image_ref);
	if (err) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, err);
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
	}
	doc_nl(&p->doc);
	doc_wrap(&p->doc, STYLE_TITLE, 0, SV("Steps"));
	details_steps(t, l, &p->doc);
	doc_nl(&p->doc);
	doc_wrap(&p->doc, STYLE_TITLE, 0, SV("Options"));
	start_options(launch_options(l), &p->doc);
	doc_nl(&p->doc);
	doc_wrap(&p->doc, STYLE_TITLE, 0, SV("Log"));
	start_log(l, &p->doc);
}

/* What stands in the row, and what is known of the commit behind it: its image with the job that builds it, its build here. */
static void fill_inspect(struct tui *t, struct page *p)
{
	struct list *l = &t->lists[t->list_focus];
	struct row r = { .now_s = t->now_s, .ascii = t->surface.ascii };
	size_t i;
	bool any = list_cursor(l, &i);
	struct launch *start = any && t->list_focus == PANE_SESSIONS && t->session_rows.items[i].launch ? app_launch(t->app, t->session_rows.items[i].name) : NULL;
	if (start) {
		inspect_start(t, p, start);
		return;
	}
	if (!any || !l->kind->row(t, i, &r)) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("There is nothing here."));
		return;
	}
	const struct oid *commit = r.branch ? &r.branch->tip : r.commit ? &r.commit->id : r.session ? &r.session->commit : NULL;
	struct project_id project = r.session && r.session->forge && r.session->project ? project_id_of(r.session->forge, r.session->project) : t->sel.project;
	inspect(p, entity_words[l->kind->entity], l->kind->entity, &r);
	r.image = commit ? store_image(t->store, project, commit) : NULL;
	r.build = commit ? store_build_of(t->store, project, commit) : NULL;
	r.commit = commit && r.branch ? store_commit(t->store, project, commit) : NULL;
	if (r.commit)
		inspect(p, "Commit", ENTITY_COMMIT, &r);
	if (r.image)
		inspect(p, "Image", ENTITY_IMAGE, &r);
	if (r.build)
		inspect(p, "Build on this machine", ENTITY_BUILD, &r);
}

void open_inspect(struct tui *t)
{
	page_open(t, &page_ops, "All that is known", fill_inspect);
}

/* ---- why there is no image ---- */
static void fill_why(struct tui *t, struct page *p)
{
	(void)t;
	if (p->err.code) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		present_error(&b, &p->err);
		doc_wrap(&p->doc, STYLE_ERROR, 0, buf_sv(&b));
	} else if (!p->n_rows) {
		doc_wrap(&p->doc, STYLE_DIM, 0, SV("Reading the log..."));
	}
	for (size_t i = 0; i < p->n_rows; i++) {
		const struct doc_row *r = &p->rows[i];
		if (r->label && i)
			doc_nl(&p->doc);
		doc_add(&p->doc, STYLE_KEY, "%-11s", r->label ? r->label : "");
		doc_wrap(&p->doc, r->style, 11, sv_of(r->text));
	}
}

void page_row(void *page, const char *label, enum style style, const char *text)
{
	struct page *p = page;
	if (p->n_rows == p->rows_room)
		p->rows = xrealloc(p->rows, p->rows_room = p->rows_room * 2 + 16, sizeof *p->rows);
	p->rows[p->n_rows++] = (struct doc_row){ label, style, xstrdup(text), NULL };
}

static void got_why(void *page, const struct app_why *w)
{
	struct page *p = page;
	present_why(w, page_row, p);
	tui_dirty(p->t);
}

void open_why(struct tui *t)
{
	char sha[8];
	if (!t->sel.has_commit)
		return;
	oid_sha7(&t->sel.commit, sha);
	AUTO_STR title = xasprintf("Why is there no image of %s?", sha);
	struct page *p = page_open(t, &page_ops, title, fill_why);
	p->asking = app_why(t->app, t->sel.project, &t->sel.commit, got_why, page_asked, p);
}
