/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps for units against a stand-in for systemd's manager in a child process, which speaks the same interface over
 * a socket pair. What systemd itself answers is for the tests in lab nodes.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "step-fixture.h"

#define SERVICE "org.freedesktop.systemd1"
#define MANAGER SERVICE ".Manager"
#define UNIT "x.service"

/* What the manager remembers; shared with the test so that it can look. */
struct manager {
	char active[16];
	char file[16];
	char result[16]; /* of the next job */
	int stale;	 /* a file changed since the last reload */
	int unknown;	 /* nobody has asked for the unit yet */
	unsigned int starts, stops, restarts, reloads, resets;
};

static struct manager *manager;
static pid_t child;

static int on_job(sd_bus_message *message, bool starts)
{
	const char *result = manager->result;
	sd_bus *bus = sd_bus_message_get_bus(message);
	int r;

	if (str_eq(result, "done"))
		strcpy(manager->active, starts ? "active" : "inactive");
	r = sd_bus_reply_method_return(message, "o", "/org/freedesktop/systemd1/job/7");
	/* Somebody else's job first. */
	sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", MANAGER, "JobRemoved", "uoss", 6,
		"/org/freedesktop/systemd1/job/6", "y.service", "failed");
	sd_bus_emit_signal(bus, "/org/freedesktop/systemd1", MANAGER, "JobRemoved", "uoss", 7,
		"/org/freedesktop/systemd1/job/7", UNIT, result);
	return r;
}

static int reply_active(sd_bus_message *message, const char *property)
{
	if (str_eq(property, "NeedDaemonReload"))
		return sd_bus_reply_method_return(message, "v", "b", manager->stale);
	return sd_bus_reply_method_return(message, "v", "s",
		str_eq(property, "ActiveState") ? manager->active
		: str_eq(manager->file, "none") ? "not-found"
						: "loaded");
}

static int on_call(sd_bus_message *message, void *user, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(message), *interface, *property;

	if (sd_bus_message_is_method_call(message, "org.freedesktop.DBus.Properties", "Get")) {
		if (sd_bus_message_read(message, "ss", &interface, &property) < 0)
			return -EINVAL;
		return reply_active(message, property);
	}
	if (!sd_bus_message_is_method_call(message, MANAGER, NULL))
		return 0;
	if (str_eq(member, "GetUnit") && manager->unknown)
		return sd_bus_reply_method_errorf(message, SERVICE ".NoSuchUnit", "not loaded");
	if (str_eq(member, "LoadUnit"))
		return sd_bus_reply_method_return(message, "o", "/org/freedesktop/systemd1/unit/x");
	if (str_eq(member, "StartUnit") && ++manager->starts)
		return on_job(message, true);
	if (str_eq(member, "RestartUnit") && ++manager->restarts)
		return on_job(message, true);
	if (str_eq(member, "StopUnit") && ++manager->stops)
		return str_eq(manager->file, "none")
			       ? sd_bus_reply_method_errorf(message, SERVICE ".NoSuchUnit", "not loaded")
			       : on_job(message, false);
	if (str_eq(member, "GetUnitFileState"))
		return str_eq(manager->file, "none")
			       ? sd_bus_reply_method_errorf(message, "org.freedesktop.DBus.Error.FileNotFound", "none")
			       : sd_bus_reply_method_return(message, "s", manager->file);
	if (str_eq(member, "EnableUnitFiles"))
		strcpy(manager->file, "enabled");
	if (str_eq(member, "DisableUnitFiles") && str_eq(manager->file, "none"))
		return sd_bus_reply_method_errorf(message, "org.freedesktop.DBus.Error.FileNotFound", "none");
	if (str_eq(member, "DisableUnitFiles"))
		strcpy(manager->file, "disabled");
	if (str_eq(member, "Reload")) {
		manager->reloads++;
		manager->stale = 0;
	}
	manager->resets += str_eq(member, "ResetFailedUnit");
	return sd_bus_reply_method_return(message, NULL);
}

static _Noreturn void serve(int fd)
{
	sd_id128_t id = {{0}};
	sd_bus *bus;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_set_server(bus, 1, id) < 0 ||
		sd_bus_add_filter(bus, NULL, on_call, NULL) < 0 || sd_bus_start(bus) < 0)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			_exit(0);
		if (r == 0)
			sd_bus_wait(bus, UINT64_MAX);
	}
}

static int unit_set_up(void **unused)
{
	int fds[2];

	step_set_up(unused);
	manager = mmap(NULL, sizeof(*manager), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (manager == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	strcpy(manager->active, "inactive");
	strcpy(manager->file, "disabled");
	strcpy(manager->result, "done");
	child = fork();
	if (child == 0) {
		close(fds[0]);
		serve(fds[1]);
	}
	close(fds[1]);
	if (sd_bus_new(&node->bus) < 0 || sd_bus_set_fd(node->bus, fds[0], fds[0]) < 0)
		return -1;
	return sd_bus_start(node->bus) < 0 ? -1 : 0;
}

static int unit_tear_down(void **unused)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(manager, sizeof(*manager));
	return step_tear_down(unused);
}

#define UNIT_TEST(test) cmocka_unit_test_setup_teardown(test, unit_set_up, unit_tear_down)
#define NOTE "/var/lib/lazyjack/units/" UNIT

static void test_started(void **unused)
{
	_cleanup_step_ struct step step = step_unit_started(UNIT, "one"), changed = step_unit_started(UNIT, "two");
	_cleanup_json_ json_t *undo = undo_of(&step);

	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_content(NOTE, "one");
	assert_int_equal(state_of(&changed, true), STEP_DRIFTED);
	apply_step(&changed);
	assert_int_equal(manager->restarts, 2);
	assert_int_equal(state_of(&changed, true), STEP_IN_PLACE);
	revert_step(&changed, undo);
	assert_int_equal(manager->stops, 1);
	assert_string_equal(manager->active, "inactive");
	assert_false(there("/var/lib/lazyjack"));
	strcpy(manager->file, "none");
	revert_step(&changed, undo);
}

static void test_started_states(void **unused)
{
	_cleanup_step_ struct step step = step_unit_started(UNIT, NULL);

	strcpy(manager->active, "activating");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	/* What keeps failing has to be stopped as well. */
	assert_true(step.ops->reverts_drifted);
	strcpy(manager->active, "failed");
	assert_int_equal(state_of(&step, true), STEP_MISSING);
	strcpy(manager->active, "active");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_refused(&step, EEXIST, "systemctl stop");
}

/* A run that was killed between writing a drop-in and the reload. */
static void test_stale_unit_is_read_again(void **unused)
{
	_cleanup_step_ struct step step = step_unit_started(UNIT, NULL);

	manager->stale = 1;
	apply_step(&step);
	assert_int_equal(manager->reloads, 1);
	apply_step(&step);
	assert_int_equal(manager->reloads, 1);
}

static void test_job_fails(void **unused)
{
	_cleanup_step_ struct step step = step_unit_started(UNIT, "one");
	_cleanup_err_ struct err err = ERR_INIT;

	strcpy(manager->result, "timeout");
	assert_int_equal(step.ops->apply(&step, node, &err), -EIO);
	assert_non_null(strstr(err.msg, "'" UNIT "' does not restart: systemd says 'timeout'"));
	assert_false(there(NOTE));
}

static void test_enabled(void **unused)
{
	_cleanup_step_ struct step step = step_unit_enabled(UNIT);
	_cleanup_json_ json_t *undo = undo_of(&step), *was = NULL;

	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	was = undo_of(&step);
	revert_step(&step, was);
	assert_string_equal(manager->file, "enabled");
	revert_step(&step, undo);
	assert_string_equal(manager->file, "disabled");
	assert_int_equal(manager->reloads, 0);
	strcpy(manager->file, "none");
	revert_step(&step, undo);
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	strcpy(manager->file, "masked");
	assert_refused(&step, EPERM, "unmask");
}

static void test_restarted(void **unused)
{
	_cleanup_step_ struct step step = step_unit_restarted(UNIT, "one"), changed = step_unit_restarted(UNIT, "two");
	_cleanup_json_ json_t *undo = undo_of(&step);

	/* One that does not run is not started, and has not to be restarted once it does. */
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(manager->restarts, 0);
	assert_int_equal(manager->reloads, 1);
	strcpy(manager->active, "active");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_int_equal(state_of(&changed, true), STEP_DRIFTED);
	apply_step(&changed);
	assert_int_equal(manager->restarts, 1);
	revert_step(&changed, undo);
	assert_int_equal(manager->restarts, 2);
	assert_false(there("/var/lib/lazyjack"));
}

static void test_unit_file(void **unused)
{
	_cleanup_step_ struct step file = step_unit_file("/u/x.service", "[Service]\n");
	_cleanup_step_ struct step dropin = step_unit_file("/u/x.service.d/1.conf", "[Service]\n");
	_cleanup_step_ struct step started = step_unit_started(UNIT, "one");
	_cleanup_json_ json_t *undo = NULL, *dropin_undo = NULL;

	make_directory("/u/x.service.d");
	undo = undo_of(&file);
	dropin_undo = undo_of(&dropin);
	manager->unknown = 1;
	apply_step(&file);
	assert_int_equal(manager->reloads, 0);
	manager->unknown = 0;
	apply_step(&file);
	apply_step(&dropin);
	assert_int_equal(manager->reloads, 2);
	assert_int_equal(look_at("/u/x.service").st_mode & 07777, 0644);
	apply_step(&started);
	revert_step(&dropin, dropin_undo);
	assert_int_equal(manager->restarts, 2);
	/* A unit that ended by itself is not stopped, so its note and its failure go with its file. */
	strcpy(manager->active, "failed");
	apply_step(&dropin);
	manager->resets = 0;
	revert_step(&file, undo);
	assert_int_equal(manager->resets, 1);
	assert_false(there("/u/x.service"));
	assert_false(there(NOTE));
}

static void test_no_systemd(void **unused)
{
	_cleanup_step_ struct step step = step_unit_file("/x.service", "[Service]\n");
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(step.ops->apply(&step, node, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "systemd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_started),
		UNIT_TEST(test_started_states),
		UNIT_TEST(test_stale_unit_is_read_again),
		UNIT_TEST(test_job_fails),
		UNIT_TEST(test_enabled),
		UNIT_TEST(test_restarted),
		UNIT_TEST(test_unit_file),
		STEP_TEST(test_no_systemd),
	};

	return RUN_TESTS(tests);
}
