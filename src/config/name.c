/* SPDX-License-Identifier: Apache-2.0 */
#include "config/name.h"

#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define LABEL_MAX 63	   /* RFC 1035 section 2.3.4 */
#define HOST_NAME_MAX_ 253 /* 255 octets on the wire (the same section) */
#define DIRECTORY_MAX 1024
#define SOCKET_MAX 107 /* sun_path without its NUL (unix(7)) */

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static const char *label_problem(const char *label, size_t len)
{
	size_t i;

	if (len == 0)
		return "has an empty label: dots stand between labels";
	if (len > LABEL_MAX)
		return "has a label of more than 63 characters";
	if (label[0] == '-' || label[len - 1] == '-')
		return "has a label that begins or ends with '-'";
	for (i = 0; i < len; i++)
		if (!letter_or_digit(label[i]) && label[i] != '-')
			return "may only have letters, digits, '-' and '.'";
	return NULL;
}

const char *host_name_problem(const char *name)
{
	const char *label = name, *dot, *problem;

	if (strlen(name) > HOST_NAME_MAX_)
		return "is longer than 253 characters";
	do {
		dot = strchrnul(label, '.');
		problem = label_problem(label, (size_t)(dot - label));
		if (problem)
			return problem;
		label = dot + 1;
	} while (*dot);
	/* inet_aton(3) takes "10.1" and "7" as well */
	if (strspn(name, "0123456789.") == strlen(name))
		return "would be read as an address";
	return NULL;
}

const char *interface_name_problem(const char *name)
{
	const char *c;

	if (strlen(name) >= IFNAMSIZ)
		return "is longer than 15 octets";
	if (str_eq(name, ".") || str_eq(name, ".."))
		return "is not a name";
	if (name[0] == '-')
		return "begins with '-'";
	for (c = name; *c; c++) {
		if (*c == '/' || *c == ':')
			return "may not have '/' or ':'";
		/* The kernel's isspace() reads Latin-1: octet 0xa0 is a blank even inside a UTF-8 character. */
		if ((unsigned char)*c <= ' ' || *c == 0x7f || (unsigned char)*c == 0xa0)
			return "may not have blanks or control characters";
	}
	return NULL;
}

static bool has_dot_dot(const char *path)
{
	const char *c, *end;

	for (c = path; *c; c = end) {
		c += strspn(c, "/");
		end = strchrnul(c, '/');
		if (end - c == 2 && strncmp(c, "..", 2) == 0)
			return true;
	}
	return false;
}

const char *socket_problem(const char *path)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";

	if (path[0] != '/')
		return "is not an absolute path";
	if (strlen(path) > SOCKET_MAX)
		return "is longer than 107 octets, the limit for a socket";
	if (strspn(path, characters) != strlen(path))
		return "may only have letters, digits, '/', '.', '_' and '-'";
	if (has_dot_dot(path))
		return "has a '..' in it";
	if (str_ends(path, "/"))
		return "is a directory";
	if (str_ends(path, "/docker.sock"))
		return "is Docker's own socket, which does not speak CRI: name cri-dockerd's";
	return NULL;
}

const char *directory_problem(const char *path)
{
	const char *c, *end;
	bool named = false;

	if (path[0] != '/')
		return "is not an absolute path";
	if (strlen(path) > DIRECTORY_MAX)
		return "is longer than 1024 octets";
	for (c = path; *c; c++)
		if (*c < ' ' || *c > '~')
			return "has characters that are not printable ASCII";
	if (has_dot_dot(path))
		return "has a '..' in it";
	for (c = path; *c; c = end) {
		c += strspn(c, "/");
		end = strchrnul(c, '/');
		if ((size_t)(end - c) > 0 && strspn(c, " ") == (size_t)(end - c))
			return "has a name made of blanks";
		if (end > c && !(end - c == 1 && *c == '.'))
			named = true;
	}
	return named ? NULL : "is the root directory";
}

const char *image_name_problem(const char *name)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@-";

	if (strlen(name) > 255)
		return "is longer than 255 characters";
	if (strspn(name, characters) != strlen(name))
		return "has a character that no image's name has";
	if (!letter_or_digit(name[0]))
		return "doesn't begin with a small letter or a digit";
	return NULL;
}
