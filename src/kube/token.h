/* SPDX-License-Identifier: Apache-2.0 */
/* kubeadm's bootstrap token, "[a-z0-9]{6}.[a-z0-9]{16}": an id, which may be seen, and a secret. */
#pragma once

#include "base/err.h"

#define TOKEN_SIZE 24 /* octets, with the NUL */

/* A new one from the kernel's random source, each character equally likely. The caller wipes it after use. */
int token_new(char ret[TOKEN_SIZE], struct err *err);
