/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/apt.h"

#include "base/json.h"
#include "base/str.h"
#include "fixture.h"

/* As apt-get -s prints it. */
static const char simulation[] = "NOTE: This is only a simulation!\n"
				 "Reading package lists...\n"
				 "Inst libuv1 (1.44.2-1+deb12u1 Debian:12.11/oldstable [amd64])\n"
				 "Remv bind [8.4.6-1]\n"
				 "Inst bind9-libs [1:9.18.1-1] (1:9.18.49-1 Debian-Security:12 [amd64]) []\n"
				 "Inst bind9 (1:9.18.49-1 Debian-Security:12 [amd64])\n"
				 "Instead of this line\n"
				 "Conf libuv1 (1.44.2-1+deb12u1 Debian:12.11/oldstable [amd64])\n"
				 "Conf bind9 (1:9.18.49-1 Debian-Security:12 [amd64])\n";

static void expect_names(const json_t *names, const char *expected)
{
	_cleanup_free_ char *line = json_line(names);

	assert_string_equal(line, expected);
}

static void test_simulated(void **state)
{
	_cleanup_json_ json_t *upgraded = json_array();
	_cleanup_json_ json_t *installed = apt_simulated(simulation, "Inst", upgraded);
	_cleanup_json_ json_t *removed = apt_simulated(simulation, "Remv", NULL);
	_cleanup_json_ json_t *nothing = apt_simulated("", "Inst", NULL);

	expect_names(installed, "[\"libuv1\",\"bind9-libs\",\"bind9\"]");
	expect_names(upgraded, "[\"bind9-libs\"]");
	expect_names(removed, "[\"bind\"]");
	expect_names(nothing, "[]");
}

/* As dpkg --remove writes it. */
static const char blocked[] = "dpkg: dependency problems prevent removal of tayga:\n"
			      " lab-mine depends on tayga.\n"
			      " lab-yours depends on tayga.\n"
			      "\n"
			      "dpkg: error processing package tayga (--remove):\n"
			      " dependency problems - not removing\n"
			      "dpkg: dependency problems prevent removal of libuv1:amd64:\n"
			      " bind9-libs:amd64 depends on libuv1 (>= 1.4.2).\n"
			      "\n"
			      "dpkg: error processing package libuv1:amd64 (--remove):\n"
			      " dependency problems - not removing\n";
static const char broken[] = "dpkg: error processing package bind9 (--remove):\n"
			     " installed bind9 package pre-removal script subprocess returned error exit status 1\n"
			     "Errors were encountered while processing:\n"
			     " bind9\n";

static void test_needed(void **state)
{
	_cleanup_free_ char *both = mem_printf("%s%s", blocked, broken);
	json_t *needed = NULL;

	assert_true(apt_needed(blocked, &needed));
	assert_string_equal(json_text(needed, "tayga"), "lab-mine");
	assert_string_equal(json_text(needed, "libuv1"), "bind9-libs");
	assert_int_equal(json_object_size(needed), 2);
	json_decref(needed);
	/* Another reason is an error, alone or beside. */
	assert_false(apt_needed(broken, &needed));
	json_decref(needed);
	assert_false(apt_needed(both, &needed));
	json_decref(needed);
	assert_false(apt_needed("", &needed));
	json_decref(needed);
}

static void test_names(void **state)
{
	_cleanup_json_ json_t *names = json_array();

	apt_add(names, "a");
	apt_add(names, "ab");
	apt_add(names, "a");
	expect_names(names, "[\"a\",\"ab\"]");
	assert_true(apt_has(names, "ab"));
	assert_false(apt_has(names, "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_names),
	};

	return RUN_TESTS(tests);
}
