/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "command/lab-verify.h"
#include "command/session.h"
#include "config/schema.h"
#include "planner/lab.h"

static unsigned long nodes;
static const char *kubernetes, *mode, *plugin;

static const struct option_row options[] = {
	{"nodes", 0, OPTION_NUMBER, &nodes, LAB_NODES_MAX, "N",
		"up: how many nodes (default 3, or as many as there are)"},
	{"kubernetes", 0, OPTION_TEXT, &kubernetes, 0, "DIR",
		"up: nodes that can run Kubernetes, with the programs of DIR/bin and the images of DIR/images"},
	{"mode", 0, OPTION_TEXT, &mode, 0, "MODE", "up: mode of the configuration, ipv6 (default), ipv4 or dual-stack"},
	{"plugin", 0, OPTION_TEXT, &plugin, 0, "PLUGIN", "up: plugin of the configuration, bridge (default) or ptp"},
	{"url", 0, OPTION_TEXT, &lab_verify_url, 0, "URL",
		"verify: what to fetch from outside (default: a large page outside)"},
	{0},
};

/*
 * A lab is a hundred steps of which a person wants to see the nodes; -v shows the others. Programs get everything.
 */
struct brief {
	struct event_sink sink; /* first, so that a pointer to it is one to this */
	struct event_sink *next;
};

static void brief_take(struct event_sink *sink, const struct event *event)
{
	const struct brief *brief = (const struct brief *)sink;

	switch (event->state) {
	case EVENT_BEGIN:
	case EVENT_CHANGED:
	case EVENT_UNCHANGED:
	case EVENT_WOULD:
	case EVENT_REVERTED:
		if (event->step == NULL || !str_starts(event->step, "nspawn "))
			return;
		break;
	case EVENT_FAILED:
	case EVENT_LEFT:
	case EVENT_NOTE:
	case EVENT_OUTPUT:
		break;
	}
	event_send(brief->next, event);
}

static struct brief brief = {.sink = {brief_take}};

/* The lab has a journal and a lock of its own, beside those of the machine it runs on. */
static int open_lab(struct session *session, const char *verb, bool lock)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int status;

	status = session_open(session, verb, SESSION_ROOT);
	session->engine.state_directory = LAB_DIRECTORY;
	if (!global.json && global.verbosity == 0) {
		brief.next = session->engine.sink;
		session->engine.sink = &brief.sink;
	}
	if (status == EXIT_DONE && lock && !global.dry_run && lock_take(LAB_LOCK, verb, &session->lock, &err) < 0)
		status = session_fail(session, EXIT_FAILED, &err);
	return status;
}

static int finish(struct session *session, int r, const struct engine_result *result, const struct err *err)
{
	int status = EXIT_DONE;

	report_summary(session->report, &(struct report_summary){
						.verb = session->verb,
						.changed = result->changed,
						.unchanged = result->unchanged,
						.reverted = result->reverted,
						.left = result->left,
						.failed = r < 0,
					});
	if (r < 0)
		status = session_fail(session, EXIT_FAILED, err);
	session_close(session);
	return status;
}

static int usage(const char *text)
{
	fprintf(stderr, "lazyjack: lab: %s\n", text);
	return EXIT_USAGE;
}

static bool is_one_of(const char *text, const char *const *choices)
{
	size_t i;

	for (i = 0; choices[i]; i++)
		if (str_eq(text, choices[i]))
			return true;
	return false;
}

static int run_up(int argc, char **argv)
{
	static const char *const plugins[] = {"bridge", "ptp", NULL};
	const struct lab_wish wish = {
		.nodes = (unsigned int)nodes, .kubernetes = kubernetes, .mode = mode, .plugin = plugin};
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	struct session session;
	int status;

	if (mode && !is_one_of(mode, schema_modes))
		return usage("'--mode' is one of ipv6, ipv4, dual-stack");
	if (plugin && !is_one_of(plugin, plugins))
		return usage("'--plugin' is one of bridge, ptp");
	status = open_lab(&session, "lab up", true);
	if (status != EXIT_DONE) {
		session_close(&session);
		return status;
	}
	status = lab_up(&session.engine, &wish, &result, &err);
	return finish(&session, status, &result, &err);
}

static int run_down(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	struct session session;
	int status;

	status = open_lab(&session, "lab down", true);
	if (status != EXIT_DONE) {
		session_close(&session);
		return status;
	}
	return finish(&session, lab_down(&session.engine, &result, &err), &result, &err);
}

static int run_reboot(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	struct session session;
	int status;

	if (argc != 1)
		return usage("which node? 'lazyjack lab reboot NODE'");
	status = open_lab(&session, "lab reboot", true);
	if (status != EXIT_DONE) {
		session_close(&session);
		return status;
	}
	return finish(&session, lab_reboot(&session.engine, argv[0], &result, &err), &result, &err);
}

/* The exit status is the command's; what goes wrong before it is 125, as with other programs that run a program. */
static int run_exec(int argc, char **argv)
{
	enum { EXIT_NOT_STARTED = 125 };
	static const char *const shell[] = {"bash", "-l", NULL};
	_cleanup_err_ struct err err = ERR_INIT;
	const char **words;
	int status, n = 0, i;

	if (argc == 0)
		return usage("which node? 'lazyjack lab exec NODE -- COMMAND', 'lazyjack lab status' lists the nodes");
	words = mem_new((size_t)argc + 1, sizeof(*words));
	for (i = 1; i < argc; i++)
		if (i > 1 || !str_eq(argv[i], "--"))
			words[n++] = argv[i];
	status = lab_execute(argv[0], n ? words : shell, &err);
	free(words);
	if (status >= 0)
		return status;
	fprintf(stderr, "lazyjack: lab exec: %s\n", err.msg);
	return EXIT_NOT_STARTED;
}

static int run_config(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *text = NULL;

	if (lab_config(&text, &err) < 0) {
		fprintf(stderr, "lazyjack: lab config: %s\n", err.msg);
		return EXIT_FAILED;
	}
	fputs(text, stdout);
	return EXIT_DONE;
}

static unsigned int print_node(const char *name)
{
	bool running = lab_running(name);
	const char *state = running ? "running" : "stopped";

	if (global.json) {
		_cleanup_json_ json_t *row = json_make("{s:s,s:s}", "node", name, "state", state);
		_cleanup_free_ char *line = json_line(row);

		puts(line);
	} else {
		printf("%-10s %s\n", name, state);
	}
	return running ? 0 : 1;
}

static void print_broken(void *user, const struct engine_status *status)
{
	if (global.json || str_eq(status->state, "in-place") || str_eq(status->state, "foreign"))
		return;
	printf("%s: %s %s%s%s\n", status->state, status->kind, status->what, status->detail ? ": " : "",
		status->detail ? status->detail : "");
}

static int run_status(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct lab lab = {.nodes = NULL};
	struct session session;
	int status, wrong = 0;
	size_t i;

	status = open_lab(&session, "lab status", false);
	if (status == EXIT_DONE &&
		(lab_open(&lab, &err) < 0 || (wrong = engine_compare(&session.engine, print_broken, NULL, &err)) < 0))
		status = session_fail(&session, EXIT_FAILED, &err);
	if (status == EXIT_DONE) {
		for (i = 0; i < lab.n; i++)
			wrong += (int)print_node(lab.nodes[i]);
		wrong += (int)print_node(LAB_OUTSIDE);
		status = wrong ? EXIT_DRIFT : EXIT_DONE;
	}
	lab_done(&lab);
	session_close(&session);
	return status;
}

static int run_verify(int argc, char **argv)
{
	return lab_verify_main(argc, argv);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"up", run_up},
	{"down", run_down},
	{"status", run_status},
	{"exec", run_exec},
	{"reboot", run_reboot},
	{"config", run_config},
	{"verify", run_verify},
};

static int run_lab(int argc, char **argv)
{
	const char *names[ARRAY_SIZE(verbs)], *near;
	size_t i;

	if (argc == 0)
		return usage("what about it? up, down, status, exec, reboot, config or verify");
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		names[i] = verbs[i].name;
		if (str_eq(argv[0], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	}
	near = str_nearest(argv[0], names, ARRAY_SIZE(verbs));
	fprintf(stderr, "lazyjack: lab: there is no '%s': %s%s%s\n", argv[0],
		near ? "did you mean 'lab " : "see 'lazyjack help lab", near ? near : "", "'");
	return EXIT_USAGE;
}

const struct command command_lab = {
	.name = "lab",
	.arguments = "up|down|status|exec|reboot|config|verify [NODE] [-- COMMAND ...]",
	.summary = "A cluster on this machine alone: nodes that boot their own systemd, and an IPv4-only outside",
	.help = "lab up            make master, minion-1, minion-2, ... and 'outside'\n"
		"lab exec NODE -- COMMAND   run it there; without a command: a shell\n"
		"lab config        print the config.yaml of the master\n"
		"lab verify        the data path between all nodes, as one matrix\n"
		"lab reboot NODE   power off and on\n"
		"lab status        which nodes run; exit status 4 when something is missing\n"
		"lab down          remove everything but the cached root file system\n\n"
		"Nothing here touches this machine's own network: the bridges are in a network namespace of their "
		"own.\n",
	.keeps_dashes = true,
	.options = options,
	.run = run_lab,
};
