/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains that programs make through iptables-nft, seen as what they are: chains of the nftables tables ip and ip6 nat,
 * filter, mangle, raw and security, whose base chains are made when they are first needed.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

/* Which of these tables and chains are there: {"ip nat": ["POSTROUTING", …], …}. A new reference. */
int netfilter_nft_record(json_t **ret, struct err *err);

/*
 * Remove the chains whose names begin with `prefix`, and the rules that lead into them; then the base chains that
 * nobody uses and the tables with nothing left. What `before` names stays.
 */
int netfilter_nft_clean(const char *prefix, const json_t *before, struct err *err);
