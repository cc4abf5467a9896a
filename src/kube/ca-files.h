/* SPDX-License-Identifier: Apache-2.0 */
/* Where the certificate authority lies on the master: "WORK_AREA/certs/ca.key" and "ca.crt". */
#pragma once

#include "base/err.h"
#include "kube/pki.h"
#include "model/cluster.h"

/* The paths on the node; the caller frees them. */
char *ca_directory(const struct cluster *cluster);
char *ca_key_path(const struct cluster *cluster);
char *ca_certificate_path(const struct cluster *cluster);

/*
 * Read and check both. `key_path` and `certificate_path` are paths to open. Returns 1 when both are there; 0 when there
 * is no certificate, with ret->key set if there is a key (it is written first, so a run may have been killed in
 * between); -EINVAL when the key is missing or they are not a certificate authority's; others as file_read(). Symbolic
 * links are refused with -ELOOP. pki_ca_done() `ret`.
 */
int ca_load(const char *key_path, const char *certificate_path, struct pki_ca *ret, struct err *err);
