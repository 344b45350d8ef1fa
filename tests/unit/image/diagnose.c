/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Diagnoses: of logs of builds that failed for real (tests/lab/failing-builds made them), and of single lines where that can't be had. */
#include "tests.h"

#include <dirent.h>
#include <unistd.h>

#include "berth/diagnosis.h"
#include "berth/path.h"

static const struct {
	const char *log, *rule, *cause; /* cause: what stands in it; rule NULL: none is sure */
} logs[] = {
	{ "apt-conflict", "apt-conflict", "together" },
	{ "apt-key", "apt-key", "deb.debian.org" },
	{ "apt-no-candidate", "apt-no-such-package", "awk" },
	{ "apt-no-lists", "apt-no-lists", "git" },
	{ "apt-no-name", "no-name", "deb.invalid" },
	{ "apt-no-release", "apt-no-release", "potato" },
	{ "apt-no-such-package", "apt-no-such-package", "libproj-devel" },
	{ "apt-no-such-version", "apt-no-such-version", "1:1.0" },
	{ "apt-not-root", "apt-not-root", "user" },
	{ "base-invalid", "base-invalid", "name" },
	{ "base-login", "base-denied", "127.0.0.1:5000" },
	{ "base-missing", "base-missing", "127.0.0.1:5001/lab/base:2030" },
	{ "base-no-name", "no-name", "registry.invalid" },
	{ "base-rate-limit", "rate-limit", "too " },
	{ "base-refused", "no-connection", "refuses" },
	{ "command-not-found", "command-not-found", "frobnicate" },
	{ "compile-error", "compile-error", "nonsense" },
	{ "conda-conflict", "conda-conflict", "tides-2.1.0-py310h5764c6d_0 needs python" },
	{ "conda-no-file", "conda-no-file", "/environment.yaml" },
	{ "conda-no-such-package", "conda-no-such-package", "conda finds tidetabel=1.2, gdall in none" },
	{ "conda-not-writable", "conda-not-writable", "user" },
	{ "conda-other-builds", "conda-no-such-package", "wincertstore==0.2=py38_0 and 2 more in none" },
	{ "conda-pip", "pip-no-such-version", "tidetable==999.9" },
	{ "conda-server", "conda-server", "https://conda.anaconda.org/conda-forge/linux-64/repodata.json" },
	{ "conda-terms", "conda-terms", "https://repo.anaconda.com/pkgs/main, https://repo.anaconda.com/pkgs/r before" },
	{ "copy-ignored", "copy-missing", "data" },
	{ "copy-missing", "copy-missing", "requirements.txt" },
	{ "copy-pattern", "copy-missing", "pattern" },
	{ "curl-no-name", "no-name", "files.invalid" },
	{ "curl-tls", "unknown-certificate", "certificate" },
	{ "dockerfile-copy-words", "dockerfile-syntax", "line 2" },
	{ "dockerfile-empty", "dockerfile-empty", "empty" },
	{ "dockerfile-missing", "dockerfile-missing", "no Dockerfile" },
	{ "dockerfile-no-from", "dockerfile-no-from", "FROM" },
	{ "dockerfile-syntax", "dockerfile-syntax", "RUNN" },
	{ "download-404", "download-404", "404" },
	{ "git-no-branch", "git-no-branch", "no-such" },
	{ "git-no-name", "no-name", "gitlab.invalid" },
	{ "git-no-repository", "git-no-repository", "x.git" },
	{ "git-tls", "unknown-certificate", "certificate" },
	{ "julia-conflict", "julia-conflict", "Tides" },
	{ "julia-no-module", "julia-no-module", "DataFrames" },
	{ "julia-no-source", "no-name", "sources.invalid" },
	{ "julia-no-such-package", "julia-no-such-package", "Tydes" },
	{ "julia-no-such-version", "julia-no-such-version", "9" },
	{ "julia-unknown", "julia-no-such-package", "Ghost" },
	{ "kaniko-base-denied", "base-denied", "library/builder is not at index.docker.io" },
	{ "kaniko-base-missing", "base-missing", "library/debian:2030" },
	{ "kaniko-copy", "copy-missing", "copies data/tide.csv," },
	{ "kaniko-pip", "pip-no-such-package", "tidetabel==1.0" },
	{ "kaniko-push", "push-denied", "registry.example.org/lab/tides:1a2b3c4" },
	{ "kaniko-strange", NULL, NULL },
	{ "killed", "killed", "memory" },
	{ "lfs-missing", "lfs-missing", "tide.nc" },
	{ "lfs-quota", "lfs-quota", "quota" },
	{ "login-denied", "login-denied", "127.0.0.1:5000" },
	{ "login-interactive", "login-not-possible", "docker login" },
	{ "mamba-conflict", "conda-conflict", "over numpy <2.0." },
	{ "mamba-no-file", "conda-no-file", "/tmp/env.yml" },
	{ "mamba-no-gpu", "conda-other-system", "__cuda" },
	{ "mamba-no-such-package", "conda-no-such-package", "nothing that fits tidetabel =1.2." },
	{ "mamba-old-no-such-package", "conda-no-such-package", "tidetabel 1.2*" },
	{ "mamba-other-channels", "conda-missing-dependency", "libtide 0.23.1 h1566912_0, which tides-" },
	{ "memory-error", "no-memory", "Python" },
	{ "no-engine", "no-engine", "tcp://127.0.0.1:1" },
	{ "no-engine-name", "no-engine", "docker.invalid" },
	{ "no-header", "no-header", "gdal.h" },
	{ "no-library", "no-library", "hdf5" },
	{ "no-make", "no-make", "make" },
	{ "no-permission", "no-permission", "/opt/tools" },
	{ "no-space", "no-space", "full" },
	{ "npm-bad-json", "npm-bad-json", "package.json" },
	{ "npm-conflict", "npm-conflict", "package.json" },
	{ "npm-lock-differs", "npm-lock-differs", "package-lock.json" },
	{ "npm-no-lock", "npm-no-lock", "package-lock.json" },
	{ "npm-no-name", "no-name", "registry.nowhere.invalid" },
	{ "npm-no-script", "npm-no-script", "bild" },
	{ "npm-no-such-package", "npm-no-such-package", "leftpadd-nope-berth" },
	{ "npm-no-such-version", "npm-no-such-version", "left-pad@^99.0.0" },
	{ "npm-other-node", "npm-other-node", "Node.js" },
	{ "npm-rate-limit", "rate-limit", "too often" },
	{ "npm-refused", "no-connection", "refuses" },
	{ "pip-conflict", "pip-conflict", "coastal==3.0 and harbour==4.0" },
	{ "pip-hashes", "pip-hashes", "hash" },
	{ "pip-http-index", "pip-index-ignored", "pypi.invalid" },
	{ "pip-invalid", "pip-invalid-requirement", "tidetable=1.0" },
	{ "pip-managed", "pip-managed-by-debian", "Debian" },
	{ "pip-no-compiler", "no-compiler", "compiler" },
	{ "pip-no-file", "pip-no-requirements-file", "requirements.txt" },
	{ "pip-no-header", "no-header", "ffi.h" },
	{ "pip-no-name", "no-name", "host" },
	{ "pip-no-python-header", "no-header", "Python.h" },
	{ "pip-no-such-package", "pip-no-such-package", "tidetabel==1.0" },
	{ "pip-no-such-version", "pip-no-such-version", "tidetable==9.9" },
	{ "pip-other-python", "pip-other-python", "Python" },
	{ "pip-refused", "no-connection", "refuses" },
	{ "pip-tls", "unknown-certificate", "certificate" },
	{ "push-denied", "push-denied", "login" },
	{ "python-no-module", "python-no-module", "pandas" },
	{ "r-compile", "no-make", "make" },
	{ "r-configure", "r-configure", "libxml-2.0" },
	{ "r-memory", "no-memory", "3.7 Gb" },
	{ "r-no-such-package", "r-no-such-package", "ggplotto" },
	{ "shell-syntax", "shell-syntax", "end of file" },
	{ "strange", NULL, NULL },
	{ "submodule", "submodule", "private/lib.git" },
	{ "submodule-no-url", "submodule", ".gitmodules" },
	{ "wrong-platform", "wrong-platform", "processor" },
};

/* What can't be made to fail here: the words that these programs print, in a step that fails. */
static const struct {
	const char *line, *rule, *cause;
} lines[] = {
	{ "PackagesNotFoundError: The following packages are not available from current channels:", "conda-no-such-package", "what the lines below name" },
	{ "UnsatisfiableError: The following specifications were found to be incompatible with each other:", "conda-conflict", "contradict" },
	{ "  - nothing provides __glibc >=2.39,<3.0.a0 needed by rtide-1.0-h1_0", "conda-other-system", "rtide-1.0-h1_0 asks for __glibc" },
	{ "CondaHTTPError: HTTP 502 BAD GATEWAY for url <https://conda.anaconda.org/tides/linux-64/repodata.json>", "conda-server", "502 BAD GATEWAY" },
	{ "CondaEnvException: Pip failed", "conda-pip", "pip failed" },
	{ "E: Failed to fetch http://deb.debian.org/debian/pool/main/c/curl/curl_7.88.1-10_amd64.deb  404  Not Found [IP: 192.0.2.1 80]", "apt-old-lists", "curl_7.88.1" },
	{ "E: Failed to fetch http://deb.debian.org/debian/dists/x  Hash Sum mismatch", "apt-hash", "mirror" },
	{ "ERROR: dependency ‘units’ is not available for package ‘sf’", "r-missing-dependency", "sf needs units" },
	{ "ERROR: compilation failed for package ‘fastr’", "r-compile", "fastr" },
	{ "ERROR: configuration failed for package ‘xml2’", "r-configuration", "xml2" },
	{ "Error in library(tidyverse) : there is no package called ‘tidyverse’", "r-no-package", "tidyverse" },
	{ "Error: Bioconductor version '3.18' requires R version '4.3'; use `version = '3.17'`", "bioc-other-r", "4.3" },
	{ "   * Flucks (not found in project, manifest or registry)", "julia-no-such-package", "Flucks" },
	{ "ERROR: LoadError: Unsatisfiable requirements detected for package DataFrames [a93c6f00]:", "julia-conflict", "DataFrames" },
	{ "npm error 404  'lefft-pad@*' is not in this registry.", "npm-no-such-package", "lefft-pad" },
	{ "npm ERR! code ERESOLVE", "npm-conflict", "package.json" },
	{ "  ERROR: Failed building wheel for pygdal", "pip-wheel", "pygdal" },
	{ "error: can't find Rust compiler", "no-rust", "Rust" },
	{ "ImportError: libGL.so.1: cannot open shared object file: No such file or directory", "no-shared-library", "libGL.so.1" },
	{ "requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://example.org/x.whl", "pip-download-404", "example.org" },
	{ "c++: fatal error: Killed signal terminated program cc1plus", "no-memory", "compiler" },
	{ "curl: (60) SSL certificate problem: certificate has expired", "expired-certificate", "expired" },
	{ "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading", "rate-limit", "too many" },
	{ "no matching manifest for linux/arm64/v8 in the manifest list entries", "base-platform", "linux/arm64" },
	{ "batch response: This repository is over its data quota. Account responsible for LFS bandwidth should purchase more data packs", "lfs-quota", "quota" },
	{ "fatal: could not read Username for 'https://gitlab.example.org': terminal prompts disabled", "git-no-user", "gitlab.example.org" },
	{ "error: RPC failed; curl 92 HTTP/2 stream 5 was not closed cleanly", "clone-big", "curl 92" },
};
/* The runner's own, outside of any build. */
static const struct {
	const char *line, *rule, *cause;
} outside[] = {
	{ "ERROR: Job failed: execution took longer than 1h0m0s seconds", "timeout", "1h0m0s" },
	{ "ERROR: Job failed (system failure): prepare environment: waiting for pod running: timed out", "runner-failure", "waiting for pod" },
	{ "Job's log exceeded limit of 4194304 bytes.", "log-limit", "4194304" },
};

static void diagnose(struct sv log, size_t piece, const struct diagnosis_facts *facts, struct diagnosis *ret)
{
	struct diagnosing *d = diagnosing_new();
	for (size_t at = 0; at < log.len; at += piece)
		diagnosing_feed(d, (struct sv){ log.p + at, MIN_OF(piece, log.len - at) });
	diagnosing_end(d, facts, ret);
	diagnosing_free(d);
}

static void check(const char *what, const struct diagnosis *d, const char *rule, const char *cause)
{
	if (!rule) {
		assert_null(d->rule);
		assert_non_null(d->todo);
		return;
	}
	if (!d->rule || strcmp(d->rule, rule) != 0 || !d->cause || !strstr(d->cause, cause))
		fail_msg("%s: wanted %s (…%s…), got %s: %s", what, rule, cause, d->rule ? d->rule : "none", d->cause ? d->cause : "");
	assert_non_null(d->todo);
	assert_null(strchr(d->cause, '$'));
	assert_null(strchr(d->cause, '\n'));
}

static char *fixture(const char *name)
{
	AUTO(buf_fini) struct buf b = BUF_INIT;
	AUTO_STR path = xasprintf("%s/fixtures/diagnosis/%s", TEST_SRCDIR, name);
	struct err err;
	if (file_read(path, 1 << 20, &b, &err) < 0)
		fail_msg("%s", err.text);
	return buf_take(&b);
}

/* The log as a job of GitLab has it: sections, timestamps, a clone before and a clean-up behind that complains of other things. */
static char *as_job(const char *log)
{
	static const char stamp[] = "2026-01-02T03:04:05.678901Z 01O ";
	AUTO(buf_fini) struct buf b = BUF_INIT;
	struct sv rest = sv_of(log), line;
	buf_addf(&b, "%s\x1b[0Ksection_start:1700000000:get_sources\r\x1b[0K\x1b[36;1mGetting source from Git repository\x1b[0;m\n", stamp);
	buf_addf(&b, "%swarning: redirecting to https://gitlab.example.org/x.git/\n%s\x1b[0Ksection_end:1700000001:get_sources\r\x1b[0K\n", stamp, stamp);
	while (sv_split(&rest, '\n', &line) && (line.len || rest.p))
		buf_addf(&b, "%s%.*s\n%.*s+%.*s\n", stamp, (int)(line.len / 2), line.p, (int)sizeof stamp - 2, stamp, (int)(line.len - line.len / 2), line.p + line.len / 2);
	buf_addf(&b, "%s\x1b[0Ksection_start:1700000009:after_script\r\x1b[0K\x1b[36;1mRunning after_script\x1b[0;m\n%scurl: (6) Could not resolve host: chat.invalid\n", stamp, stamp);
	buf_addf(&b, "%s\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m\n", stamp);
	return buf_take(&b);
}

static void check_log(const char *name, size_t i)
{
	static const size_t pieces[] = { 1 << 20, 1, 7, 4096 };
	AUTO_STR log = fixture(name);
	AUTO_STR job = as_job(log);
	for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
		struct diagnosis plain, in_job;
		diagnose(sv_of(log), pieces[k], NULL, &plain);
		diagnose(sv_of(job), pieces[k], &(struct diagnosis_facts){ "script_failure", 1 }, &in_job);
		check(name, &plain, logs[i].rule, logs[i].cause);
		check(name, &in_job, logs[i].rule, logs[i].cause);
		if (plain.evidence)
			assert_true(plain.evidence_offset < strlen(log));
		diagnosis_fini(&plain);
		diagnosis_fini(&in_job);
	}
}

static const char *const builders[] = { "", ".classic", ".buildkit" };

void real_logs_are_diagnosed(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
		unsigned n = 0;
		for (size_t k = 0; k < ARRAY_LEN(builders); k++) {
			AUTO_STR name = xasprintf("%s%s.log", logs[i].log, builders[k]);
			AUTO_STR path = xasprintf("%s/fixtures/diagnosis/%s", TEST_SRCDIR, name);
			if (access(path, R_OK) != 0)
				continue;
			check_log(name, i);
			n++;
		}
		if (!n)
			fail_msg("there is no log of %s", logs[i].log);
	}
}

static bool in_table(struct sv name)
{
	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		for (size_t k = 0; k < ARRAY_LEN(builders); k++) {
			AUTO_STR known = xasprintf("%s%s.log", logs[i].log, builders[k]);
			if (sv_eq(sv_of(known), name))
				return true;
		}
	return false;
}

void every_log_is_in_the_table(void **state)
{
	DIR *d = opendir(TEST_SRCDIR "/fixtures/diagnosis");
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		if (sv_ends(sv_of(e->d_name), SV(".log")) && !in_table(sv_of(e->d_name)))
			fail_msg("%s is not in the table of logs", e->d_name);
	closedir(d);
}

void single_lines_are_diagnosed(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct diagnosis d;
		AUTO_STR log = xasprintf("Step 1/2 : FROM x\n ---> 1\nStep 2/2 : RUN make it\n%s\nThe command '/bin/sh -c make it' returned a non-zero code: 1\n", lines[i].line);
		diagnose(sv_of(log), 1000, NULL, &d);
		check(lines[i].line, &d, lines[i].rule, lines[i].cause);
		assert_string_equal(d.step, "2/2 RUN make it");
		assert_string_equal(d.command, "make it");
		assert_int_equal(d.exit_code, 1);
		diagnosis_fini(&d);
	}
	for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
		struct diagnosis d;
		AUTO_STR log = xasprintf("Running with gitlab-runner\n%s\n", outside[i].line);
		diagnose(sv_of(log), 1000, NULL, &d);
		check(outside[i].line, &d, outside[i].rule, outside[i].cause);
		diagnosis_fini(&d);
	}
}

static bool shown(const char *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(logs); i++)
		if (logs[i].rule && strcmp(logs[i].rule, rule) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (strcmp(lines[i].rule, rule) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		if (strcmp(outside[i].rule, rule) == 0)
			return true;
	return false;
}

void every_rule_has_an_example(void **state)
{
	const char *name, *cause, *todo;
	for (size_t i = 0; diagnosis_rule_at(i, &name, &cause, &todo); i++) {
		if (!shown(name))
			fail_msg("nothing shows the rule %s", name);
		assert_true(strlen(cause) > 10 && strlen(todo) > 5);
	}
}

void what_is_beside_the_failure_is_no_cause(void **state)
{
	static const char classic[] = "Step 1/3 : FROM x\n ---> 1\nStep 2/3 : RUN apt-get install nonsense || true\nE: Unable to locate package nonsense\n ---> 2\n"
	                              "Step 3/3 : RUN ./strange\nno luck today\nThe command '/bin/sh -c ./strange' returned a non-zero code: 3\ncurl: (6) Could not resolve host: x\n";
	static const char buildkit[] = "#5 [2/3] RUN apt-get install nonsense || true\n#5 0.1 E: Unable to locate package nonsense\n#5 DONE 0.1s\n"
	                               "#6 [3/3] RUN ./strange\n#6 0.1 no luck today\n#6 ERROR: process \"/bin/sh -c ./strange\" did not complete successfully: exit code: 3\n"
	                               "ERROR: failed to solve: process \"/bin/sh -c ./strange\" did not complete successfully: exit code: 3\ncurl: (6) Could not resolve host: x\n";
	static const char kaniko[] = "INFO[0001] RUN apt-get install nonsense || true   \nINFO[0001] Running: [/bin/sh -c apt-get install nonsense || true] \nE: Unable to locate package nonsense\n"
	                             "INFO[0003] Taking snapshot of full filesystem...  \nINFO[0004] RUN ./strange  \nINFO[0004] Running: [/bin/sh -c ./strange] \nno luck today\n"
	                             "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 3\ncurl: (6) Could not resolve host: x\n";
	const char *const all[] = { classic, buildkit, kaniko };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct diagnosis d;
		diagnose(sv_of(all[i]), 1000, NULL, &d);
		assert_null(d.rule);
		assert_string_equal(d.command, "./strange");
		assert_int_equal(d.exit_code, 3);
		assert_int_equal(d.n_tail, 1);
		assert_string_equal(d.tail[0], "no luck today");
		diagnosis_fini(&d);
	}
}

void a_reason_counts_by_its_weight(void **state)
{
	static const char pip[] = "Step 1/1 : RUN pip install x\nERROR: Could not find a version that satisfies the requirement x (from versions: none)\n"
	                          "The command '/bin/sh -c pip install x' returned a non-zero code: 1\n";
	struct diagnosis d;
	diagnose(sv_of(pip), 1000, &(struct diagnosis_facts){ "runner_system_failure", -1 }, &d);
	assert_string_equal(d.rule, "pip-no-such-package");
	diagnosis_fini(&d);
	diagnose(sv_of(pip), 1000, &(struct diagnosis_facts){ "job_execution_timeout", -1 }, &d);
	assert_string_equal(d.rule, "job_execution_timeout");
	diagnosis_fini(&d);
	diagnose(sv_of(""), 1000, &(struct diagnosis_facts){ "no_matching_runner", -1 }, &d);
	assert_string_equal(d.rule, "no_matching_runner");
	diagnosis_fini(&d);
	diagnose(sv_of(""), 1000, &(struct diagnosis_facts){ "something_new", -1 }, &d);
	assert_null(d.rule);
	assert_non_null(d.todo);
	diagnosis_fini(&d);
}

void nothing_in_it_moves_a_terminal(void **state)
{
	static const char log[] = "Step 1/1 : RUN pip install \x1b]0;x\x07y\nERROR: Could not find a version that satisfies the requirement a\xe2\x80\xae\xc2\x9b\xff"
	                          "b (from versions: none)\nThe command 'x' returned a non-zero code: 1\n";
	struct diagnosis d;
	diagnose((struct sv){ log, sizeof log - 1 }, 1000, NULL, &d);
	const char *const texts[] = { d.cause, d.evidence, d.step, d.command, d.todo };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_non_null(texts[i]);
		for (const char *p = texts[i]; *p; p++)
			assert_true((unsigned char)*p >= 32 && *p != 127);
		assert_null(strstr(texts[i], "\xe2\x80\xae"));
	}
	diagnosis_fini(&d);
}
