/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verification found: one verdict for each check, from an end, to an end. An end is a node ("minion-1"), the pod
 * on it ("minion-1/pod"), or a name outside ("deb.debian.org").
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct verdict {
	char *check; /* "mgmt", "mtu", "pod", "dns64", "nat64" */
	char *from;
	char *to;
	bool ok;
	char *detail; /* what was seen; for a failure also what to look at */
};

struct verdicts {
	struct verdict *items;
	size_t n;
	size_t cap;
};

#define VERDICTS_INIT                                                                                                  \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}
#define _cleanup_verdicts_ __attribute__((cleanup(verdicts_done)))

/* Append; texts are copied. */
void verdicts_add(struct verdicts *verdicts, const char *check, const char *from, const char *to, bool ok,
	const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Append what verdict_json() made. -EINVAL when it is not such an object; nothing is appended then. */
int verdicts_add_json(struct verdicts *verdicts, const json_t *json);

size_t verdicts_failed(const struct verdicts *verdicts);
void verdicts_done(struct verdicts *verdicts);

/* {check, from, to, ok, detail}; a new reference. */
json_t *verdict_json(const struct verdict *verdict);

/* {"summary": {"passed": N, "failed": M}}; a new reference. */
json_t *verdicts_summary(const struct verdicts *verdicts);

/* The end's name for the pod on `node`; the caller frees it. */
char *verdict_pod(const char *node);
