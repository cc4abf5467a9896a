/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/archive.h"

#include <errno.h>

#include "base/json.h"
#include "base/str.h"
#include "fixture.h"

enum { BLOCK = 512 };

static char *directory, *path;

static int set_up(void **state)
{
	directory = fixture_directory();
	path = mem_printf("%s/image.tar", directory);
	return 0;
}

static int tear_down(void **state)
{
	free(path);
	fixture_remove(directory);
	return 0;
}

/* An entry as tar has it, but for the fields that nobody here looks at; the size as text, so that it can be wrong. */
static void add_entry(FILE *out, const char *name, const char *size, const char *content)
{
	char header[BLOCK] = {0}, padding[BLOCK] = {0};
	size_t n = strlen(content);

	snprintf(header, 100, "%s", name);
	snprintf(header + 124, 12, "%s", size);
	memcpy(header + 257, "ustar", 5);
	assert_int_equal(fwrite(header, 1, BLOCK, out), BLOCK);
	assert_int_equal(fwrite(content, 1, n, out), n);
	assert_int_equal(fwrite(padding, 1, (BLOCK - n % BLOCK) % BLOCK, out), (BLOCK - n % BLOCK) % BLOCK);
}

static void write_archive(const char *first_size, const char *manifest_name, const char *manifest)
{
	_cleanup_free_ char *size = mem_printf("%011zo", strlen(manifest));
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	/* Three octets, and a name that only begins like the manifest's. */
	add_entry(out, "manifest.json.bak", first_size, "[1]");
	add_entry(out, manifest_name, size, manifest);
	assert_int_equal(fclose(out), 0);
}

static void assert_names(const char *wanted)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *line = NULL;
	json_t *names = NULL;

	if (archive_image_names(path, &names, &err) < 0)
		fail_msg("%s", err.msg);
	line = json_line(names);
	json_decref(names);
	assert_string_equal(line, wanted);
}

static void test_names(void **state)
{
	write_archive("00000000003", "manifest.json",
		"[{\"RepoTags\": [\"k8s.gcr.io/pause:3.2\", \"pause:3.2\"]}, {\"RepoTags\": [\"a/b@sha256:0\"]}]");
	assert_names("[\"k8s.gcr.io/pause:3.2\",\"pause:3.2\",\"a/b@sha256:0\"]");
	write_archive("00000000003", "./manifest.json", "[{\"RepoTags\": [\"x:1\"]}]");
	assert_names("[\"x:1\"]");
}

/* What could break out of the runtime's configuration file is no image's name. */
static void test_strange_names(void **state)
{
	_cleanup_free_ char *longest = mem_printf("[{\"RepoTags\": [\"%0600d\"]}]", 0);

	write_archive("00000000003", "manifest.json",
		"[{\"RepoTags\": [\"a/pause:1\\\"\\nroot = 1\", \"\", \"a b\", 7, null]}]");
	assert_names("[]");
	write_archive("00000000003", "manifest.json", longest);
	assert_names("[]");
}

static void test_no_manifest(void **state)
{
	static const char *const manifests[] = {"", "{", "{}", "[]", "7", "[{}]", "[{\"RepoTags\": null}]", "[[]]"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(manifests); i++) {
		write_archive("00000000003", "manifest.json", manifests[i]);
		assert_names("[]");
	}
	write_archive("00000000003", "index.json", "[{\"RepoTags\": [\"x:1\"]}]");
	assert_names("[]");
}

/* Sizes that are none, lead behind the end, or are in the binary form of very large entries. */
static void test_damaged(void **state)
{
	static const char *const sizes[] = {"", "99", "\x80\x01", "77777777777", "-1", "3x"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_archive(sizes[i], "manifest.json", "[{\"RepoTags\": [\"x:1\"]}]");
		assert_names("[]");
	}
	fixture_write(path, "this is no archive");
	assert_names("[]");
	fixture_write(path, "");
	assert_names("[]");
}

static void test_cut_off(void **state)
{
	write_archive("00000000003", "manifest.json", "[{\"RepoTags\": [\"x:1\"]}]");
	assert_int_equal(truncate(path, 3 * BLOCK + 10), 0);
	assert_names("[]");
}

static void test_not_there(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	json_t *names = NULL;

	assert_int_equal(archive_image_names(path, &names, &err), -ENOENT);
	assert_non_null(strstr(err.msg, path));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_strange_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_manifest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_there, set_up, tear_down),
	};

	return RUN_TESTS(tests);
}
