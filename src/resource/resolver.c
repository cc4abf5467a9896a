/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolv.conf(5) knows comments only as whole lines (glibc forgives text behind an address, systemd does not), so the
 * mark of our nameserver line is a line of its own before it. Both stand at the very beginning: their removal is exact,
 * and nobody's nameserver comes first.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "net/address.h"
#include "resource/diff.h"
#include "resource/kinds.h"
#include "resource/lines.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/shared-file.h"

#define MARK "#[+] the next line is lazyjack's"
#define KEYWORD "nameserver"

struct step step_resolver(const char *path, const struct address *server)
{
	char text[ADDRESS_TEXT_MAX];

	return step_make(&resolver_ops, json_make("{s:s,s:s}", "path", path, "server", address_text(server, text)));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "sed -i '1i" KEYWORD " %s' %s", json_text(want, "server"), json_text(want, "path"));
}

static bool is_mark(const struct line *line)
{
	return line_length(line) == strlen(MARK) && memcmp(line->s, MARK, strlen(MARK)) == 0;
}

/* The server of an active nameserver line into `ret` ("" when it is none). Blanks may not stand before the keyword. */
static bool nameserver_of(const struct line *line, char ret[ADDRESS_TEXT_MAX])
{
	const size_t keyword = strlen(KEYWORD);
	size_t n = line_length(line), from = keyword, to;

	if (n <= keyword || memcmp(line->s, KEYWORD, keyword) != 0 ||
		(line->s[keyword] != ' ' && line->s[keyword] != '\t'))
		return false;
	while (from < n && (line->s[from] == ' ' || line->s[from] == '\t'))
		from++;
	to = from;
	while (to < n && line->s[to] != ' ' && line->s[to] != '\t')
		to++;
	if (to - from >= ADDRESS_TEXT_MAX)
		return false;
	memcpy(ret, line->s + from, to - from);
	ret[to - from] = '\0';
	return true;
}

/* The text without our lines. */
static void strip(const struct shared_file *file, struct str *ret)
{
	_cleanup_lines_ struct lines lines = LINES_INIT;
	char server[ADDRESS_TEXT_MAX];
	size_t i;

	lines_split(file->text, file->len, &lines);
	for (i = 0; i < lines.n; i++) {
		if (!is_mark(&lines.items[i]))
			str_add_n(ret, lines.items[i].s, lines.items[i].len);
		else if (i + 1 < lines.n && nameserver_of(&lines.items[i + 1], server))
			i++;
	}
}

static void edit(const json_t *want, const struct shared_file *file, struct str *ret)
{
	str_addf(ret, MARK "\n" KEYWORD " %s\n", json_text(want, "server"));
	strip(file, ret);
}

static int compare(const json_t *want, const struct shared_file *file, struct str *ret_detail)
{
	_cleanup_lines_ struct lines lines = LINES_INIT;
	char server[ADDRESS_TEXT_MAX], first[ADDRESS_TEXT_MAX] = "";
	bool marked = false;
	size_t i;

	lines_split(file->text, file->len, &lines);
	for (i = 0; i < lines.n; i++) {
		marked = marked || is_mark(&lines.items[i]);
		if (first[0] == '\0' && nameserver_of(&lines.items[i], server))
			memcpy(first, server, sizeof(first));
	}
	if (str_eq(first, json_text(want, "server")))
		return STEP_IN_PLACE;
	if (!marked)
		return STEP_MISSING;
	if (ret_detail)
		str_addf(ret_detail, "the first nameserver is '%s'", first);
	return STEP_DRIFTED;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_err_ struct err reason = ERR_INIT;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, &reason);
	if (r == -ENOENT && ours) {
		/* Programs that write the target at boot may not have done so yet. */
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	if (r < 0)
		return err_set(err, reason.code, "%s%s", reason.msg,
			r == -ENOENT ? ": start the service that writes it, or replace the link by a file" : "");
	if (ret_undo)
		*ret_undo = shared_file_undo(&file);
	return compare(step->want, &file, ret_detail);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, err);
	if (r < 0)
		return r;
	edit(step->want, &file, &text);
	return shared_file_write(&file, text.s, text.len, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, err);
	if (r < 0)
		return r;
	strip(&file, &text);
	return shared_file_restore(&file, undo, str_text(&text), text.len, err);
}

static void diff(const struct step *step, struct node *node, struct str *ret)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	const char *path = json_text(step->want, "path");

	if (shared_file_read(node, path, &file, NULL) < 0)
		return;
	edit(step->want, &file, &text);
	diff_unified(path, file.exists ? file.text : NULL, file.len, text.s, text.len, ret);
}

const struct step_ops resolver_ops = {
	.kind = "resolver",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
	.diff = diff,
};
