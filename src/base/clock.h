/* SPDX-License-Identifier: Apache-2.0 */
/* Time: deadlines are monotonic milliseconds; the wall clock is only for people to read. */
#pragma once

#include <stdint.h>

/* CLOCK_BOOTTIME in milliseconds. */
int64_t clock_ms(void);

/* Milliseconds until `deadline` (of clock_ms()), 0 when it has passed; fits poll(2). */
int clock_left(int64_t deadline);

/* Sleep for `ms`, at most until a signal; only between two looks at a condition that has a deadline of its own. */
void clock_pause(int ms);

/* Now as RFC 3339 in UTC with milliseconds, "2026-01-31T12:00:00.123Z". */
#define CLOCK_TEXT_MAX 32
void clock_text(char ret[CLOCK_TEXT_MAX]);
