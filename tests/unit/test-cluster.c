/* SPDX-License-Identifier: Apache-2.0 */
#include "model/cluster.h"

#include <errno.h>

#include "base/str.h"
#include "cluster-fixture.h"

static void assert_address(const struct address *address, const char *wanted)
{
	char text[ADDRESS_TEXT_MAX];

	assert_string_equal(address_text(address, text), wanted);
}

static void assert_prefix(const struct prefix *prefix, const char *wanted)
{
	char text[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_text(prefix, text), wanted);
}

static void test_ipv6(void **state)
{
	struct cluster *cluster = valid_cluster(ipv6_text);

	assert_int_equal(cluster->mode, MODE_IPV6);
	assert_int_equal(cluster->families, 1);
	assert_string_equal(cluster->plugin, "bridge");
	assert_string_equal(cluster->runtime, "host");
	assert_string_equal(cluster->work_area, WORK_AREA_DEFAULT);
	assert_string_equal(cluster->kubernetes_version, "latest");
	assert_null(cluster->token);
	assert_null(cluster->token_cert_hash);
	assert_false(cluster->insecure);
	assert_int_equal(cluster->kubeadm_timeout, 600);
	assert_int_equal(cluster->mtu, 9000);
	assert_prefix(&cluster->mgmt[0], "fd00:20::/64");
	assert_prefix(&cluster->pod[0], "fd00:40::/72");
	assert_prefix(&cluster->service[0], "fd00:30::/110");
	assert_address(&cluster->cluster_dns[0], "fd00:30::a");
	assert_prefix(&cluster->support6, "fd00:10::/64");
	assert_prefix(&cluster->support4, "172.18.0.0/16");
	assert_address(&cluster->support6_gateway, "fd00:10::1");
	assert_address(&cluster->support4_gateway, "172.18.0.1");
	assert_prefix(&cluster->nat64.pool, "172.18.0.128/25");
	assert_address(&cluster->nat64.v4, "172.18.0.200");
	assert_address(&cluster->nat64.v6, "fd00:10::200");
	assert_string_equal(cluster->nat64.engine, "auto");
	assert_int_equal(cluster->nat64.n_denied, 1);
	assert_prefix(&cluster->dns64.prefix, "fd00:10:64:ff9b::/96");
	assert_address(&cluster->dns64.v6, "fd00:10::100");
	assert_address(&cluster->dns64.remote_server, "64.102.6.247");
	assert_address(&cluster->dns64.forwarder, "fd00:10:64:ff9b::4066:6f7");
	assert_true(cluster->dns64.allow_aaaa);
	cluster_free(cluster);
}

static void test_nodes(void **state)
{
	struct cluster *cluster = valid_cluster(ipv6_text);
	const struct cluster_node *master = cluster_find(cluster, "my-master"),
				  *minion = cluster_find(cluster, "a-minion");

	assert_int_equal(cluster->n_nodes, 2);
	assert_ptr_equal(master, &cluster->nodes[0]);
	assert_ptr_equal(minion, &cluster->nodes[1]);
	assert_null(cluster_find(cluster, "a-minio"));
	assert_int_equal(master->roles, ROLE_MASTER | ROLE_DNS64 | ROLE_NAT64);
	assert_int_equal(minion->roles, ROLE_MINION);
	assert_string_equal(minion->interface, "eth2");
	assert_prefix(&master->mgmt[0], "fd00:20::2/64");
	assert_prefix(&master->pods[0], "fd00:40:0:0:2::/80");
	assert_prefix(&minion->mgmt[0], "fd00:20::64/64");
	assert_prefix(&minion->pods[0], "fd00:40:0:0:64::/80");
	assert_false(minion->address_exists);
	assert_ptr_equal(cluster_with_role(cluster, ROLE_DNS64), master);
	assert_ptr_equal(cluster_with_role(cluster, ROLE_MINION), minion);
	assert_string_equal(role_name(ROLE_MINION), "minion");
	cluster_free(cluster);
}

static void test_ipv4(void **state)
{
	struct cluster *cluster = valid_cluster(ipv4_text);

	assert_int_equal(cluster->mode, MODE_IPV4);
	assert_prefix(&cluster->nodes[1].mgmt[0], "10.0.0.3/8");
	assert_prefix(&cluster->nodes[1].pods[0], "172.16.3.0/24");
	assert_address(&cluster->cluster_dns[0], "192.168.0.10");
	assert_int_equal(cluster->mtu, 1500);
	assert_null(cluster_with_role(cluster, ROLE_DNS64));
	cluster_free(cluster);
}

static void test_dual_stack(void **state)
{
	_cleanup_free_ char *other = with_line(dual_text, 13, "    cidr: 'fd00:20::/64'\n"),
			    *text = with_line(other, 14, "    cidr2: 10.192.0.0/16\n");
	struct cluster *cluster = valid_cluster(dual_text);
	struct diagnostics diagnostics = {0};

	assert_int_equal(cluster->families, 2);
	assert_prefix(&cluster->nodes[1].mgmt[0], "10.192.0.3/16");
	assert_prefix(&cluster->nodes[1].mgmt[1], "fd00:20::3/64");
	assert_prefix(&cluster->nodes[1].pods[0], "10.244.3.0/24");
	assert_prefix(&cluster->nodes[1].pods[1], "fd00:40:0:0:3::/80");
	assert_address(&cluster->cluster_dns[0], "10.96.0.10");
	assert_int_equal(cluster->cluster_dns[1].family, AF_UNSPEC);
	cluster_free(cluster);

	/* The first family is the same everywhere. */
	assert_null(cluster_of(text, &diagnostics));
	assert_int_equal(diagnostics.errors, 3);
	diagnostics_done(&diagnostics);
}

static void test_node_size(void **state)
{
	_cleanup_free_ char *text = with_line(ipv6_text, 19, "    cidr: 'fd00:40::/64'\n    node_size: 80\n");
	struct cluster *cluster = valid_cluster(text);

	assert_prefix(&cluster->nodes[1].pods[0], "fd00:40:0:0:64::/80");
	cluster_free(cluster);
}

static void test_own_address(void **state)
{
	_cleanup_free_ char *text = with_line(ipv6_text, 12, "        id: 100\n        address: 'fd00:20::abcd/64'\n");
	struct cluster *cluster = valid_cluster(text);

	assert_prefix(&cluster->nodes[1].mgmt[0], "fd00:20::abcd/64");
	assert_true(cluster->nodes[1].address_exists);
	assert_prefix(&cluster->nodes[1].pods[0], "fd00:40:0:0:64::/80");
	cluster_free(cluster);
}

static void test_separate_servers(void **state)
{
	_cleanup_free_ char *first = with_line(ipv6_text, 7, "        opmodes: MASTER\tminion\n"),
			    *text = with_line(first, 12,
				    "        id: 100\n    ns:\n        {interface: eth0, opmodes: dns64, id: 4}\n"
				    "    xlat:\n        {interface: eth0, opmodes: nat64, id: 5}\n");
	struct cluster *cluster = valid_cluster(text);

	assert_int_equal(cluster->nodes[0].roles, ROLE_MASTER | ROLE_MINION);
	assert_string_equal(cluster_with_role(cluster, ROLE_DNS64)->name, "ns");
	assert_string_equal(cluster_with_role(cluster, ROLE_NAT64)->name, "xlat");
	cluster_free(cluster);
}

static void test_general(void **state)
{
	_cleanup_free_ char *text = with_line(ipv6_text, 3,
		"    work-area: /srv/lazyjack//\n    kubernetes-version: v1.31.2\n    insecure: yes\n    runtime: "
		"host\n"
		"    token: abcdef.0123456789abcdef\n    kubeadm-timeout: 60\n    cri-socket: /run/crio/crio.sock\n");
	struct cluster *cluster = valid_cluster(text);

	assert_string_equal(cluster->work_area, "/srv/lazyjack");
	assert_string_equal(cluster->kubernetes_version, "v1.31.2");
	assert_true(cluster->insecure);
	assert_string_equal(cluster->token, "abcdef.0123456789abcdef");
	assert_int_equal(cluster->kubeadm_timeout, 60);
	assert_string_equal(cluster->cri_socket, "/run/crio/crio.sock");
	cluster_free(cluster);
}

static void test_select(void **state)
{
	struct cluster *cluster = valid_cluster(ipv6_text);
	_cleanup_err_ struct err err = ERR_INIT;

	assert_ptr_equal(cluster_select(cluster, NULL, "a-minion", &err), &cluster->nodes[1]);
	assert_ptr_equal(cluster_select(cluster, NULL, "A-Minion.example.org", &err), &cluster->nodes[1]);
	assert_ptr_equal(cluster_select(cluster, "my-master", "a-minion", &err), &cluster->nodes[0]);
	assert_null(err.msg);
	assert_null(cluster_select(cluster, "a-minoin", "a-minion", &err));
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.msg,
		"host 'a-minoin' is not in the topology, which has my-master, a-minion; did you mean 'a-minion'?");
	assert_null(cluster_select(cluster, NULL, "somewhere", &err));
	assert_string_equal(err.msg, "this machine's name 'somewhere' is not in the topology, which has my-master, "
				     "a-minion; name the node with --host");
	/* A part of a name is not the name. */
	assert_null(cluster_select(cluster, NULL, "a", &err));
	cluster_free(cluster);
}

/* 5,000 nodes, of whose names 20 are listed. */
static void test_large(void **state)
{
	_cleanup_free_ char *base = with_line(ipv6_text, 19, "    cidr: 'fd00:40::/56'\n    node_size: 72\n");
	const char *behind_hosts = strstr(base, "support_net:");
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	struct cluster *cluster;
	unsigned int i;

	str_add_n(&text, base, (size_t)(behind_hosts - base));
	for (i = 3; i <= 5000; i++)
		str_addf(&text, "    node-%u:\n        interface: eth1\n        opmodes: minion\n        id: %u\n", i,
			i + 5000);
	str_add(&text, behind_hosts);
	cluster = valid_cluster(str_text(&text));
	assert_int_equal(cluster->n_nodes, 5000);
	assert_prefix(&cluster->nodes[4999].mgmt[0], "fd00:20::2710/64");
	assert_prefix(&cluster->nodes[4999].pods[0], "fd00:40:0:27:1000::/72");
	assert_null(cluster_select(cluster, "nowhere-at-all", "", &err));
	assert_non_null(strstr(err.msg, "node-20 and 4980 more"));
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_dual_stack),
		cmocka_unit_test(test_node_size),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_separate_servers),
		cmocka_unit_test(test_general),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_large),
	};

	return RUN_TESTS(tests);
}
