/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/ca-files.h"

#include <errno.h>
#include <sys/stat.h>

#include "fixture.h"

struct files {
	char *directory, *key, *certificate;
};

static int set_up(void **state)
{
	struct files *files = mem_new(1, sizeof(*files));

	files->directory = fixture_directory();
	files->key = mem_printf("%s/ca.key", files->directory);
	files->certificate = mem_printf("%s/ca.crt", files->directory);
	*state = files;
	return 0;
}

static int tear_down(void **state)
{
	struct files *files = *state;

	fixture_remove(files->directory);
	free(files->key);
	free(files->certificate);
	free(files);
	return 0;
}

static void expect(struct files *files, int r, const char *why, bool key)
{
	_cleanup_pki_ca_ struct pki_ca ca = {0};
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(ca_load(files->key, files->certificate, &ca, &err), r);
	if (why == NULL)
		assert_null(err.msg);
	else if (strstr(err.msg, why) == NULL)
		fail_msg("%s", err.msg);
	assert_int_equal(ca.key != NULL, key);
}

static void test_paths(void **state)
{
	struct cluster cluster = {.work_area = (char *)"/srv/area"};
	_cleanup_free_ char *directory = ca_directory(&cluster), *key = ca_key_path(&cluster),
			    *certificate = ca_certificate_path(&cluster);

	assert_string_equal(directory, "/srv/area/certs");
	assert_string_equal(key, "/srv/area/certs/ca.key");
	assert_string_equal(certificate, "/srv/area/certs/ca.crt");
}

static void test_load(void **state)
{
	_cleanup_pki_ca_ struct pki_ca first = {0}, second = {0};
	struct files *files = *state;
	char *aside;

	assert_int_equal(pki_ca_new(PKI_ECDSA, "fd00::2", &first, NULL), 0);
	assert_int_equal(pki_ca_new(PKI_ECDSA, "fd00::2", &second, NULL), 0);
	expect(files, 0, NULL, false);
	fixture_write(files->key, first.key);
	expect(files, 0, NULL, true);
	fixture_write(files->certificate, second.certificate);
	expect(files, -EINVAL, "do not belong together", false);
	fixture_write(files->certificate, first.certificate);
	expect(files, 1, NULL, true);
	assert_int_equal(unlink(files->key), 0);
	expect(files, -EINVAL, "ca.key': bring the key back, or make both new with --force", false);

	aside = mem_printf("%s.aside", files->key);
	fixture_write(aside, first.key);
	assert_int_equal(symlink(aside, files->key), 0);
	free(aside);
	expect(files, -ELOOP, "link", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
	};

	return RUN_TESTS(tests);
}
