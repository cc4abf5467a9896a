/* SPDX-License-Identifier: Apache-2.0 */
/* A text as one word of a systemd unit setting (systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers"). */
#pragma once

#include "base/str.h"

/* In double quotes, with '"', '\' and '%' made harmless. A command line needs the prefix ':' as well, against '$'. */
void unit_quote(const char *text, struct str *ret);
