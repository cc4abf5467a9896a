/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics for the person who debugs lazyjack: standard error up to the level of -v, and everything to a file under
 * --log-dir. Results and events do not go through here (see report/). Secrets never do.
 */
#pragma once

enum log_level {
	LOG_WARNING_ = 0, /* always shown */
	LOG_INFO_ = 1,	  /* -v */
	LOG_DEBUG_ = 2,	  /* -v -v: every program run, every netlink request */
};

void log_set_verbosity(int verbosity);

/* Also write to DIRECTORY/lazyjack-VERB-TIME.log (made 0600). Returns 0 or a negative errno value. */
struct err;
int log_open(const char *directory, const char *verb, struct err *err);
void log_close(void);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_warning(...) log_write(LOG_WARNING_, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO_, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG_, __VA_ARGS__)
