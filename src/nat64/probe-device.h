/* SPDX-License-Identifier: Apache-2.0 */
/* A network device to try things on. resource/link.h makes those that stay; it lies below this folder. */
#pragma once

/* Make a device of the type, up, in the present network namespace. Returns 0 or a negative errno value. */
int probe_device_make(const char *name, const char *type);
