/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "config/config.h"
#include "config/diagnostic.h"
#include "config/read.h"
#include "model/cluster.h"

static const char *mode_text(enum cluster_mode mode)
{
	switch (mode) {
	case MODE_IPV6:
		return "ipv6";
	case MODE_IPV4:
		return "ipv4";
	case MODE_DUAL_STACK:
		return "dual-stack";
	}
	return "";
}

/* A program that asked for JSON gets JSON, also when there is no file to have a line in. */
static int unreadable(const char *path, const struct err *err)
{
	struct diagnostics diagnostics = {.file = config_shown_name(path)};
	_cleanup_str_ struct str text = STR_INIT;

	if (global.json) {
		diagnostics_add(&diagnostics, SEVERITY_ERROR, (struct mark){0, 0}, NULL, "%s", err->msg);
		diagnostics_format(&diagnostics, NULL, true, &text);
		fputs(str_text(&text), stdout);
	} else {
		fprintf(stderr, "lazyjack: %s\n", err->msg);
	}
	diagnostics_done(&diagnostics);
	return EXIT_USAGE;
}

static int validate_text(const char *path, const char *source, size_t len)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	struct cluster *cluster = NULL;
	struct config *config;
	int status;

	config = config_parse(source, len, path, &diagnostics);
	/* Rules between keys say nothing true about a file of which a part is unreadable. */
	if (config->complete)
		cluster = cluster_new(config, &diagnostics);
	diagnostics_sort(&diagnostics);
	diagnostics_format(&diagnostics, isatty(STDOUT_FILENO) ? source : NULL, global.json, &text);
	fputs(str_text(&text), stdout);

	if (cluster && diagnostics.errors == 0) {
		status = EXIT_DONE;
		if (!global.json)
			printf("%s: valid: %zu node%s, %s\n", path, cluster->n_nodes, cluster->n_nodes == 1 ? "" : "s",
				mode_text(cluster->mode));
	} else {
		status = EXIT_USAGE;
		if (!global.json)
			printf("%s: %u error%s\n", path, diagnostics.errors, diagnostics.errors == 1 ? "" : "s");
	}
	cluster_free(cluster);
	config_free(config);
	diagnostics_done(&diagnostics);
	return status;
}

static int run(int argc, char **argv)
{
	const char *path = argc > 0 ? argv[0] : global.config;
	struct err err = ERR_INIT;
	struct str source = STR_INIT;
	_cleanup_free_ char *shown = NULL;
	int status;

	if (argc > 1) {
		fprintf(stderr, "lazyjack: unexpected argument '%s'; validate takes one file\n", argv[1]);
		return EXIT_USAGE;
	}
	if (config_read(path, &source.s, &source.len, &err) < 0) {
		status = unreadable(path, &err);
		err_done(&err);
		return status;
	}
	source.cap = source.len;
	shown = config_shown_name(path);
	status = validate_text(shown, source.s, source.len);
	str_wipe(&source);
	if (fflush(stdout) != 0)
		return EXIT_FAILED;
	return status;
}

const struct command command_validate = {
	.name = "validate",
	.arguments = "[FILE|URL]",
	.summary = "Check a configuration file and show everything that is wrong with it",
	.help = "Reads FILE (or 'https://...'), else the file of --config, and reports each error with its line, its "
		"column and what to "
		"do. "
		"Nothing else is looked at, and nothing is changed.\n"
		"\n"
		"With --json each finding is one object on a line: file, line, column, severity, message, hint.\n"
		"\n"
		"The exit status is 0 when the file is valid, else 2.\n",
	.run = run,
};
