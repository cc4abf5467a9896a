/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"

/* A machine of 2 GB, less what firmware and kernel keep for themselves. */
#define MEMORY_WANTED (1800ULL << 10) /* KiB */

void judge_memory(const char *meminfo, const struct check *check, struct findings *findings)
{
	const char *line = strstr(meminfo, "MemTotal:");
	unsigned long long total;

	if (line && sscanf(line, "MemTotal: %llu kB", &total) == 1 && total < MEMORY_WANTED)
		findings_add(findings, check, SEVERITY_WARNING, "give the machine 2 GB or more",
			"this machine has %llu MiB of memory: Kubernetes' own pods, cluster DNS first of all, are "
			"killed "
			"again and again",
			total >> 10);
}

int diagnose_memory(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *text = doctor_text(what, "/proc/meminfo", NULL);

	judge_memory(text ? text : "", check, findings);
	return 0;
}

void judge_clock(bool unsynchronised, bool timesyncd, const struct check *check, struct findings *findings)
{
	if (unsynchronised && !timesyncd)
		findings_add(findings, check, SEVERITY_WARNING, "run chrony or systemd-timesyncd on every node",
			"nothing keeps this machine's clock right: certificates and tokens of other nodes may seem not "
			"valid yet, or no more");
}

int diagnose_clock(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	struct timex clock = {0}; /* no modes: only asks (adjtimex(2)) */
	int state = adjtimex(&clock);

	judge_clock(state == TIME_ERROR && (clock.status & STA_UNSYNC),
		look_exists(what->node, "/run/systemd/timesync/synchronized"), check, findings);
	return 0;
}

void judge_work_area(const char *path, const struct check *check, struct findings *findings)
{
	static const char *const passing[] = {"/tmp/", "/run/", "/dev/shm/", "/var/run/"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(passing); i++)
		if (str_starts(path, passing[i]))
			findings_add(findings, check, SEVERITY_WARNING, "leave 'general.work-area' out, then 'prepare'",
				"the work area '%s' does not last: certificates and kubeadm.conf are gone after a "
				"reboot",
				path);
}

int diagnose_work_area(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	judge_work_area(what->cluster->work_area, check, findings);
	return 0;
}

void judge_swap(const char *swaps, const char *kubelet_config, const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *fails = doctor_yaml_value(kubelet_config, "failSwapOn");
	const char *line = strchr(swaps, '\n'); /* the first line is a heading */
	char name[200];

	if (line && sscanf(line, " %199s", name) == 1 && !str_eq(fails, "false"))
		findings_add(findings, check, SEVERITY_WARNING, "'swapoff -a', and take it out of /etc/fstab",
			"swap is on ('%s'), which the kubelet refuses by default", name);
}

int diagnose_swap(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *swaps = doctor_text(what, "/proc/swaps", NULL);
	_cleanup_free_ char *config = doctor_text(what, "/var/lib/kubelet/config.yaml", NULL);

	judge_swap(swaps ? swaps : "", config, check, findings);
	return 0;
}

/* The kubelet evicts pods below 10 % of its file system (its default of evictionHard, nodefs.available) and 5 % of the
 * inodes. */
void judge_disk(const struct seen_disk *seen, const struct check *check, struct findings *findings)
{
	uint64_t percent = seen->size ? seen->available * 100 / seen->size : 100;
	bool full = seen->available < (1U << 20);

	if (percent < 10)
		findings_add(findings, check, full ? SEVERITY_ERROR : SEVERITY_WARNING,
			"make room: 'journalctl --vacuum-size=100M', 'crictl rmi --prune'",
			full ? "the file system of '%s' is full: %llu MiB (%llu %%) are left"
			     : "the file system of '%s' is nearly full: %llu MiB (%llu %%) are left, and the kubelet "
			       "evicts pods below 10 %%",
			seen->path, (unsigned long long)(seen->available >> 20), (unsigned long long)percent);
	if (seen->files && seen->files_free * 100 / seen->files < 5)
		findings_add(findings, check, SEVERITY_WARNING, "remove files that nobody needs",
			"the file system of '%s' has room for %llu more files only: the kubelet evicts pods below 5 %%",
			seen->path, (unsigned long long)seen->files_free);
}

int diagnose_disk(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const paths[] = {"/var", "/var/lib/kubelet", "/var/lib/containerd", "/var/lib/lazyjack"};
	unsigned long seen[ARRAY_SIZE(paths)] = {0};
	size_t i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *full = node_path(what->node, paths[i]);
		struct statvfs vfs;
		bool again = false;

		if (statvfs(full, &vfs) < 0)
			continue;
		for (j = 0; j < n; j++)
			again = again || seen[j] == vfs.f_fsid;
		seen[n++] = vfs.f_fsid;
		if (!again)
			judge_disk(&(struct seen_disk){paths[i], (uint64_t)vfs.f_blocks * vfs.f_frsize,
					   (uint64_t)vfs.f_bavail * vfs.f_frsize, vfs.f_files, vfs.f_favail},
				check, findings);
	}
	return 0;
}
