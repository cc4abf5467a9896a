/* SPDX-License-Identifier: Apache-2.0 */
/* NAT64: tayga translates between the NAT64 prefix and IPv4 (RFC 7915, RFC 6052) on a TUN device. */
#pragma once

#include "service/service.h"

#define NAT64_DEVICE "nat64" /* in the service's namespace: what is to be translated is routed to it */

/* Its place in the network, the same whoever translates: name, addresses, routes, sysctls, device. */
void nat64_network(const struct cluster *cluster, const struct cluster_node *self, struct service *ret);

/* `tayga` is the program's absolute path. `*ret` is the caller's: service_done(). */
void nat64_service(
	const struct cluster *cluster, const struct cluster_node *self, const char *tayga, struct service *ret);
