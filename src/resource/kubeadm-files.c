/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeadm-files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

static const char *const member_files[] = {
	"/etc/kubernetes/kubelet.conf",
	"/etc/kubernetes/bootstrap-kubelet.conf",
	"/etc/kubernetes/admin.conf",
	"/etc/kubernetes/super-admin.conf",
	"/etc/kubernetes/controller-manager.conf",
	"/etc/kubernetes/scheduler.conf",
	"/var/lib/kubelet/config.yaml",
	"/var/lib/kubelet/kubeadm-flags.env",
};

static const char *const emptied_directories[] = {
	"/etc/kubernetes/manifests", "/etc/kubernetes/pki", "/etc/kubernetes/pki/etcd", "/var/lib/etcd"};

/* Parents first. What is in one of them that was not there before is Kubernetes' own. */
static const char *const made_directories[] = {
	"/etc/kubernetes",
	"/etc/kubernetes/manifests",
	"/etc/kubernetes/pki",
	"/etc/kubernetes/tmp",
	"/var/lib/kubelet",
	"/var/lib/etcd",
	"/var/lib/cni",
	"/var/lib/dockershim",
	"/var/log/pods",
	"/var/log/containers",
	"/run/kubernetes",
	"/usr/libexec/kubernetes",
};

static bool is_there(const struct node *node, const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);
	struct stat st;

	return lstat(real, &st) == 0;
}

char *kubeadm_files_member(const struct node *node)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(member_files); i++)
		if (is_there(node, member_files[i]))
			return mem_strdup(member_files[i]);
	return NULL;
}

/* The first entry that is not a directory kubeadm itself makes ("pki/etcd"). */
static char *first_entry(const struct node *node, const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);
	DIR *directory = opendir(real);
	struct dirent *entry;
	char *found = NULL;

	while (directory && found == NULL && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && !str_eq(entry->d_name, "etcd") && !str_eq(entry->d_name, "lost+found"))
			found = mem_printf("%s/%s", path, entry->d_name);
	if (directory)
		closedir(directory);
	return found;
}

char *kubeadm_files_endangered(const struct node *node)
{
	char *found = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(emptied_directories) && found == NULL; i++)
		found = first_entry(node, emptied_directories[i]);
	return found;
}

json_t *kubeadm_files_absent(const struct node *node)
{
	json_t *absent = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(made_directories); i++)
		if (!is_there(node, made_directories[i]))
			json_array_append_new(absent, json_string(made_directories[i]));
	return absent;
}

/* The journal is trusted as far as its owner is root; a name that this program would not have put there is left. */
static bool is_known(const char *path)
{
	size_t i;

	for (i = 0; path && i < ARRAY_SIZE(made_directories); i++)
		if (str_eq(path, made_directories[i]))
			return true;
	return false;
}

int kubeadm_files_remove(const struct node *node, const json_t *absent, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = json_array_size(absent); i-- > 0 && r == 0;) {
		const char *path = json_string_value(json_array_get(absent, i));
		_cleanup_free_ char *real = path ? node_path(node, path) : NULL;

		if (is_known(path))
			r = file_remove_tree(real, err);
	}
	return r;
}
