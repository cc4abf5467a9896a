/* SPDX-License-Identifier: Apache-2.0 */
/* Which Kubernetes the nodes of a lab get: the user's directory with bin/ and images/, and what a lab remembers of it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "planner/lab-kubernetes.h"

#define IMAGE_IDENTITY_MAX 64

struct lab_image {
	char *path;
	const char *name;		   /* "pause.tar", within path */
	char identity[IMAGE_IDENTITY_MAX]; /* size and time of change: another one means another content */
	json_t *images;			   /* names of the images within; empty when it doesn't say */
};

struct lab_images {
	struct lab_image *items; /* by name */
	size_t n;
};

/*
 * The archives (.tar) in images/ of `directory`. Returns 1, or 0 when there is no such directory: the list is then
 * empty. The caller's: lab_images_done().
 */
int lab_images_find(const char *directory, struct lab_images *ret, struct err *err);
void lab_images_done(struct lab_images *images);

/*
 * What is in the user's directory. Errors name what is missing there, and what there has to be: -ENOENT, -ENOTDIR. The
 * caller's: lab_kubernetes_done().
 */
int lab_kubernetes_find(const char *directory, struct lab_kubernetes *ret, struct err *err);

/* What the lab that is up remembers. Returns 1, or 0 when it has no Kubernetes or there is none. */
int lab_kubernetes_load(struct lab_kubernetes *ret, struct err *err);
