/* SPDX-License-Identifier: Apache-2.0 */
/* One value out of a container runtime's configuration: as much of TOML (v1.0.0) as those files have of it. */
#pragma once

/*
 * The value of `key` in `table`: a text without its quotes, anything else (true, 7, an array that ends on its line) as
 * it is written. NULL when it is not there. `table` has '/' between its keys where the file has dots, since the keys of
 * these files have dots inside quotes; "" is the top of the file. Escapes, dotted keys before '=', inline tables and
 * texts of several lines are not read. The caller frees it.
 */
char *toml_find(const char *text, const char *table, const char *key);
