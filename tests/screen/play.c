/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dashboard over an app that is played, under a clock that stands still. */
#include "play.h"

#include <stdio.h>
#include <sys/stat.h>

#include "berth/path.h"
#include "tui/logpanel.h"

static void play_write(void *self, struct sv bytes) { buf_add_sv(&((struct play *)self)->written, bytes); }
static void play_suspend(void *self) { ((struct play *)self)->suspended++; }
static void play_redraw(void *self) { (void)self; }
static void play_attach(void *self, const char *session) { buf_addf(&((struct play *)self)->app->calls, "attach %s\n", session); }

static void play_mouse(void *self, bool on) { buf_addf(&((struct play *)self)->app->calls, "mouse %d\n", on); }

void play_begin(struct play *p, enum fake_world world, int rows, int cols, bool ascii)
{
	struct host host = { play_write, play_suspend, play_redraw, play_attach, play_mouse, NULL, p };
	memset(p, 0, sizeof *p);
	p->loop = loop_new_virtual();
	p->app = fake_app_new(p->loop, world, "");
	p->t = tui_new(p->app, &(struct tui_options){ 0 }, &host, ascii);
	tui_resize(p->t, rows, cols);
	tui_draw(p->t);
}

void play_end(struct play *p)
{
	tui_free(p->t);
	fake_app_free(p->app);
	loop_free(p->loop);
	buf_fini(&p->written);
}

/* Keys, blank-separated; "text:abc" types a, b, c; "wait:100" lets time pass. Drawn after each, as on a terminal. */
void play_keys(struct play *p, const char *script)
{
	struct sv rest = sv_of(script), word;
	while (sv_split(&rest, ' ', &word)) {
		AUTO_STR w = sv_dup(word);
		uint64_t ms;
		if (!*w)
			continue;
		if (strncmp(w, "text:", 5) == 0) {
			for (const char *c = w + 5; *c; c++)
				tui_key_named(p->t, (char[]){ *c, 0 });
		} else if (strncmp(w, "wait:", 5) == 0 && sv_to_u64(sv_of(w + 5), &ms)) {
			loop_advance(p->loop, ms);
		} else {
			tui_key_named(p->t, w);
		}
		store_flush(p->app->store);
		tui_draw(p->t);
	}
}

void play_dump(struct play *p, struct buf *b)
{
	surface_dump(&p->t->surface, b);
	buf_addf(b, "-- cursor %d,%d%s\n", p->t->surface.cursor_y, p->t->surface.cursor_x, p->t->surface.cursor_shown ? " shown" : "");
	surface_dump_styles(&p->t->surface, b);
}

void expect_golden(const char *name, struct sv got)
{
	AUTO_STR path = xasprintf("%s/screen/golden/%s.txt", TEST_SRCDIR, name);
	AUTO(buf_fini) struct buf want = BUF_INIT;
	struct err err = { 0 };
	if (getenv("UPDATE")) {
		if (file_write_atomic(path, got, &err) < 0 || chmod(path, 0644) < 0)
			fail_msg("%s", err.text);
		return;
	}
	if (file_read(path, 1 << 20, &want, &err) < 0)
		fail_msg("%s (UPDATE=1 makes it)", err.text);
	if (!sv_eq(buf_sv(&want), got))
		fail_msg("%s differs (UPDATE=1 takes it over when that is meant):\n%.*s", name, (int)got.len, got.p);
}

void play_scenes(const struct scene *scenes, size_t n)
{
	for (const struct scene *s = scenes; s < scenes + n; s++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		struct play p;
		play_begin(&p, s->world, s->rows, s->cols, s->ascii);
		if (s->before)
			s->before(&p);
		play_keys(&p, s->keys);
		tui_draw(p.t);
		play_dump(&p, &b);
		/* the configuration's name is another each time */
		char *tmp = strstr(buf_str(&b), "/tmp/berth-screen-");
		if (tmp)
			memset(tmp + 18, 'X', 6);
		expect_golden(s->name, buf_sv(&b));
		play_end(&p);
	}
}

void play_calls(const struct calls *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct play p;
		play_begin(&p, cases[i].world, 24, 80, false);
		play_keys(&p, cases[i].keys);
		if (strcmp(buf_str(&p.app->calls), cases[i].calls) != 0)
			fail_msg("case %zu (%s): asked %s", i, cases[i].keys, buf_str(&p.app->calls));
		play_end(&p);
	}
}
