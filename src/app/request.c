/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/app_impl.h"

void *request_new(struct app *a, size_t size, struct request **slot, void (*cancel)(void *call))
{
	struct request *r = xcalloc(1, size);
	r->app = a;
	r->slot = slot;
	r->cancel = cancel;
	*slot = r;
	return r;
}

bool request_over(struct request *r)
{
	if (!r->app)
		return false;
	*r->slot = NULL;
	return true;
}

void request_drop(struct request **slot)
{
	struct request *r = *slot;
	if (!r)
		return;
	*slot = NULL;
	r->app = NULL;
	r->cancel(r->call); /* r may be gone */
}

void cancel_forge(void *call)
{
	forge_cancel(call);
}

void cancel_engine(void *call)
{
	engine_cancel(call);
}

void cancel_session(void *call)
{
	session_cancel(call);
}

void cancel_image(void *call)
{
	image_cancel(call);
}
