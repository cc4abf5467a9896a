/* SPDX-License-Identifier: Apache-2.0 */
/* A private machine for preflight: a network namespace, a root with this machine's programs but an empty /usr/local. */
#pragma once

#include <signal.h>

#include "netns-fixture.h"
#include "plan-fixture.h"

static inline void preflight_directory(const char *path)
{
	_cleanup_free_ char *full = mem_printf("%s%s", FIXTURE_ROOT, path);

	assert_true(file_make_directories(full, 0755, NULL) >= 0);
}

static inline int preflight_setup(void **state)
{
	if (fixture_setup(state) < 0)
		return -1;
	/* As the program has it (run_catch_signals()): CNI plugins may end before they read what they are given. */
	signal(SIGPIPE, SIG_IGN);
	preflight_directory("/usr");
	preflight_directory("/opt/cni/bin");
	preflight_directory("/etc/cni/net.d");
	preflight_directory("/run/containerd");
	if (mount("/usr", FIXTURE_ROOT "/usr", "none", MS_BIND, NULL) < 0 ||
		mount("none", FIXTURE_ROOT "/usr/local", "tmpfs", 0, NULL) < 0 ||
		symlink("usr/lib", FIXTURE_ROOT "/lib") < 0 || symlink("usr/lib64", FIXTURE_ROOT "/lib64") < 0 ||
		symlink("usr/bin", FIXTURE_ROOT "/bin") < 0)
		return -1;
	preflight_directory("/usr/local/bin");
	return 0;
}

/* A program that prints a text. */
static inline void preflight_program(const char *path, const char *output)
{
	_cleanup_free_ char *full = mem_printf("%s%s", FIXTURE_ROOT, path);
	_cleanup_free_ char *script = mem_printf("#!/bin/sh\ncat >/dev/null\necho '%s'\n", output);

	fixture_write(full, script);
	assert_int_equal(chmod(full, 0755), 0);
}
