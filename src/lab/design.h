/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab is to be: from what was asked for, what the lab that is up remembers, and what this machine has. */
#pragma once

#include "base/err.h"
#include "engine/engine.h"
#include "lab/lab.h"
#include "planner/lab.h"

/* A design, and what it points at. */
struct lab_found {
	struct lab_design design;
	struct lab_kubernetes kubernetes;
	char *base, *mode, *plugin;
	char program_sha256[65];
};

/*
 * Makes the root file system when it isn't there yet. What is NULL in the wish is as the lab that is up has it.
 * -EEXIST: the lab that is up stands on something else. The caller's: lab_design_done(); it must not be
 * copied, since it points into itself.
 */
int lab_design_find(
	const struct engine_settings *settings, const struct lab_wish *wish, struct lab_found *ret, struct err *err);
void lab_design_done(struct lab_found *found);
