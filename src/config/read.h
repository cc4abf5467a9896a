/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a configuration, from a file or from a web server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Whether it names a place in the web ("https://..."), which can be read but not edited, and not a file. */
bool config_is_url(const char *where);

/* How messages and the journal name it: a URL's query may hold a secret and is left out. The caller frees it. */
char *config_shown_name(const char *where);

/*
 * Read all of it, at most CONFIG_SIZE_MAX octets; `*ret` is NUL-terminated and the caller's. A URL is fetched by
 * curl(1) within 30 s: HTTPS alone, also after a redirect, since the text decides what is done as root and holds the
 * token. The environment's SSL_CERT_FILE, SSL_CERT_DIR and proxies count. -ENOENT: there is no such file;
 * -EPROTONOSUPPORT, -EINVAL: not a URL that is fetched; others -EIO: curl failed and the message says why; others as
 * file_read() and run_program().
 */
int config_read(const char *where, char **ret, size_t *ret_len, struct err *err);
