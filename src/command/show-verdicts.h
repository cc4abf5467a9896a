/* SPDX-License-Identifier: Apache-2.0 */
/* What `verify` and `lab verify` print. */
#pragma once

#include "verify/result.h"

/* Something on an IPv4-only host that most networks reach; --url names another. */
#define VERIFY_URL "http://deb.debian.org/"

/* The matrix with its summary, or JSON lines; to standard output. Returns the exit status they make. */
int show_verdicts(const struct verdicts *verdicts);
