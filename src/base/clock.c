/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

int64_t clock_ms(void)
{
	struct timespec now;

	/* BOOTTIME, not MONOTONIC: a deadline also passes while the machine is suspended. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int clock_left(int64_t deadline)
{
	int64_t left = deadline - clock_ms();

	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}

void clock_pause(int ms)
{
	poll(NULL, 0, ms);
}

void clock_text(char ret[CLOCK_TEXT_MAX])
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(ret, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret + n, CLOCK_TEXT_MAX - n, ".%03uZ", (unsigned int)(now.tv_nsec / 1000000) % 1000);
}
