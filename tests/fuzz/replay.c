/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target over its corpus, as TAP. Each file goes in whole, cut off at many places, and with some bytes changed:
 * always the same ones, so that a failure can be repeated. Usage: fuzz-NAME [FILE…]; without files the folder
 * tests/fuzz/corpus/NAME of the sources is read.
 */
#include "fuzz.h"

#include <dirent.h>
#include <locale.h>
#include "berth/mem.h"
#include "berth/path.h"
#include "berth/vec.h"

enum { CUTS_MAX = 64, CHANGES = 200, INPUT_MAX = 1 << 20 };

typedef VEC(char *) names;

/* A copy of the exact size, so that a sanitizer sees the first byte read beyond. */
static void run(const char *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_changed(const struct buf *whole)
{
	static const char often[] = { 0, '\n', '\r', 0x1b, ';', ':', '"', '\\', '{', '[', '/', '-', '0', '9', (char)0x80, (char)0xff };
	uint32_t seed = (uint32_t)hash_bytes(whole->p, whole->len);
	char *bytes = sv_dup(buf_sv(whole));

	for (int i = 0; i < CHANGES; i++) {
		seed = seed * 1664525u + 1013904223u;
		size_t at = (seed >> 8) % whole->len;
		bytes[at] = seed >> 31 ? often[seed >> 4 & 15] : (char)(seed >> 20);
		run(bytes, whole->len);
		if (i % 4 == 3)
			memcpy(bytes, whole->p, whole->len);
	}
	free(bytes);
}

static bool run_file(const char *path)
{
	AUTO(buf_fini) struct buf whole = BUF_INIT;
	struct err e = { 0 };

	if (file_read(path, INPUT_MAX, &whole, &e)) {
		printf("# %s\n", e.text);
		return false;
	}
	run(buf_str(&whole), whole.len);
	for (size_t i = 0; i < CUTS_MAX && i < whole.len; i++)
		run(whole.p, whole.len <= CUTS_MAX ? i : whole.len * i / CUTS_MAX);
	if (whole.len)
		run_changed(&whole);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_corpus(const char *program, names *ret)
{
	const char *base = strrchr(program, '/'), *srcdir = getenv("abs_top_srcdir");
	struct dirent *entry;

	base = base ? base + 1 : program;
	if (!strncmp(base, "fuzz-", 5))
		base += 5;
	AUTO_STR dir = xasprintf("%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", base);
	DIR *d = opendir(dir);
	if (!d) {
		printf("# no folder %s\n", dir);
		return;
	}
	while ((entry = readdir(d))) {
		if (entry->d_name[0] != '.')
			VEC_PUSH(ret, path_join(dir, entry->d_name));
	}
	closedir(d);
	if (ret->len)
		qsort(ret->items, ret->len, sizeof *ret->items, by_name);
}

int main(int argc, char **argv)
{
	names files = VEC_INIT;
	int failed = 0;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		printf("# the locale C.UTF-8 is missing: widths are not tried\n");
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		VEC_PUSH(&files, xstrdup(argv[i]));
	if (argc == 1)
		list_corpus(argv[0], &files);
	printf("1..%zu\n", files.len + 1);
	for (size_t i = 0; i < files.len; i++) {
		printf("# %s\n", files.items[i]); /* said before, as a crash says nothing after */
		bool ok = run_file(files.items[i]);
		failed += !ok;
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1, strrchr(files.items[i], '/') ? strrchr(files.items[i], '/') + 1 : "input");
		free(files.items[i]);
	}
	run("", 0);
	failed += files.len == 0;
	printf("%sok %zu - the corpus is not empty, and no input at all is fine\n", files.len ? "" : "not ", files.len + 1);
	VEC_FINI(&files);
	return failed ? 1 : 0;
}
