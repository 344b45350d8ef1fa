/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "berth/fault.h"
#include "berth/path.h"
#include "image/build_log.h"

int build_log_open(struct build_log *l, const char *path, struct err *reterr)
{
	*l = (struct build_log){ .at_line_start = true };
	l->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	return l->fd < 0 ? err_set_errno(reterr, errno, "can't write the log %s", path) : 0;
}

void build_log_close(struct build_log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static void put(struct build_log *l, struct sv bytes)
{
	if (!bytes.len || l->fd < 0 || l->failed)
		return;
	if ((fault_point("build.log") ? (errno = ENOSPC, -1) : file_write_all(l->fd, bytes)) < 0) {
		l->failed = errno;
		return;
	}
	l->written += bytes.len;
	l->at_line_start = bytes.p[bytes.len - 1] == '\n';
}

static void put_line(struct build_log *l, struct sv text)
{
	AUTO(buf_fini) struct buf line = BUF_INIT;
	if (!l->at_line_start)
		buf_add_char(&line, '\n');
	buf_add_str(&line, "berth: ");
	buf_add_sv(&line, text);
	buf_add_char(&line, '\n');
	put(l, buf_sv(&line));
}

void build_log_add(struct build_log *l, struct sv bytes)
{
	if (l->over)
		return;
	if (l->written + bytes.len + BUILD_LOG_TAIL > BUILD_LOG_MAX) {
		l->over = true;
		put_line(l, SV("this log is full (256 MiB): what the build says from here on is not kept"));
		return;
	}
	put(l, bytes);
}

void build_log_say(struct build_log *l, const char *fmt, ...)
{
	AUTO(buf_fini) struct buf text = BUF_INIT_MAX(BUILD_LOG_TAIL / 2);
	va_list ap;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			text.p[i] = ' ';
	put_line(l, buf_sv(&text));
}
