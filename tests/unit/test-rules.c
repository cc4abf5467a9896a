/* SPDX-License-Identifier: Apache-2.0 */
#include "cluster-fixture.h"

/* One changed line, and the one finding that it gets. */
struct row {
	const char *text;
	unsigned int number; /* of the line that is replaced */
	const char *with;
	unsigned int line; /* where the finding is; 0: there is none, all is well */
	const char *message;
	const char *hint; /* NULL: not looked at */
};

static const struct row rows[] = {
	/* general */
	{ipv6_text, 3, "    plugin: ptp\n", 0, NULL, NULL},
	{ipv6_text, 3, "    plugin: calico\n    plugin-manifest: /root/calico.yaml\n", 0, NULL, NULL},
	{ipv6_text, 3, "    plugin: ptp\n    plugin-manifest: /root/calico.yaml\n", 4,
		"general.plugin-manifest has no meaning with general.plugin 'ptp'", "take it out"},
	{ipv6_text, 3, "    plugin-manifest: calico.yaml\n", 3, "general.plugin-manifest", NULL},
	{ipv6_text, 3, "    runtime: docker\n", 0, NULL, NULL},
	{ipv6_text, 30, "    ip: 'fd00:10::100'\n    image: '-v/:/x'\n", 31, "dns64.image: '-v/:/x'",
		"write a name like"},
	{ipv6_text, 30, "    ip: 'fd00:10::100'\n    image: 'a b'\n", 31, "dns64.image: 'a b' has a character", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    image: registry.test:5000/x/tayga@sha256:00\n", 0, NULL, NULL},

	{ipv6_text, 3, "    insecure: false\n", 0, NULL, NULL},
	{ipv6_text, 3, "    kubernetes-version: v1.13.0\n", 0, NULL, NULL},
	{dual_text, 2, "    mode: dual-stack\n    kubernetes-version: v1.19.16\n", 3,
		"kubeadm 1.19 makes no cluster of two families: install 1.20 or newer", NULL},
	{dual_text, 2, "    mode: dual-stack\n    kubernetes-version: v1.20.0\n", 0, NULL, NULL},
	{ipv6_text, 3, "    plugin: calico\n    kubernetes-version: v1.22.1\n", 4,
		"kubeadm 1.22 gives the nodes of a cluster of one family no pod subnets of /80", NULL},
	{ipv6_text, 3, "    plugin: ptp\n    kubernetes-version: v1.22.1\n", 0, NULL, NULL},
	{ipv6_text, 3, "    plugin: calico\n    kubernetes-version: v1.23.0\n", 0, NULL, NULL},
	{ipv4_text, 2, "    mode: ipv4\n    plugin: calico\n    kubernetes-version: v1.22.1\n", 0, NULL, NULL},
	{dual_text, 2, "    mode: dual-stack\n    plugin: calico\n    kubernetes-version: v1.22.1\n", 0, NULL, NULL},

	/* keys and modes */
	{ipv6_text, 17, "", 0, "mgmt_net.cidr is missing; mode 'ipv6' needs it",
		"the network of the nodes' management"},
	{ipv6_text, 19, "", 19, "pod_net.cidr is missing; mode 'ipv6' needs it", NULL},
	{ipv6_text, 24, "", 24, "nat64.v4_cidr is missing", NULL},
	{ipv6_text, 28, "", 28, "dns64.remote_server is missing", "the IPv4 name server"},
	{ipv6_text, 17, "    cidr: 'fd00:20::/64'\n    cidr2: 10.0.0.0/8\n", 18,
		"mgmt_net.cidr2 (the management network of the other family) has no meaning in mode 'ipv6'", NULL},
	{ipv4_text, 17, "    cidr: 192.168.0.0/16\nnat64:\n    engine: tayga\n", 19,
		"nat64.engine (what translates: the program tayga, or eBPF programs in the kernel) has no meaning in "
		"mode 'ipv4'",
		NULL},
	{ipv4_text, 10, "        opmodes: minion dns64\n", 10,
		"has the role 'dns64', which has no meaning in mode 'ipv4'", NULL},
	{dual_text, 14, "", 13, "mgmt_net.cidr2 is missing; mode 'dual-stack' needs it", NULL},
	{dual_text, 17, "    cidr2: 'fd00:40::/72'\n    node_size: 80\n", 18,
		"pod_net.node_size (the prefix length of a node's pod subnet) has no meaning in mode 'dual-stack'",
		NULL},

	/* families */
	{ipv6_text, 17, "    cidr: 10.0.0.0/8\n", 17,
		"mgmt_net.cidr '10.0.0.0/8' is an IPv4 network; mode 'ipv6' needs IPv6 here", NULL},
	{ipv4_text, 13, "    cidr: 'fd00:20::/64'\n", 13, "is an IPv6 network; mode 'ipv4' needs IPv4 here", NULL},
	{dual_text, 14, "    cidr2: 10.32.0.0/16\n", 14, "is an IPv4 network; mode 'dual-stack' needs IPv6 here", NULL},
	{dual_text, 19, "    cidr: 'fd00:30::/110'\n", 19, "is an IPv6 network; mode 'dual-stack' needs IPv4 here",
		NULL},

	/* networks */
	{ipv6_text, 17, "    cidr: 'fd00:20::1/64'\n", 17, "mgmt_net.cidr 'fd00:20::1/64' has bits set behind its /64",
		"did you mean 'fd00:20::/64'?"},
	{ipv6_text, 15, "    v4cidr: 172.18.0.1/16\n", 15, "has bits set behind its /16",
		"did you mean '172.18.0.0/16'?"},
	{ipv6_text, 24, "    v4_cidr: 172.18.0.129/25\n", 24, "has bits set", "did you mean '172.18.0.128/25'?"},
	{ipv6_text, 17, "    cidr: 'fe80::/64'\n", 17, "is not a network that hosts can have addresses in", NULL},
	{ipv6_text, 17, "    cidr: 'ff05::/64'\n", 17, "is not a network that hosts can have addresses in", NULL},
	{ipv6_text, 17, "    cidr: '::/0'\n", 17, "is not a network that hosts can have addresses in", NULL},
	{ipv4_text, 13, "    cidr: 127.0.0.0/8\n", 13, "is not a network that hosts can have addresses in", NULL},
	{ipv6_text, 17, "    cidr: 'fd00:20::/127'\n", 17, "mgmt_net.cidr is a /127, which has no room for nodes",
		NULL},
	{ipv6_text, 22, "    cidr: 'fd00:30::/107'\n", 22,
		"service_net.cidr is a /107; allowed for IPv6 is /108 to /124", NULL},
	{ipv6_text, 22, "    cidr: 'fd00:30::/125'\n", 22,
		"service_net.cidr is a /125; allowed for IPv6 is /108 to /124", NULL},
	{ipv6_text, 22, "    cidr: 'fd00:30::/108'\n", 0, NULL, NULL},
	{ipv6_text, 22, "    cidr: 'fd00:30::/124'\n", 0, NULL, NULL},
	{ipv4_text, 17, "    cidr: 192.168.0.0/24\n", 17, "service_net.cidr is a /24; allowed for IPv4 is /12 to /23",
		NULL},
	{ipv4_text, 17, "    cidr: 192.168.0.0/23\n", 0, NULL, NULL},
	{ipv6_text, 19, "    cidr: 'fd00:40::/119'\n", 19, "a node's subnet would be a /127", NULL},
	{ipv6_text, 19, "    cidr: 'fd00:40::/118'\n", 0, NULL, NULL},
	{ipv6_text, 19, "    cidr: 'fd00:40::/125'\n    node_size: 126\n", 19,
		"pod_net.cidr is a /125; the longest that kubeadm takes is /124", "use a /72"},
	{ipv4_text, 15, "    cidr: 172.16.0.0/29\n    node_size: 30\n", 15,
		"pod_net.cidr is a /29; the longest that kubeadm takes is /28", "a /16"},
	{ipv4_text, 17, "    cidr: 192.0.0.0/11\n", 17, "service_net.cidr is a /11; allowed for IPv4 is /12 to /23",
		"at most 20 host bits"},
	{dual_text, 19, "    cidr: 10.96.0.0/12\n    cidr2: 'fd00:30::/96'\n", 20,
		"service_net.cidr2 is a /96; allowed for IPv6 is /108 to /124", NULL},
	{ipv6_text, 20, "    node_size: 72\n", 20,
		"pod_net.node_size 72 does not fit pod_net.cidr /72; allowed is 73 to 126", NULL},
	{ipv6_text, 20, "    node_size: 127\n", 20, "pod_net.node_size 127 does not fit", NULL},
	{ipv6_text, 20, "    node_size: 126\n", 0, NULL, NULL},

	/* overlaps */
	{ipv6_text, 19, "    cidr: 'fd00:20::/72'\n", 19,
		"pod_net.cidr 'fd00:20::/72' overlaps mgmt_net.cidr 'fd00:20::/64' (line 17)", NULL},
	{ipv6_text, 22, "    cidr: 'fd00:40::/110'\n", 22, "overlaps pod_net.cidr 'fd00:40::/72' (line 19)", NULL},
	{ipv6_text, 17, "    cidr: 'fd00:10::/64'\n", 17, "overlaps support_net.cidr 'fd00:10::/64' (line 14)", NULL},
	{ipv6_text, 29, "    cidr: 'fd00:20::/96'\n", 29, "dns64.cidr 'fd00:20::/96' overlaps mgmt_net.cidr", NULL},
	{ipv4_text, 15, "    cidr: 10.244.0.0/16\n", 15, "overlaps mgmt_net.cidr '10.0.0.0/8' (line 13)", NULL},
	{dual_text, 17, "    cidr2: 'fd00:20::/72'\n", 17, "overlaps mgmt_net.cidr2", NULL},

	/* support network, NAT64, DNS64 */
	{ipv6_text, 14, "    cidr: 'fd00:10::/127'\n", 14, "support_net.cidr is a /127, which is too small", NULL},
	{ipv6_text, 24, "    v4_cidr: 172.19.0.128/25\n", 24,
		"nat64.v4_cidr '172.19.0.128/25' lies outside support_net.v4cidr '172.18.0.0/16'", NULL},
	{ipv6_text, 24, "    v4_cidr: 172.18.0.0/25\n", 24, "holds the gateway of support_net.v4cidr", NULL},
	{ipv6_text, 25, "    v4_ip: 172.19.0.200\n", 25,
		"nat64.v4_ip '172.19.0.200' lies outside support_net.v4cidr '172.18.0.0/16'", NULL},
	{ipv6_text, 25, "    v4_ip: 172.18.0.1\n", 25, "is the gateway of support_net.v4cidr", NULL},
	{ipv6_text, 25, "    v4_ip: 172.18.0.0\n", 25, "is a reserved address of", NULL},
	{ipv6_text, 25, "    v4_ip: 172.18.255.255\n", 25, "is a reserved address of", NULL},
	{ipv6_text, 25, "    v4_ip: 172.18.255.254\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:11::200'\n", 26,
		"nat64.ip 'fd00:11::200' lies outside support_net.cidr 'fd00:10::/64'", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::1'\n", 26, "nat64.ip 'fd00:10::1' is the gateway", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::'\n", 26, "is a reserved address", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::ffff:ffff:ffff:ffff'\n", 0, NULL, NULL},
	{ipv6_text, 30, "    ip: 'fd00:11::100'\n", 30, "dns64.ip 'fd00:11::100' lies outside", NULL},
	{ipv6_text, 30, "    ip: 'fd00:10::200'\n", 30,
		"dns64.ip 'fd00:10::200' is the address of nat64.ip (line 26) as well", NULL},
	{ipv6_text, 29, "    cidr: '64:ff9b::/96'\n", 0, NULL, NULL},
	{ipv6_text, 29, "    cidr: 'fd00:64::/72'\n", 29,
		"dns64.cidr is a /72; allowed is /32, /40, /48, /56, /64 or /96", NULL},
	{ipv6_text, 29, "    cidr: 'fd00:64::/56'\n", 0, NULL, NULL},
	{ipv6_text, 29, "    cidr: '64:ff9b:1::/48'\n", 29,
		"dns64.cidr '64:ff9b:1::/48' lies in the reserved block '::/8'", "take '64:ff9b::/96'"},
	{ipv6_text, 29, "    cidr: '64:ff9b::/64'\n", 29, "lies in the reserved block '::/8'", NULL},
	{ipv6_text, 29, "    cidr: '2001:db8::/32'\n", 0, NULL, NULL},
	{ipv6_text, 29, "    cidr: 'fd00:64:0:0:100::/96'\n", 29, "dns64.cidr has bits set between 64 and 71",
		"RFC 6052"},
	{ipv6_text, 28, "    remote_server: 127.0.0.1\n", 28, "is not an IPv4 address that NAT64 can reach", NULL},
	{ipv6_text, 28, "    remote_server: 0.0.0.0\n", 28, "is not an IPv4 address that NAT64 can reach", NULL},
	{ipv6_text, 28, "    remote_server: 172.18.9.9\n", 28, "lies inside support_net.v4cidr", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    engine: auto\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    engine: ebpf\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    overflow_cidr: 10.128.0.0/9\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    overflow_cidr: 0.0.0.0/7\n", 27, "is no network of /8 to /30",
		"one such as 240.0.0.0/18"},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    overflow_cidr: 10.0.0.4/31\n", 27, "is no network of /8 to /30",
		NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    overflow_cidr: 172.18.0.0/17\n", 27,
		"overlaps support_net.v4cidr '172.18.0.0/16' (line 15)", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    overflow_cidr: 'fd00::/16'\n", 27,
		"'fd00::/16' is an IPv6 network where an IPv4 one belongs", NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    deny: none\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    deny: '169.254.0.0/16 10.0.0.0/8'\n", 0, NULL, NULL},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    deny: 10.0.0.1/8\n", 27, "is no list of networks",
		"write networks like"},
	{ipv6_text, 26, "    ip: 'fd00:10::200'\n    deny: 'fd00::/8'\n", 27, "is no list of networks",
		"write networks like"},

	/* hosts */
	{ipv6_text, 7, "        opmodes: minion dns64 nat64\n", 4, "no host of the topology has the role 'master'",
		NULL},
	{ipv6_text, 7, "        opmodes: master nat64\n", 4, "no host of the topology has the role 'dns64'", NULL},
	{ipv6_text, 7, "        opmodes: master dns64\n", 4, "no host of the topology has the role 'nat64'", NULL},
	{ipv6_text, 11, "        opmodes: control-plane\n", 11,
		"host 'a-minion' is a second master; 'my-master' (line 5) is one already", NULL},
	{ipv6_text, 11, "        opmodes: minion nat64\n", 11, "host 'a-minion' is a second nat64", NULL},
	{ipv6_text, 11, "        opmodes: workr\n", 11, "host 'a-minion' has an unknown role 'workr'",
		"did you mean 'worker'?"},
	{ipv6_text, 7, "        opmodes: mastr dns64 nat64\n", 7, "has an unknown role 'mastr'",
		"did you mean 'master'?"},
	{ipv6_text, 11, "        opmodes: zzzzzz\n", 11, "has an unknown role 'zzzzzz'", "roles are master, minion"},
	{ipv6_text, 11, "", 9, "host 'a-minion' has no role", NULL},
	{ipv6_text, 10, "", 9, "host 'a-minion' has no 'interface'", NULL},
	{ipv6_text, 12, "", 9, "host 'a-minion' has no 'id'", NULL},
	{ipv6_text, 12, "        id: 2\n", 12, "id 2 of host 'a-minion' is that of host 'my-master' (line 8) as well",
		NULL},
	{ipv6_text, 9, "    a123456789012345678901234567890123456789.12345678901234567890123:\n", 9,
		"' has 64 characters; a Kubernetes node's may have 63", "shorter name"},
	{ipv6_text, 9, "    a123456789012345678901234567890123456789.1234567890123456789012:\n", 0, NULL, NULL},
	{ipv6_text, 12, "        id: 255\n", 0, NULL, NULL},
	{ipv6_text, 12, "        id: 256\n", 12,
		"id 256 of host 'a-minion' does not fit pod_net.cidr 'fd00:40::/72', which has room up to 255", NULL},
	{ipv4_text, 11, "        id: 256\n", 11, "does not fit pod_net.cidr '172.16.0.0/16', which has room up to 255",
		NULL},
	{ipv6_text, 17, "    cidr: 'fd00:20::/122'\n", 12,
		"does not fit mgmt_net.cidr 'fd00:20::/122', which has room up to 63", NULL},
	{ipv4_text, 13, "    cidr: 10.0.0.0/30\n", 11,
		"does not fit mgmt_net.cidr '10.0.0.0/30', which has room up to 2", NULL},
	{ipv6_text, 12, "        id: 100\n        address: 'fd00:21::5/64'\n", 13,
		"lies outside mgmt_net.cidr 'fd00:20::/64'", "set mgmt_net.cidr to the network"},
	{ipv6_text, 12, "        id: 100\n        address: 10.0.0.5/8\n", 13, "is IPv4; mgmt_net.cidr is IPv6", NULL},
	{ipv6_text, 12, "        id: 100\n        address: 'fd00:20::/64'\n", 13, "is the network's, not a host's",
		NULL},
	{ipv6_text, 12, "        id: 100\n        address: 'fd00:20::2/64'\n", 13,
		"host 'a-minion' has the management address 'fd00:20::2' of host 'my-master' (line 5)", NULL},
	{ipv6_text, 8, "        id: 5\n        address: 'fd00:20::64/128'\n", 13,
		"has the management address 'fd00:20::64'", NULL},
};

static void test_rows(void **state)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		_cleanup_free_ char *text = with_line(row->text, row->number, row->with);
		struct diagnostics found = {0};
		struct cluster *cluster = cluster_of(text, &found);
		const struct diagnostic *first = found.n ? &found.items[0] : NULL;
		bool ok;

		if (row->message == NULL)
			ok = cluster && found.n == 0;
		else
			ok = cluster == NULL && found.n == 1 && first->mark.line == row->line &&
			     strstr(first->message, row->message) &&
			     (row->hint == NULL || (first->hint && strstr(first->hint, row->hint)));
		if (!ok) {
			size_t j;

			wrong++;
			print_message("# row %zu '%s' wanted line %u '%s'\n", i, row->with, row->line,
				row->message ? row->message : "nothing");
			for (j = 0; j < found.n; j++)
				print_message("#   line %u: %s (%s)\n", found.items[j].mark.line,
					found.items[j].message, found.items[j].hint ? found.items[j].hint : "no hint");
		}
		cluster_free(cluster);
		diagnostics_done(&found);
	}
	assert_int_equal(wrong, 0);
}

/* What is only worth a word does not stop anything. */
static void test_warnings(void **state)
{
	static const struct row warnings[] = {
		{ipv6_text, 3, "    work-area: /tmp/lazyjack\n", 3, "is in a place where everybody may write", NULL},
		{ipv6_text, 3, "    insecure: yes\n", 3,
			"general.insecure is set: nodes join without checking whose cluster it is", NULL},
		{ipv6_text, 12, "        id: 1\n", 12,
			"id 1 of host 'a-minion' gives it the address that usually is the router's", NULL},
		/* lazyjack 1.3's own sample has it. */
		{ipv6_text, 3, "    kubernetes-version: v1.12.0\n", 3,
			"general.kubernetes-version is 'v1.12.0', but kubeadm 1.12 is too old: install 1.13 or newer",
			NULL},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(warnings); i++) {
		_cleanup_free_ char *text = with_line(warnings[i].text, warnings[i].number, warnings[i].with);
		struct diagnostics found = {0};
		struct cluster *cluster = cluster_of(text, &found);

		assert_non_null(cluster);
		assert_int_equal(found.n, 1);
		assert_int_equal(found.items[0].severity, SEVERITY_WARNING);
		assert_int_equal(found.items[0].mark.line, warnings[i].line);
		assert_non_null(strstr(found.items[0].message, warnings[i].message));
		cluster_free(cluster);
		diagnostics_done(&found);
	}
}

/* Where several masters answer as one, and what they have to have. */
static void test_masters(void **state)
{
	static const char two[] = "with two masters the cluster stands still when either fails";
	static const struct {
		const char *general, *minion; /* lines 3 and 11 */
		const char *messages[3];      /* in this order, errors and warnings; NULL: no more */
		size_t errors;
	} cases[] = {
		{"    control-plane-endpoint: '[fd00:20::99]:8443'\n", "minion", {NULL}, 0},
		{"    control-plane-endpoint: '[fd00:20::99]'\n", "master", {two}, 0},
		{"    control-plane-endpoint: api.example.test\n", "master", {two}, 0},
		/* What it would be anyway. */
		{"    control-plane-endpoint: '[fd00:20::2]'\n", "minion", {NULL}, 0},
		{"    control-plane-endpoint: '[fd00:20::2]'\n", "master",
			{two, "'fd00:20::2' is the address of 'my-master' alone"}, 0},
		{"    control-plane-endpoint: '[fd00:20::64]'\n", "master",
			{two, "'fd00:20::64' is the address of 'a-minion' alone"}, 0},
		{"    control-plane-endpoint: 10.0.0.1:6443\n", "minion",
			{"'10.0.0.1' is an IPv4 address, which no node of mode 'ipv6' reaches"}, 1},
		{"    control-plane-endpoint: '[fd00:40::1]'\n", "minion", {"is an address of pod_net.cidr"}, 1},
		{"    control-plane-endpoint: '[fd00:30::1]'\n", "minion", {"is an address of service_net.cidr"}, 1},
		{"    control-plane-endpoint: 'fd00:20::99'\n", "master", {"is an IPv6 address without brackets", two},
			1},
		{"    control-plane-endpoint: 'fd00:20::99:6443'\n", "minion", {"is an IPv6 address without brackets"},
			1},
		{"    control-plane-endpoint: a_b:6443\n", "minion", {"'a_b:6443' may only have letters"}, 1},
		{"    control-plane-endpoint: 'a:99999'\n", "minion", {"is no address or name with a port"}, 1},
		{"    control-plane-endpoint: '[fd00:20::99]'\n    insecure: true\n", "master",
			{"general.insecure is set", "general.insecure makes none", two}, 1},
		{"    certificate-key: 0123\n", "minion", {"general.certificate-key: not a key"}, 1},
		{"    certificate-key: <anything>\n", "minion", {NULL}, 0},
		{"    control-plane-endpoint: '[fd00:20::99]'\n    kubernetes-version: v1.14.1\n", "master",
			{two, "kubeadm 1.14 lets no further masters join"}, 1},
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *role = mem_printf("        opmodes: %s\n", cases[i].minion);
		_cleanup_free_ char *base = with_line(ipv6_text, 11, role);
		_cleanup_free_ char *text = with_line(base, 3, cases[i].general);
		struct diagnostics found = {0};
		struct cluster *cluster = cluster_of(text, &found);

		for (j = 0; j < found.n; j++)
			if (j == ARRAY_SIZE(cases[i].messages) || cases[i].messages[j] == NULL ||
				!strstr(found.items[j].message, cases[i].messages[j]))
				fail_msg("case %zu, line %u: %s", i, found.items[j].mark.line, found.items[j].message);
		if (j < ARRAY_SIZE(cases[i].messages) && cases[i].messages[j])
			fail_msg("case %zu: not found: %s", i, cases[i].messages[j]);
		assert_int_equal(found.errors, cases[i].errors);
		cluster_free(cluster);
		diagnostics_done(&found);
	}
}

/* What the translator drops is refused; what lies beside it is not. */
static void test_well_known_prefix(void **state)
{
	static const char *const refused[] = {"10.0.0.1", "172.31.255.1", "192.168.1.1", "169.254.0.1", "192.0.2.1",
		"198.19.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1"},
				 *const taken[] = {"9.9.9.9", "11.0.0.1", "172.32.0.1", "192.169.0.1", "198.20.0.1",
					 "203.0.114.1"};
	_cleanup_free_ char *other = with_line(ipv6_text, 29, "    cidr: '64:ff9b::/96'\n");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused) + ARRAY_SIZE(taken); i++) {
		const char *server = i < ARRAY_SIZE(refused) ? refused[i] : taken[i - ARRAY_SIZE(refused)];
		_cleanup_free_ char *line = mem_printf("    remote_server: %s\n", server);
		_cleanup_free_ char *text = with_line(other, 28, line);
		struct diagnostics found = {0};
		struct cluster *cluster = cluster_of(text, &found);

		assert_int_equal(found.n, i < ARRAY_SIZE(refused));
		assert_int_equal(found.errors, found.n);
		if (found.n)
			assert_non_null(strstr(found.items[0].message, "' is not public; the translator drops"));
		cluster_free(cluster);
		diagnostics_done(&found);
	}
}

/* All at once, not only the first. */
static void test_all_together(void **state)
{
	static const char text[] = "topology:\n"
				   "    a: {interface: eth0, id: 2, opmodes: master}\n"
				   "    b: {interface: eth0, id: 2, opmodes: master}\n"
				   "mgmt_net: {cidr: 'fd00:20::1/64'}\n"
				   "pod_net: {cidr: 'fd00:20::/72'}\n";
	struct diagnostics found = {0};

	assert_null(cluster_of(text, &found));
	/* service, 3 of nat64, 3 of dns64, 2 of support; host bits, overlap, same id, second master, no dns64, no nat64
	 */
	assert_int_equal(found.errors, 9 + 6);
	diagnostics_done(&found);
}

/* kubeadm cuts the subnets for plugins of others, and into no more than 65536. */
static void test_plugin_of_others(void **state)
{
	static const struct {
		const char *plugin, *node_size;
		bool ok;
	} sizes[] = {
		{"    plugin: none\n", "    node_size: 80\n", true},
		{"    plugin: none\n", "    node_size: 88\n", true},
		{"    plugin: none\n", "    node_size: 89\n", false},
		{"    plugin: bridge\n", "    node_size: 89\n", true},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *plugin = with_line(ipv6_text, 3, sizes[i].plugin);
		_cleanup_free_ char *text = with_line(plugin, 20, sizes[i].node_size);
		struct diagnostics found = {0};
		struct cluster *cluster = cluster_of(text, &found);

		assert_int_equal(cluster != NULL, sizes[i].ok);
		if (!sizes[i].ok)
			assert_non_null(strstr(found.items[0].message, "is too far from pod_net.cidr /72"));
		cluster_free(cluster);
		diagnostics_done(&found);
	}
}

static void test_no_hosts(void **state)
{
	static const char text[] = "mgmt_net: {cidr: 'fd00:20::/64'}\n";
	struct diagnostics found = {0};
	bool told = false;
	size_t i;

	assert_null(cluster_of(text, &found));
	for (i = 0; i < found.n; i++)
		told |= strcmp(found.items[i].message, "the topology has no hosts") == 0;
	assert_true(told);
	diagnostics_done(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_masters),
		cmocka_unit_test(test_well_known_prefix),
		cmocka_unit_test(test_all_together),
		cmocka_unit_test(test_plugin_of_others),
		cmocka_unit_test(test_no_hosts),
	};

	return RUN_TESTS(tests);
}
