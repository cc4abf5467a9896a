/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/recipe.h"

#include <stddef.h>

/*
 * What a person would have on such a node (systemd, name server, translator, plugins, tools; systemd-resolved, not
 * enabled, for those who want to try it), what lazyjack links with, what a build with sanitizers needs, and busybox for
 * the pages of the outside.
 */
const char lab_packages[] = "systemd,systemd-sysv,dbus,iproute2,iputils-ping,procps,kmod,bind9,bind9-dnsutils,tayga,"
			    "containernetworking-plugins,"
			    "iptables,nftables,curl,ca-certificates,libfyaml0,libjansson4,libmnl0,libssl3,libsystemd0,"
			    "libasan8,libubsan1,strace,"
			    "busybox,systemd-resolved";

/* The container runtime, and what kubeadm's preflight checks look for. */
const char lab_kubernetes_packages[] = "containerd,runc,conntrack,socat,ethtool,ebtables";

/*
 * Device and module handling is the machine's; systemd-sysctl would write to the machine's settings; timers would
 * change files at odd times, and every change in a node is to be somebody's doing.
 */
const char *const lab_masked_units[] = {
	"systemd-sysctl.service",
	"systemd-udevd.service",
	"systemd-udev-trigger.service",
	"systemd-udevd-control.socket",
	"systemd-udevd-kernel.socket",
	"systemd-modules-load.service",
	"systemd-pstore.service",
	"systemd-timesyncd.service",
	"systemd-tmpfiles-clean.timer",
	"sys-kernel-debug.mount",
	"sys-kernel-tracing.mount",
	"dev-hugepages.mount",
	"apt-daily.timer",
	"apt-daily-upgrade.timer",
	"dpkg-db-backup.timer",
	"e2scrub_all.timer",
	"e2scrub_reap.service",
	"fstrim.timer",
	NULL,
};

/* Not started at boot: a node begins as a machine on which the packages are installed and nothing is set up. */
const char *const lab_removed_files[] = {
	"/etc/hostname",
	"/etc/resolv.conf",
	"/etc/machine-id",
	"/var/lib/dbus/machine-id",
	"/etc/systemd/system/bind9.service",
	"/etc/systemd/system/multi-user.target.wants/named.service",
	"/etc/systemd/system/multi-user.target.wants/tayga.service",
	"/etc/systemd/system/multi-user.target.wants/containerd.service",
	"/etc/systemd/system/multi-user.target.wants/systemd-resolved.service",
	"/etc/systemd/system/sysinit.target.wants/systemd-resolved.service",
	"/etc/systemd/system/dbus-org.freedesktop.resolve1.service",
	"/etc/systemd/system/multi-user.target.wants/e2scrub_reap.service",
	NULL,
};

const struct lab_recipe_file lab_files[] = {
	{"/etc/systemd/system.conf.d/lab.conf", "[Manager]\nDefaultTimeoutStopSec=5s\n"},
	{"/etc/systemd/journald.conf.d/lab.conf", "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n"},
	/* A new network namespace inherits the machine's IPv4 forwarding; a node boots as an ordinary host. */
	{"/etc/tmpfiles.d/lab.conf", "w! /proc/sys/net/ipv4/ip_forward - - - - 0\n"},
	{NULL, NULL},
};
