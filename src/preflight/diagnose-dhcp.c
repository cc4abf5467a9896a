/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <net/if.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"

static const char *const clients[] = {"dhclient", "dhcpcd", "udhcpc", "dhcpcanon", "pump"};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Whether a word says that this client is not for IPv4. */
static bool is_ipv6_only(const char *word)
{
	return str_eq(word, "-6") || str_eq(word, "--ipv6only");
}

const char *dhcp_client(const char *cmdline, size_t len, const char *interface)
{
	bool named = false, other = false, six = false;
	const char *client = NULL;
	size_t at, i;

	if (len == 0)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(clients); i++)
		/* dhcpcd calls itself "dhcpcd: eth1 [ip4]" */
		if (str_eq(base_name(cmdline), clients[i]) ||
			(str_starts(cmdline, clients[i]) && cmdline[strlen(clients[i])] == ':'))
			client = clients[i];
	if (client && strchr(cmdline, ':'))
		return strstr(cmdline, interface) ? client : NULL;
	for (at = strlen(cmdline) + 1; client && at < len; at += strlen(cmdline + at) + 1) {
		const char *word = cmdline + at;

		named = named || str_eq(word, interface);
		six = six || is_ipv6_only(word);
		/* The interfaces are its last words; with none it serves them all. */
		other = word[0] != '-' && word[0] != '/' && at + strlen(word) + 1 >= len && !str_eq(word, interface);
	}
	return client && !six && (named || !other) ? client : NULL;
}

/* A running client, its name; the caller frees it. */
static char *find_client(const struct doctor *what)
{
	_cleanup_free_ char *proc = node_path(what->node, "/proc");
	const char *client = NULL;
	struct dirent *entry;
	DIR *directory = opendir(proc);

	while (directory && client == NULL && (entry = readdir(directory))) {
		_cleanup_free_ char *path = mem_printf("/proc/%s/cmdline", entry->d_name), *text = NULL;
		size_t len = 0;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		text = doctor_text(what, path, &len);
		client = text ? dhcp_client(text, len, what->self->interface) : NULL;
	}
	if (directory)
		closedir(directory);
	return mem_strdup(client);
}

int diagnose_dhcp(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	/* systemd-networkd keeps a lease for each interface that has one by DHCPv4, under its index. */
	_cleanup_free_ char *lease = mem_printf("/run/systemd/netif/leases/%u", if_nametoindex(what->self->interface));
	_cleanup_free_ char *client = NULL;

	if (what->cluster->mode != MODE_IPV6)
		return 0;
	client = look_exists(what->node, lease) ? mem_strdup("systemd-networkd") : find_client(what);
	if (client)
		findings_add(findings, check, SEVERITY_WARNING,
			"take DHCP for IPv4 out of the interface's configuration and stop the client",
			"the DHCP client '%s' serves '%s': it brings back an IPv4 address and default route, which "
			"Kubernetes takes for the node's, and name servers that pods cannot reach",
			client, what->self->interface);
	return 0;
}
