/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "nat64/loader.h"
#include "nat64/maps.h"

#define TEXT(value) TEXT_OF(value)
#define TEXT_OF(value) #value

char *nat64_pins(const char *directory)
{
	return mem_printf("%s/abi-" TEXT(NAT64_ABI), directory);
}

int nat64_unpin(const char *directory, struct err *err)
{
	DIR *open = opendir(directory);
	struct dirent *entry;
	int r = 0;

	if (open == NULL && errno == ENOENT)
		return 0;
	if (open == NULL)
		return err_errno(err, errno, "can't list '%s'", directory);
	while (r == 0 && (entry = readdir(open))) {
		_cleanup_free_ char *path = mem_printf("%s/%s", directory, entry->d_name);
		struct stat st;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..") || lstat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			r = nat64_unpin(path, err);
		else if (unlink(path) < 0 && errno != ENOENT)
			r = err_errno(err, errno, "can't remove '%s'", path);
	}
	closedir(open);
	if (r == 0 && rmdir(directory) < 0 && errno != ENOENT)
		r = err_errno(err, errno, "can't remove the directory '%s'", directory);
	return r;
}
