/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is to be edited: one document of valid YAML. */
#pragma once

#include "base/err.h"
#include "config/source.h"
#include "config/yaml.h"

/* Parse it. -EINVAL: the text is no such thing; the message names the line. `*ret` is the caller's either way. */
int document_read(const struct source *source, struct yaml *ret, struct err *err);

/* The value of a mapping's key with this name, and the key; NULL when there is none. */
const struct yaml_node *document_value(
	const struct yaml *yaml, const struct yaml_node *mapping, const char *name, const struct yaml_node **ret_key);
