/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster of three nodes, with the services where the test wants them, and the facts of an ordinary machine. */
#pragma once

#include "cluster-fixture.h"
#include "golden.h"
#include "planner/planner.h"

/* Opmodes of the three nodes. */
static inline struct cluster *plan_cluster(const char *master, const char *minion_1, const char *minion_2)
{
	_cleanup_free_ char *text =
		mem_printf("general:\n"
			   "    token: \"abcdef.0123456789abcdef\"\n"
			   "    token-cert-hash: \"%064d\"\n"
			   "topology:\n"
			   "    master: {interface: eth1, id: 2, opmodes: '%s'}\n"
			   "    minion-1: {interface: eth1, id: 3, opmodes: '%s'}\n"
			   "    minion-2: {interface: eth1, id: 100, opmodes: '%s'}\n"
			   "support_net: {cidr: 'fd00:10::/64', v4cidr: 172.18.0.0/16}\n"
			   "mgmt_net: {cidr: 'fd00:20::/64'}\n"
			   "pod_net: {cidr: 'fd00:40::/72'}\n"
			   "service_net: {cidr: 'fd00:30::/110'}\n"
			   "nat64: {v4_cidr: 172.18.0.128/25, v4_ip: 172.18.0.200, ip: 'fd00:10::200'}\n"
			   "dns64: {remote_server: 192.0.2.53, cidr: 'fd00:10:64:ff9b::/96', ip: "
			   "'fd00:10::100'}\n",
			0, master, minion_1, minion_2);

	return valid_cluster(text);
}

/* The same three nodes in another mode, with what stands below `general`; `v6_first` is for dual-stack. */
static inline struct cluster *plan_mode_cluster(const char *mode, bool v6_first, const char *general)
{
	static const char *const networks[][3] = {
		{"fd00:20::/64", "fd00:40::/72", "fd00:30::/110"},
		{"10.20.0.0/16", "10.244.0.0/16", "10.96.0.0/12"},
	};
	bool dual = str_eq(mode, "dual-stack");
	size_t first = v6_first ? 0 : 1, i;
	struct str text = STR_INIT;
	struct cluster *cluster;

	str_addf(&text,
		"general:\n"
		"    mode: %s\n"
		"    token: \"abcdef.0123456789abcdef\"\n"
		"    token-cert-hash: \"%064d\"\n"
		"%s"
		"topology:\n"
		"    master: {interface: eth1, id: 2, opmodes: master}\n"
		"    minion-1: {interface: eth1, id: 3, opmodes: minion}\n"
		"    minion-2: {interface: eth1, id: 100, opmodes: minion}\n",
		mode, 0, general);
	for (i = 0; i < 3; i++) {
		static const char *const sections[] = {"mgmt_net", "pod_net", "service_net"};

		str_addf(&text, "%s: {cidr: '%s'", sections[i], networks[first][i]);
		if (dual)
			str_addf(&text, ", cidr2: '%s'", networks[1 - first][i]);
		str_add(&text, "}\n");
	}
	cluster = valid_cluster(text.s);
	str_done(&text);
	return cluster;
}

/* Two masters and a minion behind one address, with what `init` writes or without the key. */
static inline struct cluster *plan_masters(bool has_key)
{
	_cleanup_free_ char *key = has_key ? mem_printf("    certificate-key: '%064d'\n", 1) : mem_strdup("");
	_cleanup_free_ char *text = mem_printf("general:\n"
					       "    mode: ipv4\n"
					       "    token: \"abcdef.0123456789abcdef\"\n"
					       "    token-cert-hash: \"%064d\"\n"
					       "    control-plane-endpoint: api.example.test:8443\n"
					       "%s"
					       "topology:\n"
					       "    master: {interface: eth1, id: 2, opmodes: master}\n"
					       "    minion-1: {interface: eth1, id: 3, opmodes: master}\n"
					       "    minion-2: {interface: eth1, id: 100, opmodes: minion}\n"
					       "mgmt_net: {cidr: 10.20.0.0/16}\n"
					       "pod_net: {cidr: 10.244.0.0/16}\n"
					       "service_net: {cidr: 10.96.0.0/12}\n",
		0, key);

	return valid_cluster(text);
}

static inline struct facts plan_facts(void)
{
	return (struct facts){
		.self = mem_strdup("/usr/local/bin/lazyjack"),
		.hosts_file = mem_strdup("/etc/hosts"),
		.cni_bin = mem_strdup("/usr/lib/cni"),
		.cni_version = mem_strdup("1.0.0"),
		.named = mem_strdup("/usr/sbin/named"),
		.tayga = mem_strdup("/usr/sbin/tayga"),
		.bridge_netfilter = true,
	};
}

static inline char **plan_list(const char *a, const char *b)
{
	char **list = mem_new(3, sizeof(*list));

	list[0] = mem_strdup(a);
	list[1] = mem_strdup(b);
	return list;
}

/* True when a step of the kind with this identity is in the plan; its place. */
static inline int plan_place(const struct plan *plan, const char *label)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		struct str text = STR_INIT;
		bool same;

		step_label(&plan->steps[i], &text);
		same = str_eq(text.s, label);
		str_done(&text);
		if (same)
			return (int)i;
	}
	return -1;
}
