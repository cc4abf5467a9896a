/* SPDX-License-Identifier: Apache-2.0 */
/* Running nft(8), the nftables program. */
#pragma once

#include "base/err.h"
#include "base/run.h"

/* Run it with `argv` ("nft", …) and `input` (may be NULL) in the namespace `netns_fd` (0 or less: ours). As
 * run_program(). */
int nft_run(const char *const *argv, const char *input, int netns_fd, struct run_result *ret, struct err *err);

/* Apply commands as one transaction: all of them or none. */
int nft_apply(const char *commands, int netns_fd, struct err *err);

/*
 * The table as text without counters, as the kernel gives it back. Returns 1, or 0 when there is no such table.
 */
int nft_list(const char *family, const char *table, int netns_fd, struct str *ret, struct err *err);
