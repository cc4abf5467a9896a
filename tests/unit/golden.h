/* SPDX-License-Identifier: Apache-2.0 */
/* Compare a text with a file of tests/golden. LAZYJACK_UPDATE_GOLDEN=1 writes the files anew instead. */
#pragma once

#include <errno.h>

#include "fixture.h"
#include "step/plan.h"

static inline void golden_text(const char *name, const char *text)
{
	_cleanup_free_ char *path = NULL, *wanted = NULL;
	const char *source = getenv("LAZYJACK_SOURCE");
	size_t i = 0;

	assert_non_null(source);
	path = mem_printf("%s/tests/golden/%s", source, name);
	if (getenv("LAZYJACK_UPDATE_GOLDEN")) {
		fixture_write(path, text);
		return;
	}
	wanted = fixture_read(path);
	while (wanted[i] && wanted[i] == text[i])
		i++;
	while (i > 0 && wanted[i - 1] != '\n')
		i--;
	if (strcmp(wanted, text) != 0)
		fail_msg("differs from '%s': wanted: %.300s\n… is: %.300s", path, wanted + i, text + i);
}

static inline void golden_plan(const char *name, const struct plan *plan)
{
	json_t *json = plan_json(plan);
	char *dump = json_dumps(json, JSON_INDENT(2));
	char *text = mem_printf("%s\n", dump);

	golden_text(name, text);
	free(text);
	free(dump);
	json_decref(json);
}
