/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

const char *json_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_int_t json_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

json_t *json_make(const char *format, ...)
{
	json_error_t error;
	va_list ap;
	json_t *json;

	va_start(ap, format);
	json = json_vpack_ex(&error, 0, format, ap);
	va_end(ap);
	if (json == NULL)
		abort();
	return json;
}

char *json_line(const json_t *json)
{
	char *s = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	if (s == NULL)
		mem_die();
	return s;
}
