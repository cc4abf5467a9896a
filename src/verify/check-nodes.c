/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "verify/checks.h"
#include "verify/exchange.h"
#include "verify/greeting.h"
#include "verify/ping.h"

enum { SMALL = 104 }; /* octets of a packet that fits everywhere: what ping(8) sends */

static void judge_mgmt(
	const struct checks *checks, const struct cluster_node *to, const struct ping *ping, struct verdicts *ret)
{
	char text[ADDRESS_TEXT_MAX], reporter[ADDRESS_TEXT_MAX];
	const char *from = checks->self->name;

	address_text(&ping->to, text);
	if (ping->code == 0)
		verdicts_add(ret, "mgmt", from, to->name, true, "%s answered", text);
	else if (to == checks->self)
		verdicts_add(ret, "mgmt", from, to->name, false,
			"%s does not answer on its own node: is 'lazyjack prepare' done here? look at 'lazyjack "
			"status'",
			text);
	else
		verdicts_add(ret, "mgmt", from, to->name, false,
			"%s: %s%s%s: is 'lazyjack prepare' done there? look at 'lazyjack status' on %s, and at the "
			"link between",
			text, checks_outcome(ping->code), ping->reporter.family ? " according to " : "",
			ping->reporter.family ? address_text(&ping->reporter, reporter) : "", to->name);
}

static void judge_mtu(const struct checks *checks, const char *from, const char *to, const struct ping *ping,
	const char *elsewhere, struct verdicts *ret)
{
	char reporter[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];

	if (ping->code == 0)
		verdicts_add(
			ret, "mtu", from, to, true, "%u octets pass to %s", ping->size, address_text(&ping->to, text));
	else if (ping->code == -EMSGSIZE && ping->reporter.family)
		verdicts_add(ret, "mtu", from, to, false,
			"%u octets do not pass: %s forwards at most %u: raise the MTU there, or lower pod_net.mtu to "
			"it",
			ping->size, address_text(&ping->reporter, reporter), ping->mtu);
	else if (ping->code == -EMSGSIZE)
		verdicts_add(ret, "mtu", from, to, false,
			"the interface towards it does not take %u octets: look at 'ip link' on %s, or lower "
			"pod_net.mtu",
			ping->size, checks->self->name);
	else
		verdicts_add(ret, "mtu", from, to, false,
			"%u octets: %s: if the '%s' check passes, a link or switch on the way drops packets of this "
			"size: raise its "
			"MTU, or lower pod_net.mtu",
			ping->size, checks_outcome(ping->code), elsewhere);
}

static void check_mgmt(const struct checks *checks, unsigned int f, struct verdicts *ret)
{
	const struct cluster *cluster = checks->cluster;
	size_t n = cluster->n_nodes, i;
	struct ping *pings = mem_new(2 * n, sizeof(*pings));
	_cleanup_err_ struct err err = ERR_INIT;
	int r;

	for (i = 0; i < n; i++) {
		pings[i] = (struct ping){.to = cluster->nodes[i].mgmt[f].address, .size = SMALL};
		pings[n + i] = (struct ping){.to = pings[i].to, .size = cluster->mtu};
	}
	r = ping_run(checks->node, NULL, pings, 2 * n, PEER_MS, &err);
	for (i = 0; i < n; i++) {
		if (r < 0)
			verdicts_add(ret, "mgmt", checks->self->name, cluster->nodes[i].name, false, "%s", err.msg);
		else
			judge_mgmt(checks, &cluster->nodes[i], &pings[i], ret);
	}
	for (i = 0; i < n; i++) {
		if (&cluster->nodes[i] == checks->self)
			continue;
		if (r < 0)
			verdicts_add(ret, "mtu", checks->self->name, cluster->nodes[i].name, false, "%s", err.msg);
		else
			judge_mtu(checks, checks->self->name, cluster->nodes[i].name, &pings[n + i], "mgmt", ret);
	}
	free(pings);
}

/* Another node and the pod on it. */
struct peer {
	const struct cluster_node *node;
	char *name; /* of the pod as an end */
	char request[GREETING_NONCE + 2];
	struct address pod; /* AF_UNSPEC until its responder told */
};

static struct exchange greet(struct peer *peer, const struct address *to, uint16_t port)
{
	greeting_request(peer->request);
	return (struct exchange){.to = *to,
		.port = port,
		.request = peer->request,
		.request_len = strlen(peer->request),
		.complete = exchange_line};
}

/* Ask every peer's responder on its management address for its pod; who does not tell has failed. */
static void ask_for_pods(const struct checks *checks, unsigned int f, const char *from, struct peer *peers, size_t n,
	struct verdicts *ret)
{
	struct exchange *list = mem_new(n, sizeof(*list));
	size_t i;

	for (i = 0; i < n; i++)
		list[i] = greet(&peers[i], &peers[i].node->mgmt[f].address, checks->port);
	exchange_run(checks->node, NULL, list, n, PEER_MS);
	for (i = 0; i < n; i++) {
		_cleanup_str_ struct str where = STR_INIT;
		_cleanup_err_ struct err err = ERR_INIT;

		address_host_port(&list[i].to, list[i].port, &where);
		if (list[i].code < 0)
			verdicts_add(ret, "pod", from, peers[i].name, false,
				"%s, to ask for its pod: %s: is 'lazyjack verify --serve' running on %s?", where.s,
				checks_outcome(list[i].code), peers[i].node->name);
		else if (greeting_read(list[i].answer.s, peers[i].request, peers[i].node->name, &peers[i].pod, &err) <
			 0)
			verdicts_add(ret, "pod", from, peers[i].name, false, "%s: %s", where.s, err.msg);
		exchange_done(&list[i]);
	}
	free(list);
}

static void check_pod_tcp(
	const struct checks *checks, const char *from, struct peer *peers, size_t n, struct verdicts *ret)
{
	struct exchange *list = mem_new(n, sizeof(*list));
	size_t i;

	for (i = 0; i < n; i++)
		list[i] = greet(&peers[i], &peers[i].pod, checks->port);
	exchange_run(checks->node, checks->pod, list, n, PEER_MS);
	for (i = 0; i < n; i++) {
		_cleanup_str_ struct str where = STR_INIT;
		_cleanup_err_ struct err err = ERR_INIT;

		address_host_port(&list[i].to, list[i].port, &where);
		if (list[i].code < 0)
			verdicts_add(ret, "pod", from, peers[i].name, false,
				"%s: %s: look at 'lazyjack status' on both nodes (routes to pods, forwarding), and for "
				"rules of others "
				"that drop forwarded packets at 'nft list ruleset'",
				where.s, checks_outcome(list[i].code));
		else if (greeting_read(list[i].answer.s, peers[i].request, peers[i].node->name, NULL, &err) < 0)
			verdicts_add(ret, "pod", from, peers[i].name, false, "%s: %s", where.s, err.msg);
		else
			verdicts_add(ret, "pod", from, peers[i].name, true, "%s answered", where.s);
		exchange_done(&list[i]);
	}
	free(list);
}

static void check_pod_mtu(
	const struct checks *checks, const char *from, struct peer *peers, size_t n, struct verdicts *ret)
{
	struct ping *pings = mem_new(n, sizeof(*pings));
	_cleanup_err_ struct err err = ERR_INIT;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		pings[i] = (struct ping){.to = peers[i].pod, .size = checks->pod_mtu};
	r = ping_run(checks->node, checks->pod, pings, n, PEER_MS, &err);
	for (i = 0; i < n; i++) {
		if (r < 0)
			verdicts_add(ret, "mtu", from, peers[i].name, false, "%s", err.msg);
		else
			judge_mtu(checks, from, peers[i].name, &pings[i], "pod", ret);
	}
	free(pings);
}

static void check_pods(const struct checks *checks, unsigned int f, struct verdicts *ret)
{
	const struct cluster *cluster = checks->cluster;
	_cleanup_free_ char *from = verdict_pod(checks->self->name);
	struct peer *peers = mem_new(cluster->n_nodes, sizeof(*peers)), known;
	size_t n = 0, n_known = 0, i;

	for (i = 0; i < cluster->n_nodes; i++)
		if (&cluster->nodes[i] != checks->self) {
			peers[n].node = &cluster->nodes[i];
			peers[n++].name = verdict_pod(cluster->nodes[i].name);
		}
	if (checks->pod)
		ask_for_pods(checks, f, from, peers, n, ret);
	for (i = 0; i < n; i++) {
		if (checks->pod == NULL)
			verdicts_add(ret, "pod", from, peers[i].name, false, "%s", checks->pod_problem);
		if (peers[i].pod.family == AF_UNSPEC) {
			verdicts_add(ret, "mtu", from, peers[i].name, false, "not tried: see the 'pod' check");
			continue;
		}
		/* Those that told their address move to the front. */
		known = peers[i];
		peers[i] = peers[n_known];
		peers[n_known++] = known;
	}
	if (n_known > 0) {
		check_pod_tcp(checks, from, peers, n_known, ret);
		check_pod_mtu(checks, from, peers, n_known, ret);
	}
	for (i = 0; i < n; i++)
		free(peers[i].name);
	free(peers);
}

void check_nodes(const struct checks *checks, struct verdicts *ret)
{
	bool pods = checks->pod || checks->pod_problem;
	unsigned int f;

	for (f = 0; f < checks->cluster->families; f++) {
		check_mgmt(checks, f, ret);
		if (pods)
			check_pods(checks, f, ret);
	}
}
