/* SPDX-License-Identifier: Apache-2.0 */
/* kubeadm's bootstrap token, "[a-z0-9]{6}.[a-z0-9]{16}": an id, which may be seen, and a secret. */
#pragma once

#include "base/err.h"

#define TOKEN_SIZE 24 /* octets, with the NUL */

/* kubeadm's certificateKey, 32 octets as hexadecimal digits: a key of AES-256 for the cluster's own keys. */
#define CERTIFICATE_KEY_SIZE 65 /* octets, with the NUL */

/* A new one from the kernel's random source, each character equally likely. The caller wipes it after use. */
int token_new(char ret[TOKEN_SIZE], struct err *err);

/* The same for a certificate key. */
int certificate_key_new(char ret[CERTIFICATE_KEY_SIZE], struct err *err);
