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

static void helper_made(void *autosave, const struct err *err)
{
	struct autosave *a = autosave;
	if (err)
		free(a->helper), a->helper = NULL;
	if (!goes_on(a, err))
		return;
	str_replace(&a->container, a->helper);
	autosave_get_workspace(a);
}

static void make_helper(struct autosave *a, const char *image)
{
	static const char *const cmd[] = { "berth" };
	AUTO(secret_free_p) struct secret *tail = secret_random(6);
	AUTO_STR token = owner_token();
	struct sv text = secret_reveal(tail);
	const char *slash = strrchr(a->session.workdir, '/');
	AUTO_STR root = xasprintf("%.*s", (int)(slash - a->session.workdir), a->session.workdir);
	struct net_header labels[] = { { LABEL("look"), a->session.name }, { LABEL("pending"), token } };
	struct engine_mount mount = { a->session.volume, root, true };
	a->helper = xasprintf(NAME_PREFIX "save-%.*s", (int)text.len, text.p);
	struct engine_create_query q = { .name = a->helper, .image = image, .cmd = cmd, .n_cmd = 1, .labels = labels, .n_labels = ARRAY_LEN(labels),
		.mounts = &mount, .n_mounts = 1, .drop_caps = true, .no_new_privileges = true };
	a->call = engine_create(a->deps.engine, &q, NULL, helper_made, a);
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
