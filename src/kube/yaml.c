/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/yaml.h"

#include <string.h>

#include "base/mem.h"

void yaml_add_scalar(struct str *ret, const char *value)
{
	str_add(ret, "\"");
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			str_addf(ret, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			str_addf(ret, "\\x%02x", c);
		else
			str_add_n(ret, value, 1);
	}
	str_add(ret, "\"");
}

void yaml_add(struct str *ret, unsigned int indent, const char *key, const char *value)
{
	str_addf(ret, "%*s%s: ", (int)indent, "", key);
	yaml_add_scalar(ret, value);
	str_add(ret, "\n");
}

char *yaml_find(const char *text, const char *key, const char *start)
{
	const size_t n = strlen(key);

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *line = text + strspn(text, " -"), *value = line + n + 1;
		size_t len;

		if (strncmp(line, key, n) != 0 || line[n] != ':')
			continue;
		value += strspn(value, " \t\"'");
		len = strcspn(value, " \t\r\n\"'");
		if (len > 0 && *value != '#' && strncmp(value, start, strlen(start)) == 0)
			return mem_strndup(value, len);
	}
	return NULL;
}
