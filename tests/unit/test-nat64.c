/* SPDX-License-Identifier: Apache-2.0 */
#include "service/nat64.h"

#include "plan-fixture.h"

static void check(const struct cluster *cluster, const char *golden)
{
	_cleanup_service_ struct service service = {0};

	nat64_service(cluster, &cluster->nodes[0], "/usr/sbin/tayga", &service);
	golden_text(golden, service.config.s);
}

/* Only with the well-known prefix tayga has to be told its IPv6 address. */
static void test_configuration(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check(cluster, "tayga.conf");
	assert_int_equal(prefix_parse("64:ff9b::/96", &cluster->dns64.prefix), 0);
	check(cluster, "tayga-well-known.conf");
	cluster_free(cluster);
}

static void test_network(void **state)
{
	struct cluster *cluster = plan_cluster("master nat64", "dns64", "minion");
	_cleanup_service_ struct service service = {0};
	char text[PREFIX_TEXT_MAX];

	nat64_service(cluster, &cluster->nodes[0], "/usr/sbin/tayga", &service);
	assert_int_equal(service.n_addresses, 2);
	assert_string_equal(prefix_text(&service.addresses[0], text), "fd00:10::200/64");
	assert_string_equal(prefix_text(&service.addresses[1], text), "172.18.0.200/16");
	assert_string_equal(service.tun, "nat64");
	/* The name server is on another node's part of the support network. */
	assert_string_equal(prefix_text(&service.routes[service.n_routes - 1].destination, text), "fd00:10::100/128");
	assert_true(address_equal(&service.routes[service.n_routes - 1].via, &cluster->support6_gateway));
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_network),
	};

	return RUN_TESTS(tests);
}
