/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "berth/mem.h"
#include "berth/template.h"
#include "tests.h"

void manifests_are_read(void **state)
{
	(void)state;
	static struct templates t;
	struct err err = { 0 };
	static const char yaml[] = "- folder: python-minimal\n  name: \"Basic Python\"\n  description: >\n    Long: text\n  variables:\n    project_description:\n      description: What it is\n      type: string\n"
	                           "    base:\n      default_value: debian\n      description: 'Base image'\n  icon: x.png\n# more\n- name: R\n  folder: R-minimal\n  variables:\n    old: A plain text\n";
	assert_int_equal(templates_parse(sv_of(yaml), &t, &err), 0);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.items[0].name, "python-minimal");
	assert_string_equal(t.items[0].title, "Basic Python");
	assert_int_equal(t.items[0].n_variables, 2);
	assert_string_equal(t.items[0].variables[0].help, "What it is");
	assert_null(t.items[0].variables[0].fallback);
	assert_string_equal(t.items[0].variables[1].fallback, "debian");
	assert_string_equal(t.items[0].variables[1].help, "Base image");
	assert_string_equal(t.items[1].name, "R-minimal");
	assert_string_equal(t.items[1].variables[0].help, "A plain text");
	templates_fini(&t);
	static const char *const bad[] = { "", "folder: x\n", "- name: y\n", "- folder: ../x\n", "- folder: /etc\n", "- folder: a/.git\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(templates_parse(sv_of(bad[i]), &t, NULL), -ERR_DECODE);
}

void variables_are_filled_in(void **state)
{
	(void)state;
	static const struct { const char *text, *out; enum err_code code; } cases[] = {
		{ "a {{ name }}b{{name}}", "a {{ x }}b{{ x }}", ERR_NONE }, { "{{ v | default(\"0.4\") }}", "0.4", ERR_NONE }, { "{{ name | default('q') }}", "{{ x }}", ERR_NONE },
		{ "{{ open", "{{ open", ERR_NONE }, { "${A} $(b) {c}", "${A} $(b) {c}", ERR_NONE }, { "{{ other }}", NULL, ERR_USAGE }, { "{% if x %}", NULL, ERR_UNSUPPORTED },
	};
	static const struct template_value values[] = { { "name", "{{ x }}" } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf_fini) struct buf b = BUF_INIT;
		assert_int_equal(template_fill(sv_of(cases[i].text), values, 1, &b, NULL), -(int)cases[i].code);
		if (cases[i].out)
			assert_string_equal(buf_str(&b), cases[i].out);
	}
}

void templates_of_the_program_are_whole(void **state)
{
	(void)state;
	static const char *const wanted[] = { "Dockerfile", ".gitlab-ci.yml", ".renku/renku.ini", ".gitattributes" };
	static struct templates t;
	templates_builtin(&t);
	for (size_t i = 0; i < t.n; i++) {
		struct template_value values[TEMPLATE_VARIABLES_MAX] = { { "name", "x" } };
		size_t n = 1, found = 0;
		for (size_t v = 0; v < t.items[i].n_variables; v++)
			values[n++] = (struct template_value){ t.items[i].variables[v].name, t.items[i].variables[v].fallback };
		for (size_t k = 0; k < t.items[i].n_files; k++) {
			AUTO(buf_fini) struct buf b = BUF_INIT;
			assert_int_equal(template_fill(buf_sv(&t.items[i].files[k].bytes), values, n, &b, NULL), 0);
			assert_null(strstr(buf_str(&b), "{{"));
			for (size_t w = 0; w < ARRAY_LEN(wanted); w++)
				found += strcmp(t.items[i].files[k].path, wanted[w]) == 0;
			if (strcmp(t.items[i].files[k].path, ".gitlab-ci.yml") == 0)
				assert_non_null(strstr(buf_str(&b), "\nimage_build:\n"));
		}
		assert_int_equal(found, ARRAY_LEN(wanted));
	}
	templates_fini(&t);
}
