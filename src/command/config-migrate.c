/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/xattr.h"
#include "command/command.h"
#include "command/config-verbs.h"
#include "config/config.h"
#include "config/migrate.h"
#include "config/read.h"

enum { BACKUPS_MAX = 100 };

struct rewrite {
	const char *where;
	char *path; /* links followed; NULL: nothing is written */
	struct str old, new;
	struct file_attr attr;
};

static int fail(int status, const struct err *err)
{
	fprintf(stderr, "lazyjack: config migrate: %s\n", err->msg);
	return status;
}

/* One that is there is never written over: it may be what 'lazyjack clean' puts back. The caller frees it. */
static char *free_backup_name(const char *path, struct err *err)
{
	struct stat st;
	unsigned int i;

	for (i = 0; i < BACKUPS_MAX; i++) {
		char *name = i ? mem_printf("%s.bak.%u", path, i) : mem_printf("%s.bak", path);

		if (lstat(name, &st) < 0 && errno == ENOENT)
			return name;
		free(name);
	}
	err_set(err, EEXIST, "'%s.bak' and %d more are there: move some away", path, BACKUPS_MAX - 1);
	return NULL;
}

static int put(
	const char *path, const struct str *text, const struct rewrite *rewrite, const json_t *xattrs, struct err *err)
{
	int r = file_replace(path, str_text(text), text->len, &rewrite->attr, err);

	if (r == 0)
		xattr_write(path, xattrs);
	return r;
}

static int write_both(const struct rewrite *rewrite)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *backup = free_backup_name(rewrite->path, &err);
	json_t *xattrs;
	int r;

	if (backup == NULL)
		return fail(EXIT_FAILED, &err);
	xattrs = xattr_read(rewrite->path);
	r = put(backup, &rewrite->old, rewrite, xattrs, &err);
	if (r == 0)
		r = put(rewrite->path, &rewrite->new, rewrite, xattrs, &err);
	json_decref(xattrs);
	if (r < 0)
		return fail(EXIT_FAILED, &err);
	printf("%s: in the present form now; the old one is '%s'\n", rewrite->where, backup);
	return EXIT_DONE;
}

static int read_old(struct rewrite *rewrite, bool write, struct err *err)
{
	int r;

	if (!write) {
		r = config_read(rewrite->where, &rewrite->old.s, &rewrite->old.len, err);
	} else if (config_is_url(rewrite->where)) {
		_cleanup_free_ char *shown = config_shown_name(rewrite->where);

		return err_set(err, EINVAL, "'%s' can be read, but not edited: leave '--write' out", shown);
	} else {
		rewrite->path = realpath(rewrite->where, NULL);
		if (rewrite->path == NULL)
			return err_errno(err, errno, "cannot find '%s'", rewrite->where);
		r = file_read(rewrite->path, CONFIG_SIZE_MAX, &rewrite->old.s, &rewrite->old.len, &rewrite->attr, err);
	}
	rewrite->old.cap = rewrite->old.len;
	return r;
}

/* What is wrong with the file, if anything; it is not rewritten then. */
static unsigned int print_errors(const struct rewrite *rewrite)
{
	_cleanup_free_ char *name = config_shown_name(rewrite->where);
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	unsigned int errors;

	config_free(config_parse(rewrite->old.s, rewrite->old.len, name, &diagnostics));
	errors = diagnostics.errors;
	if (errors > 0)
		diagnostics_format(&diagnostics, NULL, global.json, &text);
	fputs(str_text(&text), global.json ? stdout : stderr);
	diagnostics_done(&diagnostics);
	return errors;
}

static int run(struct rewrite *rewrite)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (print_errors(rewrite) > 0)
		return EXIT_USAGE;
	if (config_migrate(rewrite->old.s, rewrite->old.len, &rewrite->new.s, &rewrite->new.len, &err) < 0)
		return fail(EXIT_USAGE, &err);
	rewrite->new.cap = rewrite->new.len;
	if (rewrite->path == NULL) {
		fwrite(rewrite->new.s, 1, rewrite->new.len, stdout);
		return EXIT_DONE;
	}
	if (rewrite->new.len == rewrite->old.len && memcmp(rewrite->new.s, rewrite->old.s, rewrite->old.len) == 0) {
		printf("%s: is in the present form already\n", rewrite->where);
		return EXIT_DONE;
	}
	return write_both(rewrite);
}

int config_rewrite(const char *where, bool write)
{
	struct rewrite rewrite = {.where = where};
	_cleanup_err_ struct err err = ERR_INIT;
	int status;

	if (read_old(&rewrite, write && !global.dry_run, &err) < 0)
		status = fail(EXIT_USAGE, &err);
	else
		status = run(&rewrite);
	free(rewrite.path);
	str_wipe(&rewrite.old);
	str_wipe(&rewrite.new);
	return status;
}
