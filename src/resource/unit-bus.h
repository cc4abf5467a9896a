/* SPDX-License-Identifier: Apache-2.0 */
/* systemd's manager over its bus (org.freedesktop.systemd1(5)): true job results, no text to parse. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "resource/node.h"

enum { UNIT_STATE_MAX = 32 };

struct unit_state {
	char load[UNIT_STATE_MAX];   /* "loaded", "not-found", "masked", … */
	char active[UNIT_STATE_MAX]; /* "active", "inactive", "failed", "activating", … */
};

/* It runs: "active" or "reloading". */
bool unit_is_active(const struct unit_state *state);

/* Look a unit up; one that does not exist is "not-found" and "inactive". */
int unit_bus_state(struct node *node, const char *unit, struct unit_state *ret, struct err *err);

enum unit_job {
	UNIT_START,
	UNIT_STOP,
	UNIT_RESTART, /* starts a unit that does not run */
};

/*
 * Queue the job (behind a reload, if a file of the unit changed since the last one) and wait for its result, at most 60
 * s. The error of a failed one has systemd's word for the failure and the unit's last lines in the journal. Stopping a
 * unit that does not exist succeeds.
 */
int unit_bus_job(struct node *node, enum unit_job job, const char *unit, struct err *err);

/* Restart a unit if it runs or tries to, so that it reads its configuration again; nothing otherwise. */
int unit_bus_restart_active(struct node *node, const char *unit, struct err *err);

/* Forget that a unit failed; no error when it did not, or does not exist. */
void unit_bus_reset_failed(struct node *node, const char *unit);

/* Read all unit files again. */
int unit_bus_reload(struct node *node, struct err *err);

/*
 * The same, if systemd has this unit in memory; one that it hasn't it reads when it is first asked for. Reading all
 * units again takes a tenth of a second.
 */
int unit_bus_reload_known(struct node *node, const char *unit, struct err *err);

/* "enabled", "disabled", "static", "masked", …, "not-found"; `ret` holds UNIT_STATE_MAX octets. */
int unit_bus_file_state(struct node *node, const char *unit, char ret[UNIT_STATE_MAX], struct err *err);

/* Enable or disable for the next boots; the systemd that runs now need not know. */
int unit_bus_enable(struct node *node, const char *unit, bool enable, struct err *err);
