/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "kube/version-table.h"
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

int check_named(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	need(what->facts->named, "named", "bind9", check, findings);
	return 0;
}

int check_tayga(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	need(what->facts->tayga, "tayga", "tayga", check, findings);
	return 0;
}

int check_cni(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	for (i = 0; cni_plugins[i]; i++)
		str_addf(&names, "%s'%s'", i > 0 ? ", " : "", cni_plugins[i]);
	if (what->facts->cni_bin == NULL)
		findings_add(findings, check, SEVERITY_ERROR, "install package 'containernetworking-plugins'",
			"neither '/opt/cni/bin' nor '/usr/lib/cni' has all of the CNI plugins %s", str_text(&names));
	else if (what->facts->cni_version == NULL)
		findings_add(findings, check, SEVERITY_ERROR, "install release 0.7.1 or newer of them",
			"the CNI plugins %s in '%s' don't share a specification version of 0.3.1 or newer",
			str_text(&names), what->facts->cni_bin);
	return 0;
}

/* Missing ones are no error: lazyjack prepares nodes that get Kubernetes later. */
int check_kubernetes(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const programs[] = {"kubeadm", "kubelet", "kubectl"};
	_cleanup_str_ struct str missing = STR_INIT;
	unsigned int first = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_free_ char *version = i == 0 ? mem_strdup(what->facts->kubeadm_version)
						      : look_kubernetes_version(what->node, programs[i]);
		unsigned int minor = kubernetes_minor(version);

		if (version == NULL)
			str_addf(&missing, "%s'%s'", missing.len ? ", " : "", programs[i]);
		else if (minor < KUBEADM_OLDEST)
			findings_add(findings, check, SEVERITY_ERROR, "install 1.13 or newer",
				"'%s' is %s, which is too old", programs[i], version);
		else if (first != 0 && minor != first)
			findings_add(findings, check, SEVERITY_ERROR,
				"install the same minor version of kubeadm, kubelet and kubectl on every node",
				"'%s' is %s, but another of Kubernetes' programs here is 1.%u", programs[i], version,
				first);
		else
			first = minor;
	}
	if (missing.len)
		findings_add(findings, check, SEVERITY_WARNING, "install it before 'kubeadm' is to be run",
			"there is no working %s", missing.s);
	return 0;
}

int check_runtime_socket(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	if (what->facts->cri_socket == NULL)
		findings_add(findings, check, SEVERITY_WARNING,
			"install and start one before 'kubeadm' is to be run: containerd, CRI-O",
			"no container runtime answers at its usual socket");
	return 0;
}
