/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/doctor.h"

#include "doctor-fixture.h"

/* Every finding can be looked up: by id in the page that people search, with a group above it. */
static void test_documented(void **state)
{
	_cleanup_free_ char *path = mem_printf("%s/doc/TROUBLESHOOTING.md", getenv("LAZYJACK_SOURCE"));
	_cleanup_free_ char *page = fixture_read(path);
	size_t n;

	for (n = 0; doctor_id(n); n++) {
		_cleanup_free_ char *quoted = mem_printf("`%s`", doctor_id(n));
		size_t m;

		if (!strstr(page, quoted))
			fail_msg("%s isn't in doc/TROUBLESHOOTING.md", quoted);
		assert_true(doctor_group(doctor_id(n))[0] != '\0');
		for (m = 0; m < n; m++)
			assert_string_not_equal(doctor_id(n), doctor_id(m));
	}
	assert_true(n > 30);
	assert_string_equal(doctor_group("banana"), "");
}

static void run(const struct doctor *what, struct doctor_counts *ret)
{
	_cleanup_err_ struct err err = ERR_INIT;

	findings_done(&found);
	if (doctor_run(what, &found, ret, &err) < 0)
		fail_msg("%s", err.msg);
}

static bool has(const char *id)
{
	size_t i;

	for (i = 0; i < found.n; i++)
		if (str_eq(found.items[i].id, id))
			return true;
	return false;
}

/* Without a configuration what needs one is left out, and counted. */
static void test_run(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	struct doctor what = doctor_of(NULL, 0);
	struct doctor_counts counts;
	char *before = fixture_snapshot();
	size_t all;

	place("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
	place("/etc/resolv.conf", "nameserver 127.0.0.53\n");
	place("/proc/meminfo", "MemTotal:        1000000 kB\n");
	run(&what, &counts);
	assert_true(counts.skipped > 0);
	assert_true(has("resolver") && has("memory"));
	assert_false(has("localhost") || has("ipv4-default-route"));
	all = counts.looked + counts.skipped;
	what = doctor_of(cluster, 0);
	run(&what, &counts);
	assert_int_equal(counts.skipped, 0);
	assert_int_equal(counts.looked, all);
	assert_true(has("ipv4-default-route"));
	/* Looking changed nothing. */
	fixture_same(before, fixture_snapshot());
	findings_done(&found);
	cluster_free(cluster);
}

/* One that cannot look says so, and the others still look. */
static void test_cannot_look(void **state)
{
	struct doctor what = doctor_of(NULL, 0);
	struct doctor_counts counts;
	size_t i;

	place("/proc/meminfo", "MemTotal:        1000000 kB\n");
	place("/state/journal", "{\"lazyjack-journal\":99}\n");
	run(&what, &counts);
	assert_true(has("memory"));
	for (i = 0; i < found.n; i++)
		if (str_eq(found.items[i].id, "drift"))
			break;
	assert_true(i < found.n);
	assert_non_null(strstr(found.items[i].message, "could not look: "));
	assert_int_equal(found.items[i].severity, SEVERITY_WARNING);
	findings_done(&found);
}

static void environment(const char *path, const char *words)
{
	_cleanup_free_ char *parent = file_parent(path), *full = mem_printf("%s%s", FIXTURE_ROOT, path), *text = NULL;
	size_t len;
	FILE *out;

	text = nul_separated(words, &len);
	preflight_directory(parent);
	out = fopen(full, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

/* sudo takes the variable away, the shell above it has it. */
static void test_ssh_server(void **state)
{
	_cleanup_free_ char *server = NULL;

	place("/proc/30/stat", "30 (lazyjack) R 20 30 20 0\n");
	environment("/proc/30/environ", "PATH=/bin|SUDO_USER=x|");
	assert_null(doctor_ssh_server(fixture_node, 30));
	place("/proc/20/stat", "20 (a ) S (b) S 10 20 20 0\n");
	environment("/proc/20/environ", "NOT_SSH_CONNECTION=1 2 3 4|");
	assert_null(doctor_ssh_server(fixture_node, 30));
	environment("/proc/10/environ", "HOME=/root|SSH_CONNECTION=fd00::9 50000 fe80::2%eth1 22|TERM=x|");
	server = doctor_ssh_server(fixture_node, 30);
	assert_string_equal(server, "fe80::2%eth1");
	/* A loop, which no kernel has, ends. */
	place("/proc/20/stat", "20 (sudo) S 30 20 20 0\n");
	assert_null(doctor_ssh_server(fixture_node, 30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documented),
		cmocka_unit_test_setup_teardown(test_run, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cannot_look, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ssh_server, preflight_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
