/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kind of step and how to make one. The planner calls these; it knows nothing of how they work.
 *
 * Paths are absolute on the node. `netns` is NULL for the node itself or the name of a namespace. Texts are copied.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "net/prefix.h"
#include "step/step.h"

extern const struct step_ops *const step_kinds[]; /* NULL-terminated, kinds.c */

/* A directory (one level; the parent must be there). `runtime`: on revert its content goes too, if lazyjack made it. */
struct step step_directory(const char *path, mode_t mode, bool runtime);

/* A file with this content, root's. What was there before is kept for revert. */
struct step step_file(const char *path, const char *content, mode_t mode);

/* The same for content that neither journal, log nor diff may hold; mode 0600. Symlinks and foreign owners are refused.
 */
struct step step_secret_file(const char *path, const char *content, size_t len);

/*
 * The same for a file that its owner may edit: what he wrote is kept as PATH.bak (root's, 0600; an older one goes) when
 * the file is written anew, and he is told. On revert an edited file, and PATH.bak, are left.
 */
struct step step_secret_conffile(const char *path, const char *content, size_t len);

/* A user's file edited in place: becomes `content` as a whole, owner and mode kept; PATH.bak gets the old content. */
struct step step_edited_file(const char *path, const char *content, size_t len);

/* A symbolic link. */
struct step step_symlink(const char *path, const char *target);

/* Rename PATH to PATH.lazyjack-aside so that nobody reads it; revert renames it back. */
struct step step_set_aside(const char *path);

/* An /etc/hosts entry for `name`. Other lines that give the name another address of the family are commented out. */
struct step_hosts_entry {
	const char *name;
	struct address address;
};
struct step step_hosts(const char *path, const struct step_hosts_entry *entries, size_t n);

/* `server` as the first nameserver of a resolv.conf; other lines stay. A symlink is followed. */
struct step step_resolver(const char *path, const struct address *server);

/* The value of a sysctl, "net.ipv6.conf.all.forwarding"; dots within an interface name are written as slashes. */
struct step step_sysctl(const char *netns, const char *key, const char *value);

/* A network namespace under /run/netns with lo up. */
struct step step_netns(const char *name);

/* A bridge, up. mtu 0: the kernel's. */
struct step step_bridge(const char *netns, const char *name, unsigned int mtu);

/* A veth pair, both ends up: `name` here (a port of `bridge`, unless NULL), `peer` in namespace `peer_netns`. */
struct step step_veth(const char *netns, const char *name, const char *bridge, const char *peer_netns, const char *peer,
	unsigned int mtu);

/* A persistent TUN device, up. */
struct step step_tun(const char *netns, const char *name);

/* The device of the eBPF NAT64 translator, up; `type` is "dummy" or "ifb". */
struct step step_nat64_device(const char *netns, const char *name, const char *type, unsigned int mtu);

/* The eBPF file system mounted at `path`. */
struct step step_bpf_filesystem(const char *path);

/* The eBPF NAT64 translator, loaded, pinned and attached to `device`. */
struct nat64_devices;
struct nat64_setup;
struct step step_nat64_program(const char *netns, const struct nat64_devices *devices, const struct nat64_setup *setup);

/* The MTU of a link that is there already. */
struct step step_mtu(const char *netns, const char *link, unsigned int mtu);

/* An address on a link. `nodad`: skip duplicate address detection, for links that only lazyjack uses. */
struct step step_address(const char *netns, const char *link, const struct prefix *address, bool nodad);

/* A route in the main table. `via` (AF_UNSPEC: none) or `link` (NULL: none), or both. */
struct step step_route(
	const char *netns, const struct prefix *destination, const struct address *via, const char *link);

/* The same with an MTU of its own, in octets, which packets are cut to, or refused by, before they take it. */
struct step step_route_mtu(const char *netns, const struct prefix *destination, const struct address *via,
	const char *link, unsigned int mtu);

/* A whole nftables table, "ip6 lazyjack": created by `ruleset` (nft syntax, the table's body), removed on revert. */
struct step step_nft_table(const char *netns, const char *family, const char *name, const char *body);

/* Rules that other programs leave behind in iptables' chains: what begins with `chain_prefix` goes on revert. */
struct step step_netfilter_remains(const char *chain_prefix);

/*
 * What pods of the network send, and what is sent to them, is accepted in the chain FORWARD of `program`:
 * "iptables-nft", "ip6tables-legacy" and so on. The chain belongs to others.
 */
struct step step_forward_accept(const char *program, const struct prefix *network);

/* A unit file or drop-in: as step_file(), and systemd reads its units again after apply and after revert. */
struct step step_unit_file(const char *path, const char *content);

/* systemctl start UNIT; revert stops it. `digest` (may be NULL) is what the unit has to have read: another one means a
 * restart, so that a changed configuration takes effect. */
struct step step_unit_started(const char *unit, const char *digest);

/* systemctl enable UNIT; revert disables it. */
struct step step_unit_enabled(const char *unit);

/* Restart the unit now, and again on revert, if it is running; `digest` is what it has to have read, so that a changed
 * one makes a new restart. */
struct step step_unit_restarted(const char *unit, const char *digest);

/* Call the plugins of a CNI configuration list for a namespace, as a container runtime does (ADD; DEL on revert). */
struct step step_cni_attachment(const char *netns, const char *container_id, const char *conflist_path);

/* Remember the values of sysctls that others are going to set, and put them back on revert. `keys` ends with NULL. */
struct step step_kept_sysctls(const char *name, const char *const *keys);

/* Membership in a cluster by kubeadm; `kubeadm reset` on revert. */
struct step_kubeadm {
	const char *action;    /* "init" or "join" */
	const char *config;    /* path of kubeadm.conf */
	const char *socket;    /* path of the container runtime's; NULL: kubeadm finds it */
	const char *address;   /* the node's own, which has to be usable first */
	const char *server;    /* where the API server answers, "HOST[:PORT]"; join waits for it; init: may be NULL */
	const char *master;    /* join: name of the node whose cluster it is, for messages; else NULL */
	bool control_plane;    /* join: as one more master */
	bool upload_certs;     /* init: further masters can fetch the cluster's keys, encrypted */
	const char *certs;     /* init: directory with ca.key and ca.crt; else NULL */
	const char *directory; /* for the log and a note of how far it came; must be there */
	unsigned long timeout; /* seconds, for waiting and kubeadm together */
};
struct step step_kubeadm(const struct step_kubeadm *kubeadm);

/*
 * The objects of a manifest (its content has this SHA-256) in the cluster whose control plane is on this node. On
 * revert they are deleted, as far as the cluster is still there.
 */
struct step step_manifest(const char *path, const char *sha256);

/*
 * The cluster of the kubeconfig `source` in a user's own kubeconfig at `path` (mode 0600, uid:gid), which keeps what is
 * in there; on revert it is as it was, or, changed by the user since, without that cluster.
 */
struct step step_kubeconfig(const char *path, const char *source, uid_t uid, gid_t gid);

/*
 * A package of a distribution that has apt, installed without what it recommends; revert removes it and what came with
 * it. The units in `masked` (NULL-terminated; may be NULL) neither start then nor at boot. One that is there stays.
 */
struct step step_package(const char *name, const char *const *masked);

/* Upgrades leave the package at its version (apt-mark hold). */
struct step step_package_hold(const char *name);

/* A copy of the file `source`, whose content has this SHA-256. Nothing may be at `path` before. */
struct step step_copied_file(const char *path, const char *source, const char *sha256, mode_t mode);

/* Lab: an overlay file system mounted on `path`. `lower`: one directory or several, colon-separated, first on top. */
struct step step_overlay(const char *path, const char *lower, const char *upper, const char *work);

/* Lab: a control group in every hierarchy ("lazyjack-lab/master"). On revert everything in it is killed. */
struct step step_control_group(const char *group);

/*
 * Lab: a systemd-nspawn node in the control group `group` that boots its own systemd, over `directory`, in namespace
 * `netns`; its console goes to the file `console`. `binds` (taken over) is [["host", "node", read-only], …].
 */
struct step step_nspawn(const char *name, const char *directory, const char *netns, const char *group,
	const char *console, json_t *binds);

/* A network of the container engine `engine` ("docker") with a bridge of this name; the engine gives it the gateways.
 */
struct step_container_network {
	const char *engine, *name, *bridge;
	struct prefix v6, v4;
	struct address gateway6, gateway4;
	unsigned int mtu; /* octets, of its links */
};
struct step step_container_network(const struct step_container_network *network);

/* A volume of the engine that is the directory `directory` of the node. */
struct step step_container_volume(const char *engine, const char *name, const char *directory);

/*
 * An image that has to be there: built by the text `containerfile` on the image `base`, or (both NULL) pulled.
 */
struct step step_container_image(const char *engine, const char *name, const char *base, const char *containerfile);

/*
 * A running container: in `network`, a name of step_container_network(), with the addresses `v4` and `v6` (AF_UNSPEC:
 * the engine's choice), or in the network namespace `netns`; the other is NULL. `volume` is mounted on `directory`,
 * read only. `digest` is of the configuration: another one means a new container, so that a changed one takes effect.
 */
struct step_container {
	const char *engine, *name, *image;
	const char *restart; /* when the engine starts it again: "always", "on-failure" */
	const char *network, *netns;
	struct address v4, v6;
	const char *const *capabilities; /* the only ones it has; NULL-terminated, as `sysctls` */
	const char *const *sysctls;	 /* "net.ipv4.ip_forward=1"; may be NULL */
	const char *device;		 /* "/dev/net/tun"; NULL: none */
	const char *volume, *directory, *digest;
};
struct step step_container(const struct step_container *container);
