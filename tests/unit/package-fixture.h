/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private machine with package tools that only pretend: /var/fake has a file a package, "want status" as dpkg-query
 * prints it; /var/fake/sim/NAME is what apt-get -s says of it; what was run stands in /var/fake/log.
 */
#pragma once

#include "netns-fixture.h"

#include "fixture.h"

static inline void package_directory(const char *path)
{
	_cleanup_free_ char *full = mem_printf("%s%s", FIXTURE_ROOT, path);

	assert_true(file_make_directories(full, 0755, NULL) >= 0);
}

static inline void package_write(const char *path, const char *text)
{
	_cleanup_free_ char *full = mem_printf("%s%s", FIXTURE_ROOT, path);

	fixture_write(full, text);
	assert_int_equal(chmod(full, 0755), 0);
}

static const char fake_dpkg_query[] =
	"#!/shell/sh\nPATH=/shell\n"
	"for name; do :; done\n"
	"cat /var/fake/$name 2>/dev/null || { echo \"no packages found matching $name\" >&2; exit 1; }\n";

static const char fake_apt_get[] =
	"#!/shell/sh\nPATH=/shell\n"
	"for name; do :; done\n"
	"if [ \"$1\" = -s ]; then cat /var/fake/sim/$name || { echo \"E: Unable to locate package "
	"$name\" >&2; exit 100; }; exit; fi\n"
	"seen=\n"
	"for name; do\n"
	"\tif [ \"$seen\" ]; then\n"
	"\t\tsed -n 's/^Inst \\([^ ]*\\) .*/\\1/p' /var/fake/sim/$name >/var/fake/new\n"
	"\t\twhile read -r each; do echo 'install installed' >/var/fake/$each; done </var/fake/new\n"
	"\tfi\n"
	"\t[ \"$name\" = install ] && seen=1\n"
	"done\n"
	"echo \"apt-get ${*#*install}\" | sed 's/.* install /apt-get install /' >>/var/fake/log\n"
	"[ ! -e /var/fake/fail ] || { echo 'E: it does not work' >&2; exit 100; }\n";

static const char fake_dpkg[] =
	"#!/shell/sh\nPATH=/shell\n"
	"echo \"dpkg $*\" >>/var/fake/log\n"
	"case \"$*\" in *--remove*) [ ! -e /var/fake/errors ] || { cat /var/fake/errors >&2; exit 1; };; esac\n"
	"for name; do\n"
	"\tcase \"$*\" in\n"
	"\t\t*--remove*) [ -e /var/fake/$name ] && echo 'deinstall config-files' >/var/fake/$name;;\n"
	"\t\t*--purge*) rm -f /var/fake/$name;;\n"
	"\tesac\n"
	"done\n"
	":\n";

static const char fake_apt_mark[] =
	"#!/shell/sh\nPATH=/shell\n"
	"if [ \"$1\" = showauto ]; then cat /var/fake/auto; exit; fi\n"
	"echo \"apt-mark $*\" >>/var/fake/log\n"
	"action=$1; shift\n"
	"for name; do\n"
	"\t[ $action = hold ] && echo 'hold installed' >/var/fake/$name || echo 'install installed' "
	">/var/fake/$name\n"
	"done\n";

static const char fake_apt_cache[] =
	"#!/shell/sh\nPATH=/shell\n"
	"[ -e /var/fake/sim/$2 ] && printf '%s:\\n  Installed: (none)\\n  Candidate: 1\\n' $2\n"
	"[ \"$2\" != nocandidate ] || printf 'x:\\n  Candidate: (none)\\n'\n"
	":\n";

static inline int package_setup(void **state)
{
	static const char *const directories[] = {
		"/usr", "/shell", "/lib", "/lib64", "/usr/bin", "/var/fake/sim", "/etc/systemd/system", "/dev"};
	size_t i;

	if (fixture_setup(state) < 0)
		return -1;
	for (i = 0; i < ARRAY_SIZE(directories); i++)
		package_directory(directories[i]);
	/* The shell and what it calls, where no other program is looked for; /usr/bin is the tools' own. */
	if (mount("/usr/bin", FIXTURE_ROOT "/shell", "none", MS_BIND, NULL) < 0 ||
		mount("/usr/lib", FIXTURE_ROOT "/lib", "none", MS_BIND, NULL) < 0 ||
		mount("/usr/lib64", FIXTURE_ROOT "/lib64", "none", MS_BIND, NULL) < 0)
		return -1;
	fixture_write(FIXTURE_ROOT "/dev/null", "");
	package_write("/usr/bin/dpkg-query", fake_dpkg_query);
	package_write("/usr/bin/apt-get", fake_apt_get);
	package_write("/usr/bin/apt-mark", fake_apt_mark);
	package_write("/usr/bin/apt-cache", fake_apt_cache);
	package_write("/usr/bin/dpkg", fake_dpkg);
	package_write("/var/fake/log", "");
	package_write("/var/fake/auto", "");
	package_write(
		"/var/fake/sim/tayga", "Inst libtay (1 x [all])\nInst tayga (1 x [all])\nConf tayga (1 x [all])\n");
	package_write("/var/fake/sim/bind9", "Inst libbind (1 x [all])\nInst bind9 (1 x [all])\n");
	return 0;
}

/* What was run since the last look. */
static inline void package_ran(const char *expected)
{
	_cleanup_free_ char *log = fixture_read(FIXTURE_ROOT "/var/fake/log");

	assert_string_equal(log, expected);
	package_write("/var/fake/log", "");
}
