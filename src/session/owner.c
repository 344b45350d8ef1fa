/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who starts a session, so that what a dead starter left can be told from what a living one is making. */
#include <stdio.h>
#include <unistd.h>

#include "berth/mem.h"
#include "berth/path.h"
#include "parts.h"

enum { OWNER_PARTS = 6 };

/* The 22nd field of /proc/PID/stat: when it began, in ticks since boot. Numbers of processes come back, this pair does not. */
static bool start_of(pid_t pid, char *ret, size_t room)
{
	AUTO_STR path = xasprintf("/proc/%d/stat", (int)pid);
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (file_read(path, 4096, &b, NULL) < 0)
		return false;
	const char *name_end = memrchr(b.p, ')', b.len);
	if (!name_end)
		return false;
	struct sv rest = { name_end + 1, b.len - (size_t)(name_end + 1 - b.p) }, field = { "", 0 };
	rest = sv_trim(rest);
	for (int i = 3; i <= 22; i++)
		if (!sv_split(&rest, ' ', &field))
			return false;
	snprintf(ret, room, "%.*s", (int)field.len, field.p);
	return true;
}

static void first_line(const char *path, char *ret, size_t room)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv line = { "-", 1 };
	if (file_read(path, 4096, &b, NULL) == 0)
		line = sv_trim(buf_sv(&b));
	snprintf(ret, room, "%.*s", (int)MIN_OF(line.len, 100u), line.p);
}

/* Machine, boot and process space, as far as this process can tell. */
static char *place(void)
{
	char host[128] = "-", boot[128], space[64] = "-";
	gethostname(host, sizeof host - 1);
	first_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space - 1);
	space[n > 0 ? n : 1] = '\0';
	for (char *c = host; *c; c++)
		if (*c == '/' || *c == '\n')
			*c = '-';
	return xasprintf("%s/%s/%s", host, boot, space);
}

char *owner_token(void)
{
	AUTO_STR here = place();
	AUTO(secret_free_p) struct secret *nonce = secret_random(8);
	struct sv text = secret_reveal(nonce);
	char start[32] = "-";
	start_of(getpid(), start, sizeof start);
	return xasprintf("%s/%d/%s/%.*s", here, (int)getpid(), start, (int)text.len, text.p);
}

enum owner_life owner_life(const char *token)
{
	struct sv part[OWNER_PARTS], mine[3], rest = sv_of(token), own;
	AUTO_STR here = place();
	char start[32];
	int64_t pid;
	size_t n = 0;
	while (n < OWNER_PARTS && sv_split(&rest, '/', &part[n]))
		n++;
	own = sv_of(here);
	for (int i = 0; i < 3; i++)
		if (!sv_split(&own, '/', &mine[i]))
			return OWNER_UNKNOWN;
	if (n != OWNER_PARTS || !sv_eq(part[0], mine[0]) || !sv_to_i64(part[3], &pid) || pid <= 0 || pid > INT32_MAX)
		return OWNER_UNKNOWN;
	if (!sv_eq(part[1], mine[1]))
		return OWNER_DEAD; /* this machine, before it was started again */
	if (!sv_eq(part[2], mine[2]))
		return OWNER_UNKNOWN;
	return start_of((pid_t)pid, start, sizeof start) && sv_eq(part[4], sv_of(start)) ? OWNER_ALIVE : OWNER_DEAD;
}
