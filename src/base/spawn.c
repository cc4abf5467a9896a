/* SPDX-License-Identifier: Apache-2.0 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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
static _Noreturn void child(
	const struct run_options *options, const char *path, char **environment, const int fds[4], pid_t parent)
{
	int code, i;

	setpgid(0, 0);
	/* What nobody waits for any more must not go on changing the machine; the parent may have died before this. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
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

static bool has_variable(const char *const *list, const char *start)
{
	while (list && *list)
		if (str_starts(*list++, start))
			return true;
	return false;
}

/* No name stands there twice: programs disagree about which one counts. */
static char **make_environment(const char *const *more)
{
	const char *home = getenv("HOME");
	size_t n = 0, i = 0;
	char **list;

	while (more && more[n])
		n++;
	list = mem_new(n + 4, sizeof(*list));
	if (!has_variable(more, "PATH="))
		list[i++] = mem_strdup("PATH=" SEARCH_PATH);
	if (!has_variable(more, "LANG="))
		list[i++] = mem_strdup("LANG=C.UTF-8");
	if (!has_variable(more, "HOME="))
		list[i++] = mem_printf("HOME=%s", home ? home : "/root");
	while (more && *more)
		list[i++] = mem_strdup(*more++);
	return list;
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
static int fork_and_exec(
	const struct run_options *options, const char *path, int pipes[4][2], pid_t *ret, struct err *err)
{
	char **environment = make_environment(options->environment);
	const int fds[4] = {pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1]};
	const pid_t parent = getpid();
	int code = 0, i;
	ssize_t n;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		child(options, path, environment, fds, parent);
	environment_free(environment);
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

static void set_not_blocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
}

int spawn_program(const struct run_options *options, struct spawned *ret, struct err *err)
{
	int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	_cleanup_free_ char *path = NULL;
	_cleanup_str_ struct str text = STR_INIT;
	pid_t pid = 0;
	int r, i;

	path = options->root ? mem_strdup(options->argv[0]) : run_find(options->argv[0]);
	if (path == NULL)
		return err_set(err, ENOENT, "there is no program '%s'", options->argv[0]);
	run_describe(options->argv, &text);
	log_debug("run: %s", text.s);
	r = make_pipes(pipes, options->input != NULL, err);
	if (r == 0)
		r = fork_and_exec(options, path, pipes, &pid, err);
	if (r < 0) {
		for (i = 0; i < 4; i++) {
			close_fd(&pipes[i][0]);
			close_fd(&pipes[i][1]);
		}
		return r;
	}
	close_fd(&pipes[3][0]);
	*ret = (struct spawned){.pid = pid, .in = pipes[0][1], .out = pipes[1][0], .err = pipes[2][0]};
	set_not_blocking(ret->in);
	set_not_blocking(ret->out);
	set_not_blocking(ret->err);
	return 0;
}
