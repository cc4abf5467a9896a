/* SPDX-License-Identifier: Apache-2.0 */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum {
	TIMEOUT_DEFAULT_MS = 30000,
	STOP_MS = 5000,
	OUT_MAX = 16 << 20,
	ERR_MAX = 64 << 10,
};

struct run {
	pid_t pid;
	int pidfd;
	int in, out, err;
	char *input;
	size_t input_len, input_done;
	int64_t deadline, kill_at; /* kill_at: when SIGTERM becomes SIGKILL; 0: not stopping */
	bool ended, too_much;
	bool (*on_line)(void *user, const char *line);
	void *user;
	size_t line_start; /* in result.out: where the line not yet told begins */
	char *name;
	struct run_result result;
};

static volatile sig_atomic_t interrupted;
static bool shielded;

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
	return interrupted != 0 && !shielded;
}

void run_shield(bool on)
{
	shielded = on;
}

char *run_find(const char *program)
{
	const char *p = SEARCH_PATH;

	if (strchr(program, '/'))
		return access(program, X_OK) == 0 ? mem_strdup(program) : NULL;
	while (*p) {
		size_t n = strcspn(p, ":");
		_cleanup_free_ char *path = mem_printf("%.*s/%s", (int)n, p, program);

		if (access(path, X_OK) == 0)
			return TAKE_PTR(path);
		p += n + (p[n] == ':');
	}
	return NULL;
}

void run_describe(const char *const *argv, struct str *ret)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/@%[]";

	for (; *argv; argv++) {
		const char *p;

		if (ret->len)
			str_add(ret, " ");
		if (**argv && (*argv)[strspn(*argv, plain)] == '\0') {
			str_add(ret, *argv);
			continue;
		}
		str_add(ret, "'");
		for (p = *argv; *p; p++) {
			if (*p == '\'')
				str_add(ret, "'\\''");
			else
				str_add_n(ret, p, 1);
		}
		str_add(ret, "'");
	}
}

/* Only async-signal-safe calls from here to exec. `fds`: standard input, output, error, and where to write errno. */
static _Noreturn void child(const struct run_options *options, const char *path, char **environment, const int fds[4])
{
	int code, i;

	setpgid(0, 0);
	for (i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto fail;
	signal(SIGPIPE, SIG_DFL);
	if (options->netns_fd > 0 && setns(options->netns_fd, CLONE_NEWNET) < 0)
		goto fail;
	if (options->root && (chroot(options->root) < 0 || chdir("/") < 0))
		goto fail;
	execve(path, (char *const *)options->argv, environment);
fail:
	code = errno;
	if (write(fds[3], &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

static char **make_environment(const char *const *more)
{
	const char *home = getenv("HOME");
	size_t n = 0, i = 0;
	char **list;

	while (more && more[n])
		n++;
	list = mem_new(n + 4, sizeof(*list));
	list[i++] = mem_strdup("PATH=" SEARCH_PATH);
	list[i++] = mem_strdup("LANG=C.UTF-8");
	list[i++] = mem_printf("HOME=%s", home ? home : "/root");
	while (more && *more)
		list[i++] = mem_strdup(*more++);
	return list;
}

static void free_list(char **list)
{
	char **p;

	for (p = list; p && *p; p++)
		free(*p);
	free(list);
}

static int make_pipes(int pipes[4][2], bool with_input, struct err *err)
{
	int i;

	for (i = with_input ? 0 : 1; i < 4; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			return err_errno(err, errno, "cannot make a pipe");
	if (!with_input) {
		pipes[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (pipes[0][0] < 0)
			return err_errno(err, errno, "cannot open '/dev/null'");
	}
	return 0;
}

static void close_fd(int *fd)
{
	fd_closep(fd);
	*fd = -1;
}

/* Fork and exec; the errno of a failed exec comes back through the fourth pipe, which exec closes. */
static int spawn(const struct run_options *options, const char *path, int pipes[4][2], pid_t *ret, struct err *err)
{
	char **environment = make_environment(options->environment);
	const int fds[4] = {pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1]};
	int code = 0, i;
	ssize_t n;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		child(options, path, environment, fds);
	free_list(environment);
	if (pid < 0)
		return err_errno(err, errno, "cannot start '%s'", options->argv[0]);
	setpgid(pid, pid); /* both sides do it, so that it is done whoever comes first */
	for (i = 0; i < 4; i++)
		close_fd(&pipes[i][i == 0 ? 0 : 1]);
	do
		n = read(pipes[3][0], &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(code)) {
		waitpid(pid, NULL, 0);
		return err_errno(err, code, "cannot run '%s'", options->argv[0]);
	}
	*ret = pid;
	return 0;
}

int run_start(const struct run_options *options, struct run **ret, struct err *err)
{
	int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	_cleanup_free_ char *path = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	struct run *run;
	pid_t pid = 0;
	int r, i;

	path = options->root ? mem_strdup(options->argv[0]) : run_find(options->argv[0]);
	if (path == NULL)
		return err_set(err, ENOENT, "there is no program '%s'", options->argv[0]);
	run_describe(options->argv, &text);
	log_debug("run: %s", text.s);

	r = make_pipes(pipes, options->input != NULL, err);
	if (r == 0)
		r = spawn(options, path, pipes, &pid, err);
	if (r < 0) {
		for (i = 0; i < 4; i++) {
			close_fd(&pipes[i][0]);
			close_fd(&pipes[i][1]);
		}
		return r;
	}
	close_fd(&pipes[3][0]);
	run = mem_new(1, sizeof(*run));
	*run = (struct run){
		.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
		.in = pipes[0][1],
		.out = pipes[1][0],
		.err = pipes[2][0],
		.deadline = clock_ms() + (options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_DEFAULT_MS),
		.on_line = options->on_line,
		.user = options->user,
		.name = mem_strdup(options->argv[0]),
	};
	if (options->input) {
		run->input = mem_new(options->input_len + 1, 1);
		memcpy(run->input, options->input, options->input_len);
		run->input_len = options->input_len;
		fcntl(run->in, F_SETFL, O_NONBLOCK);
	}
	fcntl(run->out, F_SETFL, O_NONBLOCK);
	fcntl(run->err, F_SETFL, O_NONBLOCK);
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

static void tell_lines(struct run *run)
{
	char *end;

	while (run->on_line && run->result.out.s &&
		(end = memchr(run->result.out.s + run->line_start, '\n', run->result.out.len - run->line_start)) != NULL) {
		_cleanup_free_ char *line = mem_strndup(
			run->result.out.s + run->line_start, (size_t)(end - run->result.out.s) - run->line_start);

		run->line_start = (size_t)(end - run->result.out.s) + 1;
		if (!run->on_line(run->user, line))
			kill(-run->pid, SIGTERM);
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
		if (keep_end && into->len > 2 * ERR_MAX) {
			memmove(into->s, into->s + into->len - ERR_MAX, ERR_MAX + 1);
			into->len = ERR_MAX;
		} else if (!keep_end && into->len > OUT_MAX) {
			run->too_much = true;
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
	tell_lines(run);
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
			tell_lines(run);
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
	if (run->input)
		explicit_bzero(run->input, run->input_len);
	free(run->input);
	free(run->name);
	free(run);
}

int run_program(const struct run_options *options, struct run_result *ret, struct err *err)
{
	struct run *run;
	int r;

	*ret = (struct run_result){0};
	r = run_start(options, &run, err);
	if (r < 0)
		return r;
	while (!run->ended) {
		run_wait(&run, 1, INT_MAX);
		if (run_interrupted() && !run->ended) {
			run_stop(run);
			r = err_set(err, EINTR, "'%s' was stopped: interrupted", run->name);
		}
	}
	if (run->result.timed_out)
		r = err_set(err, ETIMEDOUT, "'%s' did not end in time and was stopped", run->name);
	else if (run->too_much)
		r = err_set(err, EFBIG, "'%s' printed more than %d octets and was stopped", run->name, OUT_MAX);
	*ret = run->result;
	run->result = (struct run_result){0};
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
