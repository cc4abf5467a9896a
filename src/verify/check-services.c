/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/rfc6052.h"
#include "verify/checks.h"
#include "verify/exchange.h"
#include "verify/lookup.h"

enum {
	SERVICE_PORT = 443, /* of the Service 'kubernetes', which has the first address of the service network */
	NXDOMAIN = 3,
	DOTS = 5, /* a pod's resolver takes a name of so many for a full one: "ndots" of resolv.conf(5) */
};

/* kubeadm's default of networking.dnsDomain. */
#define DOMAIN "cluster.local"
#define SERVICE_NAME "kubernetes.default.svc." DOMAIN

#define COREDNS "'kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide'"
#define KUBE_PROXY "'kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide'"

static struct address service_address(const struct checks *checks)
{
	struct address address = {0};

	prefix_host(&checks->cluster->service[0], 1, &address);
	return address;
}

static void check_service(const struct checks *checks, const char *netns, const char *from, struct verdicts *ret)
{
	struct exchange exchange = {.to = service_address(checks), .port = SERVICE_PORT, .connect_only = true};
	_cleanup_str_ struct str where = STR_INIT;

	do {
		exchange_run(checks->node, netns, &exchange, 1, PEER_MS);
		exchange_done(&exchange);
	} while (exchange.code < 0 && checks_again(checks));
	address_host_port(&exchange.to, exchange.port, &where);
	if (exchange.code == 0)
		verdicts_add(ret, "service", from, "kubernetes", true, "%s accepts connections", where.s);
	else
		verdicts_add(ret, "service", from, "kubernetes", false,
			"%s: %s: kube-proxy on %s leads this address to the API server: look on %s at " KUBE_PROXY
			", and at 'lazyjack status' here for the route to services",
			where.s, checks_outcome(exchange.code), checks->self->name, checks_holder(checks, ROLE_MASTER));
}

/* One attempt of a check; -EXDEV: there was an answer, and waiting does not make it a better one. */
typedef int attempt_fn(const struct checks *checks, unsigned int type, struct address *ret, struct err *err);

static int repeat(
	const struct checks *checks, attempt_fn *attempt, unsigned int type, struct address *ret, struct err *err)
{
	int r;

	while ((r = attempt(checks, type, ret, err)) < 0 && r != -EXDEV && checks_again(checks))
		;
	return r;
}

/* Ask the cluster DNS from the pod; that a name or record does not exist is an answer, other errors are none. */
static int ask(
	const struct checks *checks, const char *name, unsigned int type, struct dns_answer *ret, struct err *err)
{
	const struct address *server = &checks->cluster->cluster_dns[0];
	char text[ADDRESS_TEXT_MAX];
	int r = dns_lookup(checks->node, checks->pod, server, name, type, ret, err);

	if (r < 0)
		return r;
	if (ret->rcode != 0 && ret->rcode != NXDOMAIN)
		return err_set(err, EIO, "the cluster DNS %s: '%s': %s", address_text(server, text), name,
			dns_rcode_name(ret->rcode));
	return 0;
}

static unsigned int type_of(int family)
{
	return family == AF_INET6 ? DNS_AAAA : DNS_A;
}

static const char *type_name(unsigned int type)
{
	return type == DNS_AAAA ? "AAAA" : "A";
}

static int find_service(const struct checks *checks, unsigned int type, struct address *ret, struct err *err)
{
	struct address wanted = service_address(checks);
	char text[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	struct dns_answer answer;
	size_t i;
	int r = ask(checks, SERVICE_NAME, type, &answer, err);

	if (r < 0)
		return r;
	/* It may not have read the Services yet. */
	if (answer.n == 0)
		return err_set(
			err, ENODATA, "the cluster DNS knows no %s record of '" SERVICE_NAME "'", type_name(type));
	for (i = 0; i < answer.n; i++)
		if (address_equal(&answer.addresses[i], &wanted)) {
			*ret = wanted;
			return 0;
		}
	return err_set(err, EXDEV,
		"'" SERVICE_NAME "' is %s instead of %s: does the cluster use another service network than the "
		"configuration says?",
		address_text(&answer.addresses[0], text), address_text(&wanted, other));
}

static bool check_cluster_dns(const struct checks *checks, const char *pod, struct verdicts *ret)
{
	char text[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
	_cleanup_err_ struct err err = ERR_INIT;
	struct address found;
	int r = repeat(checks, find_service, type_of(checks->cluster->cluster_dns[0].family), &found, &err);

	if (r == 0)
		verdicts_add(ret, "cluster-dns", pod, SERVICE_NAME, true, "%s, says %s", address_text(&found, text),
			address_text(&checks->cluster->cluster_dns[0], server));
	else
		verdicts_add(ret, "cluster-dns", pod, SERVICE_NAME, false,
			"%s: look on %s at " COREDNS ", and at the 'service' and 'pod' checks", err.msg,
			checks_holder(checks, ROLE_MASTER));
	return r == 0;
}

static bool is_full_name(const char *name)
{
	unsigned int dots = 0;
	const char *p;

	for (p = name; *p; p++)
		dots += *p == '.';
	return dots >= DOTS || str_ends(name, ".");
}

/*
 * Look the name up as a pod's resolver does: below the pod's own domains first, so these have to say that there is no
 * such name. Returns in `*ret_name` (the caller's) what was asked for in the end.
 */
static int search(const struct checks *checks, const char *name, unsigned int type, char **ret_name,
	struct dns_answer *ret, struct err *err)
{
	static const char *const domains[] = {".default.svc." DOMAIN, ".svc." DOMAIN, "." DOMAIN, ""};
	size_t i;
	int r = 0;

	*ret_name = NULL;
	for (i = is_full_name(name) ? ARRAY_SIZE(domains) - 1 : 0; i < ARRAY_SIZE(domains); i++) {
		free(*ret_name);
		*ret_name = mem_printf("%s%s", name, domains[i]);
		if (strlen(*ret_name) > DNS_NAME_MAX)
			continue;
		r = ask(checks, *ret_name, type, ret, err);
		if (r < 0 || ret->n > 0)
			return r;
	}
	if (ret->rcode == NXDOMAIN)
		return err_set(err, EXDEV, "'%s' does not exist", name);
	return err_set(err, EXDEV, "'%s' has no %s record", name, type_name(type));
}

static int find_synthesised(const struct checks *checks, const char *name, struct address *ret, struct err *err)
{
	const struct prefix *prefix = &checks->cluster->dns64.prefix;
	char text[ADDRESS_TEXT_MAX], wanted[PREFIX_TEXT_MAX];
	_cleanup_free_ char *asked = NULL;
	struct dns_answer answer = {0};
	struct address v4;
	size_t i;
	int r = search(checks, name, DNS_AAAA, &asked, &answer, err);

	if (r < 0)
		return r;
	for (i = 0; i < answer.n; i++)
		if (rfc6052_extract(prefix, &answer.addresses[i], &v4) == 0) {
			*ret = answer.addresses[i];
			return 0;
		}
	return err_set(err, EXDEV, "'%s' resolves to %s, which is not in dns64.cidr %s", asked,
		address_text(&answer.addresses[0], text), prefix_text(prefix, wanted));
}

static int find_url(const struct checks *checks, unsigned int type, struct address *ret, struct err *err)
{
	return find_synthesised(checks, checks->url->host, ret, err);
}

static int find_ipv4_only(const struct checks *checks, unsigned int type, struct address *ret, struct err *err)
{
	return find_synthesised(checks, IPV4_ONLY_NAME, ret, err);
}

static void check_translated_name(const struct checks *checks, const char *pod, struct verdicts *ret)
{
	const char *host = checks->url->host;
	char text[ADDRESS_TEXT_MAX];
	_cleanup_err_ struct err err = ERR_INIT;
	struct address to;
	int r = repeat(checks, find_url, DNS_AAAA, &to, &err);

	if (r == 0) {
		checks_fetch(checks, "name", checks->pod, pod, &to, ret);
		return;
	}
	/* A pod would go to an address of the name's own, which proves nothing about translation. */
	if (r == -EXDEV && checks->cluster->dns64.allow_aaaa && find_ipv4_only(checks, DNS_AAAA, &to, &err) == 0)
		verdicts_add(ret, "name", pod, host, true,
			"'" IPV4_ONLY_NAME "' is %s; not fetched, since the name of --url has an IPv6 address of its "
			"own, which dns64.allow_aaaa_use lets through: choose a --url without one",
			address_text(&to, text));
	else
		verdicts_add(ret, "name", pod, host, false,
			"%s: the cluster DNS has to ask the node with role dns64, %s, as /etc/resolv.conf of the node "
			"that it runs on says: look at the 'dns64' check, and on %s at " COREDNS
			"; a cluster DNS started before 'lazyjack prepare' still asks others",
			err.msg, checks_holder(checks, ROLE_DNS64), checks_holder(checks, ROLE_MASTER));
}

static int find_plain(const struct checks *checks, unsigned int type, struct address *ret, struct err *err)
{
	_cleanup_free_ char *asked = NULL;
	struct dns_answer answer = {0};
	int r = search(checks, checks->url->host, type, &asked, &answer, err);

	if (r == 0)
		*ret = answer.addresses[0];
	return r;
}

/* Where the node itself has a way out over the family: 'outside' tells when it has none. */
static void check_plain_name(const struct checks *checks, int family, const char *pod, struct verdicts *ret)
{
	_cleanup_err_ struct err err = ERR_INIT, way = ERR_INIT;
	struct address to;

	if (checks_way_out(checks, family, &to, &way) <= 0)
		return;
	if (repeat(checks, find_plain, type_of(family), &to, &err) == 0)
		checks_fetch(checks, "name", checks->pod, pod, &to, ret);
	else
		verdicts_add(ret, "name", pod, checks->url->host, false,
			"%s: the cluster DNS has to ask a server outside, as /etc/resolv.conf of the node that it runs "
			"on says: look at the 'outside' check there, and on %s at " COREDNS,
			err.msg, checks_holder(checks, ROLE_MASTER));
}

static void check_name(const struct checks *checks, const char *pod, bool dns, struct verdicts *ret)
{
	unsigned int f;

	if (checks->cluster->mode == MODE_IPV6 && dns)
		check_translated_name(checks, pod, ret);
	else if (!dns)
		verdicts_add(ret, "name", pod, checks->url->host, false, "not tried: see the 'cluster-dns' check");
	else
		for (f = 0; f < checks->cluster->families; f++)
			check_plain_name(checks, checks->cluster->mgmt[f].address.family, pod, ret);
}

static void no_pod(const struct checks *checks, const char *pod, struct verdicts *ret)
{
	if (checks->pod_problem == NULL)
		return;
	verdicts_add(ret, "service", pod, "kubernetes", false, "%s", checks->pod_problem);
	verdicts_add(ret, "cluster-dns", pod, SERVICE_NAME, false, "%s", checks->pod_problem);
	verdicts_add(ret, "name", pod, checks->url->host, false, "%s", checks->pod_problem);
}

void check_services(const struct checks *checks, struct verdicts *ret)
{
	_cleanup_free_ char *pod = verdict_pod(checks->self->name);

	check_service(checks, NULL, checks->self->name, ret);
	if (checks->pod == NULL) {
		no_pod(checks, pod, ret);
		return;
	}
	check_service(checks, checks->pod, pod, ret);
	check_name(checks, pod, check_cluster_dns(checks, pod, ret), ret);
}
