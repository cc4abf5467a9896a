/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtime `host`: the distribution's own programs as systemd units, each in a network namespace of its own, joined by a
 * bridge. No container engine.
 */
#pragma once

#include "service/service.h"

/* Namespace, links, addresses and routes of a service. */
void host_network(const struct service *service, const char *netns, struct plan *ret);

extern const struct service_runtime host_runtime;
