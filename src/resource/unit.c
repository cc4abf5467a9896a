/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/unit-bus.h"
#include "resource/unit-digest.h"

static json_t *want_unit(const char *unit, const char *digest)
{
	return json_make("{s:s,s:s*}", "unit", unit, "digest", digest);
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "unit"));
}

/* started */

struct step step_unit_started(const char *unit, const char *digest)
{
	return step_make(&unit_started_ops, want_unit(unit, digest));
}

static void describe_started(const json_t *want, struct str *ret)
{
	str_addf(ret, "systemctl start %s", json_text(want, "unit"));
}

static int inspect_started(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	const char *unit = json_text(step->want, "unit");
	struct unit_state state;
	int r;

	r = unit_bus_state(node, unit, &state, err);
	if (r < 0)
		return r;
	if (unit_is_active(&state) && !ours)
		return err_set(err, EEXIST,
			"'%s' runs already, started by someone else: stop it with 'systemctl stop %s'", unit, unit);
	if (ret_undo)
		*ret_undo = json_make("{s:b}", "active", 0);
	if (unit_is_active(&state)) {
		if (unit_digest_is(node, unit, json_text(step->want, "digest")))
			return STEP_IN_PLACE;
		if (ret_detail)
			str_add(ret_detail, "it runs with an older configuration");
		return STEP_DRIFTED;
	}
	/* Between two attempts of a unit that fails again and again: the state is "activating". */
	if (str_eq(state.active, "activating")) {
		if (ret_detail)
			str_add(ret_detail, "it keeps starting");
		return STEP_DRIFTED;
	}
	return STEP_MISSING;
}

static int apply_started(const struct step *step, struct node *node, struct err *err)
{
	const char *unit = json_text(step->want, "unit");
	int r;

	/* One that failed too often just before would be refused. */
	unit_bus_reset_failed(node, unit);
	r = unit_bus_job(node, UNIT_RESTART, unit, err);
	return r < 0 ? r : unit_digest_set(node, unit, json_text(step->want, "digest"), err);
}

static int revert_started(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *unit = json_text(step->want, "unit");
	int r;

	r = unit_bus_job(node, UNIT_STOP, unit, err);
	if (r < 0)
		return r;
	unit_bus_reset_failed(node, unit);
	unit_digest_forget(node, unit);
	return 0;
}

const struct step_ops unit_started_ops = {
	.kind = "unit-started",
	.forgotten_at_boot = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe_started,
	.inspect = inspect_started,
	.apply = apply_started,
	.revert = revert_started,
};

/* enabled */

struct step step_unit_enabled(const char *unit)
{
	return step_make(&unit_enabled_ops, want_unit(unit, NULL));
}

static void describe_enabled(const json_t *want, struct str *ret)
{
	str_addf(ret, "systemctl enable %s", json_text(want, "unit"));
}

static int inspect_enabled(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	const char *unit = json_text(step->want, "unit");
	char state[UNIT_STATE_MAX];
	int r;

	r = unit_bus_file_state(node, unit, state, err);
	if (r < 0)
		return r;
	if (str_eq(state, "masked") && !ours)
		return err_set(
			err, EPERM, "'%s' is masked, so it cannot be enabled: 'systemctl unmask %s' first", unit, unit);
	if (ret_undo)
		*ret_undo = json_make("{s:s}", "state", state);
	/* A static unit has no [Install] section: others start it. */
	return str_eq(state, "enabled") || str_eq(state, "static") ? STEP_IN_PLACE : STEP_MISSING;
}

static int apply_enabled(const struct step *step, struct node *node, struct err *err)
{
	return unit_bus_enable(node, json_text(step->want, "unit"), true, err);
}

static int revert_enabled(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	if (str_eq(json_text(undo, "state"), "enabled"))
		return 0;
	return unit_bus_enable(node, json_text(step->want, "unit"), false, err);
}

const struct step_ops unit_enabled_ops = {
	.kind = "unit-enabled",
	.may_be_shared = true,
	.what = what,
	.describe = describe_enabled,
	.inspect = inspect_enabled,
	.apply = apply_enabled,
	.revert = revert_enabled,
};

/* restarted */

struct step step_unit_restarted(const char *unit, const char *digest)
{
	return step_make(&unit_restarted_ops, want_unit(unit, digest));
}

static void describe_restarted(const json_t *want, struct str *ret)
{
	str_addf(ret, "systemctl try-restart %s", json_text(want, "unit"));
}

/*
 * The note alone decides. It is written for a unit that does not run as well, since whoever starts that one later makes
 * it read what is there now.
 */
static int inspect_restarted(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	if (ret_undo)
		*ret_undo = json_null();
	if (unit_digest_is(node, json_text(step->want, "unit"), json_text(step->want, "digest")))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_add(ret_detail, "it has not read the present configuration");
	return ours ? STEP_DRIFTED : STEP_MISSING;
}

static int apply_restarted(const struct step *step, struct node *node, struct err *err)
{
	const char *unit = json_text(step->want, "unit");
	int r;

	/*
	 * The drop-in that it has to read may have been written by a run that was killed before the reload, and
	 * systemd's NeedDaemonReload does not see the first file in a new drop-in directory (it looks into a cache).
	 */
	r = unit_bus_reload(node, err);
	if (r == 0)
		r = unit_bus_restart_active(node, unit, err);
	return r < 0 ? r : unit_digest_set(node, unit, json_text(step->want, "digest"), err);
}

static int revert_restarted(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *unit = json_text(step->want, "unit");

	unit_digest_forget(node, unit);
	return unit_bus_restart_active(node, unit, err);
}

const struct step_ops unit_restarted_ops = {
	.kind = "unit-restarted",
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe_restarted,
	.inspect = inspect_restarted,
	.apply = apply_restarted,
	.revert = revert_restarted,
};
