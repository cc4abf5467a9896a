/* SPDX-License-Identifier: Apache-2.0 */
/* The cluster's certificate authority, in memory: nothing here touches a file or runs a program. */
#pragma once

#include <stddef.h>

#include "base/err.h"

enum pki_key_type {
	PKI_RSA,   /* 2048 bits */
	PKI_ECDSA, /* P-256 */
};

#define PKI_CA_DAYS 10000
#define PKI_HASH_SIZE 65  /* 64 hexadecimal digits and a NUL */
#define PKI_PEM_MAX 65536 /* octets of a file that can be a key or a certificate */

struct pki_ca {
	char *key; /* PEM, PKCS #8 (RFC 5958); secret */
	size_t key_len;
	char *certificate; /* PEM */
	size_t certificate_len;
};

#define _cleanup_pki_ca_ __attribute__((cleanup(pki_ca_done)))

/* A new key, and a certificate signed with it whose common name is `name` (at most 64 octets). pki_ca_done() it. */
int pki_ca_new(enum pki_key_type type, const char *name, struct pki_ca *ret, struct err *err);

/*
 * A new certificate for the key in `ca->key`, which replaces `ca->certificate`; the discovery hash stays what it was.
 * -EINVAL: not a key.
 */
int pki_ca_certify(struct pki_ca *ca, const char *name, struct err *err);

/* Wipe and free. */
void pki_ca_done(struct pki_ca *ca);

/*
 * Check that key and certificate can be read, belong together, and are a certificate authority's within its time.
 * -EINVAL when not, with a message that says what is wrong; never a part of the key.
 */
int pki_ca_check(const struct pki_ca *ca, struct err *err);

/* SHA-256 of the certificate's DER SubjectPublicKeyInfo: what kubeadm expects behind "sha256:". -EINVAL: not a
 * certificate. */
int pki_discovery_hash(const char *certificate, size_t len, char ret[PKI_HASH_SIZE], struct err *err);
