/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The diagnoses of preflight/doctor.c. Each diagnose_ function looks, and hands what it saw to a judge_ function, which
 * looks at nothing: those are tested with captured text.
 */
#pragma once

#include <jansson.h>
#include <net/if.h>
#include <stdint.h>

#include "preflight/checks.h"
#include "preflight/doctor.h"

/* Returns 0 whatever it finds, or a negative errno value when it could not look. */
typedef int diagnose_fn(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err);

/* diagnose-forward.c */
extern diagnose_fn diagnose_forward;
/* diagnose-address.c */
extern diagnose_fn diagnose_duplicate, diagnose_tentative, diagnose_own_address, diagnose_conflict, diagnose_ssh;
/* diagnose-route.c */
extern diagnose_fn diagnose_ra, diagnose_ipv4_default, diagnose_rp_filter;
/* diagnose-mtu.c */
extern diagnose_fn diagnose_mtu, diagnose_path_mtu;
/* diagnose-resolver.c */
extern diagnose_fn diagnose_resolver, diagnose_localhost;
/* diagnose-kubelet.c */
extern diagnose_fn diagnose_node_address, diagnose_node_ip, diagnose_kubelet_port;
/* diagnose-dhcp.c */
extern diagnose_fn diagnose_dhcp;
/* diagnose-leftovers.c */
extern diagnose_fn diagnose_old_chains, diagnose_mixed, diagnose_foreign_links;
/* diagnose-cni.c */
extern diagnose_fn diagnose_cni_config, diagnose_cni_leases;
/* diagnose-kernel.c */
extern diagnose_fn diagnose_ipv6_off, diagnose_forwarding_off, diagnose_bridge_netfilter, diagnose_ipvs;
/* diagnose-machine.c */
extern diagnose_fn diagnose_memory, diagnose_clock, diagnose_work_area, diagnose_swap, diagnose_disk;
/* diagnose-certificate.c */
extern diagnose_fn diagnose_certificates;
/* diagnose-lazyjack.c */
extern diagnose_fn diagnose_services, diagnose_drift;

#define DOCTOR_TIMEOUT 5000 /* ms that a program is given */

/* Files of a node, kernel's included: none that is looked at is larger. */
#define DOCTOR_TEXT_MAX (4U << 20)

/* --- Questions that several ask: diagnose-look.c --- */

/* A program's standard output. -ENOENT: it is missing. */
int doctor_program(const char *const *argv, struct str *ret, struct err *err);

/* The text of a file of the node, NULL when it cannot be read; the caller frees it. `ret_len` may be NULL. */
char *doctor_text(const struct doctor *what, const char *path, size_t *ret_len);

/* The value of a kernel parameter ("net/ipv6/conf/all/forwarding"), -1 when there is none. */
long doctor_sysctl(const struct doctor *what, const char *path);

/* The value of "KEY: VALUE" at the beginning of a line, without quotes; NULL when it isn't there. The caller frees it.
 */
char *doctor_yaml_value(const char *text, const char *key);

/* lazyjack has prepared this machine; has made this thing, as the journal knows it. */
bool doctor_prepared(const struct doctor *what);
bool doctor_made(const struct doctor *what, const char *kind, const char *identity);

/* Links of the machine's own namespace. */
struct seen_link {
	unsigned int index, mtu;
	unsigned int master; /* index of its bridge, 0: none */
	char name[IF_NAMESIZE];
	char kind[16]; /* "bridge", "veth"; "" for hardware */
};

struct seen_links {
	struct seen_link *items;
	size_t n, cap;
};

int look_links(const struct doctor *what, struct seen_links *ret, struct err *err);
void seen_links_done(struct seen_links *links);
const struct seen_link *seen_links_find(const struct seen_links *links, const char *name); /* or NULL */
#define _cleanup_seen_links_ __attribute__((cleanup(seen_links_done)))

/* --- Addresses --- */

struct seen_address {
	char interface[IF_NAMESIZE];
	struct prefix prefix;
	unsigned int flags; /* IFA_F_ */
	long age;	    /* seconds since it was set */
	long valid;	    /* seconds that it will last; -1: for ever */
};

struct seen_addresses {
	struct seen_address *items;
	size_t n, cap;
};

int look_addresses(const struct doctor *what, struct seen_addresses *ret, struct err *err);
void seen_addresses_done(struct seen_addresses *addresses);
#define _cleanup_seen_addresses_ __attribute__((cleanup(seen_addresses_done)))

void judge_duplicate(const struct seen_addresses *seen, const struct check *check, struct findings *findings);
void judge_tentative(const struct seen_addresses *seen, const struct check *check, struct findings *findings);
void judge_own_address(const struct seen_addresses *seen, const struct cluster_node *self, bool prepared,
	const struct check *check, struct findings *findings);
void judge_ssh(const struct seen_addresses *seen, const char *server, const struct cluster_node *self,
	const struct check *check, struct findings *findings);

/* --- Default routes --- */

struct seen_route {
	char interface[IF_NAMESIZE];
	unsigned char protocol; /* RTPROT_ */
	struct address via;
	long expires; /* seconds; -1: never */
};

struct seen_routes {
	struct seen_route *items;
	size_t n, cap;
};

int look_default_routes(const struct doctor *what, int family, struct seen_routes *ret, struct err *err);
void seen_routes_done(struct seen_routes *routes);
#define _cleanup_seen_routes_ __attribute__((cleanup(seen_routes_done)))

/* An interface that listens, or not, to router advertisements. */
struct seen_listener {
	const char *interface;
	long forwarding, accept_ra;	    /* kernel parameters */
	const struct seen_route *route;	    /* default route by advertisement; NULL: none */
	const struct seen_address *learned; /* an address by advertisement; NULL: none */
};

void judge_ra(const struct seen_listener *seen, const struct check *check, struct findings *findings);
void judge_ipv4_default(
	const struct seen_routes *seen, bool nat64, bool node_ip, const struct check *check, struct findings *findings);

/* --- MTU --- */

void judge_mtu(const struct seen_links *seen, const struct cluster *cluster, const struct cluster_node *self,
	const struct check *check, struct findings *findings);
void judge_path_mtu(const struct cluster_node *node, unsigned int path, unsigned int wanted, const struct check *check,
	struct findings *findings);

/* --- Names --- */

/* `path` is the file that pods get, `text` what is in it, `cluster` may be NULL. */
void judge_resolver(const char *path, const char *text, const struct cluster *cluster, bool prepared,
	const struct check *check, struct findings *findings);
void judge_localhost(const char *hosts, const struct check *check, struct findings *findings);

/* --- kubelet --- */

void judge_node_address(
	const json_t *node, const struct cluster_node *self, const struct check *check, struct findings *findings);

/* The node address among the kubelet's flags ("--node-ip=A,B"): 1 it is ours, 0 another or none. */
int kubelet_node_ip(const char *flags, const struct address *wanted);

/* `configured`: the kubelet has kubeadm's configuration. */
void judge_kubelet_port(
	const char *process, long pid, bool configured, const struct check *check, struct findings *findings);

/* The DHCP client's name when this command line (proc(5)) is one for the interface, else NULL. */
const char *dhcp_client(const char *cmdline, size_t len, const char *interface);

/* --- Leftovers --- */

struct seen_chains {
	json_t *nft;	     /* netfilter_nft_record() */
	json_t *legacy_kube; /* netfilter_legacy_record() of "KUBE-" */
	json_t *legacy_cni;  /* and of "CNI-" */
};

void judge_old_chains(
	const struct seen_chains *seen, bool member, bool cni, const struct check *check, struct findings *findings);
void judge_mixed(const struct seen_chains *seen, const struct check *check, struct findings *findings);
void judge_foreign_links(
	const struct seen_links *seen, bool bridge_is_ours, const struct check *check, struct findings *findings);

/* `names` of the files in /etc/cni/net.d, ended by NULL. */
void judge_cni_config(const char *const *names, const struct check *check, struct findings *findings);

/* Leases of one network; `room` is how many addresses its configuration has, 0: no configuration names it. */
void judge_cni_leases(
	const char *directory, size_t leases, uint64_t room, const struct check *check, struct findings *findings);

/* How many addresses the configuration (a .conf or .conflist) has for the network's smallest range; 0: not its own. */
uint64_t cni_room(const json_t *conflist, const char *network);

/* --- Kernel --- */

/* `values` as sysctl_read_each() gives them: path: value. */
void judge_ipv6_off(const json_t *values, const struct check *check, struct findings *findings);

/* True when the documents want kube-proxy's IPVS mode. */
bool wants_ipvs(const char *kubeadm_conf);

/* --- Machine --- */

void judge_memory(const char *meminfo, const struct check *check, struct findings *findings);
void judge_clock(bool unsynchronised, bool timesyncd, const struct check *check, struct findings *findings);
void judge_work_area(const char *path, const struct check *check, struct findings *findings);
void judge_swap(const char *swaps, const char *kubelet_config, const struct check *check, struct findings *findings);

struct seen_disk {
	const char *path;
	uint64_t size, available;   /* octets */
	uint64_t files, files_free; /* inodes; 0 files: the file system has no fixed number */
};

void judge_disk(const struct seen_disk *seen, const struct check *check, struct findings *findings);

/* `text` holds a certificate in PEM form; `now` in seconds since 1970. */
void judge_certificate(const char *path, const char *text, size_t len, int64_t now, const struct check *check,
	struct findings *findings);

/* --- lazyjack's own --- */

/* `load` and `active` as systemd says them, `words` the unit's last lines (may be ""). */
void judge_service(const char *unit, const char *load, const char *active, bool oneshot, const char *words,
	const struct check *check, struct findings *findings);

/* `state` as inspect gives it, `detail` what differs or why it can't be told (""), `words` its last lines (""). */
void judge_container(const char *engine, const char *name, int state, const char *detail, const char *words,
	const struct check *check, struct findings *findings);
void judge_drift(size_t wrong, const char *first, const struct check *check, struct findings *findings);
