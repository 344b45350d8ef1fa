/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who the person is on each host: asked when something hangs on it, namely when a project has saved work, which bears somebody's name. */
#include "app/app_impl.h"
#include "berth/log.h"

struct account_known {
	char *forge, *user;            /* user NULL: not known */
	bool over;                     /* it was asked for, and that has ended one way or the other */
	unsigned generation;           /* of tokens: another one may be somebody else's */
	struct request *asked;
	struct account_known *next;
};

static struct account_known *known(const struct app *a, const char *forge)
{
	for (struct account_known *k = a->accounts; k; k = k->next)
		if (strcmp(k->forge, forge) == 0)
			return k->generation == a->tokens_generation ? k : NULL;
	return NULL;
}

static struct account_known *make(struct app *a, const char *forge)
{
	struct account_known *k = a->accounts;
	while (k && strcmp(k->forge, forge) != 0)
		k = k->next;
	if (!k) {
		k = xcalloc(1, sizeof *k);
		k->forge = xstrdup(forge);
		k->next = a->accounts;
		a->accounts = k;
	}
	if (k->generation != a->tokens_generation) {
		request_drop(&k->asked);
		str_replace(&k->user, NULL);
		k->over = false;
		k->generation = a->tokens_generation;
	}
	return k;
}

struct account_request { struct request base; struct account_known *known; struct project_id project; };

static void got(void *request, const struct account *account)
{
	struct account_request *r = request;
	if (r->base.app && !account->anonymous)
		str_replace(&r->known->user, account->user);
}

static void ended(void *request, const struct err *err)
{
	struct account_request *r = request;
	struct app *a = request_over(&r->base) ? r->base.app : NULL;
	if (a) {
		r->known->over = true;
		store_branches_mark(a->store, r->project, store_branches_fresh(a->store, r->project)); /* whoever looks at them looks again */
		if (err)
			log_debug("app", "who the person is on %s is not known: %s", r->known->forge, err->text);
	}
	free(r);
}

void account_note(struct app *a, const struct project *p, const char *user)
{
	struct account_known *k = make(a, p->forge);
	request_drop(&k->asked);
	str_replace(&k->user, user);
	k->over = true;
}

static bool has_saved_work(const struct app *a, const struct project *p)
{
	struct autosave_name n;
	for (size_t i = 0; i < store_n_branches(a->store, p->id); i++)
		if (autosave_name_parse(sv_of(store_branch_at(a->store, p->id, i)->name), &n))
			return true;
	return false;
}

static bool has_account(const struct app *a, const struct project *p)
{
	return forge_caps(forge_of(a, p)) & FORGE_HAS_ACCOUNT;
}

void account_want(struct app *a, const struct project *p)
{
	if (!p || !has_account(a, p) || !has_saved_work(a, p) || (a->stays && !a->schedule.somebody))
		return;
	struct account_known *k = make(a, p->forge);
	if (k->over || k->asked)
		return;
	struct account_request *r = request_new(a, sizeof *r, &k->asked, cancel_forge);
	r->known = k;
	r->project = p->id;
	r->base.call = forge_account(forge_of(a, p), got, ended, r);
}

/* Nobody else's: without an answer of the host the name on this machine has to do. */
const char *account_user(const struct app *a, const struct project *p)
{
	const struct account_known *k = has_account(a, p) ? known(a, p->forge) : NULL;
	return k && k->user ? k->user : local_user();
}

bool account_awaited(const struct app *a, const struct project *p)
{
	const struct account_known *k = p && has_account(a, p) && has_saved_work(a, p) ? known(a, p->forge) : NULL;
	return k && k->asked;
}

bool app_saved_work_known(const struct app *a, struct project_id id)
{
	const struct project *p = store_project(a->store, id);
	const struct fresh *f = store_branches_fresh(a->store, id);
	if (!fresh_is_answered(f) || (f->state == FRESH_FRESH && app_saved_work_awaited(a, id)))
		return false;
	const struct account_known *k = p && has_account(a, p) && has_saved_work(a, p) ? known(a, p->forge) : NULL;
	return !k || k->over;
}

void accounts_fini(struct app *a)
{
	while (a->accounts) {
		struct account_known *k = a->accounts;
		a->accounts = k->next;
		request_drop(&k->asked);
		free(k->forge);
		free(k->user);
		free(k);
	}
}
