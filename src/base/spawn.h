/* SPDX-License-Identifier: Apache-2.0 */
/* Fork and exec with pipes; used by run.c alone. */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/run.h"

struct spawned {
	pid_t pid;	  /* leader of a process group of its own */
	int in, out, err; /* our ends, not blocking; `in` is -1 when the program reads /dev/null */
};

/* -ENOENT when there is no such program, or the errno of what failed between fork and exec. */
int spawn_program(const struct run_options *options, struct spawned *ret, struct err *err);
