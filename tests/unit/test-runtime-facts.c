/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/runtime-facts.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "preflight-fixture.h"

#define CONTAINERD "/run/containerd/containerd.sock"
#define CRIO "/run/crio/crio.sock"
#define CRI_DOCKERD "/run/cri-dockerd.sock"

/* The parts of `containerd config dump` that matter, as 1.6 and 2.1 print them. */
#define VERSION_2(cgroup)                                                                                              \
	"disabled_plugins = []\n"                                                                                      \
	"version = 2\n"                                                                                                \
	"[plugins]\n"                                                                                                  \
	"  [plugins.\"io.containerd.grpc.v1.cri\"]\n"                                                                  \
	"    systemd_cgroup = false\n"                                                                                 \
	"    [plugins.\"io.containerd.grpc.v1.cri\".containerd]\n"                                                     \
	"      default_runtime_name = \"runc\"\n"                                                                      \
	"      [plugins.\"io.containerd.grpc.v1.cri\".containerd.default_runtime.options]\n"                           \
	"      [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"                                     \
	"        runtime_type = \"io.containerd.runc.v2\"\n"                                                           \
	"        [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n"                           \
	"          BinaryName = \"\"\n" cgroup

static const char version_3[] = "version = 3\n"
				"disabled_plugins = []\n"
				"[plugins]\n"
				"  [plugins.'io.containerd.cri.v1.runtime']\n"
				"    [plugins.'io.containerd.cri.v1.runtime'.containerd]\n"
				"      default_runtime_name = 'nvidia'\n"
				"      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.nvidia]\n"
				"        runtime_type = 'io.containerd.runc.v2'\n"
				"        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.nvidia.options]\n"
				"          SystemdCgroup = true\n"
				"      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]\n"
				"        runtime_type = 'io.containerd.runc.v2'\n"
				"        [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]\n"
				"          SystemdCgroup = false\n";

static void test_containerd(void **state)
{
	static const struct {
		const char *dump, *driver;
	} rows[] = {
		{VERSION_2("          SystemdCgroup = true\n"), "systemd"},
		{VERSION_2("          SystemdCgroup = false\n"), "cgroupfs"},
		{VERSION_2(""), "cgroupfs"},
		{version_3, "systemd"},
		{"[plugins.\"io.containerd.grpc.v1.cri\".containerd]\ndefault_runtime_name = \"kata\"\n"
		 "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.kata]\n"
		 "runtime_type = \"io.containerd.kata.v2\"\n",
			NULL},
		{"version = 2\ndisabled_plugins = [\"cri\"]\n", NULL},
		{"", NULL},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *driver = containerd_cgroup_driver(rows[i].dump);

		if (!str_eq(driver, rows[i].driver))
			fail_msg("row %zu: '%s'", i, driver ? driver : "(none)");
	}
}

static void test_cri_disabled(void **state)
{
	assert_true(containerd_cri_disabled("disabled_plugins = [\"cri\"]\n"));
	assert_true(containerd_cri_disabled("disabled_plugins = ['x', 'io.containerd.cri.v1.runtime']\n"));
	assert_true(containerd_cri_disabled("disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n"));
	assert_false(containerd_cri_disabled("disabled_plugins = []\n"));
	assert_false(containerd_cri_disabled("disabled_plugins = [\"scribe\", \"cri-x\"]\n"));
	assert_false(containerd_cri_disabled("disabled_plugins = cri\n"));
	assert_false(containerd_cri_disabled("[x]\ndisabled_plugins = [\"cri\"]\n"));
	assert_false(containerd_cri_disabled(""));
}

static void test_crio_text(void **state)
{
	_cleanup_free_ char *driver =
		crio_cgroup_driver("[crio]\n[crio.runtime]\n# cgroup_manager = \"x\"\ncgroup_manager = \"cgroupfs\"\n");

	assert_string_equal(driver, "cgroupfs");
	assert_null(crio_cgroup_driver("[crio]\ncgroup_manager = \"cgroupfs\"\n"));
	assert_null(crio_cgroup_driver("[crio.runtime]\ncgroup_manager = \"cgroupfs\\n--v=9\"\n"));
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_cleanup_free_ char *directory = file_parent(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	preflight_directory(directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", FIXTURE_ROOT, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static struct facts look(unsigned int minor, const char *version, const char *key)
{
	struct facts facts = {.kubeadm_minor = minor};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	free(cluster->kubernetes_version);
	cluster->kubernetes_version = mem_strdup(version);
	cluster->cri_socket = mem_strdup(key);
	runtime_facts(fixture_node, cluster, &facts);
	cluster_free(cluster);
	return facts;
}

/* The sockets found, with blanks between them, and behind " > " the one chosen. */
static void finds(unsigned int minor, const char *version, const char *key, const char *wanted)
{
	struct facts facts = look(minor, version, key);
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; facts.cri_sockets && facts.cri_sockets[i]; i++)
		str_addf(&text, "%s ", facts.cri_sockets[i]);
	str_addf(&text, "> %s", facts.cri_socket ? facts.cri_socket : "none");
	assert_string_equal(text.s, wanted);
	str_done(&text);
	facts_done(&facts);
}

static void test_one_socket(void **state)
{
	finds(31, "latest", NULL, "> none");
	fixture_write(FIXTURE_ROOT CONTAINERD, "no socket");
	finds(31, "latest", NULL, "> none");
	make_socket(CRIO);
	finds(31, "latest", NULL, CRIO " > " CRIO);
	finds(31, "latest", "/srv/other.sock", CRIO " > /srv/other.sock");
}

static void test_two_sockets(void **state)
{
	make_socket(CONTAINERD);
	make_socket(CRIO);
	finds(31, "latest", NULL, CONTAINERD " " CRIO " > none");
	finds(31, "latest", CRIO, CONTAINERD " " CRIO " > " CRIO);
}

/* Up to 1.23 Docker is a runtime, and its containerd no other one; from 1.24 it takes cri-dockerd. */
static void test_docker(void **state)
{
	make_socket(DOCKER_SOCKET);
	finds(24, "latest", NULL, "> none");
	finds(0, "latest", NULL, "> none");
	make_socket(CONTAINERD);
	finds(23, "latest", NULL, "/var/run/dockershim.sock > /var/run/dockershim.sock");
	finds(0, "v1.20.2", NULL, "/var/run/dockershim.sock > /var/run/dockershim.sock");
	finds(24, "v1.20.2", NULL, CONTAINERD " > " CONTAINERD);
	make_socket(CRI_DOCKERD);
	finds(24, "latest", NULL, CONTAINERD " " CRI_DOCKERD " > none");
}

static void drives(const char *key, const char *wanted)
{
	struct facts facts = look(23, "latest", key);

	if (!str_eq(facts.cgroup_driver, wanted))
		fail_msg("%s: '%s', not '%s'", key, facts.cgroup_driver ? facts.cgroup_driver : "(none)",
			wanted ? wanted : "(none)");
	facts_done(&facts);
}

static void test_drivers(void **state)
{
	drives(CONTAINERD, NULL);
	preflight_program("/usr/local/bin/containerd", VERSION_2("SystemdCgroup = true"));
	drives(CONTAINERD, "systemd");
	drives("/var/run/containerd/containerd.sock", "systemd");
	/* Of another containerd the configuration is another one. */
	drives("/run/k3s/containerd/containerd.sock", NULL);

	drives(CRIO, "systemd");
	preflight_directory("/etc/crio/crio.conf.d");
	fixture_write(FIXTURE_ROOT "/etc/crio/crio.conf", "[crio.runtime]\ncgroup_manager = \"cgroupfs\"\n");
	drives(CRIO, "cgroupfs");
	fixture_write(FIXTURE_ROOT "/etc/crio/crio.conf.d/10-a.conf", "[crio.runtime]\ncgroup_manager = \"systemd\"\n");
	fixture_write(FIXTURE_ROOT "/etc/crio/crio.conf.d/20-b.conf", "[crio.runtime]\nlog_level = \"info\"\n");
	drives(CRIO, "systemd");

	preflight_program("/usr/local/bin/docker", "cgroupfs");
	drives(CRI_DOCKERD, "cgroupfs");
	drives("/run/dockershim.sock", "cgroupfs");
	preflight_program("/usr/local/bin/docker", "none");
	drives(CRI_DOCKERD, NULL);
}

/* What does not answer well is not known, and stops nothing. */
static void test_failing_program(void **state)
{
	struct facts facts;

	fixture_write(FIXTURE_ROOT "/usr/local/bin/containerd", "#!/bin/sh\necho 'version = 2'\nexit 1\n");
	assert_int_equal(chmod(FIXTURE_ROOT "/usr/local/bin/containerd", 0755), 0);
	drives(CONTAINERD, NULL);
	preflight_program("/usr/local/bin/containerd", "disabled_plugins = [\"cri\"]");
	facts = look(31, "latest", CONTAINERD);
	assert_null(facts.cgroup_driver);
	assert_true(facts.cri_disabled);
	facts_done(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containerd),
		cmocka_unit_test(test_cri_disabled),
		cmocka_unit_test(test_crio_text),
		cmocka_unit_test_setup_teardown(test_one_socket, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_two_sockets, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_docker, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_drivers, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_failing_program, preflight_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
