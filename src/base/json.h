/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers around jansson, so that reading a step's wishes back is one line a field. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#define _cleanup_json_ __attribute__((cleanup(json_decrefp)))

/* The string, integer or boolean of a key; NULL, 0 or false when it is absent or of another type. */
const char *json_text(const json_t *object, const char *key);
json_int_t json_number(const json_t *object, const char *key);
bool json_flag(const json_t *object, const char *key);

/* json_pack() that never fails: a wrong format is a bug and aborts. */
json_t *json_make(const char *format, ...);

/* One line, keys in insertion order; the caller frees it. */
char *json_line(const json_t *json);
