/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/managed-file.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/unit-bus.h"
#include "resource/unit-digest.h"

struct step step_unit_file(const char *path, const char *content)
{
	return step_make(&unit_file_ops, managed_file_want(path, content, 0644));
}

static void describe(const json_t *want, struct str *ret)
{
	managed_file_describe(want, ret);
	str_add(ret, " && systemctl daemon-reload");
}

/* "named.service" of ".../named.service" and of the drop-in ".../named.service.d/10-x.conf"; `*ret_dropin` tells which.
 */
static char *unit_of(const char *path, bool *ret_dropin)
{
	_cleanup_free_ char *parent = file_parent(path);

	*ret_dropin = str_ends(parent, ".d");
	if (*ret_dropin)
		parent[strlen(parent) - 2] = '\0';
	return mem_strdup(strrchr(*ret_dropin ? parent : path, '/') + 1);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *unit = NULL;
	bool dropin;
	int r;

	r = managed_file_apply(step, node, err);
	unit = unit_of(json_text(step->want, "path"), &dropin);
	return r < 0 ? r : unit_bus_reload_known(node, unit, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *unit = NULL;
	bool dropin;
	int r;

	unit = unit_of(json_text(step->want, "path"), &dropin);
	r = managed_file_revert(step, node, undo, err);
	if (r == 0)
		r = unit_bus_reload_known(node, unit, err);
	if (r < 0)
		return r;
	/* A unit that stopped by itself was not there to be stopped, so what is left of it is cleared here. */
	unit_digest_forget(node, unit);
	/* Undo goes backwards, so a restart that followed the drop-in was undone while the drop-in was still there. */
	if (dropin)
		return unit_bus_restart_active(node, unit, err);
	unit_bus_reset_failed(node, unit);
	return 0;
}

const struct step_ops unit_file_ops = {
	.kind = "unit-file",
	.may_be_shared = true,
	.what = path_what,
	.describe = describe,
	.inspect = managed_file_inspect,
	.apply = apply,
	.revert = revert,
	.diff = managed_file_diff,
};
