/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/slots.h"

#include "fixture.h"

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static void expect_prefix(const struct prefix *prefix, const char *text)
{
	char found[PREFIX_TEXT_MAX];

	assert_string_equal(prefix_text(prefix, found), text);
}

static bool slots_of(const char *pool, const char *own4, struct nat64_slots *ret)
{
	const struct prefix network = prefix_of(pool);
	struct address own;

	assert_int_equal(address_parse(own4, &own), 0);
	return nat64_slots(&network, &own, ret);
}

/* The translator's own address is never in the half that is cut. */
static void test_halves(void **state)
{
	struct nat64_slots slots;

	assert_true(slots_of("172.18.0.0/16", "172.18.0.200", &slots));
	expect_prefix(&slots.half, "172.18.128.0/17");
	expect_prefix(&slots.rest, "172.18.0.0/17");
	assert_int_equal(slots.bits, 8);
	assert_true(slots_of("172.18.0.0/16", "172.18.200.1", &slots));
	expect_prefix(&slots.half, "172.18.0.0/17");
	assert_true(slots_of("10.0.0.0/8", "172.18.200.1", &slots));
	expect_prefix(&slots.half, "10.0.0.0/9");
	assert_int_equal(slots.bits, 12);
}

static void test_small(void **state)
{
	struct nat64_slots slots;

	assert_true(slots_of("10.0.0.0/21", "172.18.0.1", &slots));
	assert_false(slots_of("10.0.0.0/22", "172.18.0.1", &slots));
	assert_false(slots_of("10.0.0.0/25", "172.18.0.1", &slots));
	assert_false(slots_of("10.0.0.0/31", "172.18.0.1", &slots));
	assert_false(slots_of("10.0.0.0/32", "172.18.0.1", &slots));
}

static void test_slot(void **state)
{
	const struct prefix pods = prefix_of("fd00:40:0:0:3::/80"), small = prefix_of("fd00:20::/124");
	struct prefix hosts, addresses;
	struct nat64_slots slots;

	assert_true(slots_of("172.18.0.0/16", "172.18.0.200", &slots));
	assert_true(nat64_slot(&slots, 3, &pods, &hosts, &addresses));
	expect_prefix(&hosts, "fd00:40:0:0:3::/120");
	expect_prefix(&addresses, "172.18.131.0/24");
	/* A network smaller than its slot. */
	assert_true(nat64_slot(&slots, 0, &small, &hosts, &addresses));
	expect_prefix(&hosts, "fd00:20::/124");
	expect_prefix(&addresses, "172.18.128.0/28");
	assert_true(nat64_slot(&slots, 127, &pods, &hosts, &addresses));
	expect_prefix(&addresses, "172.18.255.0/24");
	assert_false(nat64_slot(&slots, 128, &pods, &hosts, &addresses));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_slot),
	};

	return RUN_TESTS(tests);
}
