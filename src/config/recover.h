/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on behind syntax errors, so that one look at the file shows what is wrong in all of it. */
#pragma once

#include <stdbool.h>

#include "config/diagnostic.h"
#include "config/source.h"
#include "config/yaml.h"

/*
 * As yaml_parse(), every syntax error reported: the rest of a section behind one is left out, then all of the section
 * when that isn't enough. Places in the tree are those of `source`. Returns true when nothing had to be left out.
 */
bool recover_parse(const struct source *source, struct yaml *ret, struct diagnostics *diagnostics);
