/* SPDX-License-Identifier: Apache-2.0 */
/* Image archives as `docker save` writes them: a tar file whose manifest.json names the images. */
#pragma once

#include <jansson.h>

#include "base/err.h"

/*
 * The names in there, "k8s.gcr.io/pause:3.2": a new array of strings, empty when it is no such archive; whether it is a
 * good one is for the container runtime to say. Only plain image references are taken. Errors: of opening and reading.
 */
int archive_image_names(const char *path, json_t **ret, struct err *err);
