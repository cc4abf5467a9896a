/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "lab/lab.h"
#include "planner/lab.h"
#include "resource/cgroup.h"

enum {
	STATUS_NOT_EXECUTABLE = 126, /* as a shell has it */
	STATUS_NOT_FOUND = 127,
};

static int unknown_node(const struct lab *lab, const char *node, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	for (i = 0; i < lab->n; i++)
		str_addf(&names, "%s, ", lab->nodes[i]);
	return err_set(err, ENOENT, "the lab has no node '%s'; it has: %s" LAB_OUTSIDE, node, str_text(&names));
}

/* The process id of the node's init. */
static int find_leader(const char *name, pid_t *ret, struct err *err)
{
	_cleanup_free_ char *group = NULL;
	struct node *node;
	struct lab lab;
	bool known;
	size_t i;
	int r;

	r = lab_open(&lab, err);
	if (r < 0)
		return r;
	known = str_eq(name, LAB_OUTSIDE);
	for (i = 0; i < lab.n; i++)
		known = known || str_eq(lab.nodes[i], name);
	r = known ? 0 : unknown_node(&lab, name, err);
	lab_done(&lab);
	if (r < 0)
		return r;
	group = lab_node_group(name);
	node = node_new("");
	r = cgroup_leader(node, group, ret, NULL);
	node_free(node);
	if (r < 0)
		return err_set(err, ESRCH, "the node '%s' is not running: 'lazyjack lab up' starts it", name);
	return 0;
}

bool lab_running(const char *node)
{
	pid_t leader;

	return find_leader(node, &leader, NULL) == 0;
}

int lab_argv(const char *node, const char *const *argv, char ***ret, struct err *err)
{
	/* This very program enters the node; by this name it is found even when its file was replaced meanwhile. */
	static const char *const front[] = {"/proc/self/exe", "lab", "exec"};
	size_t cap = 0, n = 0, i;
	char **words = NULL;
	pid_t leader;
	int r;

	r = find_leader(node, &leader, err);
	if (r < 0)
		return r;
	for (i = 0; i < ARRAY_SIZE(front); i++) {
		words = mem_grow(words, n, &cap, sizeof(char *));
		words[n++] = mem_strdup(front[i]);
	}
	words = mem_grow(words, n + 1, &cap, sizeof(char *));
	words[n++] = mem_strdup(node);
	words[n++] = mem_strdup("--");
	for (i = 0; argv[i]; i++) {
		words = mem_grow(words, n, &cap, sizeof(char *));
		words[n++] = mem_strdup(argv[i]);
	}
	words = mem_grow(words, n, &cap, sizeof(char *));
	words[n] = NULL;
	*ret = words;
	return 0;
}

void lab_argv_free(char **argv)
{
	char **p;

	for (p = argv; p && *p; p++)
		free(*p);
	free(argv);
}

static int enter(const char *name, pid_t leader, struct err *err)
{
	enum { ALL = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP };
	_cleanup_free_ char *group = lab_node_group(name), *path = mem_printf("/proc/%d/root", (int)leader);
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, leader, 0);
	_cleanup_close_ int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct node *node;
	int r;

	if (fd < 0 || root < 0)
		return err_set(err, ESRCH, "the node '%s' is going down", name);
	node = node_new("");
	r = cgroup_enter_beside(node, group, leader, err);
	node_free(node);
	if (r < 0)
		return r;
	if (setns(fd, ALL) < 0 || fchdir(root) < 0 || chroot(".") < 0)
		return err_errno(err, errno, "cannot enter the node '%s'", name);
	return 0;
}

static _Noreturn void child(const char *const *argv)
{
	const char *terminal = getenv("TERM");
	_cleanup_free_ char *term = mem_strdup(terminal ? terminal : "dumb");
	int status;

	/* A caller that is killed takes the command with it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	clearenv();
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", term, 1);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	status = chdir("/root") < 0 ? STATUS_NOT_EXECUTABLE : 0;
	if (status == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
		dprintf(STDERR_FILENO, "lazyjack: cannot run '%s': %s\n", argv[0], strerror(errno));
	}
	_exit(status);
}

static volatile pid_t inner;

/* Being asked to end is passed on: the command may have something to put in order first. */
static void pass_on(int signal_number)
{
	if (inner > 0)
		kill(inner, signal_number);
}

static void pass_signals_to(pid_t pid)
{
	inner = pid;
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
}

/*
 * The process between the caller and the command: it alone changes its namespaces and control groups, so that the
 * caller stays what it was. What goes wrong before the command starts is said through `report`.
 */
static _Noreturn void middle(const char *node, pid_t leader, const char *const *argv, int report)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (enter(node, leader, &err) < 0) {
		(void)!write(report, err.msg, strlen(err.msg));
		_exit(EXIT_FAILURE);
	}
	/* A PID namespace is entered by children only (pid_namespaces(7)). */
	pid = fork();
	if (pid == 0)
		child(argv);
	pass_signals_to(pid);
	close(report);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			_exit(EXIT_FAILURE);
	_exit(pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : pid > 0 ? 128 + WTERMSIG(status) : EXIT_FAILURE);
}

static void read_report(int fd, struct str *ret)
{
	char text[512];
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			str_add_n(ret, text, (size_t)n);
}

int lab_execute(const char *node, const char *const *argv, struct err *err)
{
	_cleanup_str_ struct str failure = STR_INIT;
	_cleanup_close_ int reader = -1;
	int r, status, ends[2];
	pid_t leader, pid;

	r = find_leader(node, &leader, err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "cannot make a pipe");
	reader = ends[0];
	/* The terminal sends its signals to the command as well; what they mean is the command's to decide. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	pid = fork();
	if (pid == 0)
		middle(node, leader, argv, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return err_errno(err, errno, "cannot start a process");
	pass_signals_to(pid);
	read_report(reader, &failure);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "cannot wait for '%s'", argv[0]);
	if (failure.len)
		return err_set(err, EIO, "%s", failure.s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
