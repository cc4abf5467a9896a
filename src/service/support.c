/* SPDX-License-Identifier: Apache-2.0 */
#include "service/support.h"

#include "base/mem.h"
#include "base/str.h"
#include "resource/kinds.h"

void support_masquerade(const struct cluster *cluster, struct plan *ret)
{
	_cleanup_str_ struct str rules = STR_INIT;
	char network[PREFIX_TEXT_MAX];

	prefix_text(&cluster->support4, network);
	str_addf(&rules,
		"chain postrouting {\n"
		"\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\tip saddr %s oifname != \"%s\" masquerade\n"
		"}\n",
		network, SUPPORT_BRIDGE);
	plan_add(ret, step_nft_table(NULL, "ip", "lazyjack", str_text(&rules)));
}

static void add_way_out(const struct cluster *cluster, struct plan *ret)
{
	struct prefix gateway = {cluster->support4_gateway, cluster->support4.length};

	plan_add(ret, step_sysctl(NULL, "net.ipv4.ip_forward", "1"));
	plan_add(ret, step_address(NULL, SUPPORT_BRIDGE, &gateway, false));
	support_masquerade(cluster, ret);
}

void support_network(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	struct prefix gateway = {cluster->support6_gateway, cluster->support6.length};

	plan_add(ret, step_bridge(NULL, SUPPORT_BRIDGE, cluster->mtu));
	plan_add(ret, step_address(NULL, SUPPORT_BRIDGE, &gateway, true));
	if (self->roles & ROLE_NAT64)
		add_way_out(cluster, ret);
}
