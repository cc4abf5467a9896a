/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration to start from. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/*
 * A commented, valid configuration of three nodes (of five, three of them masters) for a mode (the number of
 * general.mode's choice, below SCHEMA_MODES): what the mode needs, and as comments what else it takes, with the default
 * where there is one.
 */
void config_sample(unsigned int mode, bool several_masters, struct str *ret);
