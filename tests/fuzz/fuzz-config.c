/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as a configuration: read, checked, shown, edited and rewritten. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/edit.h"
#include "config/migrate.h"
#include "model/cluster.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_show(const char *text, size_t len)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str shown = STR_INIT;
	struct config *config = config_parse(text, len, "fuzz.yaml", &diagnostics);
	struct cluster *cluster = config->complete ? cluster_new(config, &diagnostics) : NULL;

	if (cluster && diagnostics.errors > 0)
		abort();
	diagnostics_format(&diagnostics, text, false, &shown);
	diagnostics_format(&diagnostics, NULL, true, &shown);
	cluster_free(cluster);
	config_free(config);
	diagnostics_done(&diagnostics);
}

static void edit(const char *text, size_t len)
{
	static const struct config_edit edits[] = {
		{"general", "token", "abcdef.0123456789abcdef"}, {"general", "mode", "ipv6"}};
	_cleanup_free_ char *once = NULL, *twice = NULL;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t once_len, twice_len;

	if (config_edit(text, len, edits, ARRAY_SIZE(edits), &once, &once_len, &err) < 0)
		return;
	/* What it wrote it must find again, and leave as it is. */
	if (config_edit(once, once_len, edits, ARRAY_SIZE(edits), &twice, &twice_len, &err) < 0 ||
		once_len != twice_len || memcmp(once, twice, once_len) != 0)
		abort();
}

static void migrate(const char *text, size_t len)
{
	_cleanup_free_ char *once = NULL, *twice = NULL;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t once_len, twice_len;

	if (config_migrate(text, len, &once, &once_len, &err) < 0)
		return;
	/* What it wrote is in the present form. */
	if (config_migrate(once, once_len, &twice, &twice_len, &err) < 0 || once_len != twice_len ||
		memcmp(once, twice, once_len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_new(size + 1, 1);

	if (size > 0)
		memcpy(text, data, size);
	read_and_show(text, size);
	edit(text, size);
	migrate(text, size);
	return 0;
}
