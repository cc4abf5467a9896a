/* SPDX-License-Identifier: Apache-2.0 */
/* What libbpf has to say: nothing of it is printed, the last warning is kept to explain an error. */
#pragma once

#include "base/err.h"

/* Call before libbpf is used; may be repeated. Forgets the last warning. */
void nat64_messages_catch(void);

/* As err_errno(), with libbpf's last warning in place of the code's text where there is one. Returns -code. */
int nat64_error(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
