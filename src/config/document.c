/* SPDX-License-Identifier: Apache-2.0 */
#include "config/document.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "config/quote.h"

int document_read(const struct source *source, struct yaml *ret, struct err *err)
{
	struct diagnostics diagnostics = {0};
	struct mark mark;
	int r = 0;

	if (!source_check(source, &diagnostics))
		r = err_set(err, EINVAL, "cannot edit the text: %s on line %u", diagnostics.items[0].message,
			diagnostics.items[0].mark.line);
	diagnostics_done(&diagnostics);
	if (r < 0)
		return r;
	yaml_parse(source, ret);
	if (ret->error) {
		_cleanup_str_ struct str shown = STR_INIT;

		quote_add(&shown, ret->error, strlen(ret->error), 200);
		mark = source_mark(source, ret->error_at);
		return err_set(err, EINVAL, "cannot edit the text: syntax error on line %u: %s", mark.line, shown.s);
	}
	if (ret->several)
		return err_set(err, EINVAL, "cannot edit the text: it has a second document; take it out");
	return 0;
}

const struct yaml_node *document_value(
	const struct yaml *yaml, const struct yaml_node *mapping, const char *name, const struct yaml_node **ret_key)
{
	const struct yaml_node *key, *value;

	if (mapping == NULL || mapping->kind != YAML_MAPPING)
		return NULL;
	for (key = yaml_child(yaml, mapping); key && (value = yaml_next(yaml, key)); key = yaml_next(yaml, value)) {
		if (key->kind != YAML_SCALAR || !str_eq(yaml_text(yaml, key), name))
			continue;
		*ret_key = key;
		return value;
	}
	return NULL;
}
