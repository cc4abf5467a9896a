/* SPDX-License-Identifier: Apache-2.0 */
/* How the nodes' root file system is made: packages, and what is changed afterwards. Data only. */
#pragma once

#include <sys/types.h>

#define LAB_SUITE "bookworm"

extern const char lab_packages[];	     /* comma-separated */
extern const char lab_kubernetes_packages[]; /* those that a node for Kubernetes has beside them */

/* Units that must not run in any node; linked to /dev/null. NULL-terminated. */
extern const char *const lab_masked_units[];

/* Files and links that are removed (paths below the root). NULL-terminated. */
extern const char *const lab_removed_files[];

struct lab_recipe_file {
	const char *path; /* its directory is made when missing; NULL ends the table */
	const char *content;
};
extern const struct lab_recipe_file lab_files[];
