/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of a start: one table, one way to check what somebody typed, whoever it was. */
#include <ctype.h>
#include <strings.h>

#include "berth/mem.h"
#include "berth/session.h"
#include "berth/text.h"
#include "parts.h"

enum { IMAGE_MAX = 400, PATH_MAX_CHARS = 500, NAME_MAX_CHARS = 50 };

static const struct option_def defs[OPT_COUNT_] = {
	{ OPT_IMAGE, OPTION_TEXT, "image", "image", "Image", "Start from this image instead of the commit's own", NULL, NULL, NULL },
	{ OPT_ENVIRONMENT, OPTION_PATH, "environment", "default_url", "Default environment",
	  "What opens first: /lab, /rstudio, another path, or shell for a session without a server", NULL, NULL, "/lab" },
	{ OPT_CPUS, OPTION_CORES, "cpus", "cpu_request", "Number of CPUs", "Cores the session may use, 0.5 for half of one", "0.1", "256", "1" },
	{ OPT_MEMORY, OPTION_BYTES, "memory", "mem_request", "Amount of memory", "The most memory it may use, 2G or 512M", "16M", "16T", "2G" },
	{ OPT_GPUS, OPTION_COUNT, "gpus", "gpu_request", "Number of GPUs", "How many of the engine's GPUs it gets", "0", "64", "0" },
	{ OPT_DISK, OPTION_BYTES, "disk", "disk_request", "Amount of disk", "The most it may write outside of its workspace, where the engine's storage can limit that; empty: no limit", "100M", "64T", NULL },
	{ OPT_SHM, OPTION_BYTES, "shm", "shm", "Shared memory", "Size of /dev/shm, which counts as memory (data loaders of PyTorch want 1G and more)", "1M", "16T", "256M" },
	{ OPT_LFS, OPTION_YES_NO, "lfs", "lfs_auto_fetch", "Fetch LFS data", "Whether files in Git LFS are fetched at the start, or stay pointers", NULL, NULL, "no" },
	{ OPT_ENV, OPTION_ENV, "env", NULL, "Variables", "Environment variables of your own, NAME=VALUE, no secrets: the engine shows them to who asks", NULL, NULL, NULL },
	{ OPT_IDLE, OPTION_TIME, "idle", "idle", "Idle limit", "How long it may stand idle before it is stopped: 24h, 30m, 2d; 0 for never", "5m", "90d", "24h" },
	{ OPT_PIDS, OPTION_COUNT, "pids", "pids", "Processes", "The most processes and threads at a time", "16", "65536", "2048" },
	{ OPT_NAME, OPTION_TEXT, "name", NULL, "Name", "Lower-case letters, digits and dashes; made from project and branch when left out", NULL, NULL, NULL },
};

const struct option_def *option_def(enum option_id id)
{
	return &defs[id];
}

const struct option_def *option_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(defs); i++)
		if (strcmp(defs[i].name, name) == 0)
			return &defs[i];
	return NULL;
}

/* ---- checks: each gives the normal form, or says what is allowed; whoever asks says what for, by the name it has there ---- */
static bool cores_parse(struct sv s, double *ret)
{
	if (s.len > 1 && s.p[s.len - 1] == 'm') { /* Kubernetes' millicores, which RenkuLab's projects may have */
		bool ok = sv_to_double((struct sv){ s.p, s.len - 1 }, ret);
		*ret /= 1000;
		return ok;
	}
	return sv_to_double(s, ret);
}

static char *bytes_text(uint64_t n)
{
	static const char units[] = "TGMK";
	for (int i = 0; i < 4; i++) {
		uint64_t one = (uint64_t)1 << (40 - 10 * i);
		if (n >= one && n % one == 0)
			return xasprintf("%llu%c", (unsigned long long)(n / one), units[i]);
	}
	return xasprintf("%llu", (unsigned long long)n);
}

static double range_end(const struct option_def *d, const char *text)
{
	uint64_t bytes = 0;
	double n = 0;
	if (d->kind == OPTION_BYTES)
		return text_parse_size(sv_of(text), &bytes) ? (double)bytes : 0;
	sv_to_double(sv_of(text), &n);
	return n;
}

static char *check_number(const struct option_def *d, struct sv s, struct err *reterr)
{
	if (!s.len && !d->fallback) /* no limit */
		return xstrdup("");
	double n = 0;
	uint64_t whole = 0;
	bool ok = d->kind == OPTION_CORES ? cores_parse(s, &n) : d->kind == OPTION_BYTES ? text_parse_size(s, &whole) : sv_to_u64(s, &whole);
	if (d->kind != OPTION_CORES)
		n = (double)whole;
	if (ok && n >= range_end(d, d->least) && n <= range_end(d, d->most))
		return d->kind == OPTION_CORES ? xasprintf("%.4g", n) : d->kind == OPTION_BYTES ? bytes_text(whole) : xasprintf("%llu", (unsigned long long)whole);
	static const char *const forms[] = { [OPTION_CORES] = "a number", [OPTION_BYTES] = "a size (2G, 512M)", [OPTION_COUNT] = "a whole number" };
	err_set(reterr, ERR_USAGE, "'%.*s' is not %s from %s to %s", (int)MIN_OF(s.len, 60u), s.p, forms[d->kind], d->least, d->most);
	return NULL;
}

static bool has_control_or(struct sv s, const char *also)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f || (also && strchr(also, s.p[i])))
			return true;
	return false;
}

static char *check_path(struct sv s, struct err *reterr)
{
	if (sv_eq(s, SV("shell")))
		return xstrdup("shell");
	bool plain = s.len && s.p[0] == '/' && s.len <= PATH_MAX_CHARS && !has_control_or(s, " \"<>\\^`{|}#");
	for (size_t i = 0; plain && i < s.len; i++)
		plain = !((unsigned char)s.p[i] & 0x80);
	if (plain && !sv_starts(s, SV("//")))
		return sv_dup(s);
	err_set(reterr, ERR_USAGE, "'%.*s' is neither a path that begins with one / (/lab, /rstudio) nor shell",
	        (int)MIN_OF(s.len, 60u), s.p);
	return NULL;
}

static char *check_name(struct sv s, struct err *reterr)
{
	bool ok = s.len <= NAME_MAX_CHARS;
	for (size_t i = 0; ok && i < s.len; i++)
		ok = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] == '-' && i > 0 && i + 1 < s.len);
	if (ok)
		return sv_dup(s);
	err_set(reterr, ERR_USAGE, "'%.*s' is no name for a session: lower-case letters, digits and dashes between them, at most %d",
	        (int)MIN_OF(s.len, 60u), s.p, NAME_MAX_CHARS);
	return NULL;
}

static char *check_image(struct sv s, struct err *reterr)
{
	bool ok = s.len <= IMAGE_MAX && (!s.len || isalnum((unsigned char)s.p[0]));
	for (size_t i = 0; ok && i < s.len; i++)
		ok = isalnum((unsigned char)s.p[i]) || strchr("._-/:@+", s.p[i]);
	if (ok)
		return sv_dup(s);
	err_set(reterr, ERR_USAGE, "'%.*s' is no name of an image: letters, digits and ._-/, then perhaps :tag or @sha256:…", (int)MIN_OF(s.len, 60u), s.p);
	return NULL;
}

static char *check_yes_no(struct sv s, struct err *reterr)
{
	static const struct { const char *word; bool yes; } words[] = {
		{ "yes", true }, { "true", true }, { "on", true }, { "1", true }, { "no", false }, { "false", false }, { "off", false }, { "0", false }, { "", false },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (s.len == strlen(words[i].word) && strncasecmp(s.p, words[i].word, s.len) == 0)
			return xstrdup(words[i].yes ? "yes" : "no");
	err_set(reterr, ERR_USAGE, "'%.*s' is neither yes nor no", (int)MIN_OF(s.len, 60u), s.p);
	return NULL;
}

/* Seconds; false: no time. */
static bool time_parse(struct sv s, uint64_t *ret)
{
	static const struct { char letter; uint32_t seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	if (sv_eq(s, SV("0")) || sv_eq(s, SV("never")))
		return *ret = 0, true;
	for (size_t i = 0; s.len > 1 && i < ARRAY_LEN(units); i++)
		if (s.p[s.len - 1] == units[i].letter && sv_to_u64((struct sv){ s.p, s.len - 1 }, ret) && *ret <= UINT32_MAX / units[i].seconds)
			return *ret *= units[i].seconds, true;
	return false;
}

static char *check_time(const struct option_def *d, struct sv s, struct err *reterr)
{
	uint64_t n, least, most;
	time_parse(sv_of(d->least), &least);
	time_parse(sv_of(d->most), &most);
	if (time_parse(s, &n) && (!n || (n >= least && n <= most)))
		return !n ? xstrdup("0") : xasprintf("%llu%c", (unsigned long long)(n % 86400 == 0 && n > 86400 ? n / 86400 : n % 3600 == 0 ? n / 3600 : n % 60 == 0 ? n / 60 : n),
		                                     n % 86400 == 0 && n > 86400 ? 'd' : n % 3600 == 0 ? 'h' : n % 60 == 0 ? 'm' : 's');
	err_set(reterr, ERR_USAGE, "'%.*s' is not a time (12h, 30m, 2d) from %s to %s, or 0 for never", (int)MIN_OF(s.len, 60u), s.p, d->least, d->most);
	return NULL;
}

static char *check(const struct option_def *d, struct sv s, struct err *reterr)
{
	if (d->kind == OPTION_YES_NO)
		return check_yes_no(s, reterr);
	if (d->kind == OPTION_TIME)
		return check_time(d, s, reterr);
	if (d->kind == OPTION_ENV)
		return env_read_words(s, reterr);
	if (d->id == OPT_NAME)
		return check_name(s, reterr);
	if (d->id == OPT_IMAGE)
		return check_image(s, reterr);
	return d->kind == OPTION_PATH ? check_path(s, reterr) : check_number(d, s, reterr);
}

/* ---- the values ---- */
void options_init(struct session_options *o)
{
	*o = (struct session_options){ 0 };
	for (int i = 0; i < OPT_COUNT_; i++)
		o->values[i].text = xstrdup(defs[i].fallback);
}

void options_fini(struct session_options *o)
{
	for (int i = 0; i < OPT_COUNT_; i++)
		free(o->values[i].text);
	*o = (struct session_options){ 0 };
}

void options_dup(struct session_options *out, const struct session_options *o)
{
	for (int i = 0; i < OPT_COUNT_; i++) {
		out->values[i].text = xstrdup(o->values[i].text);
		out->values[i].source = o->values[i].source;
	}
}

int options_set(struct session_options *o, enum option_id id, const char *text, enum option_source source, struct err *reterr)
{
	char *normal = check(&defs[id], sv_trim(sv_of(text)), reterr);
	if (!normal)
		return -ERR_USAGE;
	if (source < o->values[id].source) {
		free(normal);
		return 0;
	}
	free(o->values[id].text);
	o->values[id].text = normal;
	o->values[id].source = source;
	return 0;
}

void options_take(struct session_options *o, const struct session_options *from, enum option_id id)
{
	str_replace(&o->values[id].text, from->values[id].text);
	o->values[id].source = from->values[id].source;
}

const char *options_text(const struct session_options *o, enum option_id id)
{
	return o->values[id].text ? o->values[id].text : "";
}

const char *option_word(const struct option_def *d)
{
	static const char *const words[] = {
		[OPTION_TEXT] = "TEXT", [OPTION_CORES] = "N", [OPTION_BYTES] = "SIZE", [OPTION_COUNT] = "N", [OPTION_PATH] = "TEXT", [OPTION_TIME] = "TIME", [OPTION_ENV] = "NAME=VALUE",
	};
	return d->kind == OPTION_YES_NO ? NULL : words[d->kind];
}

char *options_typed(const struct session_options *o, enum option_id id)
{
	struct sv rest = sv_of(options_text(o, id)), name, value;
	AUTO(buf_fini) struct buf b = BUF_INIT;
	if (defs[id].kind != OPTION_ENV)
		return xstrdup(options_text(o, id));
	while (options_env_next(&rest, &name, &value)) {
		buf_addf(&b, "%s%.*s=", b.len ? " " : "", (int)name.len, name.p);
		if (value.len)
			buf_add_shell_quoted(&b, value);
	}
	return buf_take(&b);
}

bool options_yes(const struct session_options *o, enum option_id id)
{
	return strcmp(options_text(o, id), "yes") == 0;
}

uint32_t options_seconds(const struct session_options *o, enum option_id id)
{
	uint64_t n = 0;
	return time_parse(sv_of(options_text(o, id)), &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
}

double options_cores(const struct session_options *o)
{
	double n = 0;
	sv_to_double(sv_of(options_text(o, OPT_CPUS)), &n);
	return n;
}

uint64_t options_bytes(const struct session_options *o, enum option_id id)
{
	uint64_t n = 0;
	return text_parse_size(sv_of(options_text(o, id)), &n) ? n : 0;
}

uint32_t options_count(const struct session_options *o, enum option_id id)
{
	uint64_t n = 0;
	return sv_to_u64(sv_of(options_text(o, id)), &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
}
