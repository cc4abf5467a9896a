/* SPDX-License-Identifier: Apache-2.0 */
/* From the tree of a file to the values of struct config, by the rows of the schema. */
#pragma once

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/source.h"
#include "config/yaml.h"

/*
 * Fill `config`; whatever is wrong is reported. `config->complete` comes from reading the text, and becomes false when
 * the file has no sections at all.
 */
void load_document(
	const struct source *source, const struct yaml *yaml, struct config *config, struct diagnostics *diagnostics);
