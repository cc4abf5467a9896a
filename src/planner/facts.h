/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a planner has to know of the machine; gathered by preflight/, so that planners stay pure.
 *
 * A fact must not change because a plan was carried out, else a second run would plan something else.
 */
#pragma once

#include <stdbool.h>

struct facts {
	char *self;	   /* absolute path of this program, for the restore unit */
	char *hosts_file;  /* "/etc/hosts" */
	bool resolved;	   /* /etc/resolv.conf is systemd-resolved's */
	char *cni_bin;	   /* directory of the CNI plugins, NULL: none */
	char *cni_version; /* highest specification version that plugins and runtimes share, "1.0.0" */
	char **cni_others; /* files in /etc/cni/net.d that a runtime would read (or would if they weren't set aside) and
			      that are not ours; sorted, NULL-terminated; NULL: none */
	char *manifest_sha256;	    /* of the file general.plugin-manifest; NULL: there is none, or it cannot be read */
	bool kubelet_unit;	    /* a kubelet.service is there */
	unsigned int kubeadm_minor; /* 1.N of the kubeadm found; 0: none */
	char *kubeadm_version;	    /* "v1.20.2"; NULL: none */
	char **cri_sockets;  /* of the container runtimes that Kubernetes could use here; NULL-terminated; NULL: none */
	char *cri_socket;    /* the one to use: general.cri-socket, else the only one; NULL: none, or several */
	char *cgroup_driver; /* of that container runtime, "systemd" or "cgroupfs"; NULL: not known */
	bool cri_disabled;   /* that is containerd, and its configuration turns its CRI plugin off */
	bool bridge_netfilter; /* net.bridge.* is there */
	char **accept_ra; /* interfaces that learned routes from router advertisements; NULL-terminated; NULL: none */
	char *named;	  /* absolute paths of programs; NULL: missing */
	char *tayga;
	bool nat64_ebpf;    /* the kernel can run the eBPF translator (asked where NAT64 is, and tayga not demanded) */
	char *nat64_device; /* what its device is made as, "dummy" or "ifb"; NULL: neither, or not asked */
	char *nat64_lacks;  /* what is missing for it, in words; NULL: nothing, or not asked */
	char *engine;	    /* the container engine of general.runtime */
	const char *forward_program[2]; /* of iptables, by the cluster's families: the one in whose chain FORWARD
					   somebody drops packets, or Docker may; NULL: nobody */
	const char *membership; /* how this node became a member of its cluster (kube/membership.h); NULL: it is none */
};

void facts_done(struct facts *facts);
