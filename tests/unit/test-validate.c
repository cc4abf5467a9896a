/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/str.h"
#include "command/command.h"
#include "fixture.h"

/* The program's own stands in main.c. */
struct global_options global;

static const char valid[] =
	"topology:\n"
	"  master: {interface: eth0, opmodes: master dns64 nat64, id: 2}\n"
	"  minion: {interface: eth0, opmodes: minion, id: 3}\n"
	"support_net: {cidr: \"fd00:10::/64\", v4cidr: 172.18.0.0/16}\n"
	"mgmt_net: {cidr: \"fd00:20::/64\"}\n"
	"pod_net: {cidr: \"fd00:40::/72\"}\n"
	"service_net: {cidr: \"fd00:30::/110\"}\n"
	"nat64: {v4_cidr: 172.18.0.128/25, v4_ip: 172.18.0.200, ip: \"fd00:10::200\"}\n"
	"dns64: {remote_server: 192.0.2.53, cidr: \"fd00:10:64:ff9b::/96\", ip: \"fd00:10::100\"}\n";

struct sandbox {
	char *directory, *config, *out, *err;
};

/* Run the command with what it prints going to files; returns its exit status. */
static int validate(const struct sandbox *box, char *argument)
{
	char *argv[] = {argument, NULL};
	int out, err, saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO), status;

	out = open(box->out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = open(box->err, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0 && err >= 0 && saved_out >= 0 && saved_err >= 0);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	status = command_validate.run(argument ? 1 : 0, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(out);
	close(err);
	close(saved_out);
	close(saved_err);
	return status;
}

static void assert_holds(const char *path, const char *part)
{
	_cleanup_free_ char *text = fixture_read(path);

	if (strstr(text, part) == NULL)
		fail_msg("no '%s' in: %s", part, text);
}

static void assert_empty(const char *path)
{
	_cleanup_free_ char *text = fixture_read(path);

	assert_string_equal(text, "");
}

static int set_up(void **state)
{
	struct sandbox *box = mem_new(1, sizeof(*box));

	box->directory = fixture_directory();
	box->config = mem_printf("%s/config.yaml", box->directory);
	box->out = mem_printf("%s/out", box->directory);
	box->err = mem_printf("%s/err", box->directory);
	global = (struct global_options){.config = box->config};
	*state = box;
	return 0;
}

static int tear_down(void **state)
{
	struct sandbox *box = *state;

	fixture_remove(box->directory);
	free(box->config);
	free(box->out);
	free(box->err);
	free(box);
	return 0;
}

static void a_valid_file(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL, *wanted = mem_printf("%s: valid: 2 nodes, ipv6\n", box->config);

	fixture_write(box->config, valid);
	assert_int_equal(validate(box, NULL), EXIT_DONE);
	text = fixture_read(box->out);
	assert_string_equal(text, wanted);
	assert_empty(box->err);

	global.json = true;
	assert_int_equal(validate(box, box->config), EXIT_DONE);
	assert_empty(box->out);
}

static void errors_of_keys_and_of_rules_at_once(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_str_ struct str text = STR_INIT;

	str_add(&text, valid);
	str_add(&text, "general:\n  modee: ipv6\nmgmt: {}\n");
	memcpy(strstr(text.s, "id: 3"), "id: 2", 5);
	fixture_write(box->config, text.s);
	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	assert_holds(box->out, "config.yaml:3:");
	assert_holds(box->out, "config.yaml:11:3: error: unknown key 'modee'");
	assert_holds(box->out, "config.yaml:12:1: error: unknown key 'mgmt'");
	assert_holds(box->out, "config.yaml: 3 errors\n");
}

/* What could not be read is not called missing. */
static void a_syntax_error_alone(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL;

	fixture_write(box->config, "topology:\n  a: \"b\n");
	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	assert_holds(box->out, "syntax error");
	text = fixture_read(box->out);
	assert_null(strstr(text, "is missing;"));
}

static void json_for_programs(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *json = NULL;

	global.json = true;
	fixture_write(box->config, "- a\n");
	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	text = fixture_read(box->out);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(json_text(json, "file"), box->config);
	assert_int_equal(json_number(json, "line"), 1);
	assert_empty(box->err);
}

static void files_that_cannot_be_read(void **state)
{
	const struct sandbox *box = *state;
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	assert_holds(box->err, "config.yaml");
	assert_empty(box->out);
	assert_int_equal(validate(box, box->directory), EXIT_USAGE);
	assert_holds(box->err, "directory");
	assert_int_equal(mkfifo(box->config, 0600), 0);
	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	assert_int_equal(unlink(box->config), 0);

	global.json = true;
	assert_int_equal(validate(box, NULL), EXIT_USAGE);
	text = fixture_read(box->out);
	json = json_loads(text, 0, NULL);
	assert_int_equal(json_number(json, "line"), 0);
	assert_true(json_is_null(json_object_get(json, "hint")));
}

#define VALIDATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		VALIDATE_TEST(a_valid_file),
		VALIDATE_TEST(errors_of_keys_and_of_rules_at_once),
		VALIDATE_TEST(a_syntax_error_alone),
		VALIDATE_TEST(json_for_programs),
		VALIDATE_TEST(files_that_cannot_be_read),
	};

	return RUN_TESTS(tests);
}
