/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/preflight.h"

#include "preflight-fixture.h"

struct machine {
	struct cluster *cluster;
	struct facts facts;
	const char *state_directory;
	size_t node;
};

static struct machine machine(void)
{
	return (struct machine){plan_cluster("master dns64 nat64", "minion", "minion"), plan_facts(), "/run/state", 0};
}

static void machine_done(struct machine *machine)
{
	cluster_free(machine->cluster);
	facts_done(&machine->facts);
}

/* The finding of this id, as "error: message" or "warning: message"; NULL when there is none. */
static char *finding(const struct machine *machine, const char *verb, const char *id)
{
	const struct preflight what = {fixture_node, machine->cluster, &machine->cluster->nodes[machine->node],
		&machine->facts, machine->state_directory};
	_cleanup_findings_ struct findings findings = FINDINGS_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	unsigned int errors = 0;
	char *found = NULL;
	size_t i;
	int r;

	r = preflight_run(&what, verb, &findings, &err);
	if (r < 0)
		fail_msg("%s", err.msg);
	for (i = 0; i < findings.n; i++) {
		const struct finding *item = &findings.items[i];

		errors += item->severity == SEVERITY_ERROR;
		if (!found && str_eq(item->id, id))
			found = mem_printf(
				"%s: %s", item->severity == SEVERITY_ERROR ? "error" : "warning", item->message);
	}
	assert_int_equal(r, errors);
	return found;
}

static void finds(const struct machine *machine, const char *verb, const char *id, const char *words)
{
	_cleanup_free_ char *text = finding(machine, verb, id);

	if (text == NULL || strstr(text, words) == NULL)
		fail_msg("'%s' isn't in: %s", words, text ? text : "nothing");
}

static void finds_nothing(const struct machine *machine, const char *verb, const char *id)
{
	_cleanup_free_ char *text = finding(machine, verb, id);

	if (text)
		fail_msg("%s", text);
}

static void add_link(void)
{
	RUN_QUIET("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far");
}

static void test_interface(void **state)
{
	struct machine m = machine();

	RUN_QUIET("ip", "link", "add", "enp7s0", "type", "bridge");
	finds(&m, "prepare", "interface", "enp7s0");
	add_link();
	finds(&m, "prepare", "interface", "error: the interface 'eth1' is down");
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	finds_nothing(&m, "up", "interface");
	machine_done(&m);
}

static void test_mtu(void **state)
{
	struct machine m = machine();

	RUN_QUIET("ip", "tuntap", "add", "eth1", "mode", "tap");
	finds_nothing(&m, "prepare", "mtu");
	m.cluster->mtu = 65535;
	finds(&m, "prepare", "mtu", "can do an MTU of 65521 at most");
	machine_done(&m);
}

static void test_own_address(void **state)
{
	struct machine m = machine();

	add_link();
	finds_nothing(&m, "prepare", "own-address");
	m.cluster->nodes[0].address_exists = true;
	finds(&m, "prepare", "own-address", "does not have the address 'fd00:20::2'");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "far", "nodad");
	finds(&m, "prepare", "own-address", "error: the management address 'fd00:20::2' is on the interface 'far'");
	RUN_QUIET("ip", "addr", "del", "fd00:20::2/64", "dev", "far");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "eth1", "nodad");
	finds_nothing(&m, "prepare", "own-address");
	machine_done(&m);
}

/* Another machine on the link: a namespace with the other end. */
static void add_neighbour(void)
{
	struct step netns = step_netns("other"), veth = step_veth(NULL, "eth1", NULL, "other", "far", 1500);

	fixture_apply(&netns);
	fixture_apply(&veth);
	free(RUN_IN("other", "ip", "link", "set", "far", "address", "02:00:00:00:be:ef"));
	step_done(&netns);
	step_done(&veth);
}

static void test_address_in_use(void **state)
{
	struct machine m = machine();

	add_neighbour();
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	free(RUN_IN("other", "ip", "link", "set", "far", "up"));
	finds_nothing(&m, "prepare", "address-in-use");
	free(RUN_IN("other", "ip", "addr", "add", "fd00:20::2/64", "dev", "far", "nodad"));
	finds(&m, "prepare", "address-in-use",
		"error: the management address 'fd00:20::2' is in use already by the machine with hardware address "
		"02:00:00:00:be:ef");
	/* Another node's address is no clash with that. */
	m.node = 1;
	finds_nothing(&m, "prepare", "address-in-use");
	machine_done(&m);
}

static void test_state_directory(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "state-directory");
	preflight_directory("/small");
	assert_int_equal(mount("none", FIXTURE_ROOT "/small", "tmpfs", 0, "size=512k"), 0);
	m.state_directory = "/small/lib/lazyjack";
	finds(&m, "prepare", "state-directory", "is full");
	assert_int_equal(mount("none", FIXTURE_ROOT "/small", "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	finds(&m, "up", "state-directory", "is read-only");
	assert_int_equal(umount(FIXTURE_ROOT "/small"), 0);
	machine_done(&m);
}

static void test_programs(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "named");
	finds_nothing(&m, "prepare", "tayga");
	finds_nothing(&m, "up", "cni-plugins");
	facts_done(&m.facts);
	finds(&m, "prepare", "named", "error: there is no program 'named'");
	finds(&m, "prepare", "tayga", "error: there is no program 'tayga'");
	finds(&m, "up", "cni-plugins", "error: neither '/opt/cni/bin' nor '/usr/lib/cni' has all of");
	finds(&m, "up", "bridge-netfilter", "warning: ");
	/* Only where they are needed. */
	m.node = 1;
	finds_nothing(&m, "prepare", "named");
	finds_nothing(&m, "prepare", "tayga");
	machine_done(&m);
}

static void test_kubernetes(void **state)
{
	struct machine m = machine();

	finds(&m, "prepare", "kubernetes", "warning: there is no working 'kubeadm'");
	m.facts.kubeadm_version = mem_strdup("v1.20.2");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.20.2");
	preflight_program("/usr/local/bin/kubectl", "clientVersion:\n  gitVersion: v1.20.9");
	finds_nothing(&m, "prepare", "kubernetes");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.21.0");
	finds(&m, "prepare", "kubernetes",
		"error: 'kubelet' is v1.21.0, but another of Kubernetes' programs here is 1.20");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.12.3");
	finds(&m, "up", "kubernetes", "error: 'kubelet' is v1.12.3, which is too old");
	machine_done(&m);
}

static void test_ipv4_default_route(void **state)
{
	struct machine m = machine();

	finds(&m, "prepare", "ipv4-default-route",
		"warning: this node translates to IPv4, but has no IPv4 default route");
	m.node = 1;
	finds_nothing(&m, "prepare", "ipv4-default-route");
	add_link();
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	RUN_QUIET("ip", "addr", "add", "192.0.2.2/24", "dev", "eth1");
	RUN_QUIET("ip", "route", "add", "default", "via", "192.0.2.1");
	finds(&m, "prepare", "ipv4-default-route", "warning: the IPv4 default route via '192.0.2.1' on 'eth1'");
	m.node = 0;
	finds_nothing(&m, "prepare", "ipv4-default-route");
	machine_done(&m);
}

static void test_tun(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "tun");
	assert_int_equal(unlink(FIXTURE_ROOT "/dev/net/tun"), 0);
	finds(&m, "prepare", "tun", "error: there is no device '/dev/net/tun'");
	machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_interface, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mtu, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_own_address, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_address_in_use, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_state_directory, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_programs, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubernetes, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ipv4_default_route, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_tun, preflight_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
