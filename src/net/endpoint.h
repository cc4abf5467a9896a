/* SPDX-License-Identifier: Apache-2.0 */
/* Where API servers answer, as kubeadm's controlPlaneEndpoint has it: a host and a port. No I/O. */
#pragma once

#include "net/address.h"

#define API_SERVER_PORT 6443 /* cmd/kubeadm/app/constants/constants.go */

#define ENDPOINT_HOST_MAX 254 /* octets, with the NUL: RFC 1035 section 2.3.4 */

struct endpoint {
	char host[ENDPOINT_HOST_MAX]; /* an address without brackets, or a name */
	struct address address;	      /* AF_UNSPEC: the host is a name */
	unsigned int port;	      /* 1 to 65535 */
};

/*
 * "[fd00::1]:6443", "fd00::1", "10.0.0.1:6443" or "api.example.test:6443"; without a port it is API_SERVER_PORT. What
 * is no address is taken for a name and not looked at any further. Returns 0 or -EINVAL.
 */
int endpoint_parse(const char *text, struct endpoint *ret);

/* With the port always, an IPv6 address in brackets. */
void endpoint_text(const struct endpoint *endpoint, struct str *ret);
