/* SPDX-License-Identifier: Apache-2.0 */
#include "base/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/spawn.h"

enum {
	TIMEOUT_DEFAULT_MS = 30000,
	STOP_MS = 5000,
	LOOK_MS = 10,
	OUT_MAX = 16 << 20,
	ERR_MAX = 64 << 10,
	LINE_MAX_OCTETS = 64 << 10,
};

struct run {
	pid_t pid;
	int pidfd;
	int in, out, err;
	char *input;
	size_t input_len, input_done;
	int64_t deadline, kill_at; /* kill_at: when SIGTERM becomes SIGKILL; 0: not stopping */
	bool ended;
	bool (*on_line)(void *user, const char *line);
	void *user;
	bool on_errors;
	struct str out_line, err_line; /* begun, and not yet told */
	struct run_result result;
};

static void close_fd(int *fd)
{
	fd_closep(fd);
	*fd = -1;
}

int run_start(const struct run_options *options, struct run **ret, struct err *err)
{
	struct spawned spawned;
	struct run *run;
	int r;

	r = spawn_program(options, &spawned, err);
	if (r < 0)
		return r;
	run = mem_new(1, sizeof(*run));
	*run = (struct run){
		.pid = spawned.pid,
		.pidfd = (int)syscall(SYS_pidfd_open, spawned.pid, 0),
		.in = spawned.in,
		.out = spawned.out,
		.err = spawned.err,
		.deadline = clock_ms() + (options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_DEFAULT_MS),
		.on_line = options->on_line,
		.on_errors = options->on_errors,
		.user = options->user,
	};
	if (options->input) {
		run->input = mem_new(options->input_len + 1, 1);
		memcpy(run->input, options->input, options->input_len);
		run->input_len = options->input_len;
	}
	*ret = run;
	return 0;
}

static void feed(struct run *run)
{
	ssize_t n = write(run->in, run->input + run->input_done, run->input_len - run->input_done);

	if (n > 0)
		run->input_done += (size_t)n;
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || run->input_done == run->input_len)
		close_fd(&run->in);
}

/* Tell the lines that `bytes` completes; the rest waits in `line`. */
static void tell_lines(struct run *run, struct str *line, const char *bytes, size_t n)
{
	const char *end;

	while (run->on_line && n > 0) {
		end = memchr(bytes, '\n', n);
		str_add_n(line, bytes, end ? (size_t)(end - bytes) : n);
		if (end == NULL && line->len < LINE_MAX_OCTETS)
			return;
		if (!run->on_line(run->user, str_text(line)))
			kill(-run->pid, SIGTERM);
		str_clear(line);
		if (end == NULL)
			return;
		n -= (size_t)(end + 1 - bytes);
		bytes = end + 1;
	}
}

/* Read what is there. Of standard error only the end is kept: that is where programs say why they gave up. */
static void drain(struct run *run, int *fd, struct str *into, bool keep_end)
{
	char buffer[16384];

	while (*fd >= 0) {
		ssize_t n = read(*fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_fd(fd);
			return;
		}
		str_add_n(into, buffer, (size_t)n);
		if (!keep_end || run->on_errors)
			tell_lines(run, keep_end ? &run->err_line : &run->out_line, buffer, (size_t)n);
		if (keep_end && into->len > 2 * ERR_MAX) {
			memmove(into->s, into->s + into->len - ERR_MAX, ERR_MAX + 1);
			into->len = ERR_MAX;
		} else if (!keep_end && into->len > OUT_MAX) {
			run->result.too_much = true;
			kill(-run->pid, SIGKILL);
			close_fd(fd);
		}
	}
}

static bool reap(struct run *run)
{
	int status;
	pid_t pid;

	pid = waitpid(run->pid, &status, WNOHANG);
	if (pid == 0 || (pid < 0 && errno == EINTR))
		return false;
	/* Whatever it left running in its group must not outlive it. */
	kill(-run->pid, SIGKILL);
	drain(run, &run->out, &run->result.out, false);
	drain(run, &run->err, &run->result.err, true);
	close_fd(&run->in);
	close_fd(&run->out);
	close_fd(&run->err);
	close_fd(&run->pidfd);
	run->ended = true;
	run->result.status = pid < 0 ? 255 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

static void begin_stop(struct run *run)
{
	if (run->kill_at == 0) {
		kill(-run->pid, SIGTERM);
		run->kill_at = clock_ms() + STOP_MS;
	} else if (clock_left(run->kill_at) == 0) {
		kill(-run->pid, SIGKILL);
		run->kill_at = INT64_MAX;
	}
}

static size_t add_poll(const struct run *run, struct pollfd *fds)
{
	size_t n = 0;

	fds[n++] = (struct pollfd){.fd = run->pidfd, .events = POLLIN};
	if (run->in >= 0)
		fds[n++] = (struct pollfd){.fd = run->in, .events = POLLOUT};
	if (run->out >= 0)
		fds[n++] = (struct pollfd){.fd = run->out, .events = POLLIN};
	if (run->err >= 0)
		fds[n++] = (struct pollfd){.fd = run->err, .events = POLLIN};
	return n;
}

int run_wait(struct run *const *runs, size_t n, int timeout_ms)
{
	int64_t until = clock_ms() + timeout_ms;
	struct pollfd *fds = mem_new(n * 4 + 1, sizeof(*fds));
	int ended = 0;

	for (;;) {
		size_t i, n_fds = 0;
		int wait = clock_left(until);
		bool stop_now = run_interrupted();

		for (i = 0; i < n; i++) {
			struct run *run = runs[i];
			int64_t next;

			if (run->ended)
				continue;
			if (clock_left(run->deadline) == 0) {
				run->result.timed_out = true;
				begin_stop(run);
			}
			n_fds += add_poll(run, fds + n_fds);
			/* Without a pidfd (Linux before 5.3, valgrind) the end is noticed by looking. */
			if (run->pidfd < 0 && wait > LOOK_MS)
				wait = LOOK_MS;
			next = run->kill_at ? run->kill_at : run->deadline;
			if (clock_left(next) < wait)
				wait = clock_left(next);
		}
		if (n_fds == 0)
			break;
		poll(fds, n_fds, stop_now ? 0 : wait);
		for (i = 0; i < n; i++) {
			struct run *run = runs[i];

			if (run->ended)
				continue;
			if (run->in >= 0)
				feed(run);
			drain(run, &run->out, &run->result.out, false);
			drain(run, &run->err, &run->result.err, true);
			ended += reap(run);
		}
		if (ended || clock_left(until) == 0 || stop_now)
			break;
	}
	free(fds);
	return ended;
}

bool run_ended(const struct run *run)
{
	return run->ended;
}

const struct run_result *run_result(const struct run *run)
{
	return &run->result;
}

void run_take_result(struct run *run, struct run_result *ret)
{
	*ret = run->result;
	run->result = (struct run_result){0};
}

void run_stop(struct run *run)
{
	int64_t until = clock_ms() + STOP_MS;

	if (run->ended)
		return;
	kill(-run->pid, SIGTERM);
	while (!reap(run)) {
		struct pollfd fds[4];
		size_t n = add_poll(run, fds);

		poll(fds, n, clock_left(until) < 100 ? clock_left(until) : 100);
		drain(run, &run->out, &run->result.out, false);
		drain(run, &run->err, &run->result.err, true);
		if (clock_left(until) == 0) {
			kill(-run->pid, SIGKILL);
			until = clock_ms() + STOP_MS;
		}
	}
}

void run_done(struct run_result *result)
{
	str_done(&result->out);
	str_done(&result->err);
}

void run_free(struct run *run)
{
	if (run == NULL)
		return;
	run_stop(run);
	run_done(&run->result);
	str_done(&run->out_line);
	str_done(&run->err_line);
	if (run->input)
		explicit_bzero(run->input, run->input_len);
	free(run->input);
	free(run);
}
