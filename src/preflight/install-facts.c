/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/install-facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "preflight/look.h"
#include "resource/apt.h"

enum { RELEASE_MAX = 65536 }; /* octets */

/* The value of a key of os-release(5), without its quotation marks; NULL: none. The caller frees it. */
static char *release_value(const char *text, const char *key)
{
	const char *line;
	size_t n = strlen(key);

	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + n + 1;
		size_t len;

		if (strncmp(line, key, n) != 0 || line[n] != '=')
			continue;
		value += *value == '"' || *value == '\'';
		len = strcspn(value, "\n");
		if (len > 0 && (value[len - 1] == '"' || value[len - 1] == '\''))
			len--;
		return mem_strndup(value, len);
	}
	return NULL;
}

/* True when one of the words, which stand apart by blanks, is a family of distributions that has these packages. */
static bool is_debian(const char *words)
{
	static const char *const families[] = {"debian", "ubuntu"};
	size_t i, n;

	for (; words && *words; words += n, words += strspn(words, " ")) {
		n = strcspn(words, " ");
		for (i = 0; i < ARRAY_SIZE(families); i++)
			if (strlen(families[i]) == n && memcmp(words, families[i], n) == 0)
				return true;
	}
	return false;
}

static void look_at_distribution(struct node *node, struct install_facts *facts)
{
	static const char *const files[] = {"/etc/os-release", "/usr/lib/os-release"};
	_cleanup_free_ char *text = NULL, *id = NULL, *like = NULL;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(files) && text == NULL; i++) {
		_cleanup_free_ char *path = node_path(node, files[i]);

		(void)file_read(path, RELEASE_MAX, &text, &len, NULL, NULL);
	}
	if (text == NULL)
		return;
	facts->distribution = release_value(text, "PRETTY_NAME");
	id = release_value(text, "ID");
	like = release_value(text, "ID_LIKE");
	facts->apt = (is_debian(id) || is_debian(like)) && look_exists(node, "/usr/bin/apt-get") &&
		     look_exists(node, "/usr/bin/dpkg-query");
}

static bool is_there(struct node *node, const char *const *programs)
{
	for (; *programs; programs++) {
		_cleanup_free_ char *path = NULL;

		if (**programs == '/' && look_exists(node, *programs))
			return true;
		path = **programs == '/' ? NULL : look_program(node, *programs);
		if (path)
			return true;
	}
	return false;
}

static int look_at_row(struct node *node, size_t i, struct install_facts *facts, struct err *err)
{
	const struct install_row *row = &install_rows[i];
	enum apt_state state = APT_ABSENT;
	int r;

	if (facts->apt) {
		r = apt_look(node, row->package, &state, NULL, err);
		if (r < 0)
			return r;
	}
	/* A package that was killed half-way has its programs there already. */
	if (state == APT_INSTALLED || state == APT_BROKEN)
		facts->states[i] = INSTALL_INSTALLED;
	else
		facts->states[i] = is_there(node, row->programs) ? INSTALL_OTHERWISE : INSTALL_MISSING;
	if (!facts->apt || !row->kubernetes || facts->states[i] != INSTALL_MISSING)
		return 0;
	r = apt_offers(node, row->package, err);
	facts->offered[i] = r > 0;
	return r < 0 ? r : 0;
}

int install_facts_gather(struct node *node, struct install_facts *ret, struct err *err)
{
	struct install_facts facts = {.apt = false};
	size_t i;
	int r = 0;

	look_at_distribution(node, &facts);
	for (i = 0; i < INSTALL_ROWS && r == 0; i++)
		r = look_at_row(node, i, &facts, err);
	if (r < 0) {
		install_facts_done(&facts);
		return err_wrap(err, "cannot look at this machine's packages");
	}
	*ret = facts;
	return 0;
}
