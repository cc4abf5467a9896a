/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/init.h"

#include "base/json.h"
#include "fixture.h"

static char key[] = "KEY", certificate[] = "CERTIFICATE";
static const struct pki_ca ca = {key, 3, certificate, 11};

/* "kind what", one a line. */
static char *labels(const struct plan *plan)
{
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		step_label(&plan->steps[i], &text);
		str_add(&text, "\n");
	}
	return str_take(&text);
}

static void check(const char *work_area, const char *config, const char *wanted)
{
	const struct cluster cluster = {.work_area = (char *)work_area};
	const struct init_content content = {&ca, "/root/config.yaml", config, config ? strlen(config) : 0};
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_free_ char *text = NULL, *line = NULL;
	_cleanup_json_ json_t *json = NULL;

	plan_init(&cluster, &content, &plan);
	text = labels(&plan);
	assert_string_equal(text, wanted);

	/* What goes to the journal has neither key nor token. */
	json = plan_json(&plan);
	line = json_line(json);
	assert_null(strstr(line, "KEY"));
	assert_null(strstr(line, "token"));
	assert_non_null(strstr(line, "CERTIFICATE"));
}

static void test_default(void **state)
{
	check(WORK_AREA_DEFAULT, "token",
		"directory /var/lib/lazyjack/work-area\n"
		"directory /var/lib/lazyjack/work-area/certs\n"
		"secret-file /var/lib/lazyjack/work-area/certs/ca.key\n"
		"file /var/lib/lazyjack/work-area/certs/ca.crt\n"
		"edited-file /root/config.yaml\n");
}

static void test_other_place(void **state)
{
	check("/var/lib/other/area", NULL,
		"directory /var/lib/other\n"
		"directory /var/lib/other/area\n"
		"directory /var/lib/other/area/certs\n"
		"secret-file /var/lib/other/area/certs/ca.key\n"
		"file /var/lib/other/area/certs/ca.crt\n");
	check("/srv/a/area", NULL,
		"directory /srv\n"
		"directory /srv/a\n"
		"directory /srv/a/area\n"
		"directory /srv/a/area/certs\n"
		"secret-file /srv/a/area/certs/ca.key\n"
		"file /srv/a/area/certs/ca.crt\n");
}

/* Only root may look into the work area, whatever is above it. */
static void test_modes(void **state)
{
	const struct cluster cluster = {.work_area = (char *)"/srv/work"};
	const struct init_content content = {&ca, "/root/config.yaml", NULL, 0};
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_init(&cluster, &content, &plan);
	assert_string_equal(json_text(plan.steps[0].want, "mode"), "0755");
	assert_string_equal(json_text(plan.steps[1].want, "mode"), "0700");
	assert_string_equal(json_text(plan.steps[2].want, "mode"), "0700");
	assert_string_equal(json_text(plan.steps[4].want, "mode"), "0644");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_other_place),
		cmocka_unit_test(test_modes),
	};

	return RUN_TESTS(tests);
}
