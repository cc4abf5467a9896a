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

/* The MTU of a link that is there already. */
struct step step_mtu(const char *netns, const char *link, unsigned int mtu);

/* An address on a link. `nodad`: skip duplicate address detection, for links that only lazyjack uses. */
struct step step_address(const char *netns, const char *link, const struct prefix *address, bool nodad);

/* A route in the main table. `via` (AF_UNSPEC: none) or `link` (NULL: none), or both. */
struct step step_route(
	const char *netns, const struct prefix *destination, const struct address *via, const char *link);

/* A whole nftables table, "ip6 lazyjack": created by `ruleset` (nft syntax, the table's body), removed on revert. */
struct step step_nft_table(const char *netns, const char *family, const char *name, const char *body);

/* Rules that other programs leave behind in iptables' chains: what begins with `chain_prefix` goes on revert. */
struct step step_netfilter_remains(const char *chain_prefix);

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
