/* SPDX-License-Identifier: Apache-2.0 */
/* A network of one's own for tests of the data path, and servers in children to talk to. */
#pragma once

#include "fixture.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/run.h"
#include "net/address.h"

/* Run `ip` (or another program) with the words of one line; it has to succeed. */
static inline void fixture_run(const char *line)
{
	_cleanup_free_ char *copy = mem_strdup(line);
	_cleanup_err_ struct err err = ERR_INIT;
	const char *argv[32];
	char *rest = copy, *word;
	size_t n = 0;

	while ((word = strsep(&rest, " ")) != NULL && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = word;
	argv[n] = NULL;
	if (run_checked(&(struct run_options){.argv = argv}, NULL, &err) < 0)
		fail_msg("%s: %s", line, err.msg);
}

/* Private network and mount namespaces with lo up and an empty /run. As group set-up: everything goes with the process.
 */
static inline int fixture_private_machine(void **unused)
{
	assert_int_equal(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
	fixture_run("ip link set lo up");
	return 0;
}

static inline struct address fixture_address(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

/* A child that dies with the test. Returns 0 in it. */
static inline pid_t fixture_fork(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static inline void fixture_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A bound (and for TCP listening) blocking socket; a parent makes it before it forks, so that no one comes too early.
 */
static inline int fixture_server(int type, const char *address, uint16_t port)
{
	struct address parsed = fixture_address(address);
	struct sockaddr_storage to;
	socklen_t len = address_sockaddr(&parsed, port, &to);
	int fd = socket(parsed.family, type | SOCK_CLOEXEC, 0);
	const int on = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&to, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	return fd;
}

#define RUN_PRIVATE_TESTS(tests)                                                                                       \
	(cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, fixture_private_machine, NULL))
