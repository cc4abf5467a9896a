/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xattr.h"

#include <string.h>
#include <sys/xattr.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

enum { XATTR_MAX = 64 << 10 }; /* the kernel's own limit for a list and for a value (xattr(7)) */

json_t *xattr_read(const char *path)
{
	_cleanup_free_ char *names = mem_new(XATTR_MAX, 1), *value = mem_new(XATTR_MAX, 1);
	ssize_t len = llistxattr(path, names, XATTR_MAX);
	json_t *attributes = NULL;
	const char *name;

	for (name = names; len > 0 && name < names + len; name += strlen(name) + 1) {
		ssize_t n = lgetxattr(path, name, value, XATTR_MAX);
		_cleanup_free_ char *text = NULL;

		if (n < 0)
			continue;
		text = base64_encode(value, (size_t)n);
		if (attributes == NULL)
			attributes = json_object();
		json_object_set_new(attributes, name, json_string(text));
	}
	return attributes;
}

void xattr_write(const char *path, const json_t *attributes)
{
	const char *name;
	json_t *text;

	json_object_foreach ((json_t *)attributes, name, text) {
		_cleanup_free_ char *value = NULL;
		size_t len;

		if (!json_is_string(text) || base64_decode(json_string_value(text), &value, &len) < 0)
			continue;
		if (lsetxattr(path, name, value, len, 0) < 0)
			log_info("the extended attribute '%s' of '%s' cannot be set: %m", name, path);
	}
}
