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
	char *check; /* "mgmt", "api", …: verify/checks.h lists them */
	char *from;
	char *to;
	bool ok;
	char *detail; /* what was seen; for a failure also what to look at */
};

/* And remarks: what was left out, and why. They fail nothing. */
struct verdicts {
	struct verdict *items;
	size_t n;
	size_t cap;
	char **remarks;
	size_t n_remarks, cap_remarks;
};

#define VERDICTS_INIT                                                                                                  \
	{                                                                                                              \
		NULL, 0, 0, NULL, 0, 0                                                                                 \
	}
#define _cleanup_verdicts_ __attribute__((cleanup(verdicts_done)))

/* Append; texts are copied. */
void verdicts_add(struct verdicts *verdicts, const char *check, const char *from, const char *to, bool ok,
	const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Append a remark; one that is there already is not told twice. */
void verdicts_remark(struct verdicts *verdicts, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Append what verdict_json() or remark_json() made. -EINVAL when it is not such an object; nothing is appended then. */
int verdicts_add_json(struct verdicts *verdicts, const json_t *json);

/* Append all of `from`, in their order, which is empty then. */
void verdicts_move(struct verdicts *verdicts, struct verdicts *from);

size_t verdicts_failed(const struct verdicts *verdicts);
void verdicts_done(struct verdicts *verdicts);

/* {check, from, to, ok, detail}; a new reference. */
json_t *verdict_json(const struct verdict *verdict);

/* {remark}; a new reference. */
json_t *remark_json(const char *remark);

/* {"summary": {"passed": N, "failed": M}}; a new reference. */
json_t *verdicts_summary(const struct verdicts *verdicts);

/* The end's name for the pod on `node`; the caller frees it. */
char *verdict_pod(const char *node);
