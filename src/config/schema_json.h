/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the schema as JSON Schema (draft 2020-12), for editors. */
#pragma once

#include <jansson.h>

/* A new reference. It describes the present form; earlier releases' keys are not in it. */
json_t *schema_json(void);
