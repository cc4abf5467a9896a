/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "command/session.h"
#include "preflight/doctor.h"

#define CONFIG_DEFAULT "config.yaml"

static const char *severity_text(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "error";
	case SEVERITY_WARNING:
		return "warning";
	}
	return "";
}

static void print_json(json_t *taken)
{
	_cleanup_json_ json_t *json = taken;
	_cleanup_free_ char *line = json_line(json);

	puts(line);
}

/* The findings come in the order of the table, so those of a group are together. */
static void print_finding(const struct finding *finding, const char **group)
{
	const char *own = doctor_group(finding->id);

	if (global.json) {
		print_json(json_make("{s:s,s:s,s:s,s:s,s:s?}", "id", finding->id, "group", own, "severity",
			severity_text(finding->severity), "message", finding->message, "cure", finding->cure));
		return;
	}
	if (!str_eq(own, *group))
		printf("%s%s\n", *group ? "\n" : "", own);
	*group = own;
	printf("  %s: %s: %s\n", severity_text(finding->severity), finding->id, finding->message);
	if (finding->cure)
		printf("    cure: %s\n", finding->cure);
}

static void print_summary(const struct findings *findings, const struct doctor_counts *counts)
{
	const size_t warnings = findings->n - findings->errors;

	if (global.json) {
		print_json(json_make("{s:{s:I,s:I,s:I,s:I}}", "summary", "errors", (json_int_t)findings->errors,
			"warnings", (json_int_t)warnings, "looked", (json_int_t)counts->looked, "skipped",
			(json_int_t)counts->skipped));
		return;
	}
	if (findings->n == 0)
		printf("doctor: nothing found, %zu things looked at\n", counts->looked);
	else
		printf("\ndoctor: %u error%s, %zu warning%s, %zu things looked at\n", findings->errors,
			findings->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s", counts->looked);
	if (counts->skipped)
		printf("doctor: there is no '" CONFIG_DEFAULT "', so only the machine was looked at; %zu things need "
		       "the configuration ('--config FILE')\n",
			counts->skipped);
}

static int examine(struct session *session)
{
	_cleanup_free_ char *ssh = doctor_ssh_server(session->node, (long)getpid());
	const struct doctor what = {
		.node = session->node,
		.cluster = session->cluster,
		.self = session->self,
		.state_directory = global.state_dir,
		.ssh_server = ssh,
	};
	_cleanup_findings_ struct findings findings = FINDINGS_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct doctor_counts counts;
	const char *group = NULL;
	size_t i;
	int r;

	r = doctor_run(&what, &findings, &counts, &err);
	for (i = 0; i < findings.n; i++)
		print_finding(&findings.items[i], &group);
	if (r < 0)
		return session_fail(session, EXIT_FAILED, &err);
	print_summary(&findings, &counts);
	return findings.n ? EXIT_DRIFT : EXIT_DONE;
}

/* Without a configuration there is still a machine to look at; one that was asked for has to be there. */
static unsigned int needs(void)
{
	bool missing = str_eq(global.config, CONFIG_DEFAULT) && access(CONFIG_DEFAULT, F_OK) < 0 && errno == ENOENT;

	return SESSION_ROOT | (missing ? 0 : SESSION_CONFIG);
}

static int run_doctor(int argc, char **argv)
{
	struct session session;
	int status;

	status = session_open(&session, "doctor", needs());
	if (status == EXIT_DONE)
		status = examine(&session);
	session_close(&session);
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "Look for known pitfalls on this machine, explain each and give the cure",
	.help = "Changes nothing, has to run as root. Without a configuration only the machine itself is looked at.\n\n"
		"Exit status 0 when nothing was found, 4 when something was. doc/TROUBLESHOOTING.md has a line for "
		"each finding.\n",
	.run = run_doctor,
};
