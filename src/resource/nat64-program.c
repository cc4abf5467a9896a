/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The eBPF translator on its device. The wish says what is translated; which program does it is this lazyjack's own
 * (nat64/loader.h), so that a newer lazyjack finds an older one's drifted and puts its own in the place.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "nat64/conntrack.h"
#include "nat64/loader.h"
#include "nat64/maps.h"
#include "resource/kinds.h"
#include "resource/netns-text.h"
#include "resource/node.h"
#include "resource/ops.h"

static json_t *list_json(const struct prefix *list, size_t n)
{
	json_t *json = json_array();
	char text[PREFIX_TEXT_MAX];
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(json, json_string(prefix_text(&list[i], text)));
	return json;
}

/* [["fd00:20::/120", "172.18.128.0/24"], …] */
static json_t *blocks_json(const struct nat64_setup *setup)
{
	json_t *json = json_array();
	size_t i;

	for (i = 0; i < setup->n_blocks; i++) {
		char hosts[PREFIX_TEXT_MAX], addresses[PREFIX_TEXT_MAX];

		json_array_append_new(json, json_make("[s, s]", prefix_text(&setup->blocks[i].hosts, hosts),
						    prefix_text(&setup->blocks[i].addresses, addresses)));
	}
	return json;
}

struct step step_nat64_program(const char *netns, const struct nat64_devices *devices, const struct nat64_setup *setup)
{
	const bool has_overflow = setup->overflow.address.family != AF_UNSPEC;
	char prefix[PREFIX_TEXT_MAX], pool[PREFIX_TEXT_MAX], overflow[PREFIX_TEXT_MAX], v4[ADDRESS_TEXT_MAX],
		v6[ADDRESS_TEXT_MAX];

	return step_make(&nat64_program_ops,
		json_make("{s:s*, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:i, s:o, s:o, s:o}", "netns",
			netns_or_null(netns), "dev", devices->device, "inside", devices->inside, "prefix",
			prefix_text(&setup->prefix, prefix), "pool", prefix_text(&setup->pool, pool), "overflow",
			has_overflow ? prefix_text(&setup->overflow, overflow) : NULL, "v4",
			address_text(&setup->own4, v4), "v6", address_text(&setup->own6, v6), "mtu", (int)setup->mtu,
			"sources", list_json(setup->sources, setup->n_sources), "deny",
			list_json(setup->denied, setup->n_denied), "blocks", blocks_json(setup)));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "dev"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	if (json_text(want, "netns"))
		str_addf(ret, "ip netns exec %s ", json_text(want, "netns"));
	str_addf(ret, "tc filter replace dev %s egress bpf direct-action # NAT64 %s to %s", json_text(want, "dev"),
		json_text(want, "prefix"), json_text(want, "pool"));
}

static int parse_list(const json_t *list, const char *key, struct prefix *ret, size_t *ret_n, struct err *err)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) > NAT64_SETUP_LIST_MAX)
		return err_set(err, E2BIG, "'%s' of the NAT64 translator has %zu networks: at most %d can be given",
			key, json_array_size(list), NAT64_SETUP_LIST_MAX);
	json_array_foreach (list, i, item)
		if (prefix_parse(json_string_value(item) ? json_string_value(item) : "", &ret[i]) < 0)
			return err_set(
				err, EINVAL, "'%s' of the NAT64 translator holds something that is no network", key);
	*ret_n = json_array_size(list);
	return 0;
}

static int parse_blocks(const json_t *list, struct nat64_setup *ret, struct err *err)
{
	const json_t *item;
	size_t i;

	if (json_array_size(list) > NAT64_SETUP_BLOCKS_MAX)
		return err_set(err, E2BIG, "the NAT64 translator has %zu blocks: at most %d can be given",
			json_array_size(list), NAT64_SETUP_BLOCKS_MAX);
	json_array_foreach (list, i, item) {
		const char *hosts = json_string_value(json_array_get(item, 0));
		const char *addresses = json_string_value(json_array_get(item, 1));

		if (prefix_parse(hosts ? hosts : "", &ret->blocks[i].hosts) < 0 ||
			prefix_parse(addresses ? addresses : "", &ret->blocks[i].addresses) < 0)
			return err_set(
				err, EINVAL, "a block of the NAT64 translator holds something that is no network");
	}
	ret->n_blocks = json_array_size(list);
	return 0;
}

static int parse(const json_t *want, struct nat64_setup *ret, struct err *err)
{
	const char *overflow = json_text(want, "overflow");
	int r;

	*ret = (struct nat64_setup){.mtu = (unsigned int)json_number(want, "mtu")};
	if (prefix_parse(json_text(want, "prefix"), &ret->prefix) < 0 ||
		prefix_parse(json_text(want, "pool"), &ret->pool) < 0 ||
		(overflow && prefix_parse(overflow, &ret->overflow) < 0) ||
		address_parse(json_text(want, "v4"), &ret->own4) < 0 ||
		address_parse(json_text(want, "v6"), &ret->own6) < 0)
		return err_set(err, EINVAL, "the wish for the NAT64 translator holds something that is no address");
	r = parse_list(json_object_get(want, "sources"), "sources", ret->sources, &ret->n_sources, err);
	if (r == 0)
		r = parse_list(json_object_get(want, "deny"), "deny", ret->denied, &ret->n_denied, err);
	return r < 0 ? r : parse_blocks(json_object_get(want, "blocks"), ret, err);
}

/* What runs in the translator's namespace. */
struct work {
	char *directory;
	struct nat64_devices devices;
	struct nat64_setup setup;
	struct str *detail;
	bool fresh;
};

static struct nat64_devices devices_of(const json_t *want)
{
	return (struct nat64_devices){.device = json_text(want, "dev"), .inside = json_text(want, "inside")};
}

static int look(void *user, struct err *err)
{
	const struct work *work = user;

	return nat64_look(work->directory, &work->devices, &work->setup, work->detail, err);
}

static int load(void *user, struct err *err)
{
	struct work *work = user;

	return nat64_load(work->directory, &work->devices, &work->setup, &work->fresh, err);
}

static int detach(void *user, struct err *err)
{
	const struct work *work = user;

	return nat64_detach(&work->devices, err);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, NAT64_DIRECTORY);
	struct work work = {.directory = directory, .devices = devices_of(step->want), .detail = ret_detail};
	int r = parse(step->want, &work.setup, err), fd;

	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_null();
	r = NAT64_ABSENT;
	if (node_netns_fd(node, json_text(step->want, "netns"), &fd, NULL) == 0)
		r = node_in_netns(node, json_text(step->want, "netns"), look, &work, err);
	else if (access(directory, F_OK) == 0)
		r = NAT64_DIFFERENT;
	if (r < 0)
		return r;
	if (r != NAT64_ABSENT && !ours)
		return err_set(err, EEXIST,
			"a NAT64 translator is loaded already ('%s') and isn't recorded as lazyjack's: remove it with "
			"'rm -r %s'",
			directory, directory);
	return r == NAT64_RUNNING ? STEP_IN_PLACE : r == NAT64_DIFFERENT ? STEP_DRIFTED : STEP_MISSING;
}

static int forget(const struct prefix *pool, struct err *err)
{
	const struct nat64_key4 key = nat64_key4_of(pool);
	int r = conntrack_clear_network(&key, err);

	return r < 0 ? r : 0;
}

/*
 * With new maps every host gets a new address of the pool, which conntrack may know as another host's. Masquerading is
 * done by the node, not in the translator's namespace.
 */
static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, NAT64_DIRECTORY);
	struct work work = {.directory = directory, .devices = devices_of(step->want)};
	int r = parse(step->want, &work.setup, err);

	if (r == 0)
		r = node_in_netns(node, json_text(step->want, "netns"), load, &work, err);
	if (r < 0 || !work.fresh)
		return r;
	r = forget(&work.setup.pool, err);
	return r == 0 && work.setup.overflow.address.family != AF_UNSPEC ? forget(&work.setup.overflow, err) : r;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, NAT64_DIRECTORY), *parent = file_parent(directory);
	struct work work = {.devices = devices_of(step->want)};
	int r = 0, fd;

	/* A namespace that has gone took the device and its filter with it. */
	if (node_netns_fd(node, json_text(step->want, "netns"), &fd, NULL) == 0)
		r = node_in_netns(node, json_text(step->want, "netns"), detach, &work, err);
	if (r == 0)
		r = nat64_unpin(directory, err);
	if (r == 0 && rmdir(parent) < 0 && errno != ENOENT && errno != ENOTEMPTY)
		return err_errno(err, errno, "can't remove the directory '%s'", parent);
	return r;
}

const struct step_ops nat64_program_ops = {
	.kind = "nat64-program",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack's own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
