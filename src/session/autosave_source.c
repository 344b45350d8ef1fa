/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose files are read: the session's container in whatever state, else one that is made with its volume and never started. For that
 * any image will do.
 */
#include "autosave_impl.h"
#include "berth/mem.h"

/* The end of a call on the way there; false when that was all. */
static bool goes_on(struct autosave *a, const struct err *err)
{
	bool on = !a->cancelled && !err;
	a->call = NULL;
	if (!on)
		autosave_wind_up(a, err); /* a may be gone */
	return on;
}

/* ---- a container that is made for it: of a workspace that is there, and of no other --------------------------------------------- */
/* An engine makes a volume that it doesn't know when it is mounted by name: one that was just removed would come back, empty. So it is
 * looked for before and after, and what came into being in between goes again. */
static void volume_seen(void *autosave, const struct engine_volume *v)
{
	struct autosave *a = autosave;
	a->found = a->found || strcmp(v->name, a->session.volume) == 0;
}

static struct engine_call *look_for_volume(struct autosave *a, engine_end_fn end)
{
	AUTO_STR filter = xasprintf(LABEL("session") "=%s", a->session.name);
	a->found = false;
	return engine_volumes(a->deps.engine, filter, volume_seen, end, a);
}

static void volume_is_gone(const struct autosave *a, struct err *reterr)
{
	err_set(reterr, ERR_NOT_FOUND, "the workspace of %s is gone: it was removed meanwhile", a->session.name);
	err_hint(reterr, "`berth sessions` shows what is there.");
}

static void empty_one_gone(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	(void)err; /* its labels say that the sweep may have it */
	a->call = NULL;
	autosave_wind_up(a, NULL);
}

static void helper_of_nothing_gone(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	a->call = NULL;
	if (err) {
		autosave_wind_up(a, NULL);
		return;
	}
	str_replace(&a->helper, NULL);
	a->call = engine_volume_remove(a->deps.engine, a->session.volume, empty_one_gone, a);
}

static void volume_still_there(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	if (err || a->cancelled || a->found) {
		if (goes_on(a, err))
			autosave_get_workspace(a);
		return;
	}
	volume_is_gone(a, &a->err);
	a->call = engine_remove(a->deps.engine, a->helper, true, helper_of_nothing_gone, a);
}

static void helper_made(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	if (err)
		free(a->helper), a->helper = NULL;
	if (!goes_on(a, err))
		return;
	str_replace(&a->container, a->helper);
	a->call = look_for_volume(a, volume_still_there);
}

static void volume_there(void *autosave, const struct err *err)
{
	static const char *const cmd[] = { "berth" };
	struct autosave *a = autosave;
	struct err gone = { 0 };
	if (!err && !a->found) {
		volume_is_gone(a, &gone);
		err = &gone;
	}
	if (!goes_on(a, err))
		return;
	AUTO(secret_free_p) struct secret *tail = secret_random(6);
	AUTO_STR token = owner_token();
	struct sv text = secret_reveal(tail);
	const char *slash = strrchr(a->session.workdir, '/');
	AUTO_STR root = xasprintf("%.*s", (int)(slash - a->session.workdir), a->session.workdir);
	struct net_header labels[] = { { LABEL("look"), a->session.name }, { LABEL("pending"), token } };
	struct engine_mount mount = { .volume = a->session.volume, .target = root, .labels = labels, .n_labels = ARRAY_LEN(labels), .read_only = true, .no_copy = true };
	AUTO_STR image = a->container;
	a->container = NULL;
	a->helper = xasprintf(NAME_PREFIX "save-%.*s", (int)text.len, text.p);
	struct engine_create_query q = { .name = a->helper, .image = image, .cmd = cmd, .n_cmd = 1, .labels = labels, .n_labels = ARRAY_LEN(labels),
		.mounts = &mount, .n_mounts = 1, .drop_caps = true, .no_new_privileges = true };
	a->call = engine_create(a->deps.engine, &q, NULL, helper_made, a);
}

static void make_helper(struct autosave *a, const char *image)
{
	if (a->container != image)
		str_replace(&a->container, image); /* for a moment */
	a->call = look_for_volume(a, volume_there);
}

static void any_image(void *autosave, const struct engine_image *i)
{
	struct autosave *a = autosave;
	if (a->n_images++ == 0)
		str_replace(&a->container, i->id); /* for a moment */
}

static void images_known(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	struct err none = { 0 };
	if (!err && !a->n_images) {
		err_set(&none, ERR_NOT_FOUND, "the engine has no image at all, so the workspace %s can't be read", a->session.volume);
		err_hint(&none, "Pull any image, a small one will do, and try again.");
		err = &none;
	}
	if (goes_on(a, err))
		make_helper(a, a->container);
}

static void image_known(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	a->call = NULL;
	if (err && err->code == ERR_NOT_FOUND && !a->cancelled)
		a->call = engine_images(a->deps.engine, NULL, any_image, images_known, a);
	else if (goes_on(a, err))
		make_helper(a, a->session.image_ref);
}

static void container_seen(void *autosave, const struct engine_container *c)
{
	(void)c;
	((struct autosave *)autosave)->found = true;
}

static void container_known(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	a->call = NULL;
	if (err && err->code == ERR_NOT_FOUND && !a->cancelled && a->session.image_ref) {
		a->call = engine_image_inspect(a->deps.engine, a->session.image_ref, NULL, image_known, a);
	} else if (goes_on(a, err)) {
		str_replace(&a->container, a->session.container_id);
		autosave_get_workspace(a);
	}
}

void autosave_look_for_container(void *autosave)
{
	struct autosave *a = autosave;
	loop_timer_stop(a->timer);
	a->timer = NULL;
	if (a->helper)
		autosave_get_workspace(a);
	else
		a->call = engine_container_inspect(a->deps.engine, a->session.container_id, container_seen, container_known, a);
}
