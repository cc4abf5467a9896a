/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `prepare` writes kubeadm.conf for the kubeadm and the container runtime that it finds; on nodes that fetch packages
 * by way of NAT64 these come later. The file is the person's to change, so only what kubeadm cannot read is an error.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "kube/membership.h"
#include "kube/yaml.h"
#include "model/version-table.h"
#include "preflight/checks.h"
#include "preflight/look.h"

#define API_GROUP "kubeadm.k8s.io/"

enum { CONF_MAX = 1 << 20 }; /* octets */

static const char cure[] = "run 'lazyjack prepare' again, which keeps what you changed in the file as kubeadm.conf.bak";

/* What is looked at, and where what is found goes. */
struct look {
	const struct preflight *what;
	const struct check *check;
	struct findings *findings;
	const struct kubeadm_api *api; /* of the kubeadm found */
	const char *path, *text;
};

/* kubeadm still reads the version before its own; of others it knows nothing. */
static enum severity severity_of(const struct look *look, const char *version)
{
	const struct kubeadm_api *api = look->api;

	while (api && str_eq(api->version, look->api->version))
		api = kubeadm_api_for(api->first - 1);
	return look->what->kubeadm && !(api && str_eq(api->version, version)) ? SEVERITY_ERROR : SEVERITY_WARNING;
}

static bool check_version(const struct look *look)
{
	_cleanup_free_ char *given = yaml_find(look->text, "apiVersion", API_GROUP);

	if (given == NULL || str_eq(given + strlen(API_GROUP), look->api->version))
		return true;
	findings_add(look->findings, look->check, severity_of(look, given + strlen(API_GROUP)), cure,
		"'%s' was made for another version of kubeadm: it has '%s', but kubeadm 1.%u is given '" API_GROUP
		"%s'",
		look->path, given, look->what->facts->kubeadm_minor, look->api->version);
	return false;
}

static void check_cluster_version(const struct look *look)
{
	_cleanup_free_ char *given = yaml_find(look->text, "kubernetesVersion", "");

	if (given == NULL && look->what->self == cluster_with_role(look->what->cluster, ROLE_MASTER))
		findings_add(look->findings, look->check, SEVERITY_WARNING, cure,
			"'%s' names no 'kubernetesVersion', so that kubeadm asks the internet for one", look->path);
}

static void check_socket(const struct look *look)
{
	_cleanup_free_ char *given = yaml_find(look->text, "criSocket", "");
	const char *found = look->what->facts->cri_socket, *socket = given;

	if (given && str_starts(given, "unix://"))
		socket += strlen("unix://");
	if (given && found && !str_eq(socket, found) && !look_exists(look->what->node, socket))
		findings_add(look->findings, look->check, SEVERITY_WARNING, cure,
			"'%s' names the container runtime's socket '%s', which is not there; '%s' is", look->path,
			socket, found);
}

/* kubelets that ask the container runtime need not be told. */
static void check_driver(const struct look *look)
{
	_cleanup_free_ char *document = yaml_find(look->text, "cgroupDriver", "");
	_cleanup_free_ char *flag = yaml_find(look->text, "cgroup-driver", "");
	const char *given = flag ? flag : document, *found = look->what->facts->cgroup_driver;

	if (found && (given || look->api->driver_flag) && !str_eq(given, found))
		findings_add(look->findings, look->check, SEVERITY_WARNING, cure,
			"'%s' gives the kubelet the cgroup driver '%s', but the container runtime has '%s'", look->path,
			given ? given : "(none)", found);
}

int check_kubeadm_conf(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *path = kubeadm_conf_path(what->cluster), *full = node_path(what->node, path), *text = NULL;
	struct look look = {what, check, findings, kubeadm_api_for(what->facts->kubeadm_minor), path, NULL};
	size_t len;

	/* A member has read it already. */
	if (what->member || look.api == NULL || file_read_nofollow(full, CONF_MAX, &text, &len, NULL, NULL) < 0)
		return 0;
	look.text = text;
	if (check_version(&look)) {
		check_cluster_version(&look);
		check_socket(&look);
		check_driver(&look);
	}
	explicit_bzero(text, len); /* the bootstrap token */
	return 0;
}
