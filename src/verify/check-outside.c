/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "net/rfc6052.h"
#include "verify/checks.h"
#include "verify/exchange.h"
#include "verify/lookup.h"

enum { HTTP_MS = 10000 };

/* A name that has A records only, everywhere and for ever (RFC 7050). */
#define IPV4_ONLY_NAME "ipv4only.arpa"

/* Who looks: the node itself (netns NULL) or its pod. */
struct place {
	const char *netns;
	const char *name;
};

static const char *role_holder(const struct checks *checks, enum role role)
{
	const struct cluster_node *node = cluster_with_role(checks->cluster, role);

	return node ? node->name : checks->self->name;
}

/* Look up, and fail on anything but at least one address. */
static int resolve(const struct checks *checks, const struct place *from, const char *name, unsigned int type,
	struct dns_answer *ret, struct err *err)
{
	int r = dns_lookup(checks->node, from->netns, &checks->cluster->dns64.v6, name, type, ret, err);

	if (r < 0)
		return err_set(err, -r, "%s: look at 'lazyjack status' on %s, the node with role dns64", err->msg,
			role_holder(checks, ROLE_DNS64));
	if (ret->rcode != 0)
		return err_set(err, EIO,
			"'%s' %s: %s: does its forwarder dns64.remote_server answer? does the name of --url exist?",
			name, type == DNS_A ? "A" : "AAAA", dns_rcode_name(ret->rcode));
	if (ret->n == 0)
		return err_set(err, ENODATA, "'%s' has no %s record", name, type == DNS_A ? "A" : "AAAA");
	return 0;
}

/*
 * The synthesised address of `name`: one of the AAAA records has to be one of the A records in the prefix (RFC 6147
 * section 5.1.7). -EXDEV: there are AAAA records, and none lies in the prefix.
 */
static int synthesised(const struct checks *checks, const struct place *from, const char *name, struct address *ret_v4,
	struct address *ret_v6, struct err *err)
{
	const struct prefix *prefix = &checks->cluster->dns64.prefix;
	char text[ADDRESS_TEXT_MAX], wanted[ADDRESS_TEXT_MAX];
	struct dns_answer v4, v6;
	struct address expected = {0};
	bool inside = false;
	size_t i, k;
	int r;

	r = resolve(checks, from, name, DNS_A, &v4, err);
	if (r < 0)
		return r;
	*ret_v4 = v4.addresses[0];
	r = resolve(checks, from, name, DNS_AAAA, &v6, err);
	if (r < 0)
		return r;
	for (i = 0; i < v6.n; i++) {
		inside |= prefix_contains_address(prefix, &v6.addresses[i]);
		for (k = 0; k < v4.n; k++)
			if (rfc6052_embed(prefix, &v4.addresses[k], &expected) == 0 &&
				address_equal(&expected, &v6.addresses[i])) {
				*ret_v6 = expected;
				return 0;
			}
	}
	rfc6052_embed(prefix, &v4.addresses[0], &expected);
	return err_set(err, inside ? EIO : EXDEV, "'%s' resolves to %s instead of %s: look at 'lazyjack status' on %s",
		name, address_text(&v6.addresses[0], text), address_text(&expected, wanted),
		role_holder(checks, ROLE_DNS64));
}

/* Returns true, and the IPv4 address of the target, when there is one. */
static bool check_dns64(
	const struct checks *checks, const struct place *from, struct address *ret_v4, struct verdicts *ret)
{
	const char *name = checks->url->host, *remark = "";
	char text[ADDRESS_TEXT_MAX];
	_cleanup_err_ struct err err = ERR_INIT;
	struct address v4 = {0}, v6, other;
	int r;

	r = synthesised(checks, from, name, &v4, &v6, &err);
	if (r == -EXDEV && checks->cluster->dns64.allow_aaaa) {
		remark = " (the name of --url has an IPv6 address of its own, which dns64.allow_aaaa_use lets through)";
		name = IPV4_ONLY_NAME;
		r = synthesised(checks, from, name, &other, &v6, &err);
	}
	if (r < 0)
		verdicts_add(ret, "dns64", from->name, checks->url->host, false, "%s%s", err.msg, remark);
	else
		verdicts_add(ret, "dns64", from->name, checks->url->host, true, "'%s' is %s%s", name,
			address_text(&v6, text), remark);
	*ret_v4 = v4;
	return v4.family == AF_INET;
}

static void judge_http(
	const struct checks *checks, const struct place *from, const struct exchange *exchange, struct verdicts *ret)
{
	const char *to = checks->url->host, *holder = role_holder(checks, ROLE_NAT64);
	_cleanup_str_ struct str where = STR_INIT;
	struct http_answer answer = {0};
	int r = exchange->answer.len ? http_parse(exchange->answer.s, exchange->answer.len, &answer) : -EAGAIN;

	address_host_port(&exchange->to, exchange->port, &where);
	if (exchange->answer.len == 0)
		verdicts_add(ret, "nat64", from->name, to, false,
			"%s: %s: look at 'lazyjack status' on %s, the node with role nat64, and whether it reaches "
			"'%s' over IPv4",
			where.s, exchange->code ? strerror(-exchange->code) : "closed without an answer", holder, to);
	else if (r == -EBADMSG)
		verdicts_add(ret, "nat64", from->name, to, false, "%s: the answer is not HTTP: choose another --url",
			where.s);
	else if (exchange->code < 0 || r < 0 || (!answer.whole && exchange->answer.len < HTTP_ENOUGH))
		verdicts_add(ret, "nat64", from->name, to, false,
			"%s: the answer stopped after %zu octets: full-size packets are lost on the way back: look at "
			"the MTU of "
			"the links of %s",
			where.s, exchange->answer.len, holder);
	else if (answer.status < 200 || answer.status > 399)
		verdicts_add(ret, "nat64", from->name, to, false, "%s: HTTP status %u for '%s': choose another --url",
			where.s, answer.status, checks->url->path);
	else
		verdicts_add(ret, "nat64", from->name, to, true, "%s: HTTP status %u, %zu octets%s", where.s,
			answer.status, answer.body,
			answer.body <= checks->cluster->mtu
				? " (too few to prove full-size packets: a --url of a larger file does)"
				: "");
}

static void check_nat64(
	const struct checks *checks, const struct place *from, const struct address *v4, struct verdicts *ret)
{
	_cleanup_str_ struct str request = STR_INIT;
	struct exchange exchange = {.port = checks->url->port, .complete = http_complete, .close_ends = true};

	if (rfc6052_embed(&checks->cluster->dns64.prefix, v4, &exchange.to) < 0) {
		verdicts_add(ret, "nat64", from->name, checks->url->host, false, "dns64.cidr is no prefix of RFC 6052");
		return;
	}
	http_request(checks->url, &request);
	exchange.request = request.s;
	exchange.request_len = request.len;
	exchange_run(checks->node, from->netns, &exchange, 1, HTTP_MS);
	judge_http(checks, from, &exchange, ret);
	exchange_done(&exchange);
}

void check_outside(const struct checks *checks, struct verdicts *ret)
{
	_cleanup_free_ char *pod = verdict_pod(checks->self->name);
	const struct place places[] = {{NULL, checks->self->name}, {checks->pod, pod}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct address v4;

		if (i == 1 && checks->pod == NULL) {
			verdicts_add(ret, "dns64", pod, checks->url->host, false, "%s", checks->pod_problem);
			verdicts_add(ret, "nat64", pod, checks->url->host, false, "%s", checks->pod_problem);
		} else if (check_dns64(checks, &places[i], &v4, ret)) {
			check_nat64(checks, &places[i], &v4, ret);
		} else {
			verdicts_add(ret, "nat64", places[i].name, checks->url->host, false,
				"not tried, since there is no address: see the 'dns64' check");
		}
	}
}
