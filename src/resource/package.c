/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package of a Debian-like distribution.
 *
 * Exactness is in what revert knows: before anything is installed apt-get tells what it would bring along, and that
 * goes into the undo. On revert the package goes with its configuration files, then those of its companions that nobody
 * else needs by then; what others have come to depend on stays, and is named.
 *
 * Its services do not run, now or at boot: the units are masked beforehand, as systemctl(1) does it, so that they are
 * neither started by the package's scripts nor in the way of lazyjack's own.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/apt.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/package-removal.h"
#include "resource/path.h"
#include "resource/unit-bus.h"

#define UNIT_DIRECTORY "/etc/systemd/system"

struct step step_package(const char *name, const char *const *masked)
{
	json_t *units = json_array();

	for (; masked && *masked; masked++)
		json_array_append_new(units, json_string(*masked));
	return step_make(&package_ops, json_make("{s:s,s:o}", "name", name, "masked", units));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

static void describe(const json_t *want, struct str *ret)
{
	const json_t *unit;
	size_t i;

	json_array_foreach (json_object_get(want, "masked"), i, unit)
		str_addf(ret, "systemctl mask %s; ", json_string_value(unit));
	str_addf(ret, "apt-get install --no-install-recommends %s", json_text(want, "name"));
}

char *package_mask_path(const struct node *node, const json_t *unit)
{
	return mem_printf("%s" UNIT_DIRECTORY "/%s", node->root, json_string_value(unit));
}

/* Those of the step's units where nobody has a file or link: an array of strings. */
static json_t *free_units(const json_t *want, const struct node *node)
{
	json_t *free_ones = json_array(), *unit;
	struct stat st;
	size_t i;

	json_array_foreach (json_object_get(want, "masked"), i, unit) {
		_cleanup_free_ char *path = package_mask_path(node, unit);

		if (lstat(path, &st) < 0 && errno == ENOENT)
			json_array_append(free_ones, unit);
	}
	return free_ones;
}

static void add_names(const json_t *names, struct str *ret)
{
	const json_t *name;
	size_t i;

	json_array_foreach (names, i, name)
		str_addf(ret, "%s'%s'", i > 0 ? ", " : "", json_string_value(name));
}

/* What installing would change beside adding packages cannot be taken back. */
static int only_adds(const char *name, const json_t *upgraded, const json_t *removed, struct err *err)
{
	const json_t *others = json_array_size(removed) ? removed : upgraded;
	_cleanup_str_ struct str names = STR_INIT;

	if (json_array_size(others) == 0)
		return 0;
	add_names(others, &names);
	return err_set(err, ENOTSUP,
		"installing it would also %s %s, which 'clean' could not take back: do that first, "
		"with 'apt-get install %s'",
		others == removed ? "remove" : "upgrade", names.s, name);
}

/* {"new": what apt-get would add, "kept": those of them whose configuration files are here, "masked": units}. */
static int foresee(const json_t *want, struct node *node, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *upgraded = json_array();
	_cleanup_json_ json_t *added = NULL, *removed = NULL, *kept = json_array();
	_cleanup_free_ char *output = NULL;
	const json_t *name;
	size_t i;
	int r;

	r = apt_simulate_install(node, json_text(want, "name"), &output, err);
	if (r < 0)
		return err_wrap(err, "it cannot be installed (do the package lists need an 'apt-get update'?)");
	added = apt_simulated(output, "Inst", upgraded);
	removed = apt_simulated(output, "Remv", NULL);
	r = only_adds(json_text(want, "name"), upgraded, removed, err);
	json_array_foreach (added, i, name) {
		enum apt_state state = APT_ABSENT;

		if (r == 0)
			r = apt_look(node, json_string_value(name), &state, NULL, err);
		if (state == APT_CONFIG_FILES)
			apt_add(kept, json_string_value(name));
	}
	if (r == 0)
		*ret = json_make("{s:O,s:O,s:o}", "new", added, "kept", kept, "masked", free_units(want, node));
	return r;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	enum apt_state state;
	json_t *unit;
	size_t i;
	int r;

	r = apt_look(node, json_text(step->want, "name"), &state, NULL, err);
	if (r < 0)
		return r;
	if (ret_undo && (ours || state == APT_INSTALLED))
		*ret_undo = json_null();
	else if (ret_undo)
		r = foresee(step->want, node, ret_undo, err);
	if (r < 0 || state != APT_INSTALLED)
		return r < 0 ? r : STEP_MISSING;
	/* Somebody else's package is his to run. */
	json_array_foreach (json_object_get(step->want, "masked"), i, unit) {
		_cleanup_free_ char *path = package_mask_path(node, unit);
		struct stat st;

		if (ours && lstat(path, &st) < 0) {
			if (ret_detail)
				str_addf(ret_detail, "'%s' is not masked", json_string_value(unit));
			return STEP_DRIFTED;
		}
	}
	return STEP_IN_PLACE;
}

static int mask(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_json_ json_t *units = free_units(step->want, node);
	json_t *unit;
	size_t i;
	int r = 0;

	json_array_foreach (units, i, unit) {
		_cleanup_free_ char *path = package_mask_path(node, unit);

		r = path_symlink(path, PACKAGE_MASK, err);
		if (r < 0)
			break;
	}
	/* Without it only units that systemd knows already stay as they were, and those are not in the way. */
	if (json_array_size(units))
		(void)unit_bus_reload(node, NULL);
	return r;
}

static int apply_many(const struct step *const *steps, size_t n, struct node *node, size_t *ret_done, struct err *err)
{
	_cleanup_json_ json_t *names = json_array();
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;
	int r;

	*ret_done = 0;
	r = apt_repair(node, err);
	for (i = 0; i < n && r == 0; i++) {
		apt_add(names, json_text(steps[i]->want, "name"));
		r = mask(steps[i], node, err);
	}
	if (r < 0)
		return r;
	add_names(names, &text);
	node_say(node, "apt-get installs %s", str_text(&text));
	return apt_install(node, names, err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	size_t done;

	return apply_many(&step, 1, node, &done, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	size_t done;

	return package_remove_many(&step, &undo, 1, node, &done, err);
}

const struct step_ops package_ops = {
	.kind = "package",
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.apply_many = apply_many,
	.revert = revert,
	.revert_many = package_remove_many,
};
