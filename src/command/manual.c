/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages from the command table, in the man macros (man(7)). */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/table.h"

/* Text as it is: what troff would take for a request, an escape or a typographer's sign is written so that it does not.
 */
static void add_text(struct str *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		const char *plain = strchr("-\\'`^~\"", text[i]);

		if (i == 0 && (text[i] == '.' || text[i] == '\''))
			str_add(out, "\\&");
		if (plain == NULL || text[i] == '\0') {
			str_add_n(out, text + i, 1);
			continue;
		}
		switch (*plain) {
		case '-':
			str_add(out, "\\-");
			break;
		case '\\':
			str_add(out, "\\e");
			break;
		case '\'':
			str_add(out, "\\(aq");
			break;
		case '`':
			str_add(out, "\\(ga");
			break;
		case '^':
			str_add(out, "\\(ha");
			break;
		case '~':
			str_add(out, "\\(ti");
			break;
		default: /* would end a macro's argument */
			str_add(out, "\\(dq");
			break;
		}
	}
}

static void add(struct str *out, const char *text)
{
	add_text(out, text, strlen(text));
}

/* In a line such as "exec NODE   run it there" the length of the term, else 0. */
static size_t term_length(const char *line, size_t len)
{
	const char *gap = memmem(line, len, "  ", 2);

	return gap ? (size_t)(gap - line) : 0;
}

static void add_line(struct str *out, const char *line, size_t len)
{
	size_t term;

	while (len > 0 && line[0] == ' ') {
		line++;
		len--;
	}
	term = term_length(line, len);
	if (term > 0) {
		str_add(out, ".TP\n.B ");
		add_text(out, line, term);
		str_add(out, "\n");
		for (; term < len && line[term] == ' '; term++)
			;
	}
	add_text(out, line + term, len - term);
	str_add(out, "\n");
}

/* Paragraphs with an empty line between them; a line with a wide gap is a term and what is said of it. */
static void add_paragraphs(struct str *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (len == 0)
			str_add(out, ".PP\n");
		else
			add_line(out, text, len);
		text += len + (text[len] == '\n');
	}
}

static void add_options(struct str *out, const char *title, const struct option_row *row)
{
	str_addf(out, ".SH %s\n", title);
	for (; row->name; row++) {
		if (row->help == NULL)
			continue;
		str_add(out, ".TP\n");
		if (row->letter)
			str_addf(out, "\\fB\\-%c\\fR, ", row->letter);
		str_add(out, "\\fB\\-\\-");
		add(out, row->name);
		str_add(out, "\\fR");
		if (row->argument) {
			str_add(out, " \\fI");
			add(out, row->argument);
			str_add(out, "\\fR");
		}
		str_add(out, "\n");
		add(out, row->help);
		str_add(out, ".\n");
	}
}

static void add_title(struct str *out, const char *command)
{
	size_t i;

	str_add(out, ".TH LAZYJACK");
	for (i = 0; command && command[i]; i++)
		str_addf(out, "%s%c", i ? "" : "\\-", toupper((unsigned char)command[i]));
	str_add(out, " 1 \"\" \"lazyjack " LAZYJACK_VERSION "\" \"lazyjack manual\"\n.nh\n.SH NAME\nlazyjack");
	if (command)
		str_addf(out, "\\-%s", command);
	str_add(out, " \\- ");
}

static void add_exit_statuses(struct str *out)
{
	const struct exit_row *row;

	str_add(out, ".SH EXIT STATUS\n");
	for (row = exit_rows; row->text; row++) {
		str_addf(out, ".TP\n.B %d\n", row->status);
		add(out, row->text);
		str_add(out, ".\n");
	}
}

static void add_historic_options(struct str *out)
{
	const struct option_row *row;

	str_add(out,
		".SH OPTIONS OF OLDER VERSIONS\n"
		"One dash or two make no difference before a name, nor do \\(oq_\\(cq and \\(oq\\-\\(cq in it; a value "
		"follows \\(oq=\\(cq or is the next word.\n"
		"So the options of glog are accepted: \\fB\\-v\\fR \\fIN\\fR and \\fB\\-log_dir\\fR \\fIDIR\\fR as "
		"above, "
		"and without effect");
	for (row = historic_rows; row->name; row++) {
		str_addf(out, "%s\\fB\\-", row == historic_rows ? " " : row[1].name ? ", " : " and ");
		add(out, row->name);
		str_add(out, "\\fR");
		if (row->argument) {
			str_add(out, " \\fI");
			add(out, row->argument);
			str_add(out, "\\fR");
		}
	}
	str_add(out, ".\n.PP\nThe word behind \\fB\\-v\\fR is its level only when it is all digits.\n");
}

static void add_overview(struct str *out)
{
	const struct command *const *command;

	add_title(out, NULL);
	add(out, "prepare Linux nodes for an IPv6-only Kubernetes cluster, and put them back");
	str_add(out, "\n.SH SYNOPSIS\n.B lazyjack\n.I COMMAND\n[\\fIOPTION\\fR ...]\n.SH DESCRIPTION\n");
	add(out, "Makes Linux nodes ready for an IPv6-only Kubernetes cluster from one YAML file, and puts them back "
		 "exactly "
		 "as they were. Options may stand before or behind the command.");
	str_add(out, "\n.SH COMMANDS\n");
	for (command = commands; *command; command++) {
		str_addf(out, ".TP\n\\fB%s\\fR", (*command)->name);
		if ((*command)->arguments) {
			str_add(out, " ");
			add(out, (*command)->arguments);
		}
		str_add(out, "\n");
		add(out, (*command)->summary);
		str_add(out, ".\n");
	}
	add_options(out, "OPTIONS", global_rows);
	add_historic_options(out);
	add_exit_statuses(out);
	str_add(out, ".SH SEE ALSO\n");
	for (command = commands; *command; command++)
		str_addf(out, ".BR lazyjack\\-%s (1)%s\n", (*command)->name, command[1] ? "," : "");
}

static void add_command(struct str *out, const struct command *command)
{
	add_title(out, command->name);
	add(out, command->summary);
	str_addf(out, "\n.SH SYNOPSIS\n.B lazyjack %s\n", command->name);
	if (command->arguments) {
		add(out, command->arguments);
		str_add(out, "\n");
	}
	str_add(out, "[\\fIOPTION\\fR ...]\n.SH DESCRIPTION\n");
	if (command->help) {
		add_paragraphs(out, command->help);
	} else {
		add(out, command->summary);
		str_add(out, ".\n");
	}
	if (command->options)
		add_options(out, "OPTIONS", command->options);
	add_options(out, "OPTIONS OF EVERY COMMAND", global_rows);
	add_exit_statuses(out);
	str_add(out, ".SH SEE ALSO\n.BR lazyjack (1)\n");
}

void manual_text(const struct command *command, struct str *ret)
{
	str_add(ret, ".\\\" Made by 'lazyjack help --man' from the table of commands.\n");
	if (command)
		add_command(ret, command);
	else
		add_overview(ret);
}
