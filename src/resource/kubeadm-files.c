/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeadm-files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define DONE_NOTE "/var/lib/kubelet/lazyjack"

enum {
	NOTE_MAX = 4096,
	DEPTH_MAX = 8,
};

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

/* Of these, those in which people put an audit policy, patches, or volume plugins once there is a cluster. */
static const char *const shared_directories[] = {"/etc/kubernetes", "/usr/libexec/kubernetes"};

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

static bool is_one_of(const char *const *paths, size_t n, const char *path)
{
	size_t i;

	for (i = 0; path && i < n; i++)
		if (str_eq(path, paths[i]))
			return true;
	return false;
}

/* The directories that are empty, from the innermost: rmdir(2) refuses the others. */
static void remove_empty(const char *path, unsigned int depth)
{
	DIR *directory = depth ? opendir(path) : NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *below = mem_printf("%s/%s", path, entry->d_name);

		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			remove_empty(below, depth - 1);
	}
	if (directory)
		closedir(directory);
	(void)rmdir(path);
}

/* The kubelet's and the controller-manager's part is directories for plugins, kubeadm's the files of a member. */
static int remove_shared(const struct node *node, const char *path, struct err *err)
{
	_cleanup_free_ char *real = node_path(node, path), *left = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(member_files); i++) {
		_cleanup_free_ char *file = node_path(node, member_files[i]);

		if (str_starts(file, real) && unlink(file) < 0 && errno != ENOENT && errno != ENOTDIR)
			return err_errno(err, errno, "cannot remove '%s'", file);
	}
	remove_empty(real, DEPTH_MAX);
	left = first_entry(node, path);
	if (left)
		log_warning(
			"the directory '%s' is left: '%s' is in it, which Kubernetes did not put there", path, left);
	return 0;
}

/* The journal is trusted as far as its owner is root; a name that this program would not have put there is left. */
int kubeadm_files_remove(const struct node *node, const json_t *absent, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = json_array_size(absent); i-- > 0 && r == 0;) {
		const char *path = json_string_value(json_array_get(absent, i));
		_cleanup_free_ char *real = path ? node_path(node, path) : NULL;

		if (is_one_of(shared_directories, ARRAY_SIZE(shared_directories), path))
			r = remove_shared(node, path, err);
		else if (is_one_of(made_directories, ARRAY_SIZE(made_directories), path))
			r = file_remove_tree(real, err);
	}
	return r;
}

int kubeadm_files_note(const struct node *node, const json_t *want, struct err *err)
{
	_cleanup_json_ json_t *note = json_make("{s:s*,s:s*,s:s*}", "action", json_text(want, "action"), "address",
		json_text(want, "address"), "server", json_text(want, "server"));
	_cleanup_free_ char *path = node_path(node, DONE_NOTE), *text = json_line(note);
	const struct file_attr attr = {.mode = 0600};

	return file_replace(path, text, strlen(text), &attr, err);
}

bool kubeadm_files_noted(const struct node *node)
{
	return is_there(node, DONE_NOTE);
}

json_t *kubeadm_files_read_note(const struct node *node)
{
	_cleanup_free_ char *path = node_path(node, DONE_NOTE), *text = NULL;
	size_t len;

	return file_read_nofollow(path, NOTE_MAX, &text, &len, NULL, NULL) == 0 ? json_loadb(text, len, 0, NULL) : NULL;
}
