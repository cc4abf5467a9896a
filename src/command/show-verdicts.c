/* SPDX-License-Identifier: Apache-2.0 */
#include "command/show-verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "command/command.h"
#include "report/report.h"
#include "verify/matrix.h"

/* The first of these that is set decides about the characters of a terminal (locale(7)). */
static bool utf8_terminal(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	size_t i;

	if (report_style_pick(false) != REPORT_TERMINAL)
		return false;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static void print_line(json_t *taken)
{
	_cleanup_json_ json_t *json = taken;
	_cleanup_free_ char *line = json_line(json);

	puts(line);
}

int show_verdicts(const struct verdicts *verdicts)
{
	_cleanup_str_ struct str text = STR_INIT;
	bool utf8 = utf8_terminal();
	size_t i;

	if (global.json) {
		for (i = 0; i < verdicts->n; i++)
			print_line(verdict_json(&verdicts->items[i]));
		for (i = 0; i < verdicts->n_remarks; i++)
			print_line(remark_json(verdicts->remarks[i]));
		print_line(verdicts_summary(verdicts));
	} else {
		matrix_render(verdicts, utf8, &text);
		str_add(&text, "\n");
		matrix_summary(verdicts, utf8, &text);
		fputs(text.s, stdout);
	}
	fflush(stdout);
	return verdicts_failed(verdicts) ? EXIT_DRIFT : EXIT_DONE;
}
