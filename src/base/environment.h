/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What run.h's minimal environment leaves out and a program that fetches something, or a container engine, has to know:
 * proxies, certificates, the registry's password file, the engine's socket. They belong to whoever set them for this.
 */
#pragma once

/* "NAME=value" of those that are set, ended by NULL; owned, environment_free(). */
char **environment_pass(void);

/* Free a list of texts that ends with NULL. Accepts NULL. */
void environment_free(char **list);
void environment_freep(char ***list);
#define _cleanup_environment_ __attribute__((cleanup(environment_freep)))
