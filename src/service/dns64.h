/* SPDX-License-Identifier: Apache-2.0 */
/* DNS64 (RFC 6147) by BIND's named: names that only have an IPv4 address get one within the NAT64 prefix. */
#pragma once

#include "service/service.h"

/* `named` is the program's absolute path. `*ret` is the caller's: service_done(). */
void dns64_service(
	const struct cluster *cluster, const struct cluster_node *self, const char *named, struct service *ret);
