/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the kinds of step: a node whose root is a temporary directory, and short words for what the engine does.
 */
#pragma once

#include <errno.h>
#include <sys/stat.h>

#include "base/json.h"
#include "fixture.h"
#include "resource/kinds.h"
#include "resource/node.h"

static char *root;
static struct node *node;

static inline int step_set_up(void **unused)
{
	root = fixture_directory();
	node = node_new(root);
	return 0;
}

static inline int step_tear_down(void **unused)
{
	node_free(node);
	fixture_remove(root);
	return 0;
}

#define STEP_TEST(test) cmocka_unit_test_setup_teardown(test, step_set_up, step_tear_down)

/* Files below the root, by their path on the node. */
static inline void put(const char *path, const char *text)
{
	_cleanup_free_ char *real = node_path(node, path);

	fixture_write(real, text);
}

static inline bool there(const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);
	struct stat st;

	return lstat(real, &st) == 0;
}

static inline struct stat look_at(const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);
	struct stat st;

	assert_int_equal(lstat(real, &st), 0);
	return st;
}

static inline void make_directory(const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);

	assert_int_equal(file_make_directories(real, 0755, NULL) >= 0, 1);
}

static inline void remove_file(const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);

	assert_int_equal(unlink(real), 0);
}

static inline void assert_content(const char *path, const char *text)
{
	_cleanup_free_ char *real = node_path(node, path);
	_cleanup_free_ char *content = fixture_read(real);

	assert_string_equal(content, text);
}

/* The state of a step; what is in the way fails the test. */
static inline int state_of(const struct step *step, bool ours)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r = step->ops->inspect(step, node, ours, NULL, NULL, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	return r;
}

/* The undo that a first run would record. */
static inline json_t *undo_of(const struct step *step)
{
	_cleanup_err_ struct err err = ERR_INIT;
	json_t *undo = NULL;

	if (step->ops->inspect(step, node, false, &undo, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_non_null(undo);
	return undo;
}

static inline void apply_step(const struct step *step)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (step->ops->apply(step, node, &err) < 0)
		fail_msg("%s", err.msg);
}

static inline void revert_step(const struct step *step, const json_t *undo)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (step->ops->revert(step, node, undo, &err) < 0)
		fail_msg("%s", err.msg);
}

/* The wish cannot be looked at, with this code and a message that has `word` in it. */
static inline void assert_refused(const struct step *step, int code, const char *word)
{
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(step->ops->inspect(step, node, false, NULL, NULL, &err), -code);
	if (strstr(err.msg, word) == NULL)
		fail_msg("'%s' is not in: %s", word, err.msg);
}

#define _cleanup_step_ __attribute__((cleanup(step_done)))
