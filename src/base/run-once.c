/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "base/run.h"

int run_program(const struct run_options *options, struct run_result *ret, struct err *err)
{
	struct run *run;
	int r;

	*ret = (struct run_result){0};
	r = run_start(options, &run, err);
	if (r < 0)
		return r;
	while (!run_ended(run)) {
		run_wait(&run, 1, INT_MAX);
		if (run_interrupted() && !run_ended(run)) {
			run_stop(run);
			r = err_set(err, EINTR, "'%s' was stopped: interrupted", options->argv[0]);
		}
	}
	run_take_result(run, ret);
	if (ret->timed_out)
		r = err_set(err, ETIMEDOUT, "'%s' did not end in time and was stopped", options->argv[0]);
	else if (ret->too_much)
		r = err_set(err, EFBIG, "'%s' printed too much (16 MiB are read) and was stopped", options->argv[0]);
	run_free(run);
	return r;
}

/* The last lines of a text, joined by " | ", for an error message of one line. */
static void add_tail(struct str *message, const char *text)
{
	enum { LINES = 5 };
	size_t len = strlen(text), start;
	unsigned int lines = 0;
	const char *p;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (start = len; start > 0; start--)
		if (text[start - 1] == '\n' && ++lines == LINES)
			break;
	for (p = text + start; p < text + len; p++) {
		if (*p == '\n')
			str_add(message, " | ");
		else
			str_add_n(message, p, 1);
	}
}

int run_checked(const struct run_options *options, struct str *ret_out, struct err *err)
{
	_cleanup_run_ struct run_result result = {0};
	_cleanup_str_ struct str tail = STR_INIT;
	int r;

	r = run_program(options, &result, err);
	if (r < 0)
		return r;
	if (result.status != 0) {
		add_tail(&tail, str_text(result.err.len ? &result.err : &result.out));
		return err_set(err, EIO, "'%s' failed with status %d%s%s", options->argv[0], result.status,
			tail.len ? ": " : "", str_text(&tail));
	}
	if (ret_out) {
		*ret_out = result.out;
		result.out = (struct str)STR_INIT;
	}
	return 0;
}
