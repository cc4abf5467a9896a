/* SPDX-License-Identifier: Apache-2.0 */
/* All values of a configuration, whatever their type: as text, compared, filled in. */
#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "config/schema.h"
#include "config/value.h"

#define BLANKS " \t"

const struct config_head *config_head(const void *base, const struct schema_key *key)
{
	return (const void *)((const char *)base + key->offset);
}

int config_networks(const char *text, int family, struct prefix *ret, size_t max)
{
	size_t n = 0, len;

	if (str_eq(text, "none"))
		return 0;
	for (text += strspn(text, BLANKS); *text; text += len + strspn(text + len, BLANKS)) {
		char one[PREFIX_TEXT_MAX];

		len = strcspn(text, BLANKS);
		if (len >= sizeof(one))
			return -EINVAL;
		memcpy(one, text, len);
		one[len] = '\0';
		if (n == max)
			return -E2BIG;
		if (prefix_parse(one, &ret[n]) < 0 || ret[n].address.family != family || prefix_host_bits(&ret[n]))
			return -EINVAL;
		n++;
	}
	return n > 0 ? (int)n : -EINVAL;
}

void config_value_text(const void *base, const struct schema_key *key, struct str *ret)
{
	const void *member = config_head(base, key);
	char text[PREFIX_TEXT_MAX];

	if (!config_head(base, key)->given)
		return;
	switch (key->type) {
	case VALUE_CHOICE:
	case VALUE_WORDS:
	case VALUE_PATH:
	case VALUE_SOCKET:
	case VALUE_NETWORKS:
	case VALUE_IMAGE:
	case VALUE_INTERFACE:
	case VALUE_VERSION:
	case VALUE_TOKEN:
	case VALUE_SECRET:
	case VALUE_HASH:
	case VALUE_ENDPOINT:
	case VALUE_OLD_NETWORK:
		str_add(ret, ((const struct config_text *)member)->value);
		break;
	case VALUE_NUMBER:
		str_addf(ret, "%lu", ((const struct config_number *)member)->value);
		break;
	case VALUE_FLAG:
		str_add(ret, ((const struct config_flag *)member)->value ? "true" : "false");
		break;
	case VALUE_ADDRESS:
		str_add(ret, address_text(&((const struct config_address *)member)->value, text));
		break;
	case VALUE_PREFIX:
		str_add(ret, prefix_text(&((const struct config_prefix *)member)->value, text));
		break;
	}
}

static bool same_values(const void *a, const void *b, const struct schema_section *section)
{
	struct str one = STR_INIT, other = STR_INIT;
	const struct schema_key *key;
	bool same = true;

	for (key = section->keys; key->name && same; key++) {
		if (!schema_is_modern(key))
			continue;
		str_clear(&one);
		str_clear(&other);
		config_value_text(a, key, &one);
		config_value_text(b, key, &other);
		same = config_head(a, key)->given == config_head(b, key)->given &&
		       str_eq(str_text(&one), str_text(&other));
	}
	str_wipe(&one);
	str_wipe(&other);
	return same;
}

bool config_same(const struct config *a, const struct config *b)
{
	const struct schema_section *section;
	size_t i;

	if (a->n_hosts != b->n_hosts)
		return false;
	for (section = schema_sections; section->name; section++) {
		if (!section->hosts && !same_values(a, b, section))
			return false;
		for (i = 0; section->hosts && i < a->n_hosts; i++)
			if (!str_eq(a->hosts[i].name, b->hosts[i].name) ||
				!same_values(&a->hosts[i], &b->hosts[i], section))
				return false;
	}
	return true;
}

void config_fill_defaults(struct config *config, unsigned int modes)
{
	struct diagnostics diagnostics = {0};
	const struct schema_section *section;
	const struct schema_key *key;

	for (section = schema_sections; section->name; section++) {
		for (key = section->keys; key->name; key++) {
			struct value_place place = {section->name, NULL, key, {0, 0}, &diagnostics};

			/* No key of a host has a default. */
			if (section->hosts || key->default_text == NULL || key->default_derived ||
				!(key->allowed & modes) || config_head(config, key)->given)
				continue;
			value_set(&place, key->default_text, strlen(key->default_text), config);
		}
	}
	diagnostics_done(&diagnostics);
}
