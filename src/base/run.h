/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run a program by argument vector: no shell, a deadline, bounded captured output, its process group ended at the end.
 * It is killed when this process dies, however that happens.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct run_options {
	const char *const *argv;	/* NULL-terminated; argv[0] is looked up in PATH unless it has a slash */
	const char *const *environment; /* "NAME=value" over a minimal one (PATH, LANG=C.UTF-8, HOME); may be NULL */
	const char *input;		/* standard input; NULL: /dev/null */
	size_t input_len;
	int timeout_ms;	  /* deadline for the whole run; 0 means 30 s */
	int netns_fd;	  /* enter this network namespace in the child; 0 or less: stay */
	const char *root; /* chroot for the child; NULL: none */
	/* Called for each line of standard output as it comes; false ends the program. May be NULL. */
	bool (*on_line)(void *user, const char *line);
	bool on_errors; /* on_line gets the lines of standard error, too */
	void *user;
};

struct run_result {
	int status;	/* exit status; 128 + signal when a signal ended it */
	bool timed_out; /* the deadline passed: the whole process group got SIGTERM, then SIGKILL */
	bool too_much;	/* it printed more than is read, and was killed */
	struct str out; /* standard output, at most 16 MiB */
	struct str err; /* the last 64 KiB of standard error */
};

/*
 * Run it and wait. Returns 0 when the program was started and ended, whatever its status; -ENOENT when there is no such
 * program, -ETIMEDOUT past the deadline, -EFBIG when it printed too much. `ret` is the caller's either way: run_done().
 */
int run_program(const struct run_options *options, struct run_result *ret, struct err *err);

/*
 * As run_program(), and a status other than 0 is an error (-EIO) that quotes the program, its status and the last lines
 * of what it wrote to standard error. `ret_out` (may be NULL) receives standard output; the caller's.
 */
int run_checked(const struct run_options *options, struct str *ret_out, struct err *err);

void run_done(struct run_result *result);
#define _cleanup_run_ __attribute__((cleanup(run_done)))

/*
 * The same side by side: start any number, drive all of them in one poll loop. `run_wait` returns when at least one has
 * ended that had not before, or after `timeout_ms`, or on a signal; the number that ended. Deadlines are kept
 * meanwhile.
 */
struct run;
int run_start(const struct run_options *options, struct run **ret, struct err *err); /* copies what it needs */
int run_wait(struct run *const *runs, size_t n, int timeout_ms);
bool run_ended(const struct run *run);
const struct run_result *run_result(const struct run *run);    /* valid once ended; the run's */
void run_take_result(struct run *run, struct run_result *ret); /* once ended: now the caller's */
void run_stop(struct run *run); /* SIGTERM to its process group, SIGKILL after 5 s; returns when it is gone */
void run_free(struct run *run); /* stops it first; accepts NULL */

/* The full path of a program in PATH plus /usr/local/sbin, /usr/sbin and /sbin, or NULL; the caller frees it. */
char *run_find(const char *program);

/* The argument vector as one would type it, quoted where a shell would need it. */
void run_describe(const char *const *argv, struct str *ret);

/* True once SIGINT, SIGTERM or SIGHUP arrived, after run_catch_signals(). Every loop that waits looks at it. */
bool run_interrupted(void);
void run_catch_signals(void);

/* While on, run_interrupted() is false: taking a run back must go on although a signal asked to stop. Calls nest. */
void run_shield(bool on);
