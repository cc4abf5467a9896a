/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/unit-bus.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"

#define SERVICE "org.freedesktop.systemd1"
#define PATH "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"

enum {
	JOB_MS = 60000,
	JOURNAL_MS = 3000,
	JOURNAL_LINES_MAX = 4096, /* octets of them in a message */
};

#define _cleanup_bus_error_ __attribute__((cleanup(sd_bus_error_free)))
#define _cleanup_message_ __attribute__((cleanup(sd_bus_message_unrefp)))
#define _cleanup_slot_ __attribute__((cleanup(sd_bus_slot_unrefp)))

static int bus_failed(struct err *err, int r, const sd_bus_error *error, const char *what, const char *unit)
{
	return err_set(err, -r, "systemd cannot %s%s%s%s: %s", what, unit ? " '" : "", unit ? unit : "",
		unit ? "'" : "", error->message ? error->message : strerror(-r));
}

static int get_state(sd_bus *bus, const char *path, const char *property, char ret[UNIT_STATE_MAX], const char *unit,
	struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = sd_bus_get_property_string(bus, SERVICE, path, SERVICE ".Unit", property, &error, &text);
	if (r < 0)
		return bus_failed(err, r, &error, "tell the state of", unit);
	snprintf(ret, UNIT_STATE_MAX, "%s", text);
	return 0;
}

/* The object that stands for a unit, also for one that does not exist; the caller frees `*ret_path`. */
static int get_object(sd_bus *bus, const char *unit, char **ret_path, struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *path;
	int r;

	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "LoadUnit", &error, &reply, "s", unit);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return bus_failed(err, r, &error, "look up", unit);
	*ret_path = mem_strdup(path);
	return 0;
}

int unit_bus_state(struct node *node, const char *unit, struct unit_state *ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	struct unit_state state = {{0}};
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r == 0)
		r = get_object(bus, unit, &path, err);
	if (r < 0)
		return r;
	r = get_state(bus, path, "LoadState", state.load, unit, err);
	if (r == 0)
		r = get_state(bus, path, "ActiveState", state.active, unit, err);
	if (r == 0)
		*ret = state;
	return r;
}

/* A job that is waited for. */
struct wait {
	const char *path;
	char result[UNIT_STATE_MAX]; /* "" while it is not done */
};

static int on_job_removed(sd_bus_message *message, void *user, sd_bus_error *error)
{
	const char *path, *unit, *result;
	struct wait *wait = user;
	uint32_t id;

	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 && str_eq(path, wait->path))
		snprintf(wait->result, sizeof(wait->result), "%s", result);
	return 0;
}

static int wait_for_job(sd_bus *bus, struct wait *wait, const char *unit, struct err *err)
{
	int64_t deadline = clock_ms() + JOB_MS;

	while (wait->result[0] == '\0') {
		int r = sd_bus_process(bus, NULL);

		if (r == 0)
			r = sd_bus_wait(bus, (uint64_t)clock_left(deadline) * 1000);
		if (r < 0 && r != -EINTR)
			return err_errno(err, -r, "lost systemd while waiting for '%s'", unit);
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted while waiting for '%s'", unit);
		if (wait->result[0] == '\0' && clock_left(deadline) == 0)
			return err_set(err, ETIMEDOUT,
				"systemd did not finish with '%s' within %d s: see 'systemctl list-jobs'", unit,
				JOB_MS / 1000);
	}
	return 0;
}

/* What the unit itself said last; best effort, for a message. */
static void add_journal(const char *unit, struct str *ret)
{
	const char *const argv[] = {"journalctl", "-u", unit, "-n", "10", "--no-pager", "-q", "-o", "cat", NULL};
	const struct run_options options = {.argv = argv, .timeout_ms = JOURNAL_MS};
	_cleanup_run_ struct run_result result = {0};
	size_t skip;

	if (run_program(&options, &result, NULL) < 0 || result.status != 0 || result.out.len == 0)
		return;
	while (result.out.len > 0 && result.out.s[result.out.len - 1] == '\n')
		result.out.s[--result.out.len] = '\0';
	skip = result.out.len > JOURNAL_LINES_MAX ? result.out.len - JOURNAL_LINES_MAX : 0;
	str_addf(ret, "; its last words:\n%s", result.out.s + skip);
}

static int job_failed(const char *verb, const char *unit, const char *result, struct err *err)
{
	_cleanup_str_ struct str words = STR_INIT;

	add_journal(unit, &words);
	return err_set(err, EIO, "'%s' does not %s: systemd says '%s', see 'systemctl status %s'%s", unit, verb, result,
		unit, str_text(&words));
}

/* A run that was killed after writing a unit file did not get to the reload, and the next one finds the file in place.
 */
static int reload_if_stale(struct node *node, sd_bus *bus, const char *unit, struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_free_ char *path = NULL;
	int stale, r;

	r = get_object(bus, unit, &path, err);
	if (r < 0)
		return r;
	r = sd_bus_get_property_trivial(bus, SERVICE, path, SERVICE ".Unit", "NeedDaemonReload", &error, 'b', &stale);
	if (r < 0)
		return bus_failed(err, r, &error, "tell the state of", unit);
	return stale ? unit_bus_reload(node, err) : 0;
}

int unit_bus_job(struct node *node, enum unit_job job, const char *unit, struct err *err)
{
	static const struct {
		const char *method, *verb;
	} jobs[] = {
		[UNIT_START] = {"StartUnit", "start"},
		[UNIT_STOP] = {"StopUnit", "stop"},
		[UNIT_RESTART] = {"RestartUnit", "restart"},
	};
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	_cleanup_slot_ sd_bus_slot *slot = NULL;
	struct wait wait = {NULL, ""};
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r == 0 && job != UNIT_STOP)
		r = reload_if_stale(node, bus, unit, err);
	if (r < 0)
		return r;
	/* systemd sends signals only to those who subscribed; a second time is an error that does not matter. */
	sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "Subscribe", NULL, NULL, NULL);
	r = sd_bus_match_signal(bus, &slot, NULL, PATH, MANAGER, "JobRemoved", on_job_removed, &wait);
	if (r < 0)
		return err_errno(err, -r, "cannot listen to systemd");
	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, jobs[job].method, &error, &reply, "ss", unit, "replace");
	if (r < 0 && job == UNIT_STOP && sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
		return 0;
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &wait.path);
	if (r < 0)
		return bus_failed(err, r, &error, jobs[job].verb, unit);
	/* The signal cannot be lost: what came during the call waits in the queue until sd_bus_process(). */
	r = wait_for_job(bus, &wait, unit, err);
	if (r < 0)
		return r;
	return str_eq(wait.result, "done") ? 0 : job_failed(jobs[job].verb, unit, wait.result, err);
}

bool unit_is_active(const struct unit_state *state)
{
	return str_eq(state->active, "active") || str_eq(state->active, "reloading");
}

int unit_bus_restart_active(struct node *node, const char *unit, struct err *err)
{
	struct unit_state state = {{0}};
	int r;

	r = unit_bus_state(node, unit, &state, err);
	if (r < 0)
		return r;
	/* "activating": a kubelet without its configuration fails and is started again and again. */
	if (!unit_is_active(&state) && !str_eq(state.active, "activating"))
		return 0;
	return unit_bus_job(node, UNIT_RESTART, unit, err);
}

void unit_bus_reset_failed(struct node *node, const char *unit)
{
	sd_bus *bus;

	if (node_bus(node, &bus, NULL) == 0)
		sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "ResetFailedUnit", NULL, NULL, "s", unit);
}

int unit_bus_reload(struct node *node, struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "Reload", &error, NULL, NULL);
	return r < 0 ? bus_failed(err, r, &error, "read its units again", NULL) : 0;
}

int unit_bus_reload_known(struct node *node, const char *unit, struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "GetUnit", &error, NULL, "s", unit);
	if (r < 0 && sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit"))
		return 0;
	return r < 0 ? bus_failed(err, r, &error, "look up", unit) : unit_bus_reload(node, err);
}

int unit_bus_file_state(struct node *node, const char *unit, char ret[UNIT_STATE_MAX], struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	_cleanup_message_ sd_bus_message *reply = NULL;
	const char *state;
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, SERVICE, PATH, MANAGER, "GetUnitFileState", &error, &reply, "s", unit);
	if (r == -ENOENT || sd_bus_error_has_name(&error, "org.freedesktop.systemd1.NoSuchUnit")) {
		snprintf(ret, UNIT_STATE_MAX, "not-found");
		return 0;
	}
	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &state);
	if (r < 0)
		return bus_failed(err, r, &error, "tell whether it is enabled:", unit);
	snprintf(ret, UNIT_STATE_MAX, "%s", state);
	return 0;
}

int unit_bus_enable(struct node *node, const char *unit, bool enable, struct err *err)
{
	_cleanup_bus_error_ sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus;
	int r;

	r = node_bus(node, &bus, err);
	if (r < 0)
		return r;
	if (enable)
		r = sd_bus_call_method(
			bus, SERVICE, PATH, MANAGER, "EnableUnitFiles", &error, NULL, "asbb", 1, unit, 0, 0);
	else
		r = sd_bus_call_method(
			bus, SERVICE, PATH, MANAGER, "DisableUnitFiles", &error, NULL, "asb", 1, unit, 0);
	/* A unit whose file has gone is enabled no more. */
	if (r == -ENOENT && !enable)
		return 0;
	if (r < 0)
		return bus_failed(err, r, &error, enable ? "enable" : "disable", unit);
	return 0;
}
