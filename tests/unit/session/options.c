/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/link.h"
#include "berth/mem.h"
#include "berth/session.h"
#include "session/parts.h"
#include "tests.h"

static const struct { enum option_id id; const char *typed, *normal; /* NULL: refused */ const char *says; } cases[] = {
	{ OPT_CPUS, "0.1", "0.1", NULL }, { OPT_CPUS, "2", "2", NULL }, { OPT_CPUS, " 1.50 ", "1.5", NULL }, { OPT_CPUS, "500m", "0.5", NULL },
	{ OPT_CPUS, "256", "256", NULL }, { OPT_CPUS, "0.05", NULL, "0.1 to 256" }, { OPT_CPUS, "257", NULL, "0.1 to 256" }, { OPT_CPUS, "", NULL, "a number" },
	{ OPT_CPUS, "m", NULL, "a number" }, { OPT_CPUS, "nan", NULL, "a number" }, { OPT_CPUS, "-1", NULL, "a number" }, { OPT_CPUS, "1e400", NULL, "" },
	{ OPT_MEMORY, "2G", "2G", NULL }, { OPT_MEMORY, "512M", "512M", NULL }, { OPT_MEMORY, "1024M", "1G", NULL }, { OPT_MEMORY, "1.5Gi", "1536M", NULL },
	{ OPT_MEMORY, "1073741824", "1G", NULL }, { OPT_MEMORY, "1", NULL, "16M to 16T" }, { OPT_MEMORY, "lots", NULL, "a size" }, { OPT_MEMORY, "99999T", NULL, "16T" },
	{ OPT_SHM, "64M", "64M", NULL }, { OPT_PIDS, "100", "100", NULL }, { OPT_PIDS, "3", NULL, "whole number from 16" }, { OPT_PIDS, "1.5", NULL, "whole" },
	{ OPT_GPUS, "0", "0", NULL }, { OPT_GPUS, "2", "2", NULL }, { OPT_GPUS, "-1", NULL, "whole number from 0 to 64" }, { OPT_GPUS, "", NULL, "whole" },
	{ OPT_DISK, "", "", NULL }, { OPT_DISK, "10G", "10G", NULL }, { OPT_DISK, "1M", NULL, "100M to 64T" },
	{ OPT_LFS, "yes", "yes", NULL }, { OPT_LFS, "False", "no", NULL }, { OPT_LFS, "ON", "yes", NULL }, { OPT_LFS, "perhaps", NULL, "neither yes nor no" },
	{ OPT_IDLE, "24h", "24h", NULL }, { OPT_IDLE, "90m", "90m", NULL }, { OPT_IDLE, "120m", "2h", NULL }, { OPT_IDLE, "2d", "2d", NULL }, { OPT_IDLE, "0", "0", NULL },
	{ OPT_IDLE, "never", "0", NULL }, { OPT_IDLE, "10", NULL, "12h, 30m, 2d" }, { OPT_IDLE, "1s", NULL, "from 5m to 90d" }, { OPT_IDLE, "99999999999d", NULL, "time" },
	{ OPT_ENV, "", "", NULL }, { OPT_ENV, "A=b", "A=b", NULL }, { OPT_ENV, "A=b  C=\"d e\" F='g\"h' I=j\\ k L=", "A=b\nC=d e\nF=g\"h\nI=j k\nL=", NULL },
	{ OPT_ENV, "A", NULL, "NAME=VALUE" }, { OPT_ENV, "1A=b", NULL, "name of a variable" }, { OPT_ENV, "A-B=c", NULL, "name of a variable" },
	{ OPT_ENV, "A=b A=c", NULL, "set twice" }, { OPT_ENV, "A=\"b", NULL, "quote" }, { OPT_ENV, "CI_COMMIT_SHA=1", NULL, "CI_COMMIT_SHA is set by the session" },
	{ OPT_ENV, "X=1 JUPYTER_TOKEN=mine", NULL, "JUPYTER_TOKEN is set by" }, { OPT_ENV, "RENKU_BASE_URL_PATH=/", NULL, "set by the session itself" },
	{ OPT_ENVIRONMENT, "/lab", "/lab", NULL }, { OPT_ENVIRONMENT, "/lab/tree/a%20b?x=1", "/lab/tree/a%20b?x=1", NULL }, { OPT_ENVIRONMENT, "shell", "shell", NULL },
	{ OPT_ENVIRONMENT, "lab", NULL, "begins with one /" }, { OPT_ENVIRONMENT, "//evil.example/", NULL, "one /" }, { OPT_ENVIRONMENT, "/a b", NULL, "path" },
	{ OPT_ENVIRONMENT, "/\x1b[31m", NULL, "path" }, { OPT_ENVIRONMENT, "", NULL, "path" },
	{ OPT_NAME, "a-b-2", "a-b-2", NULL }, { OPT_NAME, "", "", NULL }, { OPT_NAME, "A", NULL, "lower-case" }, { OPT_NAME, "-a", NULL, "dashes between" },
	{ OPT_NAME, "a-", NULL, "dashes" }, { OPT_NAME, "a.b", NULL, "dashes" }, { OPT_NAME, "../x", NULL, "dashes" },
	{ OPT_NAME, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, "at most" },
	{ OPT_IMAGE, "registry.example:5000/a/b:1.2", "registry.example:5000/a/b:1.2", NULL }, { OPT_IMAGE, "a@sha256:0123", "a@sha256:0123", NULL },
	{ OPT_IMAGE, "a b", NULL, "image" }, { OPT_IMAGE, "-x", NULL, "image" }, { OPT_IMAGE, "$(id)", NULL, "image" },
};

static void values_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(options_fini) struct session_options o;
		struct err err = { 0 };
		options_init(&o);
		int r = options_set(&o, cases[i].id, cases[i].typed, FROM_USER, &err);
		if ((r == 0) != (cases[i].normal != NULL))
			fail_msg("'%s': %s", cases[i].typed, err.text);
		if (cases[i].normal) {
			assert_string_equal(options_text(&o, cases[i].id), cases[i].normal);
		} else {
			assert_int_equal(err.code, ERR_USAGE);
			if (!strstr(err.text, cases[i].says))
				fail_msg("'%s' is not in: %s", cases[i].says, err.text);
		}
	}
}

static void the_table_agrees_with_itself(void **state)
{
	(void)state;
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		AUTO(options_fini) struct session_options o;
		options_init(&o);
		assert_int_equal(d->id, i);
		assert_ptr_equal(option_by_name(d->name), d);
		assert_true(d->title[0] && d->help[0]);
		if (d->fallback)
			assert_int_equal(options_set(&o, d->id, d->fallback, FROM_DEFAULT, NULL), 0);
		if (d->least)
			assert_int_equal(options_set(&o, d->id, d->least, FROM_USER, NULL), 0);
		if (d->most)
			assert_int_equal(options_set(&o, d->id, d->most, FROM_USER, NULL), 0);
	}
	assert_null(option_by_name("nothing"));
}

/* Every row is a parameter of links, and what a session is is in its labels. Variables and the name are a person's alone: no project
 * sets them, and variables are in no label, for everybody may read those. */
static void the_table_is_everywhere(void **state)
{
	static const struct { const char *typed, *kept, *label, *value; } samples[OPT_COUNT_] = {
		[OPT_IMAGE] = { "x/y:1", "x/y:1", "image", "x/y:1" }, [OPT_ENVIRONMENT] = { "/tree", "/tree", "default-url", "/tree" }, [OPT_CPUS] = { "1.5", "1.5", "cpus", "1.5" },
		[OPT_MEMORY] = { "512M", "512M", "memory", "536870912" }, [OPT_GPUS] = { "2", "2", "gpus", "2" }, [OPT_DISK] = { "5G", "5G", "disk", "5368709120" },
		[OPT_SHM] = { "64M", "64M", "shm", "67108864" }, [OPT_LFS] = { "yes", "yes", "lfs", "yes" }, [OPT_ENV] = { "A=1", "A=1", NULL, NULL },
		[OPT_IDLE] = { "90m", "90m", "idle", "5400" }, [OPT_PIDS] = { "99", "99", "pids", "99" }, [OPT_NAME] = { "mine", "mine", "session", "mine" },
	};
	const struct session s = { .name = (char[]){ "mine" }, .image_ref = (char[]){ "x/y:1" }, .default_url = (char[]){ "/tree" }, .cpu_limit_cores = 1.5, .memory_limit_bytes = 512 << 20,
		.gpus = 2, .disk_limit_bytes = 5ull << 30, .shm_bytes = 64 << 20, .lfs = true, .idle_limit_s = 5400, .pids_limit = 99 };
	struct label_set labels = { 0 };
	(void)state;
	labels_of(&labels, &s, NULL);
	for (int i = 0; i < OPT_COUNT_; i++) {
		const struct option_def *d = option_def((enum option_id)i);
		AUTO(options_fini) struct session_options o;
		struct link link;
		struct err err = { 0 };
		assert_non_null(samples[i].typed);
		AUTO_STR text = d->kind == OPTION_ENV ? xstrdup("berth://h/a/b?env[A]=1") : xasprintf("berth://h/a/b?%s=%s", d->name, samples[i].typed);
		if (link_parse(sv_of(text), &link, &err) < 0)
			fail_msg("%s: %s", text, err.text);
		assert_true(link_sets(&link, d->id));
		assert_string_equal(options_text(&link.options, d->id), samples[i].kept);
		AUTO(buf_fini) struct buf again = BUF_INIT;
		link_make(&again, &link);
		assert_non_null(strstr(buf_str(&again), d->name));
		link_fini(&link);
		options_init(&o);
		bool personal = d->id == OPT_ENV || d->id == OPT_NAME;
		assert_int_equal(d->ini_key == NULL, personal);
		AUTO_STR ini = xasprintf("[interactive]\n%s = %s\n", d->ini_key ? d->ini_key : d->name, samples[i].typed);
		options_read_ini(&o, sv_of(ini), NULL, NULL);
		assert_int_equal(o.values[i].source, personal ? FROM_DEFAULT : FROM_PROJECT);
		if (!personal)
			assert_string_equal(options_text(&o, d->id), samples[i].kept);
		if (!samples[i].label)
			continue;
		AUTO_STR name = xasprintf("io.berth.%s", samples[i].label);
		assert_string_equal(label_get(labels.items, labels.n, name), samples[i].value);
	}
	labels_fini(&labels);
}

static void sources_have_a_rank(void **state)
{
	AUTO(options_fini) struct session_options o, copy;
	(void)state;
	options_init(&o);
	assert_int_equal(options_set(&o, OPT_MEMORY, "4G", FROM_USER, NULL), 0);
	assert_int_equal(options_set(&o, OPT_MEMORY, "1G", FROM_PROJECT, NULL), 0);
	assert_int_equal(options_bytes(&o, OPT_MEMORY), (uint64_t)4 << 30);
	assert_int_equal(options_set(&o, OPT_CPUS, "2", FROM_CONFIG, NULL), 0);
	assert_int_equal(options_set(&o, OPT_CPUS, "3.5", FROM_PROJECT, NULL), 0);
	assert_true(options_cores(&o) == 3.5);
	assert_int_equal(options_count(&o, OPT_PIDS), 2048);
	options_dup(&copy, &o);
	assert_string_equal(options_text(&copy, OPT_CPUS), "3.5");
	assert_int_equal(copy.values[OPT_CPUS].source, FROM_PROJECT);
}

static void variables_come_one_by_one(void **state)
{
	AUTO(options_fini) struct session_options o;
	struct err err = { 0 };
	(void)state;
	options_init(&o);
	assert_int_equal(options_set(&o, OPT_ENV, "FROM=config", FROM_CONFIG, NULL), 0);
	assert_int_equal(options_env_add(&o, SV("A=b=c d"), FROM_USER, &err), 0); /* what stood there before is not mixed in */
	assert_int_equal(options_env_add(&o, SV("EMPTY="), FROM_USER, &err), 0);
	assert_string_equal(options_text(&o, OPT_ENV), "A=b=c d\nEMPTY=");
	assert_true(options_env_add(&o, SV("A=2"), FROM_USER, &err) < 0);
	assert_true(options_env_add(&o, SV("A\n=2"), FROM_USER, &err) < 0);
	assert_true(options_env_add(&o, SV("B=1\nC=2"), FROM_USER, &err) < 0);
	assert_string_equal(options_text(&o, OPT_ENV), "A=b=c d\nEMPTY=");
	AUTO_STR typed = options_typed(&o, OPT_ENV);
	assert_int_equal(options_set(&o, OPT_ENV, typed, FROM_USER, &err), 0);    /* there and back */
	assert_string_equal(options_text(&o, OPT_ENV), "A=b=c d\nEMPTY=");
	for (int i = 0; i < 62; i++) {
		AUTO_STR pair = xasprintf("V%d=1", i);
		assert_int_equal(options_env_add(&o, sv_of(pair), FROM_USER, &err), 0);
	}
	assert_true(options_env_add(&o, SV("ONE=more"), FROM_USER, &err) < 0);
	assert_int_equal(options_set(&o, OPT_IDLE, "90m", FROM_USER, NULL), 0);
	assert_int_equal(options_seconds(&o, OPT_IDLE), 5400);
	assert_false(options_yes(&o, OPT_LFS));
}

/* ---- renku.ini ---- */
static void add_warning(void *buf, const char *text)
{
	buf_addf(buf, "%s\n", text);
}

static const struct { const char *ini, *environment, *cpus, *memory, *image, *warns /* "": nothing at all */; } inis[] = {
	{ "", "/lab", "1", "2G", "", "" },
	{ "[interactive]\ndefault_url = /rstudio\ncpu_request = 0.5\nmem_request = 4G\nimage=renku/renkulab-py:3.10-0.21.0\n", "/rstudio", "0.5", "4G", "renku/renkulab-py:3.10-0.21.0", "" },
	{ "[renku \"interactive\"]\ndefault_url = /tree\n", "/tree", "1", "2G", "", "" },
	{ "[renku \"interactive\"]\ndefault_url = /old\n[interactive]\nmem_request = 3G\n", "/lab", "1", "3G", "", "" },
	{ "\xef\xbb\xbf[INTERACTIVE]\r\n; c\r\n# d\r\nDefault_URL : /x\r\n", "/x", "1", "2G", "", "" },
	{ "[interactive]\ndefaultUrl = \"/quoted\"\n", "/quoted", "1", "2G", "", "" },
	{ "[interactive]\ncpu_request = 1000\n", "/lab", "1", "2G", "", "cpu_request = 1000" },
	{ "[interactive]\nmem_request = lots\ncpu_request = 2\n", "/lab", "2", "2G", "", "is not a size" },
	{ "[interactive]\ngpu_request = 0\nlfs_auto_fetch = FALSE\n", "/lab", "1", "2G", "", "" },
	{ "[interactive]\ngpu_request = 1\ndisk_request = 10G\nlfs_auto_fetch = True\n", "/lab", "1", "2G", "", "" },
	{ "[interactive]\ngpu_request = many\n", "/lab", "1", "2G", "", "gpu_request = many" },
	{ "[interactive]\ndisk_request = lots\n", "/lab", "1", "2G", "", "is not a size" },
	{ "[interactive]\nenv = A=b\nidle = 0\n", "/lab", "1", "2G", "", "env = A=b" },
	{ "[interactive]\nnope = 1\n", "/lab", "1", "2G", "", "nope = 1" },
	{ "[interactive]\n  continued = 1\n=x\nno separator\n[\n[other]\ncpu_request = 9\n", "/lab", "1", "2G", "", "" },
	{ "cpu_request = 9\n[renku]\nssh_supported = true\n", "/lab", "1", "2G", "", "" },
	{ "[interactive]\nname = evil\nPIDS = 3\n", "/lab", "1", "2G", "", "name = evil" },
};

static void ini_files_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inis); i++) {
		AUTO(options_fini) struct session_options o;
		AUTO(buf_fini) struct buf warnings = BUF_INIT;
		options_init(&o);
		options_read_ini(&o, sv_of(inis[i].ini), add_warning, &warnings);
		assert_string_equal(options_text(&o, OPT_ENVIRONMENT), inis[i].environment);
		assert_string_equal(options_text(&o, OPT_CPUS), inis[i].cpus);
		assert_string_equal(options_text(&o, OPT_MEMORY), inis[i].memory);
		assert_string_equal(options_text(&o, OPT_IMAGE), inis[i].image);
		if (inis[i].warns[0] ? !strstr(buf_str(&warnings), inis[i].warns) : warnings.len > 0)
			fail_msg("ini %zu warns: %s", i, buf_str(&warnings));
	}
}

static void warnings_of_a_long_file_have_an_end(void **state)
{
	AUTO(options_fini) struct session_options o;
	AUTO(buf_fini) struct buf warnings = BUF_INIT;
	AUTO(buf_fini) struct buf ini = BUF_INIT;
	(void)state;
	options_init(&o);
	buf_add_str(&ini, "[interactive]\n");
	for (int i = 0; i < 100000; i++)
		buf_addf(&ini, "k%d = v\n", i);
	options_read_ini(&o, buf_sv(&ini), add_warning, &warnings);
	assert_true(warnings.len < 4096);
	assert_non_null(strstr(buf_str(&warnings), "more lines like these"));
	options_read_ini(&o, buf_sv(&ini), NULL, NULL);
}

const struct CMUnitTest options_tests[] = {
	cmocka_unit_test(values_are_checked), cmocka_unit_test(the_table_agrees_with_itself), cmocka_unit_test(the_table_is_everywhere), cmocka_unit_test(sources_have_a_rank), cmocka_unit_test(variables_come_one_by_one),
	cmocka_unit_test(ini_files_are_read), cmocka_unit_test(warnings_of_a_long_file_have_an_end),
};
const size_t n_options_tests = ARRAY_LEN(options_tests);
