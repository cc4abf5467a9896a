/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/cgroup.h"
#include "resource/kinds.h"
#include "resource/ops.h"

enum {
	START_MS = 20000, /* until the node has an init; its boot is waited for elsewhere */
	LOG_TAIL = 600,	  /* octets of the console log that an error quotes */
};

struct step step_nspawn(const char *name, const char *directory, const char *netns, const char *group,
	const char *console, json_t *binds)
{
	return step_make(&nspawn_ops, json_make("{s:s,s:s,s:s,s:s,s:s,s:o}", "name", name, "directory", directory,
					      "netns", netns, "group", group, "console", console, "binds", binds));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

/*
 * --register=no --keep-unit: the control groups are ours, so this works without a systemd on the machine too.
 * --capability=all: a node is to be as able as a machine. @keyring: container runtimes in a node use it.
 */
static void arguments(const json_t *want, const struct node *node, struct str *words)
{
	_cleanup_free_ char *directory = node_path(node, json_text(want, "directory"));
	const char *name = json_text(want, "name");
	const json_t *bind;
	size_t i;

	str_addf(
		words, "systemd-nspawn\n--quiet\n--directory=%s\n--machine=%s\n--hostname=%s\n", directory, name, name);
	str_addf(words, "--network-namespace-path=/run/netns/%s\n", json_text(want, "netns"));
	str_add(words, "--register=no\n--keep-unit\n--capability=all\n--system-call-filter=@keyring "
		       "bpf\n--tmpfs=/sys/fs/bpf:mode=700\n--resolv-conf=off\n"
		       "--timezone=off\n--link-journal=no\n--console=read-only\n--boot\n");
	json_array_foreach (json_object_get(want, "binds"), i, bind) {
		bool read_only = json_is_true(json_array_get(bind, 2));

		str_addf(words, "--bind%s=%s:%s\n", read_only ? "-ro" : "", json_string_value(json_array_get(bind, 0)),
			json_string_value(json_array_get(bind, 1)));
	}
}

/* Lines to an argument vector, within the text. */
static char **split(char *text)
{
	size_t cap = 0, n = 0;
	char **argv = NULL, *line;

	while ((line = strsep(&text, "\n")) != NULL && *line) {
		argv = mem_grow(argv, n, &cap, sizeof(char *));
		argv[n++] = line;
	}
	argv = mem_grow(argv, n, &cap, sizeof(char *));
	argv[n] = NULL;
	return argv;
}

static void describe(const json_t *want, struct str *ret)
{
	_cleanup_str_ struct str words = STR_INIT;
	struct node here = {.root = (char *)(uintptr_t) ""};
	char **argv;

	arguments(want, &here, &words);
	argv = split(words.s);
	run_describe((const char *const *)argv, ret);
	free(argv);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	int n = cgroup_count(node, json_text(step->want, "group"), err);

	if (n < 0)
		return n;
	if (ret_undo)
		*ret_undo = json_null();
	return n > 0 ? STEP_IN_PLACE : STEP_MISSING;
}

static _Noreturn void child(const struct step *step, const struct node *node, const char *program, char **argv,
	const int standard[2], int report)
{
	/*
	 * Of the API file systems only /proc/sys/net is writable: it is the node's own. The rest of /proc/sys is the
	 * machine's. No lock file: the directory is lazyjack's alone, and nothing is to stay behind.
	 */
	static char *const environment[] = {(char *)(uintptr_t) "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network",
		(char *)(uintptr_t) "SYSTEMD_NSPAWN_LOCK=0",
		(char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	sigset_t none;
	int code, i;

	setsid();
	umask(022);
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(standard[0], 0) < 0 || dup2(standard[1], 1) < 0 || dup2(standard[1], 2) < 0 || chdir("/") < 0)
		code = errno;
	else if ((code = -cgroup_enter(node, json_text(step->want, "group"), NULL)) == 0) {
		execve(program, argv, environment);
		code = errno;
	}
	(void)!write(report, &code, sizeof(code));
	_exit(127);
}

static void quote_console(const char *path, struct str *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char tail[LOG_TAIL];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	n = pread(fd, tail, sizeof(tail), st.st_size > LOG_TAIL ? st.st_size - LOG_TAIL : 0);
	while (n > 0 && tail[n - 1] == '\n')
		n--;
	if (n > 0)
		str_add_n(ret, tail, (size_t)n);
}

/* Until the node's init is there, or nspawn has given up, which it does within moments. */
static int wait_for_init(const struct step *step, struct node *node, pid_t pid, const char *console, struct err *err)
{
	int64_t deadline = clock_ms() + START_MS;
	_cleanup_str_ struct str tail = STR_INIT;
	pid_t leader;

	while (clock_left(deadline) && !run_interrupted()) {
		if (cgroup_leader(node, json_text(step->want, "group"), &leader, NULL) == 0)
			return 0;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			break;
		clock_pause(20);
	}
	if (run_interrupted())
		return err_set(err, EINTR, "interrupted by a signal");
	quote_console(console, &tail);
	return err_set(err, EIO, "the node doesn't start, see '%s': %s", console, str_text(&tail));
}

static int start(const struct step *step, struct node *node, const char *program, const char *console, struct err *err)
{
	_cleanup_close_ int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int log = open(console, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_close_ int reader = -1, writer = -1;
	_cleanup_str_ struct str words = STR_INIT;
	const int standard[2] = {null, log};
	int ends[2], code = 0;
	char **argv;
	ssize_t n;
	pid_t pid;

	if (null < 0 || log < 0)
		return err_errno(err, errno, "cannot open '%s'", log < 0 ? console : "/dev/null");
	/* Closed by a successful exec; else the errno value of what failed comes through. */
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "cannot make a pipe");
	reader = ends[0];
	writer = ends[1];
	arguments(step->want, node, &words);
	argv = split(words.s);
	pid = fork();
	if (pid == 0)
		child(step, node, program, argv, standard, writer);
	free(argv);
	if (pid < 0)
		return err_errno(err, errno, "cannot start '%s'", program);
	close(TAKE_FD(writer));
	do {
		n = read(reader, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(code)) {
		waitpid(pid, NULL, 0);
		return err_errno(err, code, "cannot start '%s'", program);
	}
	return wait_for_init(step, node, pid, console, err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *program = run_find("systemd-nspawn");
	_cleanup_free_ char *console = node_path(node, json_text(step->want, "console"));
	int r;

	if (program == NULL)
		return err_set(err, ENOENT,
			"the program 'systemd-nspawn' is missing: install the package 'systemd-container'");
	r = cgroup_kill(node, json_text(step->want, "group"), err);
	return r < 0 ? r : start(step, node, program, console, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return cgroup_kill(node, json_text(step->want, "group"), err);
}

const struct step_ops nspawn_ops = {
	.kind = "nspawn",
	.forgotten_at_boot = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
