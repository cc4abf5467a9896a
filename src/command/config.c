/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "command/command.h"
#include "command/config-verbs.h"
#include "config/sample.h"
#include "config/schema.h"
#include "config/schema_json.h"
#include "config/schema_text.h"

static bool write_file, secrets, markdown, ha;
static const char *mode = "ipv6"; /* one of schema_modes */

static const char *where(int argc, char **argv)
{
	return argc > 0 ? argv[0] : global.config;
}

static int run_show(int argc, char **argv)
{
	return config_show(where(argc, argv), secrets);
}

static int run_migrate(int argc, char **argv)
{
	return config_rewrite(where(argc, argv), write_file);
}

static int run_sample(int argc, char **argv)
{
	_cleanup_str_ struct str text = STR_INIT;
	unsigned int i = 0;

	while (!str_eq(schema_modes[i], mode))
		i++;
	config_sample(i, ha, &text);
	fputs(text.s, stdout);
	return EXIT_DONE;
}

static int run_schema(int argc, char **argv)
{
	_cleanup_json_ json_t *schema = schema_json();
	_cleanup_free_ char *text = json_dumps(schema, global.json ? JSON_COMPACT : JSON_INDENT(2));

	if (text)
		puts(text);
	return text ? EXIT_DONE : EXIT_FAILED;
}

static int run_keys(int argc, char **argv)
{
	_cleanup_str_ struct str text = STR_INIT;

	if (markdown)
		schema_markdown(&text);
	else
		schema_plain(&text);
	fputs(text.s, stdout);
	return EXIT_DONE;
}

static const struct {
	const char *name;
	int arguments_max;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"show", 1, run_show},
	{"migrate", 1, run_migrate},
	{"sample", 0, run_sample},
	{"schema", 0, run_schema},
	{"keys", 0, run_keys},
};

static int run_config(int argc, char **argv)
{
	const char *names[ARRAY_SIZE(verbs)], *near;
	size_t i;

	if (argc == 0) {
		fputs("lazyjack: config: what about it? show, migrate, sample, schema or keys\n", stderr);
		return EXIT_USAGE;
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		names[i] = verbs[i].name;
		if (!str_eq(argv[0], verbs[i].name))
			continue;
		if (argc - 1 <= verbs[i].arguments_max)
			return verbs[i].run(argc - 1, argv + 1);
		fprintf(stderr, "lazyjack: config %s: unexpected argument '%s'\n", argv[0],
			argv[1 + verbs[i].arguments_max]);
		return EXIT_USAGE;
	}
	near = str_nearest(argv[0], names, ARRAY_SIZE(verbs));
	fprintf(stderr, "lazyjack: config: there is no '%s': %s%s%s\n", argv[0],
		near ? "did you mean 'config " : "see 'lazyjack help config", near ? near : "", "'");
	return EXIT_USAGE;
}

static const struct option_row options[] = {
	{"write", 'w', OPTION_FLAG, &write_file, 0, NULL,
		"migrate: put it in the file's place, keep the old one as FILE.bak"},
	{"mode", 0, OPTION_TEXT, &mode, 0, "MODE", "sample: ipv6 (default), ipv4 or dual-stack", schema_modes},
	{"ha", 0, OPTION_FLAG, &ha, 0, NULL, "sample: three masters, so that one may fail (high availability)"},
	{"secrets", 0, OPTION_FLAG, &secrets, 0, NULL, "show: the token and the certificate key, too"},
	{"markdown", 0, OPTION_FLAG, &markdown, 0, NULL, "keys: as tables of the manual"},
	{0},
};

const struct command command_config = {
	.name = "config",
	.arguments = "show|migrate|sample|schema|keys [FILE|URL]",
	.summary = "Show, rewrite or begin a configuration",
	.help = "config show       all values with their defaults, and what follows from them for each node\n"
		"config migrate    rewrite keys of earlier releases in the present form; comments stay\n"
		"config sample     a commented configuration to start from\n"
		"config schema     the JSON Schema of the file, for editors\n"
		"config keys       every key: what it takes, its default, what it is\n\n"
		"FILE is that of --config when it is left out. Only 'migrate --write' changes anything.\n",
	.options = options,
	.run = run_config,
};
