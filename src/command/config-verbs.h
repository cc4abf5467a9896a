/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `lazyjack config` that read a configuration; each returns an exit status and prints its own errors. */
#pragma once

#include <stdbool.h>

/* Print the configuration at `where` (a file or a URL) with all defaults and what follows from it. */
int config_show(const char *where, bool secrets);

/* Print it in the present form, or with `write` put that in its place and keep the old one beside it. */
int config_rewrite(const char *where, bool write);
