/* SPDX-License-Identifier: Apache-2.0 */
/* With the distribution's bridge, host-local and portmap plugins, in namespaces of the test's own. */
#include <errno.h>
#include <sys/stat.h>

#include "base/json.h"
#include "resource/cni-exec.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "verify-fixture.h"

#define LEASES "/run/leases/lazyjack"
#define RECORD "/run/lazyjack/cni-results/pod-1.json"

static const char list_text[] =
	"{\"cniVersion\": \"1.0.0\", \"name\": \"lazyjack\", \"plugins\": ["
	"{\"type\": \"bridge\", \"bridge\": \"br0\", \"isDefaultGateway\": true, \"hairpinMode\": true, \"mtu\": 1400,"
	" \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"/run/leases\","
	"  \"ranges\": [[{\"subnet\": \"fd00:40:0:0:2::/80\", \"gateway\": \"fd00:40:0:0:2::1\"}]]}},"
	"{\"type\": \"portmap\", \"capabilities\": {\"portMappings\": true}}]}";

struct fixture {
	struct node *node;
	char *directory, *conflist;
	struct step step;
};

static int set_up(void **state)
{
	struct fixture *fixture = mem_new(1, sizeof(*fixture));

	fixture->node = node_new("");
	fixture->directory = fixture_directory();
	fixture->conflist = mem_printf("%s/10-lazyjack.conflist", fixture->directory);
	fixture_write(fixture->conflist, list_text);
	fixture->step = step_cni_attachment("pod", "pod-1", fixture->conflist);
	fixture_run("ip netns add pod");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	step_done(&fixture->step);
	node_free(fixture->node);
	free(fixture->conflist);
	fixture_remove(fixture->directory);
	free(fixture);
	if (access("/run/netns/pod", F_OK) == 0)
		fixture_run("ip netns delete pod");
	assert_int_equal(file_remove_tree("/run/leases", NULL), 0);
	return 0;
}

static int inspect(struct fixture *fixture, bool ours, json_t **ret_undo)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r = fixture->step.ops->inspect(&fixture->step, fixture->node, ours, ret_undo, NULL, &err);

	if (r < 0)
		print_message("# %s\n", err.msg);
	return r;
}

static void apply(struct fixture *fixture)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (fixture->step.ops->apply(&fixture->step, fixture->node, &err) < 0)
		fail_msg("%s", err.msg);
}

static void revert(struct fixture *fixture, const json_t *undo)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (fixture->step.ops->revert(&fixture->step, fixture->node, undo, &err) < 0)
		fail_msg("%s", err.msg);
}

/* host-local keeps a file named after each address that is in use. */
static unsigned int leases(void)
{
	static const char *const names[] = {"fd00:40::2:0:0:2", "fd00:40::2:0:0:3", "fd00:40::2:0:0:4"};
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf(LEASES "/%s", names[i]);

		n += access(path, F_OK) == 0;
	}
	return n;
}

static void test_there_and_back(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_json_ json_t *undo = NULL;

	assert_int_equal(inspect(fixture, false, &undo), STEP_MISSING);
	apply(fixture);
	assert_int_equal(inspect(fixture, true, NULL), STEP_IN_PLACE);
	assert_int_equal(leases(), 1);
	fixture_run("ip -n pod addr show dev eth0 to fd00:40:0:0:2::/80");
	fixture_run("ip netns exec pod grep -q ^1400$ /sys/class/net/eth0/mtu");
	revert(fixture, undo);
	assert_int_equal(inspect(fixture, false, NULL), STEP_MISSING);
	assert_int_equal(leases(), 0);
	assert_int_equal(access("/run/lazyjack", F_OK), -1);
	revert(fixture, undo); /* again: nothing to do */
}

static void test_undone_without_the_list(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_json_ json_t *undo = NULL;

	assert_int_equal(inspect(fixture, false, &undo), STEP_MISSING);
	apply(fixture);
	assert_int_equal(unlink(fixture->conflist), 0);
	assert_int_equal(inspect(fixture, true, NULL), STEP_IN_PLACE);
	revert(fixture, undo);
	assert_int_equal(leases(), 0);
	assert_int_equal(access(RECORD, F_OK), -1);
}

static void test_undone_without_the_namespace(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_json_ json_t *undo = NULL;

	assert_int_equal(inspect(fixture, false, &undo), STEP_MISSING);
	apply(fixture);
	node_forget_netns(fixture->node, "pod");
	fixture_run("ip netns delete pod");
	assert_int_equal(inspect(fixture, true, NULL), STEP_DRIFTED);
	/* The address it leased has to go back all the same. */
	assert_true(fixture->step.ops->reverts_drifted);
	revert(fixture, undo);
	assert_int_equal(leases(), 0);
}

/* Killed between the plugins and the record of their result: the next apply starts over. */
static void test_half_done_is_done_again(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_json_ json_t *undo = NULL, *record = NULL;
	_cleanup_free_ char *text = NULL, *line = NULL;

	assert_int_equal(inspect(fixture, false, &undo), STEP_MISSING);
	apply(fixture);
	text = fixture_read(RECORD);
	record = json_loads(text, 0, NULL);
	assert_true(json_is_object(json_object_get(record, "result")));
	json_object_set_new(record, "result", json_null());
	line = json_line(record);
	fixture_write(RECORD, line);
	assert_int_equal(inspect(fixture, true, NULL), STEP_DRIFTED);
	apply(fixture);
	assert_int_equal(inspect(fixture, true, NULL), STEP_IN_PLACE);
	assert_int_equal(leases(), 1);
	revert(fixture, undo);
	assert_int_equal(leases(), 0);
}

static void test_plugin_error_is_quoted(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_err_ struct err err = ERR_INIT;

	fixture_write(fixture->conflist,
		"{\"cniVersion\": \"1.0.0\", \"name\": \"lazyjack\", \"plugins\": [{\"type\": \"bridge\", \"bridge\": "
		"\"br0\","
		"\"isGateway\": true, \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"/run/leases\","
		"\"ranges\": [[{\"subnet\": \"fd00::1/64\"}]]}}]}");
	assert_true(fixture->step.ops->apply(&fixture->step, fixture->node, &err) < 0);
	assert_non_null(strstr(err.msg, "CNI plugin 'bridge' failed at ADD"));
	assert_non_null(strstr(err.msg, "host bits")); /* the plugin's own words */
	revert(fixture, NULL);
	assert_int_equal(access(RECORD, F_OK), -1);
}

static void test_bad_lists(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"{", "line 1"},
		{"{}", "not a CNI configuration list"},
		{"{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": []}", "not a CNI configuration list"},
		{"{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": [{}]}", "usable 'type'"},
		{"{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": [{\"type\": \"../../bin/sh\"}]}",
			"usable 'type'"},
		{"{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": [{\"type\": \"no-such\"}]}",
			"install the package containernetworking-plugins"},
	};
	struct fixture *fixture = *state;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture_write(fixture->conflist, cases[i].text);
		assert_true(fixture->step.ops->apply(&fixture->step, fixture->node, &err) < 0);
		if (strstr(err.msg, cases[i].said) == NULL)
			fail_msg("'%s' gave: %s", cases[i].text, err.msg);
	}
	assert_int_equal(unlink(fixture->conflist), 0);
	assert_int_equal(file_remove_tree("/run/lazyjack", NULL), 0);
	assert_int_equal(fixture->step.ops->apply(&fixture->step, fixture->node, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "run 'lazyjack up' first"));
}

static void test_namespace_of_others_is_left_alone(void **state)
{
	struct fixture *fixture = *state;

	fixture_run("ip -n pod link add eth0 type veth peer name eth1");
	assert_int_equal(inspect(fixture, false, NULL), -EEXIST);
	node_forget_netns(fixture->node, "pod");
}

/* What the attachment of pods does not use, but a runtime's capability arguments are for. */
static void test_port_mappings(void **unused)
{
	_cleanup_json_ json_t *list = json_loads(list_text, 0, NULL), *result = NULL;
	_cleanup_json_ json_t *ports = json_make(
		"{s:[{s:i,s:i,s:s}]}", "portMappings", "hostPort", 8080, "containerPort", 80, "protocol", "tcp");
	struct cni_call call = {.container_id = "pod-2", .netns = "/run/netns/pod", .capabilities = ports};
	_cleanup_run_ struct run_result rules = {0};
	_cleanup_err_ struct err err = ERR_INIT;

	assert_non_null(list);
	if (cni_add(list, &call, &result, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(
		run_program(&(struct run_options){.argv = (const char *const[]){"ip6tables-save", NULL}}, &rules, NULL),
		0);
	assert_non_null(strstr(str_text(&rules.out), "--to-destination [fd00:40::2:0:0:2]:80"));
	run_done(&rules);
	assert_int_equal(cni_del(list, &call, result, NULL), 0);
	assert_int_equal(
		run_program(&(struct run_options){.argv = (const char *const[]){"ip6tables-save", NULL}}, &rules, NULL),
		0);
	assert_null(strstr(str_text(&rules.out), "--to-destination"));
	assert_int_equal(leases(), 0);
}

static void test_words(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_str_ struct str text = STR_INIT;

	step_label(&fixture->step, &text);
	assert_string_equal(text.s, "cni-attachment pod-1");
	str_clear(&text);
	fixture->step.ops->describe(fixture->step.want, &text);
	assert_true(str_starts(text.s, "CNI ADD pod-1 netns /run/netns/pod"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_undone_without_the_list),
		TEST(test_undone_without_the_namespace),
		TEST(test_half_done_is_done_again),
		TEST(test_plugin_error_is_quoted),
		TEST(test_bad_lists),
		TEST(test_namespace_of_others_is_left_alone),
		TEST(test_port_mappings),
		TEST(test_words),
	};

	return RUN_PRIVATE_TESTS(tests);
}
