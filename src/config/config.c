/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/load.h"
#include "config/recover.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/yaml.h"

struct config *config_parse(const char *text, size_t len, const char *name, struct diagnostics *diagnostics)
{
	struct config *config = mem_new(1, sizeof(*config));
	_cleanup_source_ struct source source = SOURCE_INIT;
	_cleanup_yaml_ struct yaml yaml = YAML_INIT;

	config->file = mem_strdup(name);
	if (diagnostics->file == NULL)
		diagnostics->file = mem_strdup(name);
	if (len > CONFIG_SIZE_MAX) {
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct mark){0, 0}, NULL,
			"the file is larger than %u MiB", CONFIG_SIZE_MAX >> 20);
		return config;
	}
	source_open(&source, text, len);
	if (source_check(&source, diagnostics)) {
		config->complete = recover_parse(&source, &yaml, diagnostics);
		load_document(&source, &yaml, config, diagnostics);
	}
	diagnostics_sort(diagnostics);
	return config;
}

int config_load(const char *path, struct diagnostics *diagnostics, struct config **ret, struct err *err)
{
	struct str text = STR_INIT;
	int r;

	r = file_read(path, CONFIG_SIZE_MAX, &text.s, &text.len, NULL, err);
	if (r < 0)
		return r;
	text.cap = text.len;
	*ret = config_parse(text.s, text.len, path, diagnostics);
	str_wipe(&text);
	return 0;
}

static void wipe(struct config_text *text)
{
	if (text->value)
		explicit_bzero(text->value, strlen(text->value));
	free(text->value);
}

static void free_texts(const struct schema_section *section, void *base)
{
	const struct schema_key *key;

	for (key = section->keys; key->name; key++) {
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
			wipe((struct config_text *)((char *)base + key->offset));
			break;
		case VALUE_NUMBER:
		case VALUE_FLAG:
		case VALUE_ADDRESS:
		case VALUE_PREFIX:
			break;
		}
	}
}

void config_free(struct config *config)
{
	const struct schema_section *section;
	size_t i;

	if (config == NULL)
		return;
	for (section = schema_sections; section->name; section++) {
		if (!section->hosts) {
			free_texts(section, config);
			continue;
		}
		for (i = 0; i < config->n_hosts; i++)
			free_texts(section, &config->hosts[i]);
	}
	for (i = 0; i < config->n_hosts; i++)
		free(config->hosts[i].name);
	free(config->hosts);
	free(config->file);
	free(config);
}
