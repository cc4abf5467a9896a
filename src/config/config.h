/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as the file says it: typed values, whether each was given, and where. No rule that spans two keys
 * is checked here (see model/), and nothing but the file is looked at.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "config/diagnostic.h"
#include "net/prefix.h"

#define CONFIG_SIZE_MAX (8U << 20) /* octets of a file */
#define CONFIG_HOSTS_MAX 10000

/* The images that lazyjack builds itself where they are missing; the number tells what they expect of lazyjack. */
#define DNS64_IMAGE "localhost/lazyjack-dns64:1"
#define NAT64_IMAGE "localhost/lazyjack-nat64:1"

#define NAT64_OVERFLOW_DEFAULT "240.0.0.0/18"
#define NAT64_DENY_DEFAULT "169.254.0.0/16" /* link-local: metadata services of clouds */

/*
 * In each value, `given` false with a mark (line other than 0) means: it is written there, but was refused and
 * reported, so nobody should call it missing. An empty value and a "<placeholder>" count as not there at all.
 */
struct config_text {
	bool given;
	struct mark mark;
	char *value; /* owned; NULL unless given */
};

struct config_number {
	bool given;
	struct mark mark;
	unsigned long value;
};

struct config_flag {
	bool given;
	struct mark mark;
	bool value;
};

struct config_address {
	bool given;
	struct mark mark;
	struct address value;
};

struct config_prefix {
	bool given;
	struct mark mark;
	struct prefix value; /* host bits as written: the model refuses them */
};

/* A network as earlier releases wrote it; combined into the modern keys while loading, for nobody else to look at. */
struct config_old {
	struct config_text network;
	struct config_number length;
};

struct config_host {
	char *name; /* a DNS label or name (RFC 1123), lower case; owned */
	struct mark mark;
	struct config_text interface;
	struct config_number id;
	struct config_text opmodes;   /* blank-separated, as written */
	struct config_prefix address; /* an address the interface has already, with its length */
};

struct config {
	char *file;    /* as the user named it; owned */
	bool complete; /* false: part of the text could not be read, so what is absent may only be unreadable */

	struct {
		struct config_text plugin, plugin_manifest, mode, work_area, kubernetes_version, token, token_cert_hash,
			runtime;
		struct config_text cri_socket, endpoint, certificate_key;
		struct config_flag insecure;
		struct config_number kubeadm_timeout; /* seconds */
	} general;

	struct mark topology_mark;
	struct config_host *hosts; /* in the order of the file */
	size_t n_hosts;
	size_t cap_hosts;

	struct {
		struct config_prefix cidr, v4cidr;
		struct config_old old;
	} support_net;
	struct {
		struct config_prefix cidr, cidr2;
		struct config_old old;
	} mgmt_net;
	struct {
		struct config_prefix cidr, cidr2;
		struct config_number mtu, node_size;
		struct config_old old;
	} pod_net;
	struct {
		struct config_prefix cidr, cidr2;
	} service_net;
	struct {
		struct config_prefix v4_cidr, overflow_cidr;
		struct config_address v4_ip, ip;
		struct config_text engine, image, deny;
	} nat64;
	struct {
		struct config_address remote_server, ip;
		struct config_prefix cidr;
		struct config_flag allow_aaaa_use;
		struct config_text image;
		struct config_old old;
	} dns64;
};

/*
 * Read `path`. What is wrong with its content goes to `diagnostics`, all of it, and the return value is still 0: the
 * caller looks at diagnostics->errors. An error return means that the file could not be read at all (-ENOENT, -EACCES,
 * -EISDIR, -EINVAL for a FIFO or device, -EFBIG over CONFIG_SIZE_MAX). `*ret` is the caller's: config_free().
 */
int config_load(const char *path, struct diagnostics *diagnostics, struct config **ret, struct err *err);

/* The same for text in memory; `name` stands for the file in messages. Never fails: all goes to `diagnostics`. */
struct config *config_parse(const char *text, size_t len, const char *name, struct diagnostics *diagnostics);

void config_free(struct config *config);

/*
 * The values of a section or host by the rows of the schema. Every member begins with whether it was given and where.
 */
struct config_head {
	bool given;
	struct mark mark;
};
struct schema_key;
const struct config_head *config_head(const void *base, const struct schema_key *key);

/*
 * The networks of a VALUE_NETWORKS text: how many, 0 for "none". -EINVAL when one is none, of another family, or has
 * host bits; -E2BIG when there are more than `max`.
 */
#define CONFIG_NETWORKS_MAX 32
int config_networks(const char *text, int family, struct prefix *ret, size_t max);

/* The value as a file has it, unquoted; nothing is added unless it is given. */
void config_value_text(const void *base, const struct schema_key *key, struct str *ret);

/* Whether both say the same: the same hosts in the same order, each key given with the same value or not given. */
bool config_same(const struct config *a, const struct config *b);

/* Give every key that is not there its default, for keys that `modes` (one bit of IN_IPV6 ...) allows. */
void config_fill_defaults(struct config *config, unsigned int modes);
