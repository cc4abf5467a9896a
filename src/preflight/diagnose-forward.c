/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/diagnose-forward.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "kube/cni.h"
#include "preflight/diagnose.h"
#include "service/support.h"

#define PACKETS_MAX (2 * FAMILIES_MAX + 1)

static const struct prefix everything6 = {.address = {.family = AF_INET6}};
static const struct prefix everything4 = {.address = {.family = AF_INET}};

/* The packets that the cluster lives on; without a configuration any. */
static size_t make_packets(const struct doctor *what, struct forward_packet ret[PACKETS_MAX])
{
	const struct cluster *cluster = what->cluster;
	size_t n = 0;
	unsigned int i;

	if (cluster == NULL) {
		ret[0] = (struct forward_packet){everything6, everything6, NULL, NULL, "forwarded IPv6 packets"};
		return 1;
	}
	for (i = 0; i < cluster->families; i++) {
		ret[n++] = (struct forward_packet){what->self->pods[i], cluster->pod[i], CNI_BRIDGE,
			what->self->interface, "packets of this node's pods to those of other nodes"};
		ret[n++] = (struct forward_packet){cluster->pod[i], what->self->pods[i], what->self->interface,
			CNI_BRIDGE, "packets of other nodes' pods to those of this node"};
	}
	if (cluster->mode == MODE_IPV6 && (what->self->roles & ROLE_NAT64))
		ret[n++] = (struct forward_packet){
			cluster->support4, everything4, SUPPORT_BRIDGE, NULL, "what NAT64 sends to IPv4"};
	return n;
}

/* What drops, and how to get what the cluster needs past it. */
struct culprit {
	const char *tool;   /* "ip6tables-legacy", "nft" */
	const char *family; /* nftables': "ip6", "inet" */
	const char *table, *chain;
	const char *rule; /* NULL: the policy */
};

/* Where the policy of iptables' chain is in the pods' way, as Docker sets it (planner/up.c). */
static bool is_for_up(const struct doctor *what, const struct culprit *culprit, const struct forward_packet *packet)
{
	return what->cluster && cluster_makes_network(what->cluster) && culprit->rule == NULL &&
	       str_eq(culprit->table, "filter") && str_eq(culprit->chain, "FORWARD") &&
	       !str_eq(culprit->family, "inet") && packet->to.length > 0;
}

static void make_cure(
	const struct doctor *what, const struct culprit *culprit, const struct forward_packet *packet, struct str *ret)
{
	const struct prefix *network = packet->from.length < packet->to.length ? &packet->from : &packet->to;
	bool six = packet->from.address.family == AF_INET6;
	char text[PREFIX_TEXT_MAX];

	if (network->length == 0)
		network = &packet->from;
	if (is_for_up(what, culprit, packet)) {
		str_add(ret, "'lazyjack up' puts rules for the pods in front of it");
		return;
	}
	if (what->cluster == NULL)
		str_add(ret, "let it accept the networks of the cluster's pods before");
	else if (str_eq(culprit->tool, "nft"))
		str_addf(ret, "'nft insert rule %s %s %s %s saddr %s accept', and the same with 'daddr'",
			culprit->family, culprit->table, culprit->chain, six ? "ip6" : "ip",
			prefix_text(network, text));
	else
		str_addf(ret, "'%s -I %s -s %s -j ACCEPT', and the same with '-d'", culprit->tool, culprit->chain,
			prefix_text(network, text));
	str_add(ret, ", and make it last with the program that made the chain; don't flush what others made");
}

static void tell(const struct doctor *what, const struct culprit *culprit, const struct forward_packet *packet,
	const struct check *check, struct findings *findings)
{
	_cleanup_str_ struct str cure = STR_INIT;

	make_cure(what, culprit, packet, &cure);
	findings_add(findings, check, what->cluster ? SEVERITY_ERROR : SEVERITY_WARNING, cure.s,
		"chain '%s' of table '%s %s' (%s) drops %s: %s%s%s", culprit->chain, culprit->family, culprit->table,
		culprit->tool, packet->words, culprit->rule ? "rule '" : "its policy is 'drop'",
		culprit->rule ? culprit->rule : "", culprit->rule ? "'" : "");
}

/* --- iptables' older back end --- */

static bool has_legacy_filter(const struct doctor *what, bool six)
{
	_cleanup_free_ char *names =
		doctor_text(what, six ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", NULL);

	/* Listing an absent table would make it. */
	return names && strstr(names, "filter\n");
}

static int look_legacy(const struct doctor *what, const struct forward_packet *packet, const struct check *check,
	struct findings *findings, struct err *err)
{
	bool six = packet->from.address.family == AF_INET6, drops;
	const char *const argv[] = {six ? "ip6tables-legacy-save" : "iptables-legacy-save", "-t", "filter", NULL};
	_cleanup_forward_rules_ struct forward_rules rules = {0};
	_cleanup_str_ struct str text = STR_INIT;
	struct forward_verdict_of result;
	struct culprit culprit;
	int r;

	if (!has_legacy_filter(what, six))
		return 0;
	r = doctor_program(argv, &text, err);
	if (r < 0)
		return r;
	forward_parse_save(str_text(&text), packet, &rules, &drops);
	result = forward_judge(&rules, "FORWARD", drops);
	culprit = (struct culprit){six ? "ip6tables-legacy" : "iptables-legacy", six ? "ip6" : "ip", "filter",
		result.rule ? result.rule->chain : "FORWARD", result.rule ? result.rule->text : NULL};
	if (result.verdict == VERDICT_DROP)
		tell(what, &culprit, packet, check, findings);
	return r;
}

/* --- nftables, and iptables' newer back end with it --- */

/* The line that ends in "# handle N", without its blanks. */
static char *line_of_handle(const char *text, long handle)
{
	_cleanup_free_ char *end = mem_printf(" # handle %ld", handle);

	while (*text) {
		size_t n = strcspn(text, "\n");
		_cleanup_free_ char *line = mem_strndup(text, n);

		if (str_ends(line, end)) {
			size_t skip = strspn(line, " \t");

			return mem_strndup(line + skip, n - skip - strlen(end));
		}
		text += n + (text[n] == '\n');
	}
	return mem_printf("handle %ld", handle);
}

static char *rule_text(const char *family, const char *table, const struct forward_rule *rule)
{
	const char *const argv[] = {"nft", "-a", "list", "chain", family, table, rule->chain, NULL};
	_cleanup_str_ struct str text = STR_INIT;

	doctor_program(argv, &text, NULL);
	return line_of_handle(str_text(&text), rule->handle);
}

static json_t *read_json(const char *const *argv, struct err *err)
{
	_cleanup_str_ struct str text = STR_INIT;
	json_error_t error;
	json_t *json;

	if (doctor_program(argv, &text, err) < 0)
		return NULL;
	json = json_loads(str_text(&text), 0, &error);
	if (json == NULL)
		err_set(err, EBADMSG, "nft prints no JSON: %s", error.text);
	return json;
}

static bool filters(const char *family, const struct forward_packet *packet)
{
	return str_eq(family, "inet") || str_eq(family, packet->from.address.family == AF_INET6 ? "ip6" : "ip");
}

static void judge_chain(const struct doctor *what, const json_t *chain, const json_t *table,
	const struct forward_packet *packet, const struct check *check, struct findings *findings)
{
	const char *name = json_text(chain, "name");
	_cleanup_forward_rules_ struct forward_rules rules = {0};
	_cleanup_free_ char *text = NULL;
	struct culprit culprit = {"nft", json_text(chain, "family"), json_text(chain, "table"), name, NULL};
	struct forward_verdict_of result;

	forward_parse_nft(table, packet, &rules);
	result = forward_judge(&rules, name, str_eq(json_text(chain, "policy"), "drop"));
	if (result.verdict != VERDICT_DROP)
		return;
	if (result.rule) {
		text = rule_text(culprit.family, culprit.table, result.rule);
		culprit.chain = result.rule->chain;
		culprit.rule = text;
	}
	tell(what, &culprit, packet, check, findings);
}

static int look_chain(const struct doctor *what, const json_t *chain, const struct forward_packet *packets, size_t n,
	const struct check *check, struct findings *findings, struct err *err)
{
	const char *const argv[] = {
		"nft", "-j", "list", "table", json_text(chain, "family"), json_text(chain, "table"), NULL};
	_cleanup_json_ json_t *table = read_json(argv, err);
	size_t i, before = findings->n;

	if (table == NULL)
		return -EIO;
	/* One packet that it drops is enough to name it. */
	for (i = 0; i < n && findings->n == before; i++)
		if (filters(argv[4], &packets[i]))
			judge_chain(what, chain, table, &packets[i], check, findings);
	return 0;
}

static int look_nft(const struct doctor *what, const struct forward_packet *packets, size_t n,
	const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const argv[] = {"nft", "-j", "list", "chains", NULL};
	_cleanup_free_ char *program = run_find("nft");
	_cleanup_json_ json_t *chains = NULL;
	const json_t *item;
	size_t i;
	int r = 0;

	if (program == NULL) {
		log_info("without the program 'nft' its rules cannot be looked at");
		return 0;
	}
	chains = read_json(argv, err);
	if (chains == NULL)
		return -EIO;
	json_array_foreach (json_object_get(chains, "nftables"), i, item) {
		const json_t *chain = json_object_get(item, "chain");

		if (r == 0 && str_eq(json_text(chain, "hook"), "forward") && json_text(chain, "table") &&
			json_text(chain, "family") && json_text(chain, "name"))
			r = look_chain(what, chain, packets, n, check, findings, err);
	}
	return r;
}

int diagnose_forward(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	struct forward_packet packets[PACKETS_MAX];
	size_t n = make_packets(what, packets), i, before;
	int r = look_nft(what, packets, n, check, findings, err);

	before = findings->n;
	for (i = 0; i < n && r == 0 && findings->n == before; i++)
		r = look_legacy(what, &packets[i], check, findings, err);
	return r;
}
