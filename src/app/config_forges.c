/* SPDX-License-Identifier: GPL-3.0-or-later */
/* [forge "name"]: where projects come from. Sections of one name are one; what its type does not know is said. */
#include <ctype.h>
#include <string.h>

#include "app/config_impl.h"
#include "berth/path.h"
#include "berth/secret.h"
#include "berth/text.h"

enum { FOR_LOCAL = 1 << FORGE_KIND_LOCAL, FOR_GITLAB = 1 << FORGE_KIND_GITLAB, NAME_MAX_LEN = 64 };
static const struct setting forge_settings[FSET_COUNT] = {
	[FSET_TYPE] = { "type", "", "local gitlab", "what it is: repositories on this machine, or a GitLab host", KIND_CHOICE },
	[FSET_FOLDER] = { "folder", "", NULL, "a folder to search for git repositories, beside the current one; may be given several times", KIND_MANY },
	[FSET_DEPTH] = { "depth", "3", NULL, "how many folders deep to search", KIND_NUMBER },
	[FSET_URL] = { "url", "", NULL, "the host's address, as in a browser: https://gitlab.example.org", KIND_TEXT },
	[FSET_TOKEN] = { "token", "", NULL, "an access token; only where nobody else can read this file", KIND_SECRET },
	[FSET_TOKEN_COMMAND] = { "token-command", "", NULL, "a command whose output is the token (a password manager's)", KIND_TEXT },
	[FSET_CA_FILE] = { "ca-file", "", NULL, "certificates of authorities to trust beside the system's (PEM)", KIND_TEXT },
};
static const unsigned char setting_is_for[FSET_COUNT] = {
	[FSET_TYPE] = FOR_LOCAL | FOR_GITLAB, [FSET_FOLDER] = FOR_LOCAL, [FSET_DEPTH] = FOR_LOCAL, [FSET_URL] = FOR_GITLAB,
	[FSET_TOKEN] = FOR_GITLAB, [FSET_TOKEN_COMMAND] = FOR_GITLAB, [FSET_CA_FILE] = FOR_GITLAB,
};
static const char *const kind_names[] = { [FORGE_KIND_LOCAL] = "local", [FORGE_KIND_GITLAB] = "gitlab" };

static struct forge_section *section_of(struct config *c, const char *name)
{
	for (size_t i = 0; i < c->forges.len; i++)
		if (strcmp(c->forges.items[i].name, name) == 0)
			return &c->forges.items[i];
	struct forge_section s = { .name = xstrdup(name) };
	for (size_t i = 0; i < FSET_COUNT; i++)
		s.keys[i] = xasprintf("forge.%s.%s", name, forge_settings[i].key);
	VEC_PUSH(&c->forges, s);
	return VEC_LAST(&c->forges);
}

void forges_begin(struct config *c)
{
	section_of(c, "local");
}

/* It becomes part of labels, of folder names and of what people type. */
static bool name_is_fine(const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-:", name[i]))
			return false;
	return n && n <= NAME_MAX_LEN && isalnum((unsigned char)name[0]);
}

void forges_offer(struct text_nearest *n)
{
	for (size_t i = 0; i < FSET_COUNT; i++)
		text_nearest_offer(n, forge_settings[i].key);
}

static void take_token(struct config *c, struct forge_section *s, const struct gitconf_entry *e)
{
	if (c->exposed) {
		AUTO_STR hint = xasprintf("chmod 600 %s (and think of a new token: others may have read this one), or use token-command", e->file);
		config_problem_in(c, e, "others may read this file, so the token in it is not used", hint);
		return;
	}
	secret_free(s->token);
	s->token = secret_new(sv_of(e->value));
	value_set(&s->values[FSET_TOKEN], "(set)", e);
}

void forges_take(struct config *c, const struct gitconf_entry *e)
{
	size_t id = 0;
	if (!name_is_fine(e->subsection)) {
		config_problem_in(c, e, "a forge is named with letters, digits and . _ - :, as in [forge \"gitlab.example.org\"]", NULL);
		return;
	}
	AUTO_STR key = xasprintf("forge.%s.%s", e->subsection, e->name);
	while (id < FSET_COUNT && strcmp(forge_settings[id].key, e->name) != 0)
		id++;
	if (id == FSET_COUNT) {
		config_unknown(c, e, key);
		return;
	}
	struct forge_section *s = section_of(c, e->subsection);
	AUTO_STR wrong = setting_wrong(&forge_settings[id], key, e->value);
	if (wrong) {
		config_problem_in(c, e, wrong, "the default is used instead");
	} else if (id == FSET_TOKEN) {
		take_token(c, s, e);
	} else {
		if (id == FSET_FOLDER)
			VEC_PUSH(&s->folders, path_expand_home(e->value));
		value_set(&s->values[id], e->value, e);
	}
}

/* ---- when all is read ---- */
static enum forge_kind kind_of(const struct forge_section *s)
{
	const char *said = s->values[FSET_TYPE].text;
	if (said)
		return strcmp(said, kind_names[FORGE_KIND_LOCAL]) == 0 ? FORGE_KIND_LOCAL : FORGE_KIND_GITLAB;
	return strcmp(s->name, "local") == 0 || s->folders.len ? FORGE_KIND_LOCAL : FORGE_KIND_GITLAB;
}

static void say_foreign_settings(struct config *c, const struct forge_section *s)
{
	for (size_t i = 0; i < FSET_COUNT; i++) {
		if (!s->values[i].text || setting_is_for[i] & 1u << s->kind)
			continue;
		AUTO_STR what = xasprintf("%s means nothing for a forge of type %s", s->keys[i], kind_names[s->kind]);
		config_problem(c, s->values[i].from, what, "type = gitlab or type = local says what it is");
	}
}

static bool is_address(const char *url)
{
	size_t n = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
	return n && url[n] && url[n] != '/' && !strpbrk(url, " \t?#@");
}

static void find_address(struct config *c, struct forge_section *s)
{
	const char *said = s->values[FSET_URL].text;
	if (said && is_address(said)) {
		s->url = xstrdup(said);
		for (size_t n = strlen(s->url); n && s->url[n - 1] == '/'; n--)
			s->url[n - 1] = '\0';
	} else if (said) {
		AUTO_STR what = xasprintf("%s is %s, which is no address like https://gitlab.example.org", s->keys[FSET_URL], said);
		config_problem(c, s->values[FSET_URL].from, what, "no name or token stands in it, and nothing behind a ? or #");
	} else if (strchr(s->name, '.')) {
		s->url = xasprintf("https://%s", s->name);
	} else {
		size_t first = 0;
		while (first + 1 < FSET_COUNT && !s->values[first].from)
			first++;
		AUTO_STR what = xasprintf("[forge \"%s\"] does not say where it is", s->name);
		config_problem(c, s->values[first].from ? s->values[first].from : c->path, what, "url = https://gitlab.example.org, or type = local and folder = …");
	}
}

void forges_finish(struct config *c)
{
	for (size_t i = 0; i < c->forges.len; i++) {
		struct forge_section *s = &c->forges.items[i];
		s->kind = kind_of(s);
		say_foreign_settings(c, s);
		if (s->kind == FORGE_KIND_GITLAB)
			find_address(c, s);
		else if (!s->folders.len && strcmp(s->name, "local") == 0)
			VEC_PUSH(&s->folders, path_expand_home("~/berth"));
	}
}

void forges_end(struct config *c)
{
	for (size_t i = 0; i < c->forges.len; i++) {
		struct forge_section *s = &c->forges.items[i];
		for (size_t k = 0; k < FSET_COUNT; k++) {
			value_fini(&s->values[k]);
			free(s->keys[k]);
		}
		strings_fini(&s->folders);
		secret_free(s->token);
		free(s->url);
		free(s->name);
	}
	VEC_FINI(&c->forges);
}

/* ---- reading ---- */
static bool is_usable(const struct forge_section *s)
{
	return s->kind == FORGE_KIND_LOCAL || s->url;
}

bool config_forge_at(const struct config *c, size_t i, struct config_forge *ret)
{
	size_t at = 0;
	while (at < c->forges.len && (!is_usable(&c->forges.items[at]) || i-- > 0))
		at++;
	if (at == c->forges.len)
		return false;
	const struct forge_section *s = &c->forges.items[at];
	uint64_t depth = 3;
	if (s->values[FSET_DEPTH].text)
		sv_to_u64(sv_of(s->values[FSET_DEPTH].text), &depth);
	*ret = (struct config_forge){
		.name = s->name, .kind = s->kind, .folders = (const char *const *)s->folders.items, .n_folders = s->folders.len,
		.folders_are_default = !s->values[FSET_FOLDER].text, .depth = (unsigned)depth, .url = s->url, .token = s->token,
		.token_command = s->values[FSET_TOKEN_COMMAND].text, .ca_file = s->values[FSET_CA_FILE].text,
		.token_from = s->values[FSET_TOKEN].from,
	};
	return true;
}

size_t config_n_folders(const struct config *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->forges.len; i++)
		n += c->forges.items[i].folders.len;
	return n;
}

const char *config_folder_at(const struct config *c, size_t i)
{
	size_t at = 0;
	while (i >= c->forges.items[at].folders.len)
		i -= c->forges.items[at++].folders.len;
	return c->forges.items[at].folders.items[i];
}

bool forges_row_at(const struct config *c, size_t *i, struct config_row *ret)
{
	for (size_t at = 0; at < c->forges.len; at++) {
		const struct forge_section *s = &c->forges.items[at];
		for (size_t k = 0; k < FSET_COUNT; k++) {
			if (!(setting_is_for[k] & 1u << s->kind) || (*i)-- > 0)
				continue;
			const char *fallback = k == FSET_TYPE ? kind_names[s->kind] : k == FSET_URL && s->url ? s->url :
				k == FSET_FOLDER && s->folders.len ? "~/berth" : forge_settings[k].fallback;
			ret->key = s->keys[k];
			config_row_of(ret, &s->values[k], fallback, forge_settings[k].help);
			return true;
		}
	}
	return false;
}
