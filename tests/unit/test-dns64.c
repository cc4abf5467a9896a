/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dns64.h"

#include "base/run.h"
#include "plan-fixture.h"

/* named itself reads the file: a typing error in it must not wait for a node. */
static void accepted_by_named(const char *text)
{
	/* The check enters this directory, which only a machine with the server has. */
	static const char cache[] = "/var/cache/bind";
	const char *at = strstr(text, cache);
	char *directory = fixture_directory();
	char *path = mem_printf("%s/named.conf", directory);
	const char *const argv[] = {"named-checkconf", path, NULL};
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *here = NULL;

	assert_non_null(at);
	here = mem_printf("%.*s%s%s", (int)(at - text), text, directory, at + sizeof(cache) - 1);
	fixture_write(path, here);
	if (run_checked(&(struct run_options){.argv = argv}, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	free(path);
	fixture_remove(directory);
}

static void check(const struct cluster *cluster, const char *golden)
{
	_cleanup_service_ struct service service = {0};

	dns64_service(cluster, &cluster->nodes[0], "/usr/sbin/named", &service);
	golden_text(golden, service.config.s);
	accepted_by_named(service.config.s);
}

static void test_configuration(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check(cluster, "named.conf");
	cluster->dns64.allow_aaaa = true;
	check(cluster, "named-aaaa.conf");
	cluster_free(cluster);
}

/* The way to the translator: a neighbour on the same node, else through the gateway although it looks like one. */
static void test_routes(void **state)
{
	struct cluster *together = plan_cluster("master dns64 nat64", "minion", "minion");
	struct cluster *apart = plan_cluster("master dns64", "nat64", "minion");
	_cleanup_service_ struct service one = {0}, other = {0};
	char text[PREFIX_TEXT_MAX];

	dns64_service(together, &together->nodes[0], "/usr/sbin/named", &one);
	assert_int_equal(one.n_routes, 2);
	assert_string_equal(prefix_text(&one.routes[1].destination, text), "fd00:10:64:ff9b::/96");
	assert_true(address_equal(&one.routes[1].via, &together->nat64.v6));
	dns64_service(apart, &apart->nodes[0], "/usr/sbin/named", &other);
	assert_int_equal(other.n_routes, 2);
	assert_string_equal(prefix_text(&other.routes[1].destination, text), "fd00:10::200/128");
	assert_true(address_equal(&other.routes[1].via, &apart->support6_gateway));
	cluster_free(together);
	cluster_free(apart);
}

/* What is special to systemd in a path stays a path. */
static void test_quoting(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_service_ struct service service = {0};

	free(cluster->work_area);
	cluster->work_area = mem_strdup("/srv/a b:100%\"x\"");
	dns64_service(cluster, &cluster->nodes[0], "/usr/sbin/named", &service);
	assert_non_null(strstr(
		service.process.s, "BindReadOnlyPaths=\"/srv/a b:100%%\\\"x\\\"/named.conf\":/etc/bind/named.conf\n"));
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_quoting),
	};

	return RUN_TESTS(tests);
}
