/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/forward-facts.h"

#include <string.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/run.h"
#include "resource/netfilter-legacy.h"

/* Docker makes it before it sets the policy of FORWARD to DROP, which it may do at its next start only. */
#define DOCKER_CHAIN "DOCKER-USER"

static bool is_strict(const json_t *chain)
{
	const char *name = json_text(chain, "name");

	return str_eq(json_text(chain, "table"), "filter") &&
	       (str_eq(name, DOCKER_CHAIN) || (str_eq(name, "FORWARD") && str_eq(json_text(chain, "policy"), "drop")));
}

/* iptables' newer back end, whose chains are nftables'. */
static bool nft_drops(bool six)
{
	const char *const argv[] = {"nft", "-j", "list", "chains", six ? "ip6" : "ip", NULL};
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_json_ json_t *chains = NULL;
	const json_t *item;
	size_t i;

	if (run_checked(&(struct run_options){.argv = argv}, &text, NULL) < 0)
		return false;
	chains = json_loads(str_text(&text), 0, NULL);
	json_array_foreach (json_object_get(chains, "nftables"), i, item)
		if (is_strict(json_object_get(item, "chain")))
			return true;
	return false;
}

static bool legacy_drops(const struct node *node, bool six)
{
	const char *const argv[] = {six ? "ip6tables-legacy" : "iptables-legacy", "-w", "5", "-S", NULL};
	_cleanup_str_ struct str text = STR_INIT;

	return netfilter_legacy_has(node, six, "filter") &&
	       run_checked(&(struct run_options){.argv = argv}, &text, NULL) >= 0 &&
	       (strstr(str_text(&text), "-P FORWARD DROP\n") || strstr(str_text(&text), "-N " DOCKER_CHAIN "\n"));
}

void forward_facts(const struct node *node, const struct cluster *cluster, struct facts *facts)
{
	unsigned int f;

	for (f = 0; cluster_makes_network(cluster) && f < cluster->families; f++) {
		bool six = cluster->pod[f].address.family == AF_INET6;

		if (nft_drops(six))
			facts->forward_program[f] = six ? "ip6tables-nft" : "iptables-nft";
		else if (legacy_drops(node, six))
			facts->forward_program[f] = six ? "ip6tables-legacy" : "iptables-legacy";
	}
}
