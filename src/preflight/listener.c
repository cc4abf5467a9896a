/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/listener.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

enum { SOCKETS_MAX = 4 << 20 }; /* octets of one of the kernel's tables */

/* proc_net(5): "sl: ADDRESS:PORT REMOTE:PORT STATE … inode", numbers hexadecimal but the inode; state 0A listens. */
unsigned long listening_inode(const char *text, unsigned int port)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		unsigned int local, state;
		unsigned long inode;

		if (sscanf(text, " %*u: %*32[0-9A-Fa-f]:%4x %*32[0-9A-Fa-f]:%*4x %2x %*s %*s %*s %*u %*u %lu", &local,
			    &state, &inode) == 3 &&
			local == port && state == 0x0a)
			return inode;
	}
	return 0;
}

/* NULL when the file cannot be read; the caller frees it. */
static char *text_of(struct node *node, const char *path)
{
	_cleanup_free_ char *full = node_path(node, path);
	char *text = NULL;
	size_t len;

	return file_read(full, SOCKETS_MAX, &text, &len, NULL, NULL) < 0 ? NULL : text;
}

static bool holds(struct node *node, const char *pid, const char *wanted)
{
	_cleanup_free_ char *below = mem_printf("/proc/%s/fd", pid), *path = node_path(node, below);
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory))) {
		char target[64];
		ssize_t n = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		found = str_eq(target, wanted);
	}
	if (directory)
		closedir(directory);
	return found;
}

/* The process that has the socket, 0: none that can be seen. */
static long find_holder(struct node *node, unsigned long inode)
{
	_cleanup_free_ char *wanted = mem_printf("socket:[%lu]", inode), *path = node_path(node, "/proc");
	DIR *directory = opendir(path);
	struct dirent *entry;
	long found = 0;

	while (directory && found == 0 && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]) && holds(node, entry->d_name, wanted))
			found = strtol(entry->d_name, NULL, 10);
	if (directory)
		closedir(directory);
	return found;
}

bool look_listener(struct node *node, unsigned int port, struct listener *ret)
{
	static const char *const files[] = {"/proc/net/tcp6", "/proc/net/tcp"};
	unsigned long inode = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files) && inode == 0; i++) {
		_cleanup_free_ char *text = text_of(node, files[i]);

		inode = text ? listening_inode(text, port) : 0;
	}
	if (inode == 0)
		return false;
	*ret = (struct listener){.pid = find_holder(node, inode)};
	if (ret->pid > 0) {
		_cleanup_free_ char *path = mem_printf("/proc/%ld/comm", ret->pid), *name = text_of(node, path);

		snprintf(ret->name, sizeof(ret->name), "%.*s", name ? (int)strcspn(name, "\n") : 1, name ? name : "?");
	}
	return true;
}
