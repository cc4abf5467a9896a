/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little of HTTP that verification needs: one GET, the status, and whether the body came whole. Pure. HTTP/1.0 (RFC
 * 1945) is asked for, so that a body ends with the connection or with its Content-Length, never in chunks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "verify/dns.h"

#define URL_PATH_MAX 1024

struct url {
	char host[DNS_NAME_MAX + 1]; /* lower case */
	uint16_t port;
	char path[URL_PATH_MAX]; /* with the leading '/' */
};

/* "http://NAME[:PORT][/PATH]". -EINVAL with the cure: another scheme, an address instead of a name, odd characters. */
int url_parse(const char *text, struct url *ret, struct err *err);

/* The request for it, as sent. */
void http_request(const struct url *url, struct str *ret);

struct http_answer {
	unsigned int status; /* 100..599 */
	size_t body;	     /* octets of it in hand */
	bool whole;	     /* no Content-Length, or as many octets as that says */
};

/* -EAGAIN: the head is not complete; -EBADMSG: not HTTP. */
int http_parse(const char *bytes, size_t n, struct http_answer *ret);

/* True when reading on is of no use: the body is whole by its Content-Length, or HTTP_ENOUGH octets are in hand. */
#define HTTP_ENOUGH (256U << 10)
bool http_complete(const char *bytes, size_t n);
