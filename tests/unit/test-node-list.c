/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/node-list.h"

#include <errno.h>

#include "base/json.h"
#include "node-fixture.h"

static void judge(const char *text, unsigned int families, enum node_state wanted, const char *said)
{
	struct cluster_node nodes[2];
	struct cluster cluster;
	_cleanup_json_ json_t *list = json_array();
	_cleanup_str_ struct str detail = STR_INIT;
	_cleanup_free_ char *next = NULL;
	_cleanup_err_ struct err err = ERR_INIT;
	enum node_state state;

	fixture_nodes(nodes, 2, &cluster);
	cluster.families = families;
	if (node_list_add(list, text, strlen(text), &next, &err) < 0)
		fail_msg("%s", err.msg);
	assert_null(next);
	state = node_list_judge(list, &cluster, &nodes[1], &detail);
	if (state != wanted || strstr(str_text(&detail), said) == NULL)
		fail_msg("%d: %s", state, str_text(&detail));
}

static void test_ready(void **unused)
{
	judge(NODES(NODE("master", INTERNAL("fd00:20::2"), READY) "," NODE("minion-1", INTERNAL("fd00:20::3"), READY)),
		1, NODE_READY, "Ready, fd00:20::3");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3") "," INTERNAL("10.20.0.3"), READY)), 2, NODE_READY,
		"Ready, fd00:20::3, 10.20.0.3");
}

/* Kubernetes may write an address otherwise, or tell the families the other way round. */
static void test_addresses_are_numbers(void **unused)
{
	judge(NODES(NODE("minion-1", INTERNAL("FD00:20:0:0::0003"), READY)), 1, NODE_READY, "Ready, fd00:20::3");
	judge(NODES(NODE("minion-1", INTERNAL("10.20.0.3") "," INTERNAL("fd00:20::3"), READY)), 2, NODE_READY, "Ready");
}

static void test_missing(void **unused)
{
	judge(NODES(NODE("master", INTERNAL("fd00:20::2"), READY)), 1, NODE_FAILED, "no node of this name");
	judge("{\"items\":null}", 1, NODE_FAILED, "'lazyjack up' on minion-1");
}

static void test_not_ready(void **unused)
{
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3"),
		      CONDITION("Ready", "False", "KubeletNotReady", "cni config\\nuninitialized"))),
		1, NODE_STARTING, "not Ready: KubeletNotReady: cni config uninitialized: look at 'journalctl");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3"),
		      CONDITION("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."))),
		1, NODE_STARTING, "stopped posting");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3"), CONDITION("DiskPressure", "True", "a", "b"))), 1,
		NODE_STARTING, "has not told its state yet");
	judge(NODES("{\"metadata\":{\"name\":\"minion-1\"}}"), 1, NODE_STARTING, "it has no InternalIP");
}

static void test_wrong_address(void **unused)
{
	judge(NODES(NODE("minion-1", INTERNAL("10.0.2.15"), READY)), 1, NODE_FAILED,
		"its InternalIP is 10.0.2.15 instead of fd00:20::3: the kubelet's '--node-ip=fd00:20::3' must be set");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3") "," INTERNAL("fd00:99::3"), READY)), 1, NODE_FAILED,
		"its InternalIP is fd00:20::3, fd00:99::3 instead of fd00:20::3");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3"), READY)), 2, NODE_FAILED,
		"'--node-ip=fd00:20::3,10.20.0.3' must be set");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::3") "," INTERNAL("fd00:20::3"), READY)), 2, NODE_FAILED,
		"fd00:20::3, fd00:20::3 instead of");
	judge(NODES(NODE("minion-1", INTERNAL("no address"), READY)), 1, NODE_FAILED, "is no address instead of");
	judge(NODES(NODE("minion-1", INTERNAL("fd00:20::9"), CONDITION("Ready", "False", "a", "b"))), 1, NODE_FAILED,
		"on minion-1; its InternalIP is fd00:20::9");
}

static void test_unknown_nodes(void **unused)
{
	static const char text[] = NODES(NODE("stranger", INTERNAL("fd00:20::9"), READY) "," NODE(
		"master", INTERNAL("fd00:20::2"), READY) "," NODE("visitor\\u00fc\\n", INTERNAL("fd00:20::8"), READY));
	struct cluster_node nodes[2];
	struct cluster cluster;
	_cleanup_json_ json_t *list = json_array();
	_cleanup_str_ struct str names = STR_INIT;
	char *next;

	fixture_nodes(nodes, 2, &cluster);
	node_list_unknown(list, &cluster, &names);
	assert_int_equal(names.len, 0);
	assert_int_equal(node_list_add(list, text, strlen(text), &next, NULL), 0);
	node_list_unknown(list, &cluster, &names);
	assert_string_equal(names.s, "stranger, visitor?? ");
	while (json_array_size(list) < 20)
		json_array_append_new(list, json_make("{s:s}", "name", "x"));
	str_clear(&names);
	node_list_unknown(list, &cluster, &names);
	assert_string_equal(names.s, "stranger, visitor?? , x, x, x, x, x, x, x, x and 9 more");
}

static void test_pages(void **unused)
{
	static const char page[] =
		"{\"metadata\":{\"continue\":\"ab-_C9\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}";
	_cleanup_json_ json_t *list = json_array();
	_cleanup_free_ char *next = NULL;

	assert_int_equal(node_list_add(list, page, strlen(page), &next, NULL), 0);
	assert_string_equal(next, "ab-_C9");
	assert_int_equal(json_array_size(list), 1);
}

static void test_other_text_is_refused(void **unused)
{
	static const char *const texts[] = {"", "ok", "[]", "{}", "{\"items\":7}", "{\"items\":[{}]}",
		"{\"items\":[{\"metadata\":{\"name\":7}}]}", "{\"items\":[null]}", "{\"items\":[]",
		"{\"items\":[],\"metadata\":{\"continue\":\"a&b\"}}",
		"{\"items\":[],\"metadata\":{\"continue\":\"a b\"}}"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_json_ json_t *list = json_array();
		_cleanup_err_ struct err err = ERR_INIT;
		char *next = NULL;

		assert_int_equal(node_list_add(list, texts[i], strlen(texts[i]), &next, &err), -EPROTO);
		assert_null(next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready),
		cmocka_unit_test(test_addresses_are_numbers),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_not_ready),
		cmocka_unit_test(test_wrong_address),
		cmocka_unit_test(test_unknown_nodes),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_other_text_is_refused),
	};

	return RUN_TESTS(tests);
}
