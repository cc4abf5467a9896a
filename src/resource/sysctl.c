/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A write to one parameter may change others: net.ipv6.conf.all.forwarding sets it on "default" and every interface
 * (addrconf_fixup_forwarding() in net/ipv6/addrconf.c), net.ipv4.ip_forward does the same for IPv4 and also resets
 * accept_redirects (inet_forward_change() in net/ipv4/devinet.c, ip-sysctl.rst), a "default" of IPv4 reaches interfaces
 * that were never set themselves (devinet_copy_dflt_conf()). So the undo of such a key holds all of them.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/netns-text.h"
#include "resource/ops.h"
#include "resource/sysctl-value.h"

#define IP_FORWARD "net/ipv4/ip_forward"
#define IPV4_CONF "net/ipv4/conf"
#define IPV6_CONF "net/ipv6/conf"

struct step step_sysctl(const char *netns, const char *key, const char *value)
{
	return step_make(
		&sysctl_ops, json_make("{s:s*, s:s, s:s}", "netns", netns_or_null(netns), "key", key, "value", value));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "key"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	if (json_text(want, "netns"))
		str_addf(ret, "ip netns exec %s ", json_text(want, "netns"));
	str_addf(ret, "sysctl -w %s=%s", json_text(want, "key"), json_text(want, "value"));
}

/* The parameter behind "net/ipv6/conf/all/" or ".../default/", of both families; NULL for any other path. */
static const char *conf_name(const char *path, const char *conf)
{
	size_t len = strlen(conf);

	if (!str_starts(path, conf))
		return NULL;
	if (str_starts(path + len, "/all/"))
		return path + len + strlen("/all/");
	if (str_starts(path + len, "/default/"))
		return path + len + strlen("/default/");
	return NULL;
}

static int read_one(struct node *node, const char *netns, const char *path, json_t *into, struct err *err)
{
	_cleanup_free_ char *value = NULL;
	int r = sysctl_read(node, netns, path, &value, err);

	if (r == 1)
		json_object_set_new(into, path, json_string(value));
	return r < 0 ? r : 0;
}

/* Every value that a write to `path` may change, itself left out. */
static int read_coupled(struct node *node, const char *netns, const char *path, json_t *into, struct err *err)
{
	const char *name4 = str_eq(path, IP_FORWARD) ? "forwarding" : conf_name(path, IPV4_CONF);
	const char *name6 = conf_name(path, IPV6_CONF);
	int r = 0;

	if (name6)
		r = sysctl_read_each(node, netns, IPV6_CONF, name6, into, err);
	if (name4)
		r = sysctl_read_each(node, netns, IPV4_CONF, name4, into, err);
	if (r == 0 && str_eq(name4, "forwarding")) {
		r = read_one(node, netns, IPV4_CONF "/all/accept_redirects", into, err);
		if (r == 0)
			r = read_one(node, netns, IP_FORWARD, into, err);
	}
	json_object_del(into, path);
	return r;
}

/* Why a parameter isn't there, in words that help. */
static int explain_missing(const char *key, const char *path, struct err *err)
{
	if (str_starts(path, "net/bridge/"))
		return err_set(err, ENOENT,
			"there is no sysctl '%s': load the module it belongs to with 'modprobe br_netfilter'", key);
	if (str_starts(path, "net/netfilter/nf_conntrack"))
		return err_set(err, ENOENT,
			"there is no sysctl '%s': load the module it belongs to with 'modprobe nf_conntrack'", key);
	if (str_starts(path, "net/ipv6/") && access("/proc/sys/net/ipv6", F_OK) < 0)
		return err_set(err, ENOENT,
			"there is no sysctl '%s': this kernel runs without IPv6, so remove 'ipv6.disable=1' from its "
			"command "
			"line, or load the module with 'modprobe ipv6'",
			key);
	if (str_starts(path, IPV4_CONF "/") || str_starts(path, IPV6_CONF "/"))
		return err_set(err, ENOENT, "there is no sysctl '%s': is there such an interface?", key);
	return err_set(err, ENOENT, "there is no sysctl '%s' in this kernel: is a module missing?", key);
}

/* One that comes with an interface, or with rules that look at connections, may be there once an earlier step was
 * applied; another one never will. */
static bool may_come(const char *path)
{
	return str_starts(path, IPV4_CONF "/") || str_starts(path, "net/netfilter/nf_conntrack") ||
	       (str_starts(path, IPV6_CONF "/") && access("/proc/sys/net/ipv6", F_OK) == 0);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const char *netns = json_text(step->want, "netns"), *key = json_text(step->want, "key");
	const char *wanted = json_text(step->want, "value");
	_cleanup_free_ char *path = NULL, *value = NULL;
	_cleanup_json_ json_t *coupled = json_object();
	int r, fd;

	r = sysctl_path(key, &path, err);
	if (r == 0)
		r = sysctl_read(node, netns, path, &value, err);
	if (r < 0)
		return r;
	if (r == 0) {
		if (!ours && !may_come(path) && node_netns_fd(node, netns, &fd, NULL) == 0)
			return explain_missing(key, path, err);
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	if (ret_undo) {
		r = read_coupled(node, netns, path, coupled, err);
		if (r < 0)
			return r;
		*ret_undo = json_make("{s:s}", "value", value);
		if (json_object_size(coupled) > 0)
			json_object_set(*ret_undo, "coupled", coupled);
	}
	if (str_eq(value, wanted))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "it is %s, not %s", value, wanted);
	return STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const char *key = json_text(step->want, "key");
	_cleanup_free_ char *path = NULL;
	int r;

	r = sysctl_path(key, &path, err);
	if (r == 0)
		r = sysctl_write(node, json_text(step->want, "netns"), path, json_text(step->want, "value"), err);
	return r == -ENOENT ? explain_missing(key, path, err) : r;
}

/* Put a value back where it differs and its interface still exists. */
static int put_back(struct node *node, const char *netns, const char *path, const char *value, struct err *err)
{
	_cleanup_free_ char *now = NULL;
	int r = sysctl_read(node, netns, path, &now, err);

	if (r <= 0 || value == NULL || str_eq(now, value))
		return r < 0 ? r : 0;
	return sysctl_write(node, netns, path, value, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *netns = json_text(step->want, "netns"), *path_of_one;
	_cleanup_free_ char *path = NULL;
	json_t *value;
	int r;

	r = sysctl_path(json_text(step->want, "key"), &path, err);
	if (r == 0)
		r = put_back(node, netns, path, json_text(undo, "value"), err);
	if (r < 0)
		return r;
	/* Behind the parameter itself, which has just changed them all again. */
	json_object_foreach (json_object_get(undo, "coupled"), path_of_one, value) {
		r = put_back(node, netns, path_of_one, json_string_value(value), err);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct step_ops sysctl_ops = {
	.kind = "sysctl",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
