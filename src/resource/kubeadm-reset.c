/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/kubeadm-aside.h"
#include "resource/kubeadm-output.h"
#include "resource/kubeadm-run.h"
#include "resource/link.h"
#include "resource/nft.h"
#include "resource/unit-bus.h"

#define CGROUPS "/sys/fs/cgroup"
#define PODS_SLICE "kubepods.slice"

enum {
	RESET_MS = 300000,
	LIST_MS = 10000,
	AGAIN_MS = 20000, /* for what the kubelet had begun when it was stopped to come to light */
	PAUSE_MS = 500,
	ATTEMPTS = 3,
	DEPTH_MAX = 8, /* of the control groups below kubepods: class, pod, container, and what a container makes */
};

static bool take_line(void *user, const char *line)
{
	_cleanup_str_ struct str text = STR_INIT;

	kubeadm_output_text(line, &text);
	if (text.len)
		log_info("kubeadm reset: %s", text.s);
	return true;
}

/* Empty groups only: rmdir(2) refuses the others. */
static void remove_groups(const char *path, unsigned int depth)
{
	DIR *directory = depth ? opendir(path) : NULL;
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *below = NULL;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = mem_printf("%s/%s", path, entry->d_name);
		remove_groups(below, depth - 1);
	}
	if (directory)
		closedir(directory);
	if (rmdir(path) < 0 && errno != ENOENT)
		log_debug("the control group '%s' stays: %s", path, strerror(errno));
}

/* True when some are left: a pod is in there. */
static bool remove_pod_groups(const struct node *node, const char *hierarchy)
{
	static const char *const names[] = {"kubepods", PODS_SLICE};
	bool left = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s/%s", node->root, hierarchy, names[i]);

		if (access(path, F_OK) == 0)
			remove_groups(path, DEPTH_MAX);
		left = left || access(path, F_OK) == 0;
	}
	return left;
}

/* One hierarchy with cgroup v2, one a controller with v1. */
static bool remove_control_groups(struct node *node)
{
	_cleanup_free_ char *top = node_path(node, CGROUPS);
	struct unit_state slice;
	struct dirent *entry;
	DIR *directory;
	bool left;

	if (unit_bus_state(node, PODS_SLICE, &slice, NULL) == 0 && unit_is_active(&slice))
		(void)unit_bus_job(node, UNIT_STOP, PODS_SLICE, NULL);
	left = remove_pod_groups(node, CGROUPS);
	directory = opendir(top);
	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *path = mem_printf(CGROUPS "/%s", entry->d_name);

		if (entry->d_name[0] != '.' && !str_starts(entry->d_name, "kubepods"))
			left = remove_pod_groups(node, path) || left;
	}
	if (directory)
		closedir(directory);
	return left;
}

/* kube-proxy's in modes nftables and ipvs; what its mode iptables leaves is the step netfilter-remains' to sweep. */
static int remove_proxy(struct node *node, struct err *err)
{
	static const char *const families[] = {"ip", "ip6"};
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		_cleanup_free_ char *command = mem_printf("delete table %s kube-proxy\n", families[i]);
		_cleanup_str_ struct str text = STR_INIT;

		r = nft_list(families[i], "kube-proxy", 0, &text, err);
		if (r == 1)
			r = nft_apply(command, 0, err);
		if (r < 0)
			return r;
	}
	return link_delete(node, NULL, "kube-ipvs0", "dummy", err);
}

/* As kubeadm asks; false when it cannot be asked (Docker before 1.24, no crictl). */
static bool pods_left(const char *socket)
{
	_cleanup_free_ char *endpoint = socket ? mem_printf("unix://%s", socket) : NULL;
	const char *const argv[] = {"crictl", "-r", endpoint, "pods", "-q", NULL};
	_cleanup_run_ struct run_result result = {0};

	return endpoint &&
	       run_program(&(struct run_options){.argv = argv, .timeout_ms = LIST_MS}, &result, NULL) >= 0 &&
	       result.status == 0 && result.out.len > 0;
}

static int reset_once(const char *socket, struct err *err)
{
	_cleanup_free_ char *option = socket ? mem_printf("--cri-socket=%s", socket) : NULL;
	const char *const argv[] = {"kubeadm", "reset", "--force", option, NULL};
	_cleanup_str_ struct str out = STR_INIT;
	int r;

	r = run_checked(
		&(struct run_options){.argv = argv, .timeout_ms = RESET_MS, .on_line = take_line, .on_errors = true},
		&out, err);
	if (r == -ENOENT)
		return err_set(err, ENOENT,
			"there is no program 'kubeadm', with which this node became a member: install it again, then "
			"'lazyjack "
			"down'");
	return r;
}

/*
 * kubeadm before 1.22 first asks the cluster who it is, then tells it that this master leaves; when its API server goes
 * away between the two, as on the way down of all masters at once, it gives up with nothing done. Once it gets no
 * answer to its question either, it goes on without.
 */
static int reset_patiently(const char *socket, struct err *err)
{
	_cleanup_err_ struct err reason = ERR_INIT;
	int r = reset_once(socket, &reason);
	unsigned int i;

	for (i = 1; i < ATTEMPTS && r < 0 && strstr(reason.msg, "phase update-cluster-status"); i++)
		r = reset_once(socket, &reason);
	return r < 0 ? err_set(err, -r, "%s", reason.msg) : 0;
}

/* Others' files come back whatever became of the reset; those that a killed run left aside come back first. */
static int reset_beside(const char *socket, const struct node *node, const json_t *others, struct err *err)
{
	_cleanup_err_ struct err late = ERR_INIT;
	int r, back;

	r = kubeadm_aside_back(node, err);
	if (r == 0)
		r = kubeadm_aside_put(node, others, err);
	if (r == 0)
		r = reset_patiently(socket, err);
	back = kubeadm_aside_back(node, &late);
	return r == 0 && back < 0 ? err_set(err, late.code, "%s", late.msg) : r;
}

int kubeadm_reset(const json_t *want, struct node *node, const json_t *others, struct err *err)
{
	const char *socket = json_text(want, "socket");
	int64_t deadline = clock_ms() + AGAIN_MS;
	bool left = true;
	int r;

	/* kubeadm lists the pods once; those that the kubelet was about to make appear a moment later. */
	while (left) {
		r = reset_beside(socket, node, others, err);
		if (r < 0)
			return r;
		left = remove_control_groups(node);
		left = pods_left(socket) || left;
		if (left && clock_left(deadline) == 0) {
			node_say(node, "some pods do not go: 'crictl pods' and 'find /sys/fs/cgroup -name kubepods*' "
				       "show them");
			break;
		}
		if (left)
			clock_pause(PAUSE_MS);
	}
	return remove_proxy(node, err);
}
