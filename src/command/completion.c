/* SPDX-License-Identifier: Apache-2.0 */
/* The shells' side of completion: short scripts that ask complete.c, since what a program knows no script has to say.
 */
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "command/table.h"

static const char bash_script[] =
	"# bash completion for lazyjack, made by 'lazyjack completion bash'.\n"
	"\n"
	"_lazyjack()\n"
	"{\n"
	"	local program=${1/#'~/'/$HOME/} last=$2 word rest before= hidden=\n"
	"	local -a words=()\n"
	"\n"
	"	# Readline divides words at '=', too: '--name=value' comes in three.\n"
	"	[[ ${COMP_WORDS[COMP_CWORD]} == = ]] && last==\n"
	"	for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\" \"$last\"; do\n"
	"		word=${word//[\\\\\\\"\\']/}\n"
	"		if [[ ${#words[@]} -gt 0 && ( $word == = || ${words[-1]} == -*= ) ]]; then\n"
	"			words[-1]+=$word\n"
	"		else\n"
	"			words+=(\"${word/#'~/'/$HOME/}\")\n"
	"		fi\n"
	"	done\n"
	"	last=${words[-1]}\n"
	"	if [[ $last == -*=* ]]; then\n"
	"		before=${last%%=*}=\n"
	"		[[ $COMP_WORDBREAKS == *=* ]] && hidden=$before\n"
	"	fi\n"
	"\n"
	"	COMPREPLY=()\n"
	"	while IFS=$'\\t' read -r word rest; do\n"
	"		case $word in\n"
	"		:files | :directories)\n"
	"			compopt -o filenames 2>/dev/null\n"
	"			rest=-${word:1:1}\n"
	"			word=${2#\"$before\"}\n"
	"			mapfile -t COMPREPLY < <(compgen -P \"${before#\"$hidden\"}\" \"$rest\" -- \"$word\")\n"
	"			;;\n"
	"		*)\n"
	"			COMPREPLY+=(\"${word#\"$hidden\"}\")\n"
	"			;;\n"
	"		esac\n"
	"	done < <(\"$program\" __complete -- \"${words[@]}\" 2>/dev/null)\n"
	"}\n"
	"\n"
	"complete -F _lazyjack lazyjack\n";

static const char zsh_script[] = "#compdef lazyjack\n"
				 "# zsh completion for lazyjack, made by 'lazyjack completion zsh'.\n"
				 "\n"
				 "_lazyjack()\n"
				 "{\n"
				 "	local program=${${(Q)words[1]}/#\\~\\//$HOME/} line said\n"
				 "	local -a lines candidates\n"
				 "\n"
				 "	lines=(\"${(@f)$(\"$program\" __complete -- \"${(@Q)words[2,CURRENT-1]}\" "
				 "\"${(Q)PREFIX}\" 2>/dev/null)}\")\n"
				 "	case $lines[1] in\n"
				 "	:files)\n"
				 "		compset -P '-*='\n"
				 "		_files\n"
				 "		;;\n"
				 "	:directories)\n"
				 "		compset -P '-*='\n"
				 "		_files -/\n"
				 "		;;\n"
				 "	?*)\n"
				 "		for line in $lines; do\n"
				 "			said=${line#*$'\\t'}\n"
				 "			candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}${said:+:$said}\")\n"
				 "		done\n"
				 "		_describe -V lazyjack candidates\n"
				 "		;;\n"
				 "	esac\n"
				 "}\n"
				 "\n"
				 "# Sourced, it is made known; loaded on first use, it is that use.\n"
				 "if [[ $funcstack[1] == _lazyjack ]]; then\n"
				 "	_lazyjack\n"
				 "else\n"
				 "	compdef _lazyjack lazyjack\n"
				 "fi\n";

static const char fish_script[] =
	"# fish completion for lazyjack, made by 'lazyjack completion fish'.\n"
	"\n"
	"function __lazyjack_complete\n"
	"	set -l words (commandline -opc) (commandline -ct)\n"
	"	set -l program (string replace -r -- '^~/' $HOME/ $words[1])\n"
	"	set -l lines ($program __complete -- $words[2..-1] 2>/dev/null)\n"
	"	set -l before (string match -r -- '^-[^=]*=' $words[-1])\n"
	"	set -l value (string replace -r -- '^-[^=]*=' '' $words[-1])\n"
	"	switch \"$lines[1]\"\n"
	"		case :files\n"
	"			string replace -r -- '^' \"$before\" (__fish_complete_path \"$value\")\n"
	"		case :directories\n"
	"			string replace -r -- '^' \"$before\" (__fish_complete_directories \"$value\")\n"
	"		case '*'\n"
	"			printf '%s\\n' $lines\n"
	"	end\n"
	"end\n"
	"\n"
	"complete -c lazyjack -f -a '(__lazyjack_complete)'\n";

static const struct {
	const char *shell, *script;
} scripts[] = {
	{"bash", bash_script},
	{"zsh", zsh_script},
	{"fish", fish_script},
};

static int run(int argc, char **argv)
{
	size_t i;

	if (argc != 1) {
		fprintf(stderr, "lazyjack: completion: which shell? bash, zsh or fish\n");
		return EXIT_USAGE;
	}
	for (i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcasecmp(argv[0], scripts[i].shell) != 0)
			continue;
		fputs(scripts[i].script, stdout);
		return EXIT_DONE;
	}
	fprintf(stderr, "lazyjack: completion: there is none for '%s': bash, zsh or fish\n", argv[0]);
	return EXIT_USAGE;
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.summary = "Print the script that completes lazyjack's command lines in a shell",
	.help = "An installed lazyjack has it in place. Else, for this shell alone:\n\n"
		"  bash   source <(lazyjack completion bash)\n"
		"  zsh    source <(lazyjack completion zsh)\n"
		"  fish   lazyjack completion fish | source\n\n"
		"Completed are commands, options and their values: files, the configuration's hosts, the lab's "
		"nodes.\n",
	.run = run,
};
