/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"
#include "resource/route-table.h"

struct step step_route(const char *netns, const struct prefix *destination, const struct address *via, const char *link)
{
	return step_route_mtu(netns, destination, via, link, 0);
}

struct step step_route_mtu(const char *netns, const struct prefix *destination, const struct address *via,
	const char *link, unsigned int mtu)
{
	char to[PREFIX_TEXT_MAX], next_hop[ADDRESS_TEXT_MAX];
	bool has_next_hop = via && via->family != AF_UNSPEC;
	json_t *want = json_make("{s:s*, s:s, s:s*, s:s*}", "netns", netns_or_null(netns), "to",
		prefix_text(destination, to), "via", has_next_hop ? address_text(via, next_hop) : NULL, "dev", link);

	if (mtu != 0)
		json_object_set_new(want, "mtu", json_integer(mtu));
	return step_make(&route_ops, want);
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "to"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	const char *via = json_text(want, "via"), *link = json_text(want, "dev");
	struct prefix to = {0};

	netns_ip(want, ret);
	if (prefix_parse(json_text(want, "to"), &to) == 0 && to.address.family == AF_INET6)
		str_add(ret, " -6");
	str_addf(ret, " route add %s%s%s%s%s", json_text(want, "to"), via ? " via " : "", via ? via : "",
		link ? " dev " : "", link ? link : "");
	if (json_number(want, "mtu"))
		str_addf(ret, " mtu %u", (unsigned int)json_number(want, "mtu"));
}

static int parse(const json_t *want, struct route *ret, struct err *err)
{
	const char *via = json_text(want, "via");

	*ret = (struct route){.mtu = (unsigned int)json_number(want, "mtu")};
	if (prefix_parse(json_text(want, "to"), &ret->to) < 0 || (via && address_parse(via, &ret->via) < 0))
		return err_set(err, EINVAL, "'%s' is no destination, or '%s' no next hop", json_text(want, "to"),
			via ? via : "");
	return 0;
}

/* The route that is wanted, and (`*ret_other`) one to the same destination that goes elsewhere. Either may be NULL. */
static const struct route *look_up(
	const struct route_table *table, const json_t *want, const struct route *route, const struct route **ret_other)
{
	const char *link = json_text(want, "dev");
	unsigned int index = link ? route_table_link(table, link) : 0;
	const struct route *found = NULL, *wanted = NULL;

	*ret_other = NULL;
	while ((found = route_table_find(table, &route->to, found)) != NULL) {
		if (address_equal(&found->via, &route->via) && (link == NULL || found->link == index) &&
			(route->mtu == 0 || found->mtu == route->mtu))
			wanted = found;
		else
			*ret_other = found;
	}
	return wanted;
}

/* "via 'fd00::1' on 'eth1'". */
static void path_words(const char *via, const char *link, struct str *ret)
{
	if (via)
		str_addf(ret, "via '%s'", via);
	if (link)
		str_addf(ret, "%son '%s'", via ? " " : "", link);
}

static void clash_words(const struct route_table *table, const json_t *want, const struct route *other, struct str *ret)
{
	const char *link = route_table_link_name(table, other->link);
	char via[ADDRESS_TEXT_MAX];

	str_addf(ret, "the route to '%s' goes ", json_text(want, "to"));
	path_words(other->via.family ? address_text(&other->via, via) : NULL, link, ret);
	str_add(ret, ", not ");
	path_words(json_text(want, "via"), json_text(want, "dev"), ret);
	if (json_number(want, "mtu"))
		str_addf(ret, " with an MTU of %u", (unsigned int)json_number(want, "mtu"));
}

static int refuse(const struct route_table *table, const json_t *want, const struct route *other, struct err *err)
{
	_cleanup_str_ struct str why = STR_INIT, ip = STR_INIT;
	char via[ADDRESS_TEXT_MAX];

	clash_words(table, want, other, &why);
	netns_ip(want, &ip);
	return err_set(err, EEXIST,
		"%s, and isn't lazyjack's: remove it with '%s%s route del %s%s%s dev %s' if nobody needs it", why.s,
		ip.s, other->to.address.family == AF_INET6 ? " -6" : "", json_text(want, "to"),
		other->via.family ? " via " : "", other->via.family ? address_text(&other->via, via) : "",
		route_table_link_name(table, other->link));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const struct route *other = NULL, *wanted = NULL;
	struct route_table *table;
	struct route route;
	int r, state;

	r = parse(step->want, &route, err);
	if (r < 0)
		return r;
	r = node_route_table(node, json_text(step->want, "netns"), &table, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT)
		err_done(err);
	else
		wanted = look_up(table, step->want, &route, &other);
	if (wanted) {
		state = STEP_IN_PLACE;
	} else if (other) {
		if (!ours)
			return refuse(table, step->want, other, err);
		if (ret_detail)
			clash_words(table, step->want, other, ret_detail);
		state = STEP_DRIFTED;
	} else {
		state = STEP_MISSING;
	}
	if (ret_undo)
		*ret_undo = json_null();
	return state;
}

/* Steps of one namespace that go to the kernel together. */
struct batch {
	const struct step *const *steps;
	size_t n;
	uint16_t type, flags[NETLINK_MANY_MAX];
	struct route routes[NETLINK_MANY_MAX];
	struct netlink_result results[NETLINK_MANY_MAX];
};

static void build(void *user, size_t i, union netlink_message *message)
{
	const struct batch *batch = user;
	const struct route *route = &batch->routes[i];
	struct rtmsg *wanted = netlink_begin(message, batch->type, batch->flags[i], sizeof(*wanted));

	wanted->rtm_family = (unsigned char)route->to.address.family;
	wanted->rtm_dst_len = (unsigned char)route->to.length;
	wanted->rtm_table = RT_TABLE_MAIN;
	wanted->rtm_protocol = RTPROT_STATIC;
	wanted->rtm_type = RTN_UNICAST;
	/* Only IPv4 has scopes: a next hop has to be nearer than what it leads to; "nowhere" deletes any. */
	if (batch->type == RTM_DELROUTE)
		wanted->rtm_scope = RT_SCOPE_NOWHERE;
	else if (route->via.family == AF_UNSPEC && route->to.address.family == AF_INET)
		wanted->rtm_scope = RT_SCOPE_LINK;
	else
		wanted->rtm_scope = RT_SCOPE_UNIVERSE;
	netlink_put_address(&message->header, RTA_DST, &route->to.address);
	if (route->via.family != AF_UNSPEC)
		netlink_put_address(&message->header, RTA_GATEWAY, &route->via);
	if (route->link != 0)
		mnl_attr_put_u32(&message->header, RTA_OIF, route->link);
	if (route->mtu != 0) {
		struct nlattr *metrics = mnl_attr_nest_start(&message->header, RTA_METRICS);

		mnl_attr_put_u32(&message->header, RTAX_MTU, route->mtu);
		mnl_attr_nest_end(&message->header, metrics);
	}
}

/* As many of the steps as share a namespace and fit one batch. */
static void begin_batch(struct batch *batch, uint16_t type, const struct step *const *steps, size_t n)
{
	const char *netns = json_text(steps[0]->want, "netns");

	batch->steps = steps;
	batch->type = type;
	for (batch->n = 0; batch->n < n && batch->n < NETLINK_MANY_MAX; batch->n++)
		if (!str_eq(json_text(steps[batch->n]->want, "netns"), netns))
			break;
}

/* The error for a link that isn't in the table. */
static int need_link(struct node *node, const json_t *want, struct err *err)
{
	struct link link;
	int r = link_need(node, json_text(want, "netns"), json_text(want, "dev"), &link, err);

	return r < 0 ? r : err_set(err, EAGAIN, "the links change while they are read: try again");
}

/* Fill in routes and flags; stops short of a step whose link isn't there, unless that is the first one: -ENODEV. */
static int prepare_adding(struct batch *batch, struct node *node, const struct route_table *table, struct err *err)
{
	size_t i;

	for (i = 0; i < batch->n; i++) {
		const json_t *want = batch->steps[i]->want;
		const struct route *other;
		int r;

		r = parse(want, &batch->routes[i], err);
		if (r < 0)
			return r;
		if (json_text(want, "dev")) {
			batch->routes[i].link = route_table_link(table, json_text(want, "dev"));
			if (batch->routes[i].link == 0 && i > 0)
				break;
			if (batch->routes[i].link == 0)
				return need_link(node, want, err);
		}
		/* Another one is in the way only where the journal knows it as ours: then it becomes the wanted one. */
		look_up(table, want, &batch->routes[i], &other);
		batch->flags[i] = other ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_CREATE | NLM_F_EXCL;
	}
	batch->n = i;
	return 0;
}

static int fail_adding(const json_t *want, const struct netlink_result *result, struct err *err)
{
	_cleanup_str_ struct str path = STR_INIT;

	path_words(json_text(want, "via"), json_text(want, "dev"), &path);
	return err_set(err, -result->error, "can't add the route to '%s' %s: %s", json_text(want, "to"),
		str_text(&path), result->text);
}

/* One result: 0 when the route is as wanted, even if an apply that was killed had added it already. */
static int settle_adding(struct batch *batch, size_t i, struct route_table *table, struct err *err)
{
	const struct netlink_result *result = &batch->results[i];
	const json_t *want = batch->steps[i]->want;
	const struct route *other = NULL;
	int r;

	if (result->error == 0) {
		if (batch->flags[i] & NLM_F_REPLACE)
			route_table_expire(table);
		else
			route_table_add(table, &batch->routes[i]);
		return 0;
	}
	if (result->error == -EEXIST) {
		/* The news suffice: reading all anew for each route that is there takes time by the square. */
		r = route_table_refresh(table, err);
		if (r < 0 || look_up(table, want, &batch->routes[i], &other))
			return r;
		if (other)
			return refuse(table, want, other, err);
	}
	return fail_adding(want, result, err);
}

static int apply_many(const struct step *const *steps, size_t n, struct node *node, size_t *ret_done, struct err *err)
{
	struct route_table *table;
	struct mnl_socket *socket;
	struct batch batch = {0};
	size_t done, i;
	int r = 0;

	for (done = 0; r >= 0 && done < n; done += i) {
		const char *netns = json_text(steps[done]->want, "netns");

		i = 0;
		begin_batch(&batch, RTM_NEWROUTE, steps + done, n - done);
		r = node_route_table(node, netns, &table, err);
		if (r == 0)
			r = prepare_adding(&batch, node, table, err);
		if (r == 0)
			r = node_netlink(node, netns, &socket, err);
		if (r == 0)
			r = netlink_many(socket, batch.n, build, &batch, batch.results, err);
		while (r >= 0 && i < batch.n) {
			r = settle_adding(&batch, i, table, err);
			i += r >= 0;
		}
	}
	*ret_done = done;
	/* What was added behind the one that failed isn't in the table. */
	if (r < 0 && node_route_table(node, json_text(steps[done]->want, "netns"), &table, NULL) == 0)
		route_table_expire(table);
	return r;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	size_t done;

	return apply_many(&step, 1, node, &done, err);
}

/* Fill in the routes; those whose link is gone went with it, and are left out. */
static int prepare_removing(
	struct batch *batch, const struct route_table *table, const struct step **ret_steps, struct err *err)
{
	size_t i, n = 0;

	for (i = 0; i < batch->n; i++) {
		const json_t *want = batch->steps[i]->want;
		int r = parse(want, &batch->routes[n], err);

		if (r < 0)
			return r;
		if (json_text(want, "dev")) {
			batch->routes[n].link = route_table_link(table, json_text(want, "dev"));
			if (batch->routes[n].link == 0)
				continue;
		}
		batch->flags[n] = 0;
		ret_steps[n++] = batch->steps[i];
	}
	batch->n = n;
	return 0;
}

static int remove_batch(struct batch *batch, struct node *node, size_t *ret_failed, struct err *err)
{
	const char *netns = json_text(batch->steps[0]->want, "netns");
	const struct step *sent[NETLINK_MANY_MAX] = {NULL};
	struct route_table *table;
	struct mnl_socket *socket;
	size_t i, n;
	int r;

	*ret_failed = 0;
	r = node_route_table(node, netns, &table, err);
	/* The routes of a namespace go with it. */
	if (r == -ENOENT) {
		err_done(err);
		return 0;
	}
	if (r == 0)
		r = prepare_removing(batch, table, sent, err);
	n = batch->n;
	if (r == 0)
		r = node_netlink(node, netns, &socket, err);
	if (r == 0)
		r = netlink_many(socket, n, build, batch, batch->results, err);
	for (i = 0; r == 0 && i < n; i++) {
		const struct netlink_result *result = &batch->results[i];

		if (result->error == 0) {
			route_table_remove(table, &batch->routes[i]);
			continue;
		}
		/* It is gone, or someone else's: one of another origin (rtm_protocol) isn't taken for ours. */
		route_table_expire(table);
		if (result->error == -ESRCH || result->error == -ENODEV)
			continue;
		while (batch->steps[*ret_failed] != sent[i])
			(*ret_failed)++;
		return err_set(err, -result->error, "can't remove the route to '%s': %s",
			json_text(sent[i]->want, "to"), result->text);
	}
	return r;
}

static int revert_many(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
	size_t *ret_done, struct err *err)
{
	size_t done, all, failed;
	struct batch batch = {0};
	int r;

	for (done = 0; done < n;) {
		begin_batch(&batch, RTM_DELROUTE, steps + done, n - done);
		/* Taken before the steps without a link are left out of it. */
		all = batch.n;
		r = remove_batch(&batch, node, &failed, err);
		if (r < 0) {
			*ret_done = done + failed;
			return r;
		}
		done += all;
	}
	*ret_done = done;
	return 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	size_t done;

	return revert_many(&step, &undo, 1, node, &done, err);
}

const struct step_ops route_ops = {
	.kind = "route",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.apply_many = apply_many,
	.revert = revert,
	.revert_many = revert_many,
};
