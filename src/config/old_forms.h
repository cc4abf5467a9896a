/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Networks in two parts, as earlier releases wrote them: `subnet` and `size`, `prefix` and `prefix_size`; for pods the
 * leading groups in `prefix`, and in `size` the prefix length of a node's own subnet, whose last 16 bits are the
 * node's.
 */
#pragma once

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/schema.h"

/* Ends the hint of each warning about an old form. */
#define OLD_FORMS_CURE "'lazyjack config migrate' does it"

/* Set the modern values from the parts that were loaded, with one warning each; report parts that don't fit. */
void old_forms_combine(struct config *config, struct diagnostics *diagnostics);

/* The row of the section that is this part of an old form, or NULL. */
const struct schema_key *old_forms_part(const struct schema_section *section, enum schema_part part);
