/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "planner/nat64-engine.h"
#include "preflight/checks.h"
#include "preflight/cni-facts.h"
#include "preflight/look.h"

static void need(const char *path, const char *program, const char *package, const struct check *check,
	struct findings *findings)
{
	_cleanup_free_ char *cure = mem_printf("install package '%s'", package);

	if (path == NULL)
		findings_add(findings, check, SEVERITY_ERROR, cure, "there is no program '%s'", program);
}

int check_nft(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *path = look_program(what->node, "nft");

	need(path, "nft", "nftables", check, findings);
	return 0;
}

/* Else a container engine brings the services' programs. */
static bool runs_itself(const struct preflight *what)
{
	return str_eq(what->cluster->runtime, "host");
}

int check_named(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	if (runs_itself(what))
		need(what->facts->named, "named", "bind9", check, findings);
	return 0;
}

int check_nat64_engine(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const char *lacks = what->facts->nat64_lacks;
	bool demanded = str_eq(what->cluster->nat64.engine, "ebpf");

	if (lacks && nat64_may_use_ebpf(what->cluster, what->self))
		findings_add(findings, check, demanded ? SEVERITY_ERROR : SEVERITY_WARNING,
			demanded ? "set nat64.engine to 'tayga' or 'auto'"
				 : "set nat64.engine to 'tayga' to be asked no more",
			"the eBPF translator can't run here%s; missing: %s",
			demanded ? "" : ", so tayga translates, several times slower", lacks);
	return 0;
}

int check_tayga(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	if (runs_itself(what) && !nat64_uses_ebpf(what->cluster, what->facts))
		need(what->facts->tayga, "tayga", "tayga", check, findings);
	return 0;
}

int check_cni(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const char *plugins[CNI_PLUGINS_MAX + 1];
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	cni_plugins(what->cluster, plugins);
	if (plugins[0] == NULL)
		return 0;
	for (i = 0; plugins[i]; i++)
		str_addf(&names, "%s'%s'", i > 0 ? ", " : "", plugins[i]);
	if (what->facts->cni_bin == NULL)
		findings_add(findings, check, SEVERITY_ERROR, "install package 'containernetworking-plugins'",
			"neither '/opt/cni/bin' nor '/usr/lib/cni' has all of the CNI plugins %s", str_text(&names));
	else if (what->facts->cni_version == NULL)
		findings_add(findings, check, SEVERITY_ERROR, "install release 0.7.1 or newer of them",
			"the CNI plugins %s in '%s' don't share a specification version of 0.3.1 or newer",
			str_text(&names), what->facts->cni_bin);
	return 0;
}

int check_manifest(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const char *path = what->cluster->plugin_manifest;

	/* `up` applies it where `kubeadm init` ran. */
	if (path && what->self == cluster_with_role(what->cluster, ROLE_MASTER) && what->facts->manifest_sha256 == NULL)
		findings_add(findings, check, what->kubeadm ? SEVERITY_ERROR : SEVERITY_WARNING,
			"put it there, or correct general.plugin-manifest",
			"the plugin's manifest '%s' is no file that can be read", path);
	return 0;
}
