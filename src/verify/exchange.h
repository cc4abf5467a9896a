/* SPDX-License-Identifier: Apache-2.0 */
/* Ask something over TCP and read the answer, from many peers side by side, each with a deadline. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "net/address.h"
#include "resource/node.h"

struct exchange {
	struct address to;
	uint16_t port;
	const char *request; /* the caller's */
	size_t request_len;
	bool (*complete)(const char *bytes, size_t n); /* is this the whole answer? may be NULL */
	bool connect_only;			       /* nothing is sent or read: an open connection is the answer */
	bool close_ends;			       /* the end of the connection is an end of the answer as well */

	int code; /* result: 0, -ETIMEDOUT, -ECONNREFUSED, -ECONNRESET (closed too early), -EFBIG, -EINTR, … */
	struct str answer; /* at most EXCHANGE_MAX octets; exchange_done() */

	int fd; /* from here on the module's own */
	size_t sent;
	int64_t deadline;
};

#define EXCHANGE_MAX (1U << 20)

/* True for a text that ends with a newline: `complete` for protocols of lines. */
bool exchange_line(const char *bytes, size_t n);

/*
 * Run all of them from inside `netns` (NULL: here), each within `timeout_ms` of its start and a bounded number at a
 * time. What became of each is in its `code`.
 */
void exchange_run(struct node *node, const char *netns, struct exchange *list, size_t n, int timeout_ms);

void exchange_done(struct exchange *exchange);
