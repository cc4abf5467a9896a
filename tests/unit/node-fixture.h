/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes as the configuration has them, and as the API server would tell about them. */
#pragma once

#include "fixture.h"

#include "model/cluster.h"
#include "net/address.h"

/* Two families, of which `cluster.families` counts: fd00:20::N and 10.20.0.N. */
static inline void fixture_nodes(struct cluster_node *nodes, size_t n, struct cluster *ret)
{
	static char names[][10] = {"master", "minion-1", "minion-2"};
	size_t i;

	assert_true(n <= ARRAY_SIZE(names));
	for (i = 0; i < n; i++) {
		_cleanup_free_ char *v6 = mem_printf("fd00:20::%zu", i + 2), *v4 = mem_printf("10.20.0.%zu", i + 2);

		nodes[i] = (struct cluster_node){.name = names[i], .roles = i ? ROLE_MINION : ROLE_MASTER};
		nodes[i].mgmt[0].length = 64;
		nodes[i].mgmt[1].length = 24;
		assert_int_equal(address_parse(v6, &nodes[i].mgmt[0].address), 0);
		assert_int_equal(address_parse(v4, &nodes[i].mgmt[1].address), 0);
	}
	*ret = (struct cluster){.nodes = nodes, .n_nodes = n, .families = 1, .mtu = 1500};
}

#define INTERNAL(address) "{\"address\":\"" address "\",\"type\":\"InternalIP\"}"
#define CONDITION(type, status, reason, message)                                                                       \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"lastHeartbeatTime\":\"2026-11-01T10:00:00Z\","             \
	"\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define READY CONDITION("Ready", "True", "KubeletReady", "kubelet is posting ready status")

/* One item of a NodeList, with parts that nobody asks for; addresses and conditions are the insides of arrays. */
#define NODE(name, addresses, conditions)                                                                              \
	"{\"metadata\":{\"name\":\"" name "\",\"uid\":\"0\",\"labels\":{\"kubernetes.io/os\":\"linux\"}},"             \
	"\"spec\":{\"podCIDR\":\"fd00:40::/80\"},"                                                                     \
	"\"status\":{\"capacity\":{\"cpu\":\"2\"},\"addresses\":[" addresses                                           \
	",{\"type\":\"Hostname\",\"address\":\"" name                                                                  \
	"\"}],\"conditions\":[" CONDITION("MemoryPressure", "False", "a", "b") "," conditions "]}}"
#define NODES(items) "{\"kind\":\"NodeList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[" items "]}"
