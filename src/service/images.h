/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of images/NAME/Containerfile, which travel along with the program. */
#pragma once

#include "config/config.h" /* DNS64_IMAGE, NAT64_IMAGE: their names */

extern const char dns64_containerfile[], nat64_containerfile[];

#define CONTAINER_BASE "docker.io/library/debian:bookworm-slim" /* what both are built on */
