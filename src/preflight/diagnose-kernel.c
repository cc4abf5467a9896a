/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "kube/cni.h"
#include "kube/membership.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"
#include "resource/sysctl-value.h"

#define IPV6_CONF "net/ipv6/conf"
#define DISABLE "disable_ipv6"

void judge_ipv6_off(const json_t *values, const struct check *check, struct findings *findings)
{
	const json_t *value;
	const char *path;

	if (json_object_size(values) == 0)
		findings_add(findings, check, SEVERITY_ERROR,
			"take 'ipv6.disable=1' off the kernel's command line, then reboot",
			"this kernel has no IPv6: it was built or started without");
	json_object_foreach ((json_t *)values, path, value) {
		_cleanup_free_ char *name = NULL, *cure = NULL;

		if (!str_eq(json_string_value(value), "1") || strlen(path) <= sizeof(IPV6_CONF "/" DISABLE))
			continue;
		name = mem_strndup(path + sizeof(IPV6_CONF), strlen(path) - sizeof(IPV6_CONF "/" DISABLE));
		cure = mem_printf("'sysctl -w net.ipv6.conf.%s." DISABLE "=0', and take it out of /etc/sysctl.d", name);
		findings_add(findings, check, SEVERITY_ERROR, cure,
			str_eq(name, "all") || str_eq(name, "default")
				? "IPv6 is off for '%s' interfaces (" DISABLE " is 1): those made from now on, such as "
				  "pods', have none"
				: "IPv6 is off on the interface '%s' (" DISABLE " is 1)",
			name);
	}
}

static void drop_others(json_t *values, const struct doctor *what)
{
	const json_t *value;
	const char *path;
	void *next;

	/* An interface that is nothing of the cluster's may have its reasons. */
	json_object_foreach_safe (values, next, path, value) {
		const char *const kept[] = {"all", "default", CNI_BRIDGE, what->self ? what->self->interface : NULL};
		bool keep = false;
		size_t i;

		for (i = 0; i < ARRAY_SIZE(kept); i++) {
			_cleanup_free_ char *wanted = mem_printf(IPV6_CONF "/%s/" DISABLE, kept[i] ? kept[i] : "");

			keep = keep || str_eq(path, wanted);
		}
		if (!keep)
			json_object_del(values, path);
	}
}

int diagnose_ipv6_off(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_json_ json_t *values = json_object();
	int r = sysctl_read_each(what->node, NULL, IPV6_CONF, DISABLE, values, err);

	if (r < 0)
		return r;
	drop_others(values, what);
	judge_ipv6_off(values, check, findings);
	return 0;
}

int diagnose_forwarding_off(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	if (doctor_prepared(what) && doctor_sysctl(what, IPV6_CONF "/all/forwarding") == 0)
		findings_add(findings, check, SEVERITY_ERROR,
			"'lazyjack prepare' turns it on; find out what turned it off (/etc/sysctl.d, a network "
			"manager)",
			"this node was prepared, but IPv6 forwarding is off (net.ipv6.conf.all.forwarding is 0): no "
			"packet gets to or from its pods");
	return 0;
}

int diagnose_bridge_netfilter(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	long value = doctor_sysctl(what, "net/bridge/bridge-nf-call-ip6tables");

	if (value == -1)
		findings_add(findings, check, SEVERITY_WARNING,
			"'modprobe br_netfilter', name it in a file below /etc/modules-load.d, then 'lazyjack prepare'",
			"the kernel module 'br_netfilter' is missing: bridged packets don't pass ip6tables, so service "
			"addresses may fail between pods of one node");
	else if (value == 0 && doctor_prepared(what))
		findings_add(findings, check, SEVERITY_WARNING, "'lazyjack prepare' sets it",
			"net.bridge.bridge-nf-call-ip6tables is 0: service addresses may fail between pods of one "
			"node");
	return 0;
}

bool wants_ipvs(const char *kubeadm_conf)
{
	_cleanup_free_ char *mode = doctor_yaml_value(kubeadm_conf, "mode");

	return str_eq(mode, "ipvs");
}

/* As modprobe(8) writes both; builtin ones have a directory only if they have parameters. */
static bool has_module(const struct doctor *what, const char *name)
{
	_cleanup_free_ char *loaded = mem_printf("/sys/module/%s", name), *file = mem_printf("/%s.ko", name);
	_cleanup_free_ char *path = NULL, *builtin = NULL;
	struct utsname kernel;

	if (look_exists(what->node, loaded))
		return true;
	uname(&kernel);
	path = mem_printf("/lib/modules/%s/modules.builtin", kernel.release);
	builtin = doctor_text(what, path, NULL);
	return builtin && strstr(builtin, file);
}

int diagnose_ipvs(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const modules[] = {"ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"};
	_cleanup_free_ char *path =
		what->cluster ? kubeadm_conf_path(what->cluster) : mem_strdup(WORK_AREA_DEFAULT "/kubeadm.conf");
	size_t len = 0, i;
	_cleanup_free_ char *text = doctor_text(what, path, &len);
	_cleanup_str_ struct str missing = STR_INIT;
	bool wanted = text && wants_ipvs(text);

	if (text)
		explicit_bzero(text, len); /* the token is in it */
	for (i = 0; wanted && i < ARRAY_SIZE(modules); i++)
		if (!has_module(what, modules[i]))
			str_addf(&missing, "%s%s", missing.len ? " " : "", modules[i]);
	if (missing.len)
		findings_add(findings, check, SEVERITY_ERROR,
			"'modprobe -a ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh nf_conntrack', and name them in a file below "
			"/etc/modules-load.d",
			"kubeadm.conf asks for kube-proxy's IPVS mode, but these kernel modules are not loaded: %s",
			missing.s);
	return 0;
}
