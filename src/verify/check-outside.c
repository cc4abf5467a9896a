/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/rfc6052.h"
#include "verify/checks.h"
#include "verify/lookup.h"

#define RESOLV_CONF "/etc/resolv.conf"

enum { RESOLV_MAX = 1 << 20 }; /* octets */

/* Who looks: the node itself (netns NULL) or its pod. */
struct place {
	const char *netns;
	const char *name;
};

/* Look up, and fail on anything but at least one address. */
static int resolve(const struct checks *checks, const struct place *from, const char *name, unsigned int type,
	struct dns_answer *ret, struct err *err)
{
	int r = dns_lookup(checks->node, from->netns, &checks->cluster->dns64.v6, name, type, ret, err);

	if (r < 0)
		return err_set(err, -r, "%s: look at 'lazyjack status' on %s, the node with role dns64", err->msg,
			checks_holder(checks, ROLE_DNS64));
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
		checks_holder(checks, ROLE_DNS64));
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

static void check_nat64(
	const struct checks *checks, const struct place *from, const struct address *v4, struct verdicts *ret)
{
	struct address to;

	if (rfc6052_embed(&checks->cluster->dns64.prefix, v4, &to) < 0)
		verdicts_add(ret, "nat64", from->name, checks->url->host, false, "dns64.cidr is no prefix of RFC 6052");
	else
		checks_fetch(checks, "nat64", from->netns, from->name, &to, ret);
}

static void check_translated(const struct checks *checks, struct verdicts *ret)
{
	_cleanup_free_ char *pod = verdict_pod(checks->self->name);
	const struct place places[] = {{NULL, checks->self->name}, {checks->pod, pod}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct address v4;

		if (i == 1 && checks->pod == NULL) {
			if (checks->pod_problem == NULL)
				continue;
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

/* resolv.conf(5): the first server that can be asked from here. */
static int own_resolver(const struct checks *checks, struct address *ret, struct err *err)
{
	static const char keyword[] = "nameserver";
	_cleanup_free_ char *path = node_path(checks->node, RESOLV_CONF), *text = NULL;
	char *rest, *line;
	size_t len;

	if (file_read(path, RESOLV_MAX, &text, &len, NULL, err) < 0)
		return -ENOENT;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *server = line + strlen(keyword);

		if (!str_starts(line, keyword) || (*server != ' ' && *server != '\t'))
			continue;
		server += strspn(server, " \t");
		server[strcspn(server, " \t#;")] = '\0';
		if (address_parse(server, ret) == 0)
			return 0;
	}
	return err_set(err, ENOENT, "'" RESOLV_CONF "' names no server");
}

/* By the routes of this node: nothing is sent. */
static bool has_route(const struct address *to)
{
	_cleanup_close_ int fd = socket(to->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage where;
	socklen_t len = address_sockaddr(to, DNS_PORT, &where);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&where, len) == 0;
}

int checks_way_out(const struct checks *checks, int family, struct address *ret, struct err *err)
{
	unsigned int type = family == AF_INET6 ? DNS_AAAA : DNS_A;
	const char *name = checks->url->host;
	char text[ADDRESS_TEXT_MAX];
	struct dns_answer answer;
	struct address server = {0};
	int r;

	if (own_resolver(checks, &server, err) < 0)
		return 0;
	address_text(&server, text);
	if (!has_route(&server)) {
		err_set(err, ENETUNREACH, "there is no route to the name server %s", text);
		return 0;
	}
	r = dns_lookup(checks->node, NULL, &server, name, type, &answer, err);
	if (r < 0)
		return r;
	if (answer.rcode != 0)
		return err_set(err, EIO, "the name server %s says about '%s': %s: choose another --url", text, name,
			dns_rcode_name(answer.rcode));
	if (answer.n == 0) {
		err_set(err, ENODATA, "'%s' has no %s record", name, type == DNS_A ? "A" : "AAAA");
		return 0;
	}
	*ret = answer.addresses[0];
	if (has_route(ret))
		return 1;
	err_set(err, ENETUNREACH, "there is no route to %s", address_text(ret, text));
	return 0;
}

/* Over plain routes; from a pod, the node stands in for it (masquerade). */
static void check_family(const struct checks *checks, int family, struct verdicts *ret)
{
	_cleanup_free_ char *pod = verdict_pod(checks->self->name);
	const char *self = checks->self->name, *host = checks->url->host;
	_cleanup_err_ struct err err = ERR_INIT;
	struct address to;
	int r = checks_way_out(checks, family, &to, &err);

	if (r == 0) {
		verdicts_remark(
			ret, "%s: 'outside' over IPv%d is left out: %s", self, family == AF_INET6 ? 6 : 4, err.msg);
		return;
	}
	if (r < 0)
		verdicts_add(ret, "outside", self, host, false, "%s: look at " RESOLV_CONF " and at the default route",
			err.msg);
	else
		checks_fetch(checks, "outside", NULL, self, &to, ret);
	if (checks->pod == NULL && checks->pod_problem)
		verdicts_add(ret, "outside", pod, host, false, "%s", checks->pod_problem);
	else if (checks->pod && r < 0)
		verdicts_add(ret, "outside", pod, host, false, "not tried, since there is no address");
	else if (checks->pod)
		checks_fetch(checks, "outside", checks->pod, pod, &to, ret);
}

void check_outside(const struct checks *checks, struct verdicts *ret)
{
	unsigned int f;

	if (checks->cluster->mode == MODE_IPV6)
		check_translated(checks, ret);
	for (f = 0; checks->cluster->mode != MODE_IPV6 && f < checks->cluster->families; f++)
		check_family(checks, checks->cluster->mgmt[f].address.family, ret);
}
