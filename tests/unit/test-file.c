/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fixture.h"

static char *directory;

static int set_up(void **unused)
{
	directory = fixture_directory();
	return 0;
}

static int tear_down(void **unused)
{
	fixture_remove(directory);
	return 0;
}

static char *in(const char *name)
{
	return mem_printf("%s/%s", directory, name);
}

static void test_read_refuses_what_is_no_file(void **unused)
{
	_cleanup_free_ char *fifo = in("fifo");
	_cleanup_free_ char *link = in("link");
	_cleanup_free_ char *file = in("file");
	_cleanup_err_ struct err err = ERR_INIT;
	char *text;
	size_t len;

	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(file_read(fifo, 100, &text, &len, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "FIFO"));
	assert_int_equal(file_read(directory, 100, &text, &len, NULL, &err), -EISDIR);
	fixture_write(file, "12345");
	assert_int_equal(file_read(file, 4, &text, &len, NULL, &err), -EFBIG);
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(file_read_nofollow(link, 100, &text, &len, NULL, &err), -ELOOP);
	assert_int_equal(file_read(link, 5, &text, &len, NULL, &err), 0);
	assert_int_equal(len, 5);
	free(text);
	assert_int_equal(file_read("/proc/self/status", 3, &text, &len, NULL, &err), -EFBIG); /* size 0 by stat */
}

static void test_replace_keeps_all_or_nothing(void **unused)
{
	const struct file_attr attr = {.mode = 0640, .uid = 12, .gid = 34};
	_cleanup_free_ char *path = in("file");
	_cleanup_free_ char *temporary = file_temporary_name(path);
	struct rlimit old, none;
	struct stat st;

	assert_int_equal(file_replace(path, "first", 5, &attr, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, 12);
	assert_int_equal(st.st_gid, 34);

	/* No room for the new content: the old one stays, and nothing else is left. */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	none = old;
	none.rlim_cur = 2;
	setrlimit(RLIMIT_FSIZE, &none);
	assert_int_equal(file_replace(path, "second", 6, &attr, NULL), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	{
		_cleanup_free_ char *text = fixture_read(path);

		assert_string_equal(text, "first");
	}
	assert_int_equal(access(temporary, F_OK), -1);
}

static void test_replace_after_a_killed_run(void **unused)
{
	const struct file_attr attr = {.mode = 0600, .uid = 0, .gid = 0};
	_cleanup_free_ char *path = in("file");
	_cleanup_free_ char *temporary = file_temporary_name(path);

	fixture_write(temporary, "half");
	assert_int_equal(file_replace(path, "whole", 5, &attr, NULL), 0);
	assert_int_equal(access(temporary, F_OK), -1);
}

static void test_replace_does_not_follow_links(void **unused)
{
	const struct file_attr attr = {.mode = 0600, .uid = 0, .gid = 0};
	_cleanup_free_ char *target = in("target");
	_cleanup_free_ char *link = in("link");
	_cleanup_err_ struct err err = ERR_INIT;

	fixture_write(target, "users");
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(file_replace(link, "x", 1, &attr, &err), -ELOOP);
	assert_non_null(strstr(err.msg, "symbolic link"));
	{
		_cleanup_free_ char *text = fixture_read(target);

		assert_string_equal(text, "users");
	}
}

static void test_trees(void **unused)
{
	_cleanup_free_ char *deep = in("a/b/c");
	_cleanup_free_ char *top = in("a");
	_cleanup_free_ char *link = in("a/b/link");
	_cleanup_free_ char *kept = in("kept");

	fixture_write(kept, "kept");
	assert_int_equal(file_make_directories(deep, 0700, NULL), 1);
	assert_int_equal(file_make_directories(deep, 0700, NULL), 0);
	assert_int_equal(symlink(kept, link), 0);
	assert_int_equal(file_remove_tree(top, NULL), 0);
	assert_int_equal(access(top, F_OK), -1);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_equal(file_remove_tree(top, NULL), 0);
}

static void test_names(void **unused)
{
	static const char *const rows[][2] = {{"/etc/hosts", "/etc"}, {"/etc", "/"}, {"hosts", "."}};
	char digest[65];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *parent = file_parent(rows[i][0]);

		assert_string_equal(parent, rows[i][1]);
	}
	file_sha256("abc", 3, digest); /* FIPS 180-2 appendix B.1 */
	assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_refuses_what_is_no_file),
		TEST(test_replace_keeps_all_or_nothing),
		TEST(test_replace_after_a_killed_run),
		TEST(test_replace_does_not_follow_links),
		TEST(test_trees),
		TEST(test_names),
	};

	return RUN_TESTS(tests);
}
