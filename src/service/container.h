/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtimes `docker` and `podman`: each service is a container of an engine, with the same addresses and routes as with
 * runtime `host`.
 *
 * Docker makes the support network, and the container sets up what Docker has no words for (routes, the TUN device, no
 * IPv4 address) at each of its starts. Podman's containers join namespaces that lazyjack makes as for the host, because
 * Podman deletes a network's bridge, and with it the node's routes, whenever the last container on it ends, and hides
 * the name server behind the node's address.
 */
#pragma once

#include "service/service.h"

extern const struct service_runtime docker_runtime, podman_runtime;
