/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/prefix.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"

#define KUBELET_CONFIG "/var/lib/kubelet/config.yaml"
#define KUBELET_FLAGS "/var/lib/kubelet/kubeadm-flags.env"
#define RESOLV_CONF "/etc/resolv.conf"
/* What lazyjack's and kubeadm's settings name where systemd-resolved runs. */
#define RESOLVED_CONF "/run/systemd/resolve/resolv.conf"

enum {
	SERVERS_MAX = 16, /* that are looked at */
	SERVERS_USED = 3, /* MAXNS of glibc's resolv.h; the kubelet keeps to it */
	SEARCH_USED = 3,  /* six in all before Kubernetes 1.28, and a pod has three of the cluster's own in front */
};

struct resolver {
	char *servers[SERVERS_MAX];
	size_t n_servers, n_search;
};

static void resolver_done(struct resolver *resolver)
{
	size_t i;

	for (i = 0; i < resolver->n_servers; i++)
		free(resolver->servers[i]);
}

#define _cleanup_resolver_ __attribute__((cleanup(resolver_done)))

/* The next word of a line, NULL behind the last; the caller frees it. */
static char *next_word(const char **at)
{
	const char *start = *at + strspn(*at, " \t\r");
	size_t n = strcspn(start, " \t\r\n");

	*at = start + n;
	return n ? mem_strndup(start, n) : NULL;
}

/* resolv.conf(5): the last "search" or "domain" holds. */
static void parse(const char *text, struct resolver *ret)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *at = text;
		_cleanup_free_ char *keyword = next_word(&at);
		char *word;

		if (str_eq(keyword, "nameserver") && ret->n_servers < SERVERS_MAX) {
			word = next_word(&at);
			if (word)
				ret->servers[ret->n_servers++] = word;
		} else if (str_eq(keyword, "search") || str_eq(keyword, "domain")) {
			for (ret->n_search = 0; (word = next_word(&at)); ret->n_search++)
				free(word);
		}
	}
}

static bool parse_server(const char *text, struct address *ret)
{
	_cleanup_free_ char *plain = mem_strndup(text, strcspn(text, "%"));

	return address_parse(plain, ret) == 0;
}

static bool is_loopback(const struct address *address)
{
	static const uint8_t one[16] = {[15] = 1};

	return address->family == AF_INET ? address->bytes[0] == 127 : memcmp(address->bytes, one, 16) == 0;
}

static void judge_servers(const char *path, const struct resolver *resolver, bool ipv6_only, bool prepared,
	const struct check *check, struct findings *findings)
{
	_cleanup_str_ struct str four = STR_INIT, local = STR_INIT;
	size_t i, reachable = 0;
	bool bad;

	for (i = 0; i < resolver->n_servers && i < SERVERS_USED; i++) {
		const char *text = resolver->servers[i];
		struct address address;

		if (!parse_server(text, &address))
			continue;
		if (is_loopback(&address))
			str_addf(&local, "%s%s", local.len ? ", " : "", text);
		else if (ipv6_only && address.family == AF_INET)
			str_addf(&four, "%s%s", four.len ? ", " : "", text);
		else
			reachable++;
	}
	if (local.len)
		findings_add(findings, check, SEVERITY_ERROR,
			"let the kubelet's '--resolv-conf' name a file with real name servers "
			"(/run/systemd/resolve/resolv.conf where systemd-resolved runs)",
			"'%s', which pods get, names this machine itself as name server (%s): in a pod that is the "
			"pod, "
			"and the cluster DNS asks itself in a loop",
			path, local.s);
	/* Before `prepare` that is how a machine is. */
	bad = prepared && reachable == 0;
	if (four.len)
		findings_add(findings, check, bad ? SEVERITY_ERROR : SEVERITY_WARNING,
			"take them out of where the file comes from (DHCP, the interface's configuration); 'lazyjack "
			"prepare' names the DNS64 server",
			"'%s', which pods get, has IPv4 name servers (%s): pods without IPv4 cannot reach them, and "
			"the cluster DNS asks any of the list",
			path, four.s);
}

static void judge_numbers(
	const char *path, const struct resolver *resolver, const struct check *check, struct findings *findings)
{
	if (resolver->n_servers == 0)
		findings_add(findings, check, SEVERITY_ERROR, "'lazyjack prepare' names the DNS64 server",
			"'%s', which pods get, names no name server", path);
	if (resolver->n_servers > SERVERS_USED)
		findings_add(findings, check, SEVERITY_WARNING, "leave three in it, the DNS64 server first",
			"'%s' has %zu name servers: only the first three are used", path, resolver->n_servers);
	if (resolver->n_search > SEARCH_USED)
		findings_add(findings, check, SEVERITY_WARNING, "shorten the list",
			"'%s' has a search list of %zu domains: pods get three more, Kubernetes before 1.28 uses six "
			"in all, and each name is asked for in each of them",
			path, resolver->n_search);
}

void judge_resolver(const char *path, const char *text, const struct cluster *cluster, bool prepared,
	const struct check *check, struct findings *findings)
{
	bool ipv6_only = cluster && cluster->mode == MODE_IPV6;
	_cleanup_resolver_ struct resolver resolver = {0};
	struct address first = {0};
	char server[ADDRESS_TEXT_MAX];

	parse(text, &resolver);
	judge_numbers(path, &resolver, check, findings);
	judge_servers(path, &resolver, ipv6_only, prepared, check, findings);
	if (!ipv6_only || !prepared || resolver.n_servers == 0)
		return;
	if (!parse_server(resolver.servers[0], &first) || !address_equal(&first, &cluster->dns64.v6))
		findings_add(findings, check, SEVERITY_ERROR, "'lazyjack prepare' puts it there",
			"'%s', which pods get, begins with name server '%s', not with the DNS64 server '%s': names "
			"outside don't become addresses that NAT64 translates",
			path, resolver.servers[0], address_text(&cluster->dns64.v6, server));
}

/* The kubelet's flags go before its file. */
static char *resolv_conf_flag(const char *flags)
{
	static const char option[] = "--resolv-conf=";
	const char *at = flags ? strstr(flags, option) : NULL;

	return at ? mem_strndup(at + strlen(option), strcspn(at + strlen(option), " \"\n")) : NULL;
}

int diagnose_resolver(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *config = doctor_text(what, KUBELET_CONFIG, NULL);
	_cleanup_free_ char *flags = doctor_text(what, KUBELET_FLAGS, NULL), *flag = resolv_conf_flag(flags);
	_cleanup_free_ char *named = config ? doctor_yaml_value(config, "resolvConf") : NULL, *text = NULL;
	const char *path = flag						       ? flag
			   : named					       ? named
			   : !config && look_exists(what->node, RESOLVED_CONF) ? RESOLVED_CONF
									       : RESOLV_CONF;

	text = doctor_text(what, path, NULL);
	if (text)
		judge_resolver(path, text, what->cluster, doctor_prepared(what), check, findings);
	else
		findings_add(findings, check, SEVERITY_ERROR,
			flag	? "let '--resolv-conf' in " KUBELET_FLAGS " name a file that is there"
			: named ? "let 'resolvConf' in " KUBELET_CONFIG " name a file that is there"
				: "write one",
			"there is no '%s', which pods get", path);
	return 0;
}

/* hosts(5): true when a line gives the address this name. */
static bool has_name(const char *hosts, const char *address, const char *name)
{
	for (; *hosts; hosts += strcspn(hosts, "\n"), hosts += *hosts == '\n') {
		size_t n = strcspn(hosts, "#\n");
		_cleanup_free_ char *line = mem_strndup(hosts, n);
		const char *at = line;
		_cleanup_free_ char *first = next_word(&at);
		char *word;
		bool found = false;

		while (str_eq(first, address) && !found && (word = next_word(&at))) {
			found = str_eq(word, name);
			free(word);
		}
		if (found)
			return true;
	}
	return false;
}

void judge_localhost(const char *hosts, const struct check *check, struct findings *findings)
{
	static const char *const addresses[] = {"127.0.0.1", "::1"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		if (!has_name(hosts, addresses[i], "localhost"))
			findings_add(findings, check, SEVERITY_WARNING, "add the line to /etc/hosts",
				"/etc/hosts has no line '%s localhost': kubeadm and probes that ask 'localhost' may "
				"look where nobody listens",
				addresses[i]);
}

int diagnose_localhost(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *hosts = doctor_text(what, "/etc/hosts", NULL);

	judge_localhost(hosts ? hosts : "", check, findings);
	return 0;
}
