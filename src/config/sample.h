/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration to start from. */
#pragma once

#include "base/str.h"

/*
 * A commented, valid configuration of three nodes for a mode (the number of general.mode's choice, below SCHEMA_MODES):
 * what the mode needs, and as comments what else it takes, with the default where there is one.
 */
void config_sample(unsigned int mode, struct str *ret);
