/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/setup.h"

#include "fixture.h"
#include "nat64/time-outs.h"

static struct nat64_setup setup_of(const char *pool, const char *own4)
{
	struct nat64_setup setup = {.mtu = 1500};

	assert_int_equal(prefix_parse("fd00:10:64:ff9b::/96", &setup.prefix), 0);
	assert_int_equal(prefix_parse(pool, &setup.pool), 0);
	assert_int_equal(address_parse(own4, &setup.own4), 0);
	assert_int_equal(address_parse("fd00:10::200", &setup.own6), 0);
	return setup;
}

static void test_config(void **state)
{
	const struct nat64_setup setup = setup_of("172.18.0.128/25", "172.18.0.200");
	const struct nat64_config config = nat64_config_of(&setup), again = nat64_config_of(&setup);

	assert_memory_equal(&config, &again, sizeof(config));
	assert_int_equal(config.abi, NAT64_ABI);
	assert_int_equal(config.prefix_length, 96);
	assert_int_equal(config.prefix.octets[1], 0);
	assert_int_equal(config.prefix.octets[3], 0x10);
	assert_int_equal(config.own4.octets[3], 200);
	assert_int_equal(config.pools[0].length, 25);
	assert_int_equal(config.pools[1].length, 0);
	/* 1500 - 20 (header) - 8 (fragment header) - 40 (IPv4 and TCP). */
	assert_int_equal(config.mss_to_v4, 1432);
	assert_int_equal(NAT64_POOL_MTU(1500), 1472);
}

static size_t count(const char *pool, const char *own4, struct nat64_v4 *ret_first, struct nat64_v4 *ret_last)
{
	const struct nat64_setup setup = setup_of(pool, own4);
	struct nat64_v4 *all = NULL;
	size_t n = nat64_pool_addresses(&setup, &all), i;

	for (i = 0; i < n; i++) {
		struct address address = nat64_address4(&all[i]);

		assert_true(prefix_contains_address(&setup.pool, &address));
		assert_false(address_equal(&address, &setup.own4));
	}
	if (n > 0) {
		*ret_first = all[0];
		*ret_last = all[n - 1];
	}
	free(all);
	return n;
}

/* Neither the pool's edges nor the translator's own address is given to a host. */
static void test_pool(void **state)
{
	struct nat64_v4 first = {{0}}, last = {{0}};

	assert_int_equal(count("172.18.0.128/25", "172.18.0.200", &first, &last), 125);
	assert_int_equal(first.octets[3], 129);
	assert_int_equal(last.octets[3], 254);
	assert_int_equal(count("172.18.0.128/25", "172.18.0.1", &first, &last), 126);
	assert_int_equal(count("10.0.0.4/30", "10.0.0.1", &first, &last), 2);
	assert_int_equal(count("10.0.0.4/31", "10.0.0.1", &first, &last), 2);
	assert_int_equal(count("10.0.0.4/32", "10.0.0.1", &first, &last), 1);
	assert_int_equal(count("10.0.0.4/32", "10.0.0.4", &first, &last), 0);
	/* More than the maps take. */
	assert_int_equal(count("10.0.0.0/8", "10.0.0.1", &first, &last), NAT64_HOSTS_MAX);
	assert_int_equal(count("255.255.255.0/24", "10.0.0.1", &first, &last), 254);
	assert_int_equal(last.octets[3], 254);
}

/* Half of a large pool is for blocks; what overflows comes behind the rest. */
static void test_overflow(void **state)
{
	struct nat64_setup setup = setup_of("172.18.0.0/16", "172.18.200.1");
	struct nat64_v4 *all = NULL;

	assert_int_equal(prefix_parse("240.0.0.0/24", &setup.overflow), 0);
	assert_int_equal(nat64_pool_addresses(&setup, &all), 32765 + 254);
	assert_int_equal(all[0].octets[2], 128);
	assert_int_equal(all[32764].octets[0], 172);
	assert_int_equal(all[32765].octets[0], 240);
	assert_int_equal(all[32765].octets[3], 1);
	free(all);
	assert_int_equal(nat64_config_of(&setup).pools[1].length, 24);
}

static void test_keys(void **state)
{
	struct prefix v6, v4;
	struct nat64_key6 key6;
	struct nat64_key4 key4;

	assert_int_equal(prefix_parse("fd00:40::7/72", &v6), 0);
	assert_int_equal(prefix_parse("169.254.3.4/16", &v4), 0);
	key6 = nat64_key6_of(&v6);
	key4 = nat64_key4_of(&v4);
	assert_int_equal(key6.length, 72);
	assert_int_equal(key6.network.octets[15], 0); /* host bits are cut */
	assert_int_equal(key4.length, 16);
	assert_int_equal(key4.network.octets[3], 0);
}

static void test_time_outs(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct prefix pool;

	assert_int_equal(prefix_parse("172.18.0.128/25", &pool), 0);
	nat64_time_outs(&pool, 1, &text);
	assert_non_null(strstr(text.s, "unreplied : 120, replied : 300"));
	assert_non_null(strstr(text.s, "ip saddr 172.18.0.128/25"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_time_outs),
	};

	return RUN_TESTS(tests);
}
