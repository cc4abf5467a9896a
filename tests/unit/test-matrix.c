/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/matrix.h"

#include "fixture.h"

static void fill(struct verdicts *verdicts)
{
	verdicts_add(verdicts, "mgmt", "master", "master", true, "yes");
	verdicts_add(verdicts, "mgmt", "master", "minion-1", true, "yes");
	verdicts_add(verdicts, "mtu", "master", "minion-1", true, "yes");
	verdicts_add(verdicts, "pod", "master/pod", "minion-1/pod", false, "lost");
	verdicts_add(verdicts, "mtu", "master/pod", "minion-1/pod", false, "lost as well");
	verdicts_add(verdicts, "dns64", "master", "www.test", true, "yes");
	verdicts_add(verdicts, "nat64", "master", "www.test", true, "yes");
	verdicts_add(verdicts, "nat64", "master/pod", "www.test", false, "no way");
	verdicts_add(verdicts, "mgmt", "minion-1", "master", true, "yes");
}

static void test_words(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	fill(&verdicts);
	matrix_render(&verdicts, false, &text);
	assert_string_equal(text.s, "from -> to  master  minion-1      dns64  nat64\n"
				    "master      ok      ok            ok     ok\n"
				    "minion-1    ok      -             -      -\n"
				    "master/pod  -       FAIL pod mtu  -      FAIL\n");
}

static void test_symbols_align(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	fill(&verdicts);
	matrix_render(&verdicts, true, &text);
	assert_string_equal(text.s, "from → to   master  minion-1   dns64  nat64\n"
				    "master      ✓       ✓          ✓      ✓\n"
				    "minion-1    ✓       ·          ·      ·\n"
				    "master/pod  ·       ✗ pod mtu  ·      ✗\n");
}

static void test_summary_names_failures(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	fill(&verdicts);
	matrix_summary(&verdicts, false, &text);
	assert_string_equal(text.s, "FAIL pod: master/pod -> minion-1/pod: lost\n"
				    "FAIL mtu: master/pod -> minion-1/pod: lost as well\n"
				    "FAIL nat64: master/pod -> www.test: no way\n"
				    "6 checks passed, 3 failed\n");
}

static void test_many_nodes_are_counted(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	unsigned int i;

	for (i = 0; i <= MATRIX_NODES_MAX; i++) {
		_cleanup_free_ char *name = mem_printf("n%u", i);

		verdicts_add(&verdicts, "mgmt", "n0", name, i != 7, "detail");
	}
	verdicts_add(&verdicts, "dns64", "n0", "x", true, "yes");
	matrix_render(&verdicts, false, &text);
	assert_string_equal(text.s, "from -> to  nodes            dns64\n"
				    "n0          FAIL 12/13 mgmt  ok\n");
}

static void fill_member(struct verdicts *verdicts)
{
	verdicts_add(verdicts, "mgmt", "master", "minion-1", true, "yes");
	verdicts_add(verdicts, "api", "master", "master", true, "yes");
	verdicts_add(verdicts, "ready", "master", "master", true, "yes");
	verdicts_add(verdicts, "ready", "master", "minion-1", true, "yes");
	verdicts_add(verdicts, "service", "master", "kubernetes", true, "yes");
	verdicts_add(verdicts, "service", "master/pod", "kubernetes", true, "yes");
	verdicts_add(verdicts, "cluster-dns", "master/pod", "kubernetes.default.svc.cluster.local", true, "yes");
	verdicts_add(verdicts, "name", "master/pod", "www.test", false, "no");
	verdicts_add(verdicts, "dns64", "master", "www.test", true, "yes");
	verdicts_add(verdicts, "mgmt", "minion-1", "master", true, "yes");
	verdicts_add(verdicts, "api", "minion-1", "master", false, "no");
}

static void test_members_of_a_cluster(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	fill_member(&verdicts);
	matrix_render(&verdicts, false, &text);
	assert_string_equal(text.s, "from -> to  minion-1  master  api   ready  service  cluster-dns  name  dns64\n"
				    "master      ok        -       ok    ok     ok       -            -     ok\n"
				    "minion-1    -         ok      FAIL  -      -        -            -     -\n"
				    "master/pod  -         -       -     -      ok       ok           FAIL  -\n");
}

/* Of several ends in one cell those that failed are named, up to a limit. */
static void test_nodes_that_are_not_ready(void **unused)
{
	static const char *const names[] = {"master", "minion-1", "minion-2", "minion-3", "minion-4", "minion-5"};
	size_t i, bad;

	for (bad = 1; bad < ARRAY_SIZE(names); bad += 4) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
		_cleanup_str_ struct str text = STR_INIT;

		for (i = 0; i < ARRAY_SIZE(names); i++)
			verdicts_add(&verdicts, "ready", "master", names[i], i == 0 || i > bad, "detail");
		matrix_render(&verdicts, true, &text);
		assert_string_equal(text.s, bad == 1 ? "from → to  ready\n"
						       "master     ✗ minion-1\n"
						     : "from → to  ready\n"
						       "master     ✗ minion-1 minion-2 minion-3 +2\n");
	}
}

static void test_nothing(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	matrix_render(&verdicts, false, &text);
	matrix_summary(&verdicts, false, &text);
	assert_string_equal(text.s, "from -> to\n0 checks passed, 0 failed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_symbols_align),
		cmocka_unit_test(test_summary_names_failures),
		cmocka_unit_test(test_many_nodes_are_counted),
		cmocka_unit_test(test_members_of_a_cluster),
		cmocka_unit_test(test_nodes_that_are_not_ready),
		cmocka_unit_test(test_nothing),
	};

	return RUN_TESTS(tests);
}
