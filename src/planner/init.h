/* SPDX-License-Identifier: Apache-2.0 */
/* What `init` does to the master. Pure: the secrets come ready-made. */
#pragma once

#include "kube/pki.h"
#include "model/cluster.h"
#include "step/plan.h"

struct init_content {
	const struct pki_ca *ca;
	const char *config_path; /* absolute */
	const char *config;	 /* its new content; NULL: the file is left alone */
	size_t config_len;
};

/* Work area, CA key and certificate, token and discovery hash in the configuration. `*ret` is added to. */
void plan_init(const struct cluster *cluster, const struct init_content *content, struct plan *ret);
