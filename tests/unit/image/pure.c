/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of images, Dockerfiles, fingerprints, pins: what needs neither disk nor engine. */
#include "berth/mem.h"
#include "image/dockerfile.h"
#include "image/pin.h"
#include "tests.h"

static char *ref_of(const char *path)
{
	struct oid o;
	const struct project p = { .path = (char *)(uintptr_t)path };
	assert_true(oid_parse(SV("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"), &o));
	return image_ref_of(&p, &o);
}

void refs_of_valid_paths_stay(void **state)
{
	static const char *const paths[] = { "flights", "a", "group/sub/flights", "a.b_c__d-e", "x---y", "2024" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		AUTO_STR want = xasprintf("berth/%s:1a2b3c4", paths[i]);
		AUTO_STR ref = ref_of(paths[i]);
		assert_string_equal(ref, want);
	}
}

static bool is_joint_char(char c)
{
	return c == '.' || c == '_' || c == '-';
}

/* The grammar of distribution/reference, by its own words. */
static void assert_valid_ref(const char *ref)
{
	const char *colon = strrchr(ref, ':');
	assert_non_null(colon);
	assert_true(strlen(ref) < 255);
	for (const char *p = ref; p < colon; p++) {
		bool alnum = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
		assert_true(alnum || *p == '/' || is_joint_char(*p));
		if (alnum)
			continue;
		assert_true(p > ref && p + 1 < colon && p[1] != '/' && p[-1] != '/');
		if (is_joint_char(*p) && is_joint_char(p[1]))
			assert_true((*p == '-' && p[1] == '-') || (*p == '_' && p[1] == '_' && p[-1] != '_'));
	}
}

void refs_of_odd_paths_are_valid_and_differ(void **state)
{
	static const char *const paths[] = { "Flights", "FLIGHTS", "flights-", "-flights", "fl ights", "fl  ights", "flüge", "flûge", "日本", "日本語", "a..b", "a.-b",
		"a___b", "a//b", "/a/b", "a/b/", "..", "../x", "", "/", "a'b\"c", "x\ty", "x\ny", "--", "__a", "A/B" };
	char *refs[ARRAY_LEN(paths)];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		refs[i] = ref_of(paths[i]);
		assert_valid_ref(refs[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(refs[i], refs[k]);
	}
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		free(refs[i]);
	AUTO_STR very_long = xmalloc(1001);
	memset(very_long, 'a', 1000);
	very_long[1000] = '\0';
	AUTO_STR ref = ref_of(very_long);
	assert_valid_ref(ref);
}

/* ---- Dockerfiles ---- */
static void note_source(void *buf, struct sv pattern)
{
	struct buf *b = buf;
	buf_addf(b, "%s<", b->len ? " " : "");
	buf_add_sv(b, pattern);
	buf_add_char(b, '>');
}

void dockerfiles_name_their_sources(void **state)
{
	static const struct { const char *text, *want; } table[] = {
		{ "", "" },
		{ "FROM x\n", "" },
		{ "FROM x\nCOPY a b\n", "<a>" },
		{ "copy a b c/ d/", "<a> <b> <c>" },
		{ "COPY . .", "<>" }, { "COPY ./ /app", "<>" }, { "ADD / /", "<>" }, { "COPY ../../x /", "<x>" }, { "COPY a/../b/./c/ /", "<b/c>" },
		{ "COPY /abs/file x", "<abs/file>" },
		{ "COPY --chown=1:1 --chmod=644 a b", "<a>" },
		{ "COPY --from=build /x /y\nCOPY z /", "<z>" }, { "COPY --link --from=0 a b", "" },
		{ "COPY [\"a b\", \"c\", \"/d\"]", "<a b> <c>" }, { "COPY --chown=u [ \"a\\u0062\\\"\" , \"x\" ]", "<ab\">" },
		{ "COPY [\"a\", b] c", "<[a,> <b]>" },
		{ "COPY a \\\n  b \\\n# a comment\n\n  c\nRUN x", "<a> <b>" },
		{ "COPY a \\  \n b\n", "<a>" },
		{ "# escape=`\nCOPY a `\n b\n", "<a>" }, { "# syntax=docker/dockerfile:1\n# escape = `\nCOPY a\\b `\n c", "<a\\b>" },
		{ "#comment\n# escape=`\nCOPY a \\\n b", "<a>" },
		{ "FROM x\r\nCOPY a \\\r\n b\r\n", "<a>" },
		{ "COPY <<EOF /f\nCOPY no no\nEOF\nCOPY yes /\n", "<yes>" },
		{ "COPY <<-\"A B\" /f\nCOPY c d", "<<<-A> <B> <c>" },
		{ "RUN <<EOF cat\nCOPY no no\nEOF\nCOPY yes /", "<yes>" }, { "RUN <<-E\n\tCOPY no no\n\tE\nCOPY yes /", "<yes>" },
		{ "COPY a <<ONE <<'TWO' /d\nCOPY n n\nONE\nCOPY m m\nTWO\nADD b /", "<a> <b>" },
		{ "RUN cat <<EOF\nnever ends\nCOPY n n", "" },
		{ "RUN cat <<<x\nCOPY y /", "<y>" },
		{ "ADD https://example.org/x.tar /", "" }, { "ADD git@host:x/y.git#main /", "" }, { "ADD http://x/y z /", "<z>" },
		{ "COPY $SRC /x", "<>" }, { "COPY '$SRC' /x", "<$SRC>" }, { "COPY \"a\"b c", "<ab>" }, { "COPY [\"${A}\", \"b\"]", "<>" },
		{ "COPY *.txt data-?/[a-c]* /x", "<*.txt> <data-?/[a-c]*>" }, { "COPY a\\*b c", "<a\\*b>" },
		{ "ONBUILD COPY a b", "" }, { "COPYX a b", "" }, { "COPY onlyone", "" }, { "COPY", "" }, { "COPY --from=x", "" },
		{ "RUN --mount=type=bind,source=req.txt,target=/r pip", "<req.txt>" }, { "RUN --mount=target=/all make", "<>" },
		{ "RUN --mount=type=bind,from=build,source=/x,target=/y z", "" }, { "RUN --mount=type=cache,target=/c --mount=src=a,target=/b z", "<a>" },
		{ "\xef\xbb\xbf" "COPY a b", "<a>" }, { "COPY\ta\tb", "<a>" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		dockerfile_sources(sv_of(table[i].text), note_source, &got);
		if (strcmp(buf_str(&got), table[i].want))
			print_error("of: %s\n", table[i].text);
		assert_string_equal(buf_str(&got), table[i].want);
	}
}

void hostile_dockerfiles_do_no_harm(void **state)
{
	static const char *const texts[] = { "COPY [", "COPY [\"", "COPY [\"\\", "COPY [\"\\u12", "COPY [\"a\",", "COPY []", "\\", "\\\n\\\n", "RUN <<", "RUN <<-", "COPY \"", "COPY '\\", "# escape=",
		"# escape=x\nCOPY a \\\nb", "COPY --", "RUN --mount=", "RUN --mount=,,,=", "COPY [\"\\u0000\", \"b\"]" };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(buf_fini) struct buf got = BUF_INIT;
		dockerfile_sources(sv_of(texts[i]), note_source, &got);
	}
	AUTO(buf_fini) struct buf long_one = BUF_INIT, got = BUF_INIT;
	for (int i = 0; i < 200000; i++)
		buf_add_str(&long_one, "a \\\n");
	dockerfile_sources(buf_sv(&long_one), note_source, &got);
}

void sources_match_paths(void **state)
{
	static const struct { const char *pattern, *path; bool want; } table[] = {
		{ "", "any/thing", true }, { "a", "a", true }, { "a", "a/b/c", true }, { "a", "ab", false }, { "a/b", "a", false }, { "a/b", "a/b/c", true },
		{ "*.txt", "x.txt", true }, { "*.txt", "d/x.txt", false }, { "*", "d/x.txt", true }, { "d/*.t?t", "d/x.txt", true }, { "d*g", "dxg", true },
		{ "d*g*h", "dgxghh", true }, { "d*g*h", "dgxg", false }, { "[a-c]x", "bx", true }, { "[^a-c]x", "bx", false }, { "[!a]x", "bx", true },
		{ "[]a]", "]", true }, { "[a", "a", false }, { "[a-", "a", false }, { "a\\*", "a*", true }, { "a\\*", "ab", false }, { "**", "a/b", true },
		{ "a/**/b", "a/x/y/b", true }, { "a/**/b", "c", false }, { "\\", "\\", true }, { "*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (source_matches(sv_of(table[i].pattern), sv_of(table[i].path)) != table[i].want)
			print_error("%s against %s\n", table[i].pattern, table[i].path);
		assert_int_equal(source_matches(sv_of(table[i].pattern), sv_of(table[i].path)), table[i].want);
	}
}

/* ---- fingerprints ---- */
#define FILES(...) (const struct forge_tree_item[]){ __VA_ARGS__ }, sizeof((const struct forge_tree_item[]){ __VA_ARGS__ }) / sizeof(struct forge_tree_item)
#define FILE_OF(name, byte) { name, { { byte } }, 0100644 }

void fingerprints_follow_the_environment(void **state)
{
	const struct sv none = { 0 }, some = SV("FROM x\nCOPY src /src\nCOPY *.cfg /\n"), all = SV("FROM x\nCOPY . .\n");
	(void)state;
	uint64_t base = environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), FILE_OF("notes.md", 3), FILE_OF("src/m.py", 4)), some, none);
	/* nothing that the image is made from */
	assert_true(base == environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), FILE_OF("notes.md", 9), FILE_OF("src/m.py", 4)), some, none));
	/* each of these is another image */
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 2), FILE_OF("a.cfg", 2), FILE_OF("src/m.py", 4)), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 3), FILE_OF("src/m.py", 4)), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("b.cfg", 2), FILE_OF("src/m.py", 4)), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), FILE_OF("src/m.py", 5)), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), { "src/m.py", { { 4 } }, 0100755 }), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF(".dockerignore", 1), FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), FILE_OF("src/m.py", 4)), some, none));
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("a.cfg", 2), FILE_OF("requirements.txt", 1), FILE_OF("src/m.py", 4)), some, none));
	/* COPY . . takes all but what is git's and renku's */
	base = environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("x/notes.md", 3)), all, none);
	assert_true(base != environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("x/notes.md", 4)), all, none));
	assert_true(base == environment_fingerprint(FILES(FILE_OF(".gitlab-ci.yml", 5), FILE_OF(".renku/renku.ini", 5), FILE_OF("Dockerfile", 1), FILE_OF("x/notes.md", 3)), all, none));
	/* nor what .dockerignore keeps from the build; but it does itself */
	const struct sv ignore = SV("*.md\n!keep.md\n");
	base = environment_fingerprint(FILES(FILE_OF(".dockerignore", 1), FILE_OF("Dockerfile", 1), FILE_OF("notes.md", 3), FILE_OF("keep.md", 4)), all, ignore);
	assert_true(base == environment_fingerprint(FILES(FILE_OF(".dockerignore", 1), FILE_OF("Dockerfile", 1), FILE_OF("notes.md", 9), FILE_OF("keep.md", 4)), all, ignore));
	assert_true(base != environment_fingerprint(FILES(FILE_OF(".dockerignore", 1), FILE_OF("Dockerfile", 1), FILE_OF("notes.md", 3), FILE_OF("keep.md", 9)), all, ignore));
	assert_true(base != environment_fingerprint(FILES(FILE_OF(".dockerignore", 2), FILE_OF("Dockerfile", 1), FILE_OF("notes.md", 3), FILE_OF("keep.md", 4)), all, ignore));
	base = environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), FILE_OF("x/notes.md", 3)), all, none);
	/* folders count by what is in them */
	assert_true(base == environment_fingerprint(FILES(FILE_OF("Dockerfile", 1), { "x", { { 8 } }, 0040000 }, FILE_OF("x/notes.md", 3)), all, none));
	assert_true(environment_fingerprint(NULL, 0, (struct sv){ 0 }, none) == environment_fingerprint(NULL, 0, SV(""), SV("")));
}

/* ---- generated Dockerfiles ---- */
struct given { const char *path, *text; };

static bool get_given(void *ctx, const char *path, struct sv *ret)
{
	for (const struct given *g = ctx; g->path; g++)
		if (strcmp(g->path, path) == 0) {
			*ret = sv_of(g->text);
			return true;
		}
	return false;
}

static void assert_in_order(const char *text, const char *const *parts)
{
	for (; *parts; parts++) {
		const char *at = strstr(text, *parts);
		if (!at)
			print_error("no '%s' (in its place) in:\n%s\n", *parts, text);
		assert_non_null(at);
		text = at;
	}
}

void dockerfiles_are_made(void **state)
{
	static const char evil[] = "numpy\"; rm -rf / #\n$(reboot)\n`reboot`\nname\n";
	static const struct { struct given files[5]; const char *parts[9]; const char *never[3]; } table[] = {
		{ { { 0 } }, { "Generated by berth", "FROM debian:", "jupyterlab", "uid 1000", "USER jovyan", "EXPOSE 8888", "tini" }, { "COPY", "r-base" } },
		{ { { "requirements.txt", evil } }, { "requirements.txt", "FROM debian:", "python3-venv", "USER jovyan", "COPY --chown=1000:1000 requirements.txt", "--system-site-packages" },
		  { "reboot", "r-base" } },
		{ { { "apt.txt", evil } }, { "apt.txt", "COPY apt.txt", "xargs", "USER jovyan" }, { "reboot", "venv" } },
		{ { { "install.R", evil } }, { "r-base-core", "r-cran-irkernel", "USER jovyan", "COPY --chown=1000:1000 install.R", "Rscript install.R" }, { "reboot", "venv" } },
		{ { { "environment.yml", evil }, { "requirements.txt", "x\n" }, { "install.R", "" }, { "apt.txt", "curl" } },
		  { "environment.yml, apt.txt, requirements.txt, install.R", "micromamba", "COPY apt.txt", "COPY --chown=1000:1000 environment.yml", "r-irkernel", "python -m pip", "install.R" },
		  { "reboot", "FROM debian", "venv" } },
		{ { { "requirements.txt", "-r more/dev.txt\n" } }, { "USER jovyan", "COPY --chown=1000:1000 . /opt/project", "pip install" }, { "COPY --chown=1000:1000 requirements.txt" } },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		environment_dockerfile(&b, get_given, (void *)(uintptr_t)table[i].files);
		assert_in_order(buf_str(&b), table[i].parts);
		for (size_t k = 0; k < 3 && table[i].never[k]; k++)
			assert_null(strstr(buf_str(&b), table[i].never[k]));
	}
}

/* ---- pins ---- */
void pins_are_read(void **state)
{
	static const struct { const char *ini, *want; } table[] = {
		{ "", NULL }, { "[interactive]\n", NULL }, { "image = x:1\n", NULL },
		{ "[interactive]\nimage = renku/renkulab-py:3.10-0.21.0\n", "renku/renkulab-py:3.10-0.21.0" },
		{ "[renku \"interactive\"]\ndefault_url = /lab\nimage = a/b:1\n", "a/b:1" },
		{ "[renku \"interactive\"]\nimage = old\n[interactive]\nimage = new\n", "new" },
		{ "[interactive]\ndefault_url=/lab\n[renku \"interactive\"]\nimage = old\n", "old" },
		{ "[Interactive]\nImage=x", "x" }, { "[interactive]\nimage = 'a:1' ; why\n", "a:1" }, { "[interactive]\nimage = a:1 ; 'why'\n", "a:1" }, { "[other]\nimage = x\n", NULL }, { "[interactive]\nimages = x\n", NULL },
		{ "\xef\xbb\xbf[interactive]\r\nimage: host:5000/x@sha256:abc\r\n", "host:5000/x@sha256:abc" },
		{ "[interactive]\nimage = \"quoted:1\" # why\n", "quoted:1" }, { "[interactive]\n# image = x\n; image = y\n", NULL },
		{ "[interactive]\nimage =\n", NULL }, { "[interactive]\nimage = a b\n", NULL }, { "[interactive]\nimage = x\x1b[31m\n", NULL },
		{ "[interactive]\nimage = -v\n", NULL }, { "[interactive]\nimage = ../../x\n", NULL }, { "[interactive\nimage = x\n", NULL },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO_STR got = pin_of(sv_of(table[i].ini));
		if (!table[i].want)
			assert_null(got);
		else
			assert_string_equal(got, table[i].want);
	}
}

/* Each change, byte for byte. */
void pins_are_written(void **state)
{
	static const struct { const char *before, *ref, *after; } table[] = {
		{ "", "a:1", "[interactive]\nimage = a:1\n" },
		{ "# only a comment", "a:1", "# only a comment\n\n[interactive]\nimage = a:1\n" },
		{ "[interactive]\nimage = old:1\n", "a:1", "[interactive]\nimage = a:1\n" },
		{ "[interactive]\nimage: old:1 ; why\ncpu_request = 2\n", "a:1", "[interactive]\nimage: a:1 ; why\ncpu_request = 2\n" },
		{ "[interactive]\nimage = 'old:1'  # why\n", "a:1", "[interactive]\nimage = 'a:1'  # why\n" },
		{ "[interactive]\nimage =\n", "a:1", "[interactive]\nimage =a:1\n" },
		{ "[interactive]", "a:1", "[interactive]\nimage = a:1" },
		{ "[interactive]\n\nx = 1", "a:1", "[interactive]\nimage = a:1\n\nx = 1" },
		{ "[interactive]\nx = 1", "a:1", "[interactive]\nimage = a:1\nx = 1" },
		{ "[interactive]\r\ndefault_url = /lab\r\n", "a:1", "[interactive]\r\nimage = a:1\r\ndefault_url = /lab\r\n" },
		{ "; CRLF\r\n[other]\r\nimage = x\r\n", "a:1", "; CRLF\r\n[other]\r\nimage = x\r\n\r\n[interactive]\r\nimage = a:1\r\n" },
		{ "\xef\xbb\xbf[Interactive]\r\nIMAGE=old\r\n", "a:1", "\xef\xbb\xbf[Interactive]\r\nIMAGE=a:1\r\n" },
		{ "[renku \"interactive\"]\nimage = old\n", "a:1", "[renku \"interactive\"]\nimage = a:1\n" },
		{ "[renku \"interactive\"]\nimage = old\n[interactive]\nx = 1\n", "a:1", "[renku \"interactive\"]\nimage = old\n[interactive]\nimage = a:1\nx = 1\n" },
		/* the last of several counts, and is the one that changes */
		{ "[interactive]\nimage = one\nimage = two\n", "a:1", "[interactive]\nimage = one\nimage = a:1\n" },
		{ "[interactive]\nimage = one\n[x]\nimage = no\n[interactive]\nimage = two\n", "a:1", "[interactive]\nimage = one\n[x]\nimage = no\n[interactive]\nimage = a:1\n" },
		{ "[interactive]\nimage = one\n  two\n\tthree\ny = 2\n", "a:1", "[interactive]\nimage = a:1\ny = 2\n" },
		/* and taken out */
		{ "[interactive]\nimage = a:1\n", NULL, "[interactive]\n" },
		{ "[interactive]\n# why\nimage = a:1 ; yes\nx = 1", NULL, "[interactive]\n# why\nx = 1" },
		{ "[interactive]\nx = 1\nimage = a:1", NULL, "[interactive]\nx = 1\n" },
		{ "[interactive]\r\nimage = a:1\r\n more\r\n\r\nx = 1\r\n", NULL, "[interactive]\r\n\r\nx = 1\r\n" },
		{ "[interactive]\nimage = a:1\nimage = b:1\n[renku \"interactive\"]\nimage = c:1\n[x]\nimage = d\n", NULL, "[interactive]\n[renku \"interactive\"]\n[x]\nimage = d\n" },
	};
	static const struct { const char *before, *ref; int code; } wrong[] = {
		{ "", "two words", -ERR_USAGE }, { "", "", -ERR_USAGE }, { "", "a\nb = c", -ERR_USAGE }, { "", "-v", -ERR_USAGE }, { "", "a:1\x1b[m", -ERR_USAGE },
		{ "[interactive]\nimage = a:1\n", "a:1", -ERR_CONFLICT }, { "[interactive]\n", NULL, -ERR_NOT_FOUND }, { "", NULL, -ERR_NOT_FOUND },
	};
	struct err err = { 0 };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		assert_int_equal(image_pin_put(sv_of(table[i].before), table[i].ref, &out, &err), 0);
		assert_string_equal(buf_str(&out), table[i].after);
	}
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		AUTO(buf_fini) struct buf out = BUF_INIT;
		assert_int_equal(image_pin_put(sv_of(wrong[i].before), wrong[i].ref, &out, &err), wrong[i].code);
	}
	AUTO(buf_fini) struct buf longest = BUF_INIT;
	AUTO(buf_fini) struct buf out = BUF_INIT;
	for (int i = 0; i < 3000; i++)
		buf_add_str(&longest, "x = 1\n");
	assert_int_equal(image_pin_put(buf_sv(&longest), "a:1", &out, &err), -ERR_TOO_BIG);
}

void refs_are_compared(void **state)
{
	static const struct { const char *a, *b; bool want; } table[] = {
		{ "x", "x:latest", true }, { "docker.io/library/python:3", "python:3", true }, { "index.docker.io/a/b", "a/b", true },
		{ "localhost/berth/x:1", "berth/x:1", true }, { "x:1", "x:2", false }, { "host:5000/x", "host:5000/x:latest", true }, { "host/x", "x", false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(image_ref_same(sv_of(table[i].a), sv_of(table[i].b)), table[i].want);
}
