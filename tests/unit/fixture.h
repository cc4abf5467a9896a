/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes: cmocka with the headers it wants in front, and a temporary directory that goes away.
 */
#pragma once

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

static inline char *fixture_directory(void)
{
	const char *parent = getenv("TMPDIR");
	char *path = mem_printf("%s/lazyjack-test-XXXXXX", parent ? parent : "/tmp");

	assert_non_null(mkdtemp(path));
	return path;
}

static inline void fixture_remove(char *path)
{
	assert_int_equal(file_remove_tree(path, NULL), 0);
	free(path);
}

static inline void fixture_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

/* The content of a file; the caller frees it. */
static inline char *fixture_read(const char *path)
{
	char *text = NULL;
	size_t len;

	assert_int_equal(file_read(path, 1 << 20, &text, &len, NULL, NULL), 0);
	return text;
}

#define RUN_TESTS(tests) (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))
