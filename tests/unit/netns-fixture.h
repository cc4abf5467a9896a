/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private network for tests of steps: each test gets a new network namespace, and a root of its own for paths (a
 * tmpfs that only this process sees). Nothing of it outlives the process.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "resource/ops.h"

#define FIXTURE_ROOT "/mnt"

static struct node *fixture_node;

/* Run a program in the present namespace; its output, the caller's. Up to 20 words. */
#define RUN(...) fixture_run((const char *const[]){__VA_ARGS__, NULL})
#define RUN_QUIET(...) free(RUN(__VA_ARGS__))

static inline char *fixture_run(const char *const *argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct str out = STR_INIT;

	if (run_checked(&(struct run_options){.argv = argv}, &out, &err) < 0)
		fail_msg("%s", err.msg);
	return str_take(&out);
}

static inline int fixture_setup(void **state)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", FIXTURE_ROOT, "tmpfs", 0, "mode=755") < 0 || mkdir(FIXTURE_ROOT "/run", 0755) < 0 ||
		mkdir(FIXTURE_ROOT "/dev", 0755) < 0 || mkdir(FIXTURE_ROOT "/dev/net", 0755) < 0 ||
		symlink("/dev/net/tun", FIXTURE_ROOT "/dev/net/tun") < 0)
		return -1;
	RUN_QUIET("ip", "link", "set", "lo", "up");
	fixture_node = node_new(FIXTURE_ROOT);
	return 0;
}

static inline int fixture_teardown(void **state)
{
	node_free(fixture_node);
	fixture_node = NULL;
	return umount2(FIXTURE_ROOT, MNT_DETACH);
}

/* Everything in a namespace named under the root, as `ip netns exec` would run it. */
static inline char *fixture_run_in(const char *netns, const char *const *argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct str out = STR_INIT;
	int fd;

	assert_int_equal(node_netns_fd(fixture_node, netns, &fd, &err), 0);
	if (run_checked(&(struct run_options){.argv = argv, .netns_fd = fd}, &out, &err) < 0)
		fail_msg("%s", err.msg);
	return str_take(&out);
}

#define RUN_IN(netns, ...) fixture_run_in(netns, (const char *const[]){__VA_ARGS__, NULL})

static struct str fixture_values;

static inline int fixture_value(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char value[512];
	int fd = type == FTW_F && (st->st_mode & 0444) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd < 0 ? -1 : read(fd, value, sizeof(value));

	/* These count or name what happens by itself. */
	if (n >= 0 && !strstr(path, "nf_conntrack_count") && !strstr(path, "/netns_"))
		str_addf(&fixture_values, "%s = %.*s", path, (int)n, value);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* The state of the namespace as text: links, addresses, routes of both families, every sysctl under net. */
/*
 * Cut what the kernel says of a link's carrier: it learns of it a moment after the far end came or went, and it is
 * nobody's to restore.
 */
static inline void fixture_cut_carrier(char *text)
{
	static const char *const words[] = {
		"NO-CARRIER,", ",LOWER_UP", " state UP", " state DOWN", " state UNKNOWN", " linkdown"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		const size_t n = strlen(words[i]);
		char *at;

		while ((at = strstr(text, words[i])) != NULL)
			memmove(at, at + n, strlen(at + n) + 1);
	}
}

static inline char *fixture_snapshot(void)
{
	_cleanup_free_ char *links = RUN("ip", "link"), *addresses = RUN("ip", "addr");
	_cleanup_free_ char *routes6 = RUN("ip", "-6", "route", "show", "table", "all");
	_cleanup_free_ char *routes4 = RUN("ip", "-4", "route", "show", "table", "all");
	struct str all = STR_INIT;

	fixture_values = (struct str)STR_INIT;
	nftw("/proc/sys/net", fixture_value, 16, FTW_PHYS);
	str_addf(&all, "%s%s%s%s%s", links, addresses, routes6, routes4, str_text(&fixture_values));
	str_done(&fixture_values);
	fixture_cut_carrier(all.s);
	return str_take(&all);
}

/* Compare two snapshots; on a difference, show where it begins. Frees both. */
static inline void fixture_same(char *before, char *after)
{
	size_t i = 0;

	while (before[i] && before[i] == after[i])
		i++;
	while (i > 0 && before[i - 1] != '\n')
		i--;
	if (strcmp(before, after) != 0)
		fail_msg("the state differs, before: %.300s\n… after: %.300s", before + i, after + i);
	free(before);
	free(after);
}

static inline int fixture_inspect(const struct step *step, bool ours, json_t **ret_undo)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int state = step->ops->inspect(step, fixture_node, ours, ret_undo, NULL, &err);

	if (state < 0)
		fail_msg("inspect: %s", err.msg);
	return state;
}

static inline void fixture_apply(const struct step *step)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (step->ops->apply(step, fixture_node, &err) < 0)
		fail_msg("apply: %s", err.msg);
}

static inline void fixture_revert(const struct step *step, const json_t *undo)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (step->ops->revert(step, fixture_node, undo, &err) < 0)
		fail_msg("revert: %s", err.msg);
}

/* inspect must fail with this code and these words. */
static inline void fixture_refused(const struct step *step, bool ours, int code, const char *words)
{
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(step->ops->inspect(step, fixture_node, ours, NULL, NULL, &err), -code);
	if (!strstr(err.msg, words))
		fail_msg("'%s' isn't in: %s", words, err.msg);
}

/* apply must fail with this code and these words. */
static inline void fixture_apply_fails(const struct step *step, int code, const char *words)
{
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(step->ops->apply(step, fixture_node, &err), -code);
	if (!strstr(err.msg, words))
		fail_msg("'%s' isn't in: %s", words, err.msg);
}

/*
 * The whole life of a step: missing, applied, in place, applied again to no effect, reverted, reverted again to no
 * effect, and the namespace as before. Takes over the step.
 */
static inline void fixture_life(struct step step)
{
	char *before = fixture_snapshot(), *applied;
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_str_ struct str text = STR_INIT;

	step_label(&step, &text);
	step.ops->describe(step.want, &text);
	assert_null(strchr(text.s, '\n'));
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	applied = fixture_snapshot();
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_same(applied, fixture_snapshot());
	fixture_revert(&step, undo);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	fixture_revert(&step, undo);
	fixture_same(before, fixture_snapshot());
	step_done(&step);
}

static inline struct prefix fixture_prefix(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static inline struct address fixture_address(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

/* "The command that is shown." */
static inline void fixture_described(const struct step *step, const char *what, const char *command)
{
	_cleanup_str_ struct str is = STR_INIT, does = STR_INIT;

	step->ops->what(step->want, &is);
	step->ops->describe(step->want, &does);
	assert_string_equal(is.s, what);
	assert_string_equal(does.s, command);
}
