/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "fixture.h"

static const char full[] = "# every key\n"
			   "general:\n"
			   "    token: \"abcdef.0123456789abcdef\"\n"
			   "    token-cert-hash: \"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\n"
			   "    plugin: ptp\n"
			   "    work-area: \"/srv/jack\"\n"
			   "    mode: 'ipv6'\n"
			   "    kubernetes-version: v1.31.0-rc.1\n"
			   "    insecure: Yes\n"
			   "    runtime: podman\n"
			   "    kubeadm-timeout: 90\n"
			   "    cri-socket: unix:///run/crio/crio.sock\n"
			   "topology:\n"
			   "  Control-1.Example:\n"
			   "    interface: \"enp10s0\"\n"
			   "    opmodes: \"master dns64 nat64\"\n"
			   "    id: 2\n"
			   "    address: fd00:20::2/64\n"
			   "  worker:\n"
			   "    interface: eth0\n"
			   "    opmodes: minion\n"
			   "    id: 3\n"
			   "support_net: {cidr: \"fd00:10::/64\", v4cidr: 172.18.0.0/16}\n"
			   "mgmt_net:\n"
			   "    cidr: \"fd00:20::/64\"\n"
			   "    cidr2: \"10.1.0.0/16\"\n"
			   "pod_net:\n"
			   "    cidr: \"fd00:40::/72\"\n"
			   "    cidr2: \"10.244.0.0/16\"\n"
			   "    mtu: 9000\n"
			   "    node_size: 80\n"
			   "service_net:\n"
			   "    cidr: \"fd00:30::/110\"\n"
			   "    cidr2: \"10.96.0.0/12\"\n"
			   "nat64:\n"
			   "    v4_cidr: \"172.18.0.128/25\"\n"
			   "    v4_ip: \"172.18.0.200\"\n"
			   "    ip: \"fd00:10::200\"\n"
			   "    engine: auto\n"
			   "dns64:\n"
			   "    remote_server: \"192.0.2.53\"\n"
			   "    cidr: \"fd00:10:64:ff9b::/96\"\n"
			   "    ip: \"fd00:10::100\"\n"
			   "    allow_aaaa_use: off\n";

static struct config *parse(const char *text, struct diagnostics *diagnostics)
{
	return config_parse(text, strlen(text), "c.yaml", diagnostics);
}

static void print_all(const struct diagnostics *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		print_message("# %u:%u %s (%s)\n", list->items[i].mark.line, list->items[i].mark.column,
			list->items[i].message, list->items[i].hint ? list->items[i].hint : "-");
}

static void assert_prefix(const struct config_prefix *value, const char *text)
{
	char shown[PREFIX_TEXT_MAX];

	assert_true(value->given);
	assert_string_equal(prefix_text(&value->value, shown), text);
}

static void assert_address(const struct config_address *value, const char *text)
{
	char shown[ADDRESS_TEXT_MAX];

	assert_true(value->given);
	assert_string_equal(address_text(&value->value, shown), text);
}

static void every_key(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *c = parse(full, &diagnostics);

	print_all(&diagnostics);
	assert_int_equal(diagnostics.n, 0);
	assert_true(c->complete);
	assert_string_equal(c->file, "c.yaml");
	assert_string_equal(diagnostics.file, "c.yaml");
	assert_string_equal(c->general.token.value, "abcdef.0123456789abcdef");
	assert_int_equal(strlen(c->general.token_cert_hash.value), 64);
	assert_string_equal(c->general.plugin.value, "ptp");
	assert_int_equal(c->general.plugin.mark.line, 5);
	assert_int_equal(c->general.plugin.mark.column, 13);
	assert_string_equal(c->general.work_area.value, "/srv/jack");
	assert_string_equal(c->general.mode.value, "ipv6");
	assert_string_equal(c->general.kubernetes_version.value, "v1.31.0-rc.1");
	assert_true(c->general.insecure.given && c->general.insecure.value);
	assert_string_equal(c->general.runtime.value, "podman");
	assert_int_equal(c->general.kubeadm_timeout.value, 90);
	assert_string_equal(c->general.cri_socket.value, "/run/crio/crio.sock");
	assert_int_equal(c->topology_mark.line, 13);
	assert_int_equal(c->n_hosts, 2);
	assert_string_equal(c->hosts[0].name, "control-1.example");
	assert_int_equal(c->hosts[0].mark.line, 14);
	assert_int_equal(c->hosts[0].mark.column, 3);
	assert_string_equal(c->hosts[0].interface.value, "enp10s0");
	assert_string_equal(c->hosts[0].opmodes.value, "master dns64 nat64");
	assert_int_equal(c->hosts[0].id.value, 2);
	assert_prefix(&c->hosts[0].address, "fd00:20::2/64");
	assert_string_equal(c->hosts[1].name, "worker");
	assert_int_equal(c->hosts[1].id.value, 3);
	assert_false(c->hosts[1].address.given);
	assert_prefix(&c->support_net.cidr, "fd00:10::/64");
	assert_prefix(&c->support_net.v4cidr, "172.18.0.0/16");
	assert_prefix(&c->mgmt_net.cidr, "fd00:20::/64");
	assert_prefix(&c->mgmt_net.cidr2, "10.1.0.0/16");
	assert_prefix(&c->pod_net.cidr, "fd00:40::/72");
	assert_prefix(&c->pod_net.cidr2, "10.244.0.0/16");
	assert_int_equal(c->pod_net.mtu.value, 9000);
	assert_int_equal(c->pod_net.node_size.value, 80);
	assert_prefix(&c->service_net.cidr, "fd00:30::/110");
	assert_prefix(&c->service_net.cidr2, "10.96.0.0/12");
	assert_prefix(&c->nat64.v4_cidr, "172.18.0.128/25");
	assert_address(&c->nat64.v4_ip, "172.18.0.200");
	assert_address(&c->nat64.ip, "fd00:10::200");
	assert_string_equal(c->nat64.engine.value, "auto");
	assert_address(&c->dns64.remote_server, "192.0.2.53");
	assert_prefix(&c->dns64.cidr, "fd00:10:64:ff9b::/96");
	assert_address(&c->dns64.ip, "fd00:10::100");
	assert_true(c->dns64.allow_aaaa_use.given);
	assert_false(c->dns64.allow_aaaa_use.value);
	config_free(c);
	diagnostics_done(&diagnostics);
}

static void empty_and_placeholders_are_not_given(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *c =
		parse("general:\n  token: <provide-token>\n  token-cert-hash: \"<provide-cert-hash>\"\n  mode:\n"
		      "  plugin: ~\n  work-area: \"\"\n  kubeadm-timeout: null\nmgmt_net:\ntopology:\n  a:\n",
			&diagnostics);

	print_all(&diagnostics);
	assert_int_equal(diagnostics.n, 0);
	assert_true(c->complete);
	assert_false(c->general.token.given || c->general.token_cert_hash.given || c->general.mode.given);
	assert_false(c->general.plugin.given || c->general.work_area.given || c->general.kubeadm_timeout.given);
	assert_int_equal(c->general.mode.mark.line, 0);
	assert_int_equal(c->n_hosts, 1);
	config_free(c);
	diagnostics_done(&diagnostics);
}

/* What is refused keeps its place, so that nobody calls it missing as well. */
static void refused_is_not_missing(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *c = parse("mgmt_net:\n  cidr: nonsense\n", &diagnostics);

	assert_int_equal(diagnostics.errors, 1);
	assert_false(c->mgmt_net.cidr.given);
	assert_int_equal(c->mgmt_net.cidr.mark.line, 2);
	config_free(c);
	diagnostics_done(&diagnostics);
}

struct bad {
	const char *text;
	unsigned int line, column;
	const char *message; /* a part of it */
	const char *hint;    /* a part of it; NULL: not looked at */
};

/* Each text has exactly one thing wrong with it. */
static const struct bad bad[] = {
	/* keys */
	{"general:\n  modee: ipv6\n", 2, 3, "unknown key 'modee' in 'general'",
		"did you mean 'mode'? allowed: plugin, "},
	{"general:\n  xyzzy: 1\n", 2, 3, "unknown key 'xyzzy'", "allowed: plugin, "},
	{"genral:\n  mode: ipv6\n", 1, 1, "unknown key 'genral' at top level", "did you mean 'general'?"},
	{"general:\n  mtu: 1500\n", 2, 3, "unknown key 'mtu'", "put it under 'pod_net:'"},
	{"topology:\n  a:\n    ids: 3\n", 3, 5, "unknown key 'ids' in 'a'", "allowed: interface, id, opmodes, address"},
	{"general:\n  mode: ipv6\n  plugin: bridge\n  mode: ipv4\n", 4, 3,
		"duplicate key 'mode' in 'general', first on line 2", NULL},
	{"general:\n  mode: ipv6\nmgmt_net:\ngeneral:\n  mode: ipv4\n", 4, 1,
		"duplicate key 'general', first on line 1", NULL},
	{"topology:\n  a:\n  b:\n  a:\n", 4, 3, "duplicate host 'a', first on line 2", NULL},
	{"topology:\n  Node:\n  nodE:\n", 3, 3, "duplicate host 'node', first on line 2", NULL},
	{"topology:\n  a:\n    id: 2\n    id: 3\n", 4, 5, "duplicate key 'id' in 'a'", NULL},
	{"? [a, b]\n: c\n", 1, 1, "a complex key", "write 'key: value'"},
	{"general:\n  ? {a: b}\n  : c\n", 2, 3, "a complex key", NULL},
	{"general:\n  \"mo\\0de\": ipv6\n", 2, 3, "a key must be a plain name", NULL},
	{"general: {? a}\n", 1, 11, "a complex key", NULL},
	{"general:\n  mode: \x1a\n", 2, 9, "control character 0x1a", NULL},
	/* types */
	{"- a\n- b\n", 1, 1, "must be a mapping of sections, not a list", NULL},
	{"just text\n", 1, 1, "must be a mapping of sections, not a single value", NULL},
	{"general: bridge\n", 1, 10, "'general' must be a mapping of keys, not a single value", NULL},
	{"general:\n  - mode\n", 2, 3, "'general' must be a mapping of keys, not a list", NULL},
	{"general:\n  mode:\n    a: b\n", 3, 5, "general.mode: a single value belongs here, not a mapping", NULL},
	{"general:\n  mode: [ipv6]\n", 2, 9, "general.mode: a single value belongs here, not a list", NULL},
	{"topology:\n  a:\n    opmodes: [master]\n", 3, 14, "not a list", "\"master dns64 nat64\""},
	{"topology:\n  - a\n", 2, 3, "'topology' must be a mapping of host names, not a list", NULL},
	{"topology:\n  a: eth0\n", 2, 6, "'a' must be a mapping of keys, not a single value", NULL},
	{"mgmt_net:\n  cidr: &x fd00::/64\n  cidr2: *x\n", 3, 10, "not an alias", "aliases are not supported"},
	{"general: *nowhere\n", 1, 10, "not an alias", "aliases are not supported"},
	/* choices */
	{"general:\n  mode: ipv7\n", 2, 9, "general.mode: 'ipv7' is none of the allowed values",
		"did you mean 'ipv6'? allowed: ipv6, ipv4, dual-stack"},
	{"general:\n  runtime: crio\n", 2, 12, "general.runtime: 'crio'", "allowed: host, docker, podman"},
	{"general:\n  plugin: flannel\n", 2, 11, "general.plugin: 'flannel'", "allowed: bridge, ptp"},
	{"nat64:\n  engine: taiga\n", 2, 11, "nat64.engine: 'taiga'",
		"did you mean 'tayga'? allowed: tayga, ebpf, auto"},
	/* numbers and flags */
	{"pod_net:\n  mtu: many\n", 2, 8, "pod_net.mtu: 'many' is not a number", "from 1280 to 65535"},
	{"pod_net:\n  mtu: 1279\n", 2, 8, "'1279' is out of range", "from 1280 to 65535"},
	{"pod_net:\n  mtu: 65536\n", 2, 8, "'65536' is out of range", NULL},
	{"pod_net:\n  mtu: -1500\n", 2, 8, "'-1500' is not a number", NULL},
	{"pod_net:\n  mtu: 1500.0\n", 2, 8, "not a number", NULL},
	{"pod_net:\n  mtu: 99999999999999999999999999\n", 2, 8, "out of range", NULL},
	{"pod_net:\n  node_size: 129\n", 2, 14, "out of range", "from 1 to 128"},
	{"topology:\n  a:\n    id: 0x10\n", 3, 9, "topology.a.id: '0x10' is not a number", NULL},
	{"topology:\n  a:\n    id: 010\n", 3, 9, "begins with 0", NULL},
	{"topology:\n  a:\n    id: 0\n", 3, 9, "out of range", NULL},
	{"general:\n  kubeadm-timeout: 0\n", 2, 20, "out of range", NULL},
	{"general:\n  insecure: maybe\n", 2, 13, "general.insecure: 'maybe' is neither true nor false", NULL},
	{"dns64:\n  allow_aaaa_use: 1\n", 2, 19, "neither true nor false", NULL},
	/* addresses and networks */
	{"mgmt_net:\n  cidr: \"fd00:20::\"\n", 2, 9, "mgmt_net.cidr: 'fd00:20::' has no prefix length",
		"'fd00:20::/64'"},
	{"mgmt_net:\n  cidr: 10.0.0.0\n", 2, 9, "has no prefix length", "'10.0.0.0/16'"},
	{"mgmt_net:\n  cidr: fd00:20::/129\n", 2, 9, "prefix length of 'fd00:20::/129' is too large", NULL},
	{"mgmt_net:\n  cidr: 10.0.0.0/33\n", 2, 9, "too large", NULL},
	{"mgmt_net:\n  cidr: fd00:20/64\n", 2, 9, "'fd00:20/64' is not a network", "fd00:20::/64"},
	{"support_net:\n  cidr: 10.0.0.0/8\n", 2, 9, "is an IPv4 network where an IPv6 one belongs", NULL},
	{"support_net:\n  v4cidr: fd00::/64\n", 2, 11, "is an IPv6 network where an IPv4 one belongs", NULL},
	{"dns64:\n  ip: fd00::/64\n", 2, 7, "'fd00::/64' is a network, not an address", NULL},
	{"dns64:\n  ip: fd00::g\n", 2, 7, "'fd00::g' is not an IP address", NULL},
	{"dns64:\n  ip: 10.0.0.1\n", 2, 7, "is an IPv4 address where an IPv6 one belongs", NULL},
	{"dns64:\n  remote_server: fd00::1\n", 2, 18, "is an IPv6 address where an IPv4 one belongs", NULL},
	{"dns64:\n  remote_server: dns.example\n", 2, 18, "'dns.example' is not an IP address", NULL},
	{"nat64:\n  v4_ip: 172.18.0.256\n", 2, 10, "'172.18.0.256' is not an IP address", NULL},
	{"topology:\n  a:\n    address: fd00::1\n", 3, 14, "topology.a.address: 'fd00::1' has no prefix length", NULL},
	/* names */
	{"topology:\n  my_node:\n", 2, 3, "host name 'my_node' may only have letters, digits, '-' and '.'", NULL},
	{"topology:\n  ../../etc:\n", 2, 3, "host name '../../etc'", NULL},
	{"topology:\n  -a:\n", 2, 3, "begins or ends with '-'", NULL},
	{"topology:\n  a..b:\n", 2, 3, "empty label", NULL},
	{"topology:\n  a.:\n", 2, 3, "empty label", NULL},
	{"topology:\n  10.0.0.1:\n", 2, 3, "would be read as an address", NULL},
	{"topology:\n  7:\n", 2, 3, "would be read as an address", NULL},
	{"topology:\n  a234567890123456789012345678901234567890123456789012345678901234:\n", 2, 3, "more than 63",
		NULL},
	{"topology:\n  b\xc3\xbc"
	 "ro:\n",
		2, 3, "host name 'b\xc3\xbcro' may only have", NULL},
	{"topology:\n  a:\n    interface: a234567890123456\n", 3, 16,
		"topology.a.interface: 'a234567890123456' is longer", "ip link"},
	{"topology:\n  a:\n    interface: eth0:1\n", 3, 16, "may not have '/' or ':'", NULL},
	{"topology:\n  a:\n    interface: ../x\n", 3, 16, "may not have '/' or ':'", NULL},
	{"topology:\n  a:\n    interface: eth 0\n", 3, 16, "may not have blanks", NULL},
	{"topology:\n  a:\n    interface: ..\n", 3, 16, "is not a name", NULL},
	{"topology:\n  a:\n    interface: \"-x\"\n", 3, 16, "begins with '-'", NULL},
	{"topology:\n  a:\n    interface: \"a\\0b\"\n", 3, 16, "NUL character", NULL},
	{"topology:\n  a:\n    opmodes: \"master;reboot\"\n", 3, 14, "may only have words", NULL},
	{"topology:\n  a:\n    opmodes: \"  \"\n", 3, 14, "has no word", NULL},
	{"general:\n  cri-socket: containerd\n", 2, 15, "general.cri-socket: 'containerd' is not an absolute path",
		"write a path like '/run/containerd/containerd.sock'"},
	{"general:\n  cri-socket: unix://run/x.sock\n", 2, 15, "'run/x.sock' is not an absolute path", NULL},
	{"general:\n  cri-socket: tcp://127.0.0.1:2375\n", 2, 15, "is not an absolute path", NULL},
	{"general:\n  cri-socket: unix://unix:///run/x.sock\n", 2, 15, "is not an absolute path", NULL},
	{"general:\n  cri-socket: unix://\n", 2, 15, "is not an absolute path", NULL},
	{"general:\n  cri-socket: /run/../x.sock\n", 2, 15, "has a '..' in it", NULL},
	{"general:\n  cri-socket: /run/containerd/\n", 2, 15, "is a directory", NULL},
	{"general:\n  cri-socket: /run/a b.sock\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: \"/run/x.sock --v=9\"\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: \"/run/$HOME\"\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: '/run/\"x'\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: /run/%n.sock\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: \"/run/x\\n\"\n", 2, 15, "may only have letters", NULL},
	{"general:\n  cri-socket: /run/docker.sock\n", 2, 15, "is Docker's own socket", NULL},
	{"general:\n  cri-socket: "
	 "/run/01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123"
	 "4567\n",
		2, 15, "is longer than 107 octets", NULL},
	{"general:\n  work-area: tmp/x\n", 2, 14, "general.work-area: 'tmp/x' is not an absolute path",
		"write a path like '/var/lib/lazyjack/work-area'"},
	{"general:\n  plugin-manifest: net.yaml\n", 2, 20,
		"general.plugin-manifest: 'net.yaml' is not an absolute path",
		"write a path like '/root/network.yaml'"},
	{"general:\n  work-area: /srv/../etc\n", 2, 14, "has a '..' in it", NULL},
	{"general:\n  work-area: /srv/..\n", 2, 14, "has a '..' in it", NULL},
	{"general:\n  work-area: \"/srv/ /x\"\n", 2, 14, "a name made of blanks", NULL},
	{"general:\n  work-area: \"   \"\n", 2, 14, "is not an absolute path", NULL},
	{"general:\n  work-area: //./\n", 2, 14, "is the root directory", NULL},
	{"general:\n  work-area: \"/srv/\\e[2J\"\n", 2, 14, "'/srv/?[2J' has characters that are not printable", NULL},
	/* versions and secrets */
	{"general:\n  kubernetes-version: 1.20.1\n", 2, 23, "'1.20.1' is not a Kubernetes version", "'latest'"},
	{"general:\n  kubernetes-version: v1.20\n", 2, 23, "not a Kubernetes version", NULL},
	{"general:\n  kubernetes-version: v1.20.\n", 2, 23, "not a Kubernetes version", NULL},
	{"general:\n  kubernetes-version: v1.20.1-\n", 2, 23, "not a Kubernetes version", NULL},
	{"general:\n  kubernetes-version: v1.020.1\n", 2, 23, "not a Kubernetes version", NULL},
	{"general:\n  token: ABCDEF.0123456789abcdef\n", 2, 10, "general.token: not a bootstrap token",
		"lazyjack init"},
	{"general:\n  token: abcdef.0123456789abcde\n", 2, 10, "not a bootstrap token", NULL},
	{"general:\n  token-cert-hash: sha256:1234\n", 2, 20, "not a SHA-256 hash", NULL},
	/* the file as a whole */
	{"", 0, 0, "the file is empty", "topology"},
	{"# nothing\n\n", 0, 0, "the file is empty", NULL},
	{"---\n", 0, 0, "the file is empty", NULL},
	{"general:\n  mode: ipv6\n---\ngeneral:\n", 3, 1, "a second document", NULL},
	{"general:\n  mode: \"ipv\xff\"\n", 2, 13, "octet 0xff is not UTF-8", NULL},
	{"general:\n  mode: \xed\xa0\x80\n", 2, 9, "octet 0xed is not UTF-8", NULL},
	{"%YAML 1.2\n---\ngeneral:\n  mode: ipv7\n", 4, 9, "'ipv7'", NULL},
	{"general:\n%TAG ! x\n", 2, 1, "a YAML directive ('%'), which is not supported", "take the line out"},
	{"%YAML 3.7\n---\n", 1, 1, "a YAML directive", NULL},
	{"general:\n  mode: [[[[[[[[[[[[[[[[[[ipv6]]]]]]]]]]]]]]]]]]\n", 2, 23, "nested too deeply", NULL},
	/* line ends and byte order mark: places stay right */
	{"\xef\xbb\xbfgeneral: x\n", 1, 10, "must be a mapping", NULL},
	{"general:\r\n  mode: ipv7\r\n", 2, 9, "'ipv7'", NULL},
	{"general:\r  mode: ipv7\r", 1, 9, "carriage return", "end lines with a line feed"},
	{"general: {mode: ipv7}", 1, 17, "'ipv7'", NULL},
	{"general: # \xc3\xa9\n  {plugin: bridge, \"mode\": \"ipv7\"}\n", 2, 28, "'ipv7'", NULL},
};

static bool matches(const struct bad *b, const struct diagnostics *list)
{
	const struct diagnostic *item = list->items;

	return list->errors == 1 && list->n == 1 && item->mark.line == b->line && item->mark.column == b->column &&
	       strstr(item->message, b->message) && (b->hint == NULL || (item->hint && strstr(item->hint, b->hint)));
}

static void bad_texts(void **state)
{
	unsigned int failed = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct diagnostics diagnostics = {0};
		struct config *c = parse(bad[i].text, &diagnostics);

		if (!matches(&bad[i], &diagnostics)) {
			failed++;
			print_message("# wrong for row %zu, wanted %u:%u %s (%s), found:\n", i, bad[i].line,
				bad[i].column, bad[i].message, bad[i].hint ? bad[i].hint : "-");
			print_all(&diagnostics);
		}
		config_free(c);
		diagnostics_done(&diagnostics);
	}
	assert_int_equal(failed, 0);
}

static void all_errors_at_once(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *c =
		parse("pod_net:\n  mtu: 5\n  cidr: x\ngeneral:\n  mode: y\n  mode: z\nbad: 1\n", &diagnostics);

	assert_int_equal(diagnostics.errors, 5);
	assert_int_equal(diagnostics.items[0].mark.line, 2);
	assert_int_equal(diagnostics.items[4].mark.line, 7);
	config_free(c);
	diagnostics_done(&diagnostics);
}

static void old_name_warns_once(void **state)
{
	struct diagnostics diagnostics = {0};
	struct config *c = parse("dns64:\n  allow_ipv6_use: true\n", &diagnostics);

	assert_int_equal(diagnostics.n, 1);
	assert_int_equal(diagnostics.errors, 0);
	assert_int_equal(diagnostics.items[0].severity, SEVERITY_WARNING);
	assert_string_equal(diagnostics.items[0].message, "'allow_ipv6_use' is the old name of 'allow_aaaa_use'");
	assert_true(c->dns64.allow_aaaa_use.value);
	config_free(c);
	diagnostics_done(&diagnostics);

	c = parse("dns64:\n  allow_aaaa_use: true\n  allow_ipv6_use: false\n", &diagnostics);
	assert_int_equal(diagnostics.errors, 1);
	assert_true(c->dns64.allow_aaaa_use.value);
	config_free(c);
	diagnostics_done(&diagnostics);
}

static void a_token_is_never_told(void **state)
{
	static const char *const texts[] = {"general:\n  token: s3cr3t.0123456789abcdeF\n",
		"general:\n  token: [s3cr3t.0123456789abcdef]\n", "token: s3cr3t.0123456789abcdeF\n",
		"general:\n  mode: s3cr3t.0123456789abcdef\n", "general:\n  s3cr3t.0123456789abcdef: token\n"};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct diagnostics diagnostics = {0};
		struct config *c = parse(texts[i], &diagnostics);

		assert_int_equal(diagnostics.errors, 1);
		for (j = 0; j < diagnostics.n; j++)
			assert_null(strstr(diagnostics.items[j].message, "0123456789abcde"));
		config_free(c);
		diagnostics_done(&diagnostics);
	}
}

static void add_topology(struct str *text, unsigned int n)
{
	unsigned int i;

	str_add(text, "topology:\n");
	for (i = 0; i < n; i++)
		str_addf(text, "  node-%u:\n    interface: eth0\n    opmodes: minion\n    id: %u\n", i, i + 2);
}

static void host_limit(void **state)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	struct config *c;

	add_topology(&text, CONFIG_HOSTS_MAX);
	c = config_parse(text.s, text.len, "c.yaml", &diagnostics);
	assert_int_equal(diagnostics.n, 0);
	assert_int_equal(c->n_hosts, CONFIG_HOSTS_MAX);
	assert_int_equal(c->hosts[CONFIG_HOSTS_MAX - 1].id.value, CONFIG_HOSTS_MAX + 1);
	config_free(c);

	str_add(&text, "  one-more:\n");
	c = config_parse(text.s, text.len, "c.yaml", &diagnostics);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "more than 10000 hosts"));
	assert_int_equal(c->n_hosts, CONFIG_HOSTS_MAX);
	config_free(c);
	diagnostics_done(&diagnostics);
}

static void many_errors_are_counted(void **state)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	struct config *c;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		str_addf(&text, "key-%u: x\n", i);
	c = config_parse(text.s, text.len, "c.yaml", &diagnostics);
	assert_int_equal(diagnostics.errors, 1000);
	assert_int_equal(diagnostics.n, DIAGNOSTICS_MAX);
	config_free(c);
	diagnostics_done(&diagnostics);
}

/* Texts that make a YAML parser use memory or time without bound are refused before it sees them. */
static void hostile_texts(void **state)
{
	static const char *const units[] = {"[", "{", "{a,", "- ", "? ", "&a ", "*a ", "!a ", "%", "a: ", "\"", "'",
		"---\n", "a:\n", "#\n", "\t", ":", "|\n", "&a [*a, "};
	size_t i, j, n;

	for (i = 0; i < ARRAY_SIZE(units); i++) {
		struct diagnostics diagnostics = {0};
		_cleanup_str_ struct str text = STR_INIT;
		struct config *c;

		n = (1U << 20) / strlen(units[i]);
		for (j = 0; j < n; j++)
			str_add(&text, units[i]);
		c = config_parse(text.s, text.len, "c.yaml", &diagnostics);
		assert_true(diagnostics.errors > 0);
		config_free(c);
		diagnostics_done(&diagnostics);
	}
}

static void nul_and_size(void **state)
{
	static const char nul[] = "general:\n  mode: i\0pv6\n";
	struct diagnostics diagnostics = {0};
	struct config *c = config_parse(nul, sizeof(nul) - 1, "c.yaml", &diagnostics);
	char *large;

	assert_int_equal(diagnostics.errors, 1);
	assert_int_equal(diagnostics.items[0].mark.line, 2);
	assert_int_equal(diagnostics.items[0].mark.column, 10);
	assert_non_null(strstr(diagnostics.items[0].message, "NUL character"));
	config_free(c);
	diagnostics_done(&diagnostics);

	large = mem_new(1, CONFIG_SIZE_MAX + 1);
	memset(large, ' ', CONFIG_SIZE_MAX + 1);
	c = config_parse(large, CONFIG_SIZE_MAX + 1, "c.yaml", &diagnostics);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "larger than 8 MiB"));
	config_free(c);
	free(large);
	diagnostics_done(&diagnostics);
}

static void load_files(void **state)
{
	char *directory = fixture_directory();
	_cleanup_free_ char *path = mem_printf("%s/config.yaml", directory), *fifo = mem_printf("%s/fifo", directory);
	_cleanup_err_ struct err err = ERR_INIT;
	struct diagnostics diagnostics = {0};
	struct config *c = NULL;

	assert_int_equal(config_load(path, &diagnostics, &c, &err), -ENOENT);
	assert_int_equal(config_load(directory, &diagnostics, &c, &err), -EISDIR);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(config_load(fifo, &diagnostics, &c, &err), -EINVAL);
	assert_null(c);
	assert_int_equal(diagnostics.n, 0);

	fixture_write(path, full);
	assert_int_equal(config_load(path, &diagnostics, &c, &err), 0);
	assert_int_equal(diagnostics.n, 0);
	assert_string_equal(c->file, path);
	assert_int_equal(c->n_hosts, 2);
	config_free(c);

	assert_int_equal(truncate(path, 10 << 20), 0);
	assert_int_equal(config_load(path, &diagnostics, &c, &err), -EFBIG);
	diagnostics_done(&diagnostics);
	fixture_remove(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(empty_and_placeholders_are_not_given),
		cmocka_unit_test(refused_is_not_missing),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(all_errors_at_once),
		cmocka_unit_test(old_name_warns_once),
		cmocka_unit_test(a_token_is_never_told),
		cmocka_unit_test(host_limit),
		cmocka_unit_test(many_errors_are_counted),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(nul_and_size),
		cmocka_unit_test(load_files),
	};

	return RUN_TESTS(tests);
}
