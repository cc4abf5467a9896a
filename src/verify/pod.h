/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pod that verification looks from or answers in: a network namespace attached by the node's own CNI configuration,
 * as a container runtime would do it. It is made and undone by the engine, so a killed run leaves nothing that the next
 * one does not clean up.
 */
#pragma once

#include "base/err.h"
#include "engine/engine.h"
#include "net/address.h"

/*
 * Make the pod `name` (of its namespace, too) under `verb`, after undoing what an earlier run under that verb left. The
 * address is one of `family` on its interface. On failure nothing is left.
 */
int pod_make(const struct engine_settings *settings, const char *verb, const char *name, int family,
	struct address *ret_address, struct err *err);

/* Undo it. Goes on when a signal has asked to stop. */
int pod_undo(const struct engine_settings *settings, const char *verb, struct err *err);

/* The steps that make it. */
void pod_plan(const char *name, struct plan *ret);
