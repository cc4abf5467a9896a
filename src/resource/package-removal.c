/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/package-removal.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/apt.h"
#include "resource/path.h"
#include "resource/unit-bus.h"

static bool is_mask(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	return str_eq(target, PACKAGE_MASK);
}

/* What a revert has to do with, out of the undos of all of its steps. */
struct leaving {
	json_t *names; /* the steps' own packages */
	json_t *ours;  /* and all that came with them */
	json_t *kept;  /* those of `ours` whose configuration files stay */
	json_t *masked;
};

static void leaving_done(struct leaving *leaving)
{
	json_decref(leaving->names);
	json_decref(leaving->ours);
	json_decref(leaving->kept);
	json_decref(leaving->masked);
}

static void add_all(json_t *to, const json_t *from)
{
	const json_t *item;
	size_t i;

	json_array_foreach (from, i, item)
		if (json_is_string(item))
			apt_add(to, json_string_value(item));
}

static struct leaving gather(const struct step *const *steps, const json_t *const *undos, size_t n)
{
	struct leaving leaving = {json_array(), json_array(), json_array(), json_array()};
	size_t i;

	for (i = 0; i < n; i++) {
		/* A package that was here before, half-way or not, is not lazyjack's. */
		if (!apt_has(json_object_get(undos[i], "new"), json_text(steps[i]->want, "name")))
			continue;
		apt_add(leaving.names, json_text(steps[i]->want, "name"));
		add_all(leaving.ours, json_object_get(undos[i], "new"));
		add_all(leaving.kept, json_object_get(undos[i], "kept"));
		add_all(leaving.masked, json_object_get(undos[i], "masked"));
	}
	return leaving;
}

/* Those of the names that are on the machine, whole or in parts. */
static int present(struct node *node, const json_t *names, enum apt_state least, enum apt_state most, json_t **ret,
	struct err *err)
{
	json_t *found = json_array();
	const json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach (names, i, name) {
		enum apt_state state = APT_ABSENT;

		r = apt_look(node, json_string_value(name), &state, NULL, err);
		if (r < 0)
			break;
		if (state >= least && state <= most)
			apt_add(found, json_string_value(name));
	}
	*ret = found;
	return r;
}

/* Those that others depend on stay; with `tell` they are named. */
static int remove_free(struct node *node, const json_t *names, bool tell, struct err *err)
{
	_cleanup_json_ json_t *needed = NULL;
	const char *name;
	json_t *other;
	int r = json_array_size(names) ? apt_remove(node, names, &needed, err) : 0;

	if (r < 0 || !tell)
		return r;
	json_object_foreach (needed, name, other)
		node_say(node, "package '%s' stays, since '%s' needs it", name, json_string_value(other));
	return 0;
}

/* What came along goes, unless its owner has decided to have it since, or others need it. */
static int remove_companions(struct node *node, const struct leaving *leaving, struct err *err)
{
	_cleanup_json_ json_t *automatic = NULL, *here = NULL, *going = json_array();
	const json_t *name;
	size_t i;
	int r = present(node, leaving->ours, APT_BROKEN, APT_INSTALLED, &here, err);

	if (r == 0)
		r = apt_automatic(node, &automatic, err);
	if (r < 0)
		return r;
	json_array_foreach (here, i, name)
		if (apt_has(automatic, json_string_value(name)))
			apt_add(going, json_string_value(name));
	return remove_free(node, going, false, err);
}

static int purge(struct node *node, const struct leaving *leaving, struct err *err)
{
	_cleanup_json_ json_t *removed = NULL, *going = json_array();
	const json_t *name;
	size_t i;
	int r = present(node, leaving->ours, APT_CONFIG_FILES, APT_CONFIG_FILES, &removed, err);

	if (r < 0)
		return r;
	json_array_foreach (removed, i, name)
		if (!apt_has(leaving->kept, json_string_value(name)))
			apt_add(going, json_string_value(name));
	return apt_purge(node, going, err);
}

static int unmask(struct node *node, const json_t *units, struct err *err)
{
	const json_t *unit;
	bool changed = false;
	size_t i;
	int r = 0;

	json_array_foreach (units, i, unit) {
		_cleanup_free_ char *path = package_mask_path(node, unit);

		if (!is_mask(path))
			continue;
		r = path_remove(path, err);
		if (r < 0)
			return r;
		changed = true;
	}
	return changed ? unit_bus_reload(node, err) : 0;
}

int package_remove_many(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
	size_t *ret_done, struct err *err)
{
	__attribute__((cleanup(leaving_done))) struct leaving leaving = gather(steps, undos, n);
	_cleanup_json_ json_t *here = NULL;
	int r;

	*ret_done = 0;
	r = apt_repair(node, err);
	if (r == 0)
		r = present(node, leaving.names, APT_BROKEN, APT_INSTALLED, &here, err);
	if (r == 0)
		r = remove_free(node, here, true, err);
	if (r == 0)
		r = remove_companions(node, &leaving, err);
	if (r == 0)
		r = purge(node, &leaving, err);
	return r < 0 ? r : unmask(node, leaving.masked, err);
}
