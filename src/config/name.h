/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for names that reach the kernel, files and other programs. Each returns what is wrong, or NULL when it is fine.
 */
#pragma once

/* A host: DNS labels (RFC 1123 section 2.1), lower case, at most 253 octets; nothing that reads as an address. */
const char *host_name_problem(const char *name);

/* A link: what the kernel's dev_valid_name() takes, and nothing that would read as an option. */
const char *interface_name_problem(const char *name);

/*
 * A container runtime's socket: absolute, without "..", in characters that neither systemd nor a shell gives a meaning,
 * and short enough for an address (unix(7)); not Docker's own, which does not speak CRI.
 */
const char *socket_problem(const char *path);

/* A container image, as engines name it; nothing that would read as an option. */
const char *image_name_problem(const char *name);

/* A directory: absolute, printable, without "..", not the root directory. */
const char *directory_problem(const char *path);
