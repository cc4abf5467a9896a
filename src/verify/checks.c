/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/checks.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/run.h"
#include "verify/exchange.h"

enum {
	HTTP_MS = 10000,
	PAUSE_MS = 500,
};

const char *checks_holder(const struct checks *checks, enum role role)
{
	const struct cluster_node *node = cluster_with_role(checks->cluster, role);

	return node ? node->name : checks->self->name;
}

const char *checks_outcome(int code)
{
	switch (-code) {
	case ETIMEDOUT:
		return "no answer in 4 s";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "unreachable";
	case ECONNREFUSED:
		return "connection refused";
	case EINTR:
		return "interrupted";
	default:
		return strerror(-code);
	}
}

bool checks_again(const struct checks *checks)
{
	if (run_interrupted() || clock_left(checks->settle) == 0)
		return false;
	clock_pause(PAUSE_MS);
	return !run_interrupted();
}

static void judge_http(const struct checks *checks, const char *check, const char *from,
	const struct exchange *exchange, struct verdicts *ret)
{
	const char *to = checks->url->host, *holder = checks_holder(checks, ROLE_NAT64);
	bool translated = checks->cluster->mode == MODE_IPV6;
	_cleanup_str_ struct str where = STR_INIT;
	struct http_answer answer = {0};
	int r = exchange->answer.len ? http_parse(exchange->answer.s, exchange->answer.len, &answer) : -EAGAIN;

	address_host_port(&exchange->to, exchange->port, &where);
	if (exchange->answer.len == 0 && !translated)
		verdicts_add(ret, check, from, to, false,
			"%s: %s: look at the default route of %s, at 'lazyjack status' there (masquerade, forwarding), "
			"and whether '%s' answers others",
			where.s, exchange->code ? strerror(-exchange->code) : "closed without an answer",
			checks->self->name, to);
	else if (exchange->answer.len == 0)
		verdicts_add(ret, check, from, to, false,
			"%s: %s: look at 'lazyjack status' on %s, the node with role nat64, and whether it reaches "
			"'%s' over IPv4",
			where.s, exchange->code ? strerror(-exchange->code) : "closed without an answer", holder, to);
	else if (r == -EBADMSG)
		verdicts_add(ret, check, from, to, false, "%s: the answer is not HTTP: choose another --url", where.s);
	else if (exchange->code < 0 || r < 0 || (!answer.whole && exchange->answer.len < HTTP_ENOUGH))
		verdicts_add(ret, check, from, to, false,
			"%s: the answer stopped after %zu octets: full-size packets are lost on the way back: look at "
			"the MTU of "
			"the links of %s",
			where.s, exchange->answer.len, holder);
	else if (answer.status < 200 || answer.status > 399)
		verdicts_add(ret, check, from, to, false, "%s: HTTP status %u for '%s': choose another --url", where.s,
			answer.status, checks->url->path);
	else
		verdicts_add(ret, check, from, to, true, "%s: HTTP status %u, %zu octets%s", where.s, answer.status,
			answer.body,
			answer.body <= checks->cluster->mtu
				? " (too few to prove full-size packets: a --url of a larger file does)"
				: "");
}

void checks_fetch(const struct checks *checks, const char *check, const char *netns, const char *from,
	const struct address *to, struct verdicts *ret)
{
	_cleanup_str_ struct str request = STR_INIT;
	struct exchange exchange = {
		.to = *to, .port = checks->url->port, .complete = http_complete, .close_ends = true};

	http_request(checks->url, &request);
	exchange.request = request.s;
	exchange.request_len = request.len;
	exchange_run(checks->node, netns, &exchange, 1, HTTP_MS);
	judge_http(checks, check, from, &exchange, ret);
	exchange_done(&exchange);
}
