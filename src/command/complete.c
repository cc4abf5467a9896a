/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shells' completion scripts ask: lazyjack __complete -- WORD ..., the words behind the program's name up to
 * the cursor, the last one unfinished (perhaps empty). Printed are lines of a candidate, a tab and a description; or
 * ":files" or ":directories" alone, which shells find better themselves. Errors print nothing: this is somebody's
 * command line. So an installed script never knows less than the program.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/table.h"
#include "config/config.h"
#include "lab/lab.h"
#include "planner/lab.h"

/* The unfinished word. */
struct unfinished {
	const char *text;   /* what candidates begin with */
	const char *before; /* what is printed in front: "--host=", or "" */
	int before_len;
};

/* Candidates from a file must be nothing but words, also on a terminal. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static void offer(const struct unfinished *word, const char *candidate, const char *description)
{
	if (!str_starts(candidate, word->text) || !is_plain(candidate))
		return;
	if (description == NULL || !is_plain(description))
		description = "";
	printf("%.*s%s\t%s\n", word->before_len, word->before, candidate, description);
}

static void offer_hosts(const struct unfinished *word)
{
	struct diagnostics diagnostics = {0};
	struct config *config = NULL;
	size_t i;

	if (config_load(global.config, &diagnostics, &config, NULL) == 0)
		for (i = 0; i < config->n_hosts; i++)
			offer(word, config->hosts[i].name, config->hosts[i].opmodes.value);
	config_free(config);
	diagnostics_done(&diagnostics);
}

static void offer_lab_nodes(const struct unfinished *word)
{
	struct lab lab = {.nodes = NULL};
	size_t i;

	if (lab_open(&lab, NULL) < 0)
		return;
	for (i = 0; i < lab.n; i++)
		offer(word, lab.nodes[i], "");
	offer(word, LAB_OUTSIDE, "");
	lab_done(&lab);
}

static void offer_commands(const struct unfinished *word)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		offer(word, (*command)->name, (*command)->summary);
}

static void offer_value(const struct option_row *row, const struct unfinished *word)
{
	const char *const *choice;

	for (choice = row->choices; choice && *choice; choice++)
		offer(word, *choice, "");
	if (row->argument == NULL || row->choices)
		return;
	if (str_eq(row->argument, "FILE"))
		puts(":files");
	else if (str_eq(row->argument, "DIR"))
		puts(":directories");
	else if (str_eq(row->argument, "HOST"))
		offer_hosts(word);
}

static void offer_options(const struct option_row *const *tables, const struct unfinished *word)
{
	/* Who begins a name with one dash gets one. */
	bool one_dash = word->text[1] && word->text[1] != '-';
	const char *dashes = one_dash ? "-" : "--", *name = word->text + strspn(word->text, "-");

	for (; *tables; tables++) {
		const struct option_row *row;

		for (row = *tables; row->name; row++)
			if (row->help && str_starts(row->name, name))
				printf("%s%s\t%s\n", dashes, row->name, row->help);
	}
}

/* Only these two act on a node that is there. */
static bool takes_lab_node(const struct command *command, const char *verb)
{
	return command == &command_lab && (str_eq(verb, "exec") || str_eq(verb, "reboot"));
}

/* What one alternative of "[FILE|URL]" or "up|down|status" stands for; `before` is the argument in front, or "". */
static void offer_alternative(
	const struct command *command, const char *before, const char *one, const struct unfinished *word)
{
	if (str_eq(one, "FILE"))
		puts(":files");
	else if (str_eq(one, "COMMAND"))
		offer_commands(word);
	else if (str_eq(one, "NODE") && takes_lab_node(command, before))
		offer_lab_nodes(word);
	else if (islower((unsigned char)one[0]))
		offer(word, one, "");
}

/* `n` arguments are there already. */
static void offer_argument(const struct command *command, int n, char *const *given, const struct unfinished *word)
{
	const char *p = command->arguments;
	_cleanup_free_ char *words = NULL;
	char *rest, *one;
	int i;

	for (i = 0; p && i < n; i++)
		p = strchr(p, ' ') ? strchr(p, ' ') + 1 : NULL;
	if (p == NULL || p[0] == '.')
		return;
	p += strspn(p, "[");
	words = mem_strndup(p, strcspn(p, " ]"));
	rest = words;
	while ((one = strsep(&rest, "|")))
		offer_alternative(command, n > 0 ? given[n - 1] : "", one, word);
}

/* The finished words behind the command: its arguments to the front, the options' effect on `global.config`. */
struct finished {
	int n_arguments;
	bool dashes;			/* "--" was there: no options any more */
	const struct option_row *wants; /* the option whose value the unfinished word is, or NULL */
};

static struct finished read_finished(const struct option_row *const *tables, int argc, char **argv)
{
	struct finished ret = {0};
	int i = 0;

	while (i < argc) {
		struct option_word option;

		if (ret.dashes || !option_like(argv[i])) {
			ret.dashes = ret.dashes || str_eq(argv[i], "--");
			argv[ret.n_arguments++] = argv[i++];
			continue;
		}
		option = option_look(tables, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		i += option.words;
		if (option.row && option.row->value == &global.config && option.value)
			global.config = option.value;
		if (i > argc)
			ret.wants = option.row;
	}
	return ret;
}

static void offer_all(const struct command *command, int argc, char **argv)
{
	const struct option_row *const tables[] = {global_rows, historic_rows, command ? command->options : NULL, NULL};
	struct unfinished word = {.text = argv[argc], .before = ""};
	struct finished finished = read_finished(tables, argc, argv);
	const char *equals = strchr(word.text, '=');

	if (finished.wants) {
		offer_value(finished.wants, &word);
	} else if (finished.dashes) {
		return; /* the words of a command in a node */
	} else if (word.text[0] == '-' && equals) {
		struct option_word option = option_look(tables, word.text, NULL);

		word = (struct unfinished){
			.text = equals + 1, .before = word.text, .before_len = (int)(equals + 1 - word.text)};
		if (option.row)
			offer_value(option.row, &word);
	} else if (word.text[0] == '-') {
		offer_options(tables, &word);
	} else if (command) {
		offer_argument(command, finished.n_arguments, argv, &word);
	} else if (finished.n_arguments == 0) {
		offer_commands(&word);
	}
}

static int run(int argc, char **argv)
{
	const struct command *command;
	int at, i;

	if (argc > 0 && str_eq(argv[0], "--")) {
		argc--;
		argv++;
	}
	if (argc == 0)
		return EXIT_USAGE;
	at = command_locate(argc - 1, argv);
	if (at < 0) {
		offer_all(NULL, argc - 1, argv);
		return EXIT_DONE;
	}
	command = command_find(argv[at]);
	if (command == NULL)
		return EXIT_DONE;
	for (i = at; i > 0; i--)
		argv[i] = argv[i - 1];
	offer_all(command, argc - 2, argv + 1);
	return EXIT_DONE;
}

const struct command command_complete = {
	.name = "__complete",
	.arguments = "-- WORD ...",
	.summary = "What could stand at the end of a command line",
	.keeps_dashes = true,
	.run = run,
};
