/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdbool.h>

#include "base/mem.h"
#include "base/run.h"

static volatile sig_atomic_t interrupted;
static int shields; /* a step may raise one within a run that is taken back */

static void on_signal(int signal_number)
{
	interrupted = signal_number;
}

void run_catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: poll must return */
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool run_interrupted(void)
{
	return interrupted != 0 && shields == 0;
}

void run_shield(bool on)
{
	shields += on ? 1 : -1;
}
