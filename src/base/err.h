/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are values: a function that can fail takes `struct err *err` as its last argument, returns 0 or more on
 * success and leaves `err` alone, and returns a negative errno value on failure with `err` set.
 *
 * Messages: lower case, no full stop, the cause first, the subject in single quotes, then what to do about it.
 */
#pragma once

struct err {
	int code;  /* a positive errno value; 0 means no error */
	char *msg; /* owned; release with err_done() */
};

#define ERR_INIT                                                                                                       \
	{                                                                                                              \
		0, NULL                                                                                                \
	}
#define _cleanup_err_ __attribute__((cleanup(err_done)))

/* Set the error and return -code. A message already there is replaced. `err` may be NULL. */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As err_set() with ": " and the text of `code` (strerror) behind the message. */
int err_errno(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Put the outer context in front: "CONTEXT: message". Returns -err->code. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Free the message and make `err` usable again. */
void err_done(struct err *err);
