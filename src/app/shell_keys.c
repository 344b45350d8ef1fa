/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is typed into a shell goes to it as it is, but for the key that leaves it. */
#include "berth/app.h"

int key_byte(const char *name)
{
	if (strncmp(name, "ctrl-", 5) == 0 && name[5] && !name[6]) {
		char c = name[5];
		c = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
		return c >= '@' && c <= '_' ? c - '@' : -1;
	}
	return name[0] && !name[1] ? (unsigned char)name[0] : -1;
}

void shell_keys_init(struct shell_keys *k, const struct config *c)
{
	*k = (struct shell_keys){ .prefix = (char)key_byte(config_detach_key(c)) };
}

enum shell_typed shell_keys_take(struct shell_keys *k, struct sv *rest, struct buf *out)
{
	while (rest->len) {
		char c = *rest->p++;
		rest->len--;
		if (!k->prefixed && c == k->prefix) {
			k->prefixed = true;
			continue;
		}
		bool after = k->prefixed;
		k->prefixed = false;
		if (after && (c == 'd' || c == 'D'))
			return SHELL_LEAVE;
		if (after && c == '?')
			return SHELL_HELP;
		if (after && c != k->prefix)
			buf_add_char(out, k->prefix);
		buf_add_char(out, c);
	}
	return SHELL_TYPED;
}
