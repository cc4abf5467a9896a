/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "planner/nat64-engine.h"
#include "preflight/checks.h"
#include "preflight/look.h"

#define STATE_ROOM (1U << 20) /* octets that the journal and its backups want at least */

/* proc(5), "CapEff": the effective capabilities as a hexadecimal mask. */
int check_capabilities(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} needed[] = {{CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {CAP_NET_RAW, "CAP_NET_RAW"}};
	unsigned long long mask = 0;
	char line[128];
	FILE *file = fopen("/proc/self/status", "re");
	size_t i;

	if (file == NULL)
		return err_errno(err, errno, "cannot read '/proc/self/status'");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &mask) == 1)
			break;
	fclose(file);
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(mask >> needed[i].bit & 1))
			findings_add(findings, check, SEVERITY_ERROR,
				"run lazyjack as root, outside of restricted containers",
				"the capability '%s' is missing", needed[i].name);
	return 0;
}

int check_systemd(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_err_ struct err reason = ERR_INIT;
	struct sd_bus *bus;

	if (node_bus(what->node, &bus, &reason) < 0)
		findings_add(findings, check, SEVERITY_ERROR, "lazyjack needs systemd and its system bus on the node",
			"systemd does not answer: %s", reason.msg);
	return 0;
}

/* The directory itself or the nearest one above it that is there. */
static char *existing(struct node *node, const char *path)
{
	char *full = node_path(node, path);

	while (access(full, F_OK) < 0 && !str_eq(full, "/") && !str_eq(full, ".")) {
		char *parent = file_parent(full);

		free(full);
		full = parent;
	}
	return full;
}

int check_state_directory(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *path = existing(what->node, what->state_directory);
	unsigned long long room;
	struct statvfs vfs;

	if (statvfs(path, &vfs) < 0)
		return err_errno(err, errno, "cannot look at the file system of '%s'", path);
	room = (unsigned long long)vfs.f_bavail * vfs.f_frsize;
	if (vfs.f_flag & ST_RDONLY)
		findings_add(findings, check, SEVERITY_ERROR, "remount it for writing",
			"the file system of '%s' is read-only, so no journal can be written", path);
	else if (access(path, W_OK) < 0)
		findings_add(findings, check, SEVERITY_ERROR, "mount a file system there that can be written",
			"'%s' cannot be written to: %s", path, strerror(errno));
	else if (room < STATE_ROOM)
		findings_add(findings, check, SEVERITY_ERROR, "free at least 1 MiB there",
			"the file system of '%s' is full (%llu KiB left), so no journal can be written", path,
			room >> 10);
	return 0;
}

int check_swap(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[256], name[200];

	/* The first line is a heading. */
	if (file && fgets(line, sizeof(line), file) && fgets(line, sizeof(line), file) &&
		sscanf(line, "%199s", name) == 1)
		findings_add(findings, check, what->kubeadm ? SEVERITY_ERROR : SEVERITY_WARNING,
			"'swapoff -a', and take it out of /etc/fstab",
			"swap is on ('%s'), which the kubelet refuses by default", name);
	if (file)
		fclose(file);
	return 0;
}

int check_tun(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *path = node_path(what->node, "/dev/net/tun");
	struct stat st;

	if (nat64_uses_ebpf(what->cluster, what->facts))
		return 0;
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		findings_add(findings, check, SEVERITY_ERROR, "'modprobe tun', or give the container the device",
			"there is no device '/dev/net/tun', which NAT64 needs");
	return 0;
}

/* kubeadm before 1.30 refuses such a node. */
int check_bridge_netfilter(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	if (!what->facts->bridge_netfilter)
		findings_add(findings, check, what->kubeadm ? SEVERITY_ERROR : SEVERITY_WARNING,
			"'modprobe br_netfilter', and name it in a file below /etc/modules-load.d",
			"bridged packets don't pass ip6tables, so service addresses may fail between pods of one node");
	return 0;
}
