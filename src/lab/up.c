/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "lab/design.h"
#include "lab/import.h"
#include "lab/kubernetes.h"
#include "lab/lab.h"
#include "planner/lab.h"
#include "resource/cgroup.h"

#define VERB "lab" /* of what stays; "lab NODE" is that of what lasts from power-on to power-off */

enum {
	BOOT_MS = 90000,
	TRY_MS = 20000, /* for one `systemctl is-system-running --wait` */
	POWEROFF_MS = 15000,
};

static void add_result(struct engine_result *sum, const struct engine_result *more)
{
	sum->changed += more->changed;
	sum->unchanged += more->unchanged;
	sum->reverted += more->reverted;
	sum->left += more->left;
}

static char *node_verb(const char *node)
{
	return mem_printf("%s %s", VERB, node);
}

static int node_start(const struct engine_settings *settings, const struct lab_design *design, const char *name,
	struct engine_result *ret, struct err *err)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_free_ char *verb = node_verb(name);
	struct engine_result result = {0};
	int r;

	plan_lab_node(design, name, &plan);
	r = engine_apply(settings, verb, &plan, &result, err);
	add_result(ret, &result);
	return r;
}

static int node_stop(
	const struct engine_settings *settings, const char *name, struct engine_result *ret, struct err *err)
{
	_cleanup_free_ char *verb = node_verb(name);
	const char *const verbs[] = {verb, NULL};
	struct engine_result result = {0};
	int r;

	r = engine_undo(settings, verb, verbs, &result, err);
	add_result(ret, &result);
	return r;
}

/* "degraded" is well enough: some unit of the distribution may fail in a container. */
static int wait_booted(const char *name, int64_t deadline, struct err *err)
{
	static const char *const argv[] = {"systemctl", "is-system-running", "--wait", NULL};

	while (clock_left(deadline) && !run_interrupted()) {
		_cleanup_run_ struct run_result result = {0};
		char **words;
		int r;

		r = lab_argv(name, argv, &words, err);
		if (r == -ESRCH)
			return err_set(err, ESRCH, "the node '%s' went down while it booted: see '%s/%s/console.log'",
				name, LAB_DIRECTORY, name);
		if (r < 0)
			return r;
		r = run_program(
			&(struct run_options){.argv = (const char *const *)words, .timeout_ms = TRY_MS}, &result, NULL);
		lab_argv_free(words);
		/* It fails while there is no bus yet. */
		if (r >= 0 &&
			(str_starts(str_text(&result.out), "running") || str_starts(str_text(&result.out), "degraded")))
			return 0;
		clock_pause(50);
	}
	if (run_interrupted())
		return err_set(err, EINTR, "interrupted by a signal");
	return err_set(
		err, ETIMEDOUT, "the node '%s' does not boot: see '%s/%s/console.log'", name, LAB_DIRECTORY, name);
}

static int apply_all(const struct engine_settings *settings, const struct lab_design *design, struct engine_result *ret,
	struct err *err)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	int64_t deadline;
	unsigned int i;
	int r;

	plan_lab(design, &plan);
	r = engine_apply(settings, VERB, &plan, ret, err);
	if (r >= 0)
		r = node_start(settings, design, LAB_OUTSIDE, ret, err);
	for (i = 0; r >= 0 && i < design->nodes; i++) {
		_cleanup_free_ char *name = lab_node_name(i);

		r = node_start(settings, design, name, ret, err);
	}
	/* They boot side by side. */
	deadline = clock_ms() + BOOT_MS;
	if (r >= 0 && !settings->dry_run)
		r = wait_booted(LAB_OUTSIDE, deadline, err);
	for (i = 0; r >= 0 && !settings->dry_run && i < design->nodes; i++) {
		_cleanup_free_ char *name = lab_node_name(i);

		r = wait_booted(name, deadline, err);
	}
	return r;
}

/* How many nodes the journal may know of. */
static unsigned int count_present(void)
{
	struct lab lab;
	unsigned int n;

	if (lab_open(&lab, NULL) < 0)
		return 0;
	n = (unsigned int)lab.n;
	lab_done(&lab);
	return n;
}

static int import_images(const struct engine_settings *settings, const struct lab_design *design, struct err *err)
{
	const char *directory = design->kubernetes->directory;
	struct lab_images images;
	int r;

	r = lab_images_find(directory, &images, err);
	if (r == 0)
		event_note(settings->sink, VERB, "warning: there is no '%s/images': nothing is imported into the nodes",
			directory);
	if (r > 0 && images.n)
		r = lab_import(&images, design->nodes, settings->sink, err);
	lab_images_done(&images);
	return r;
}

/* `present` nodes are there; those beyond the design's are stopped before what they stand on goes. */
static int make(const struct engine_settings *settings, const struct lab_design *design, unsigned int present,
	struct engine_result *ret, struct err *err)
{
	int r = 0;

	for (; r >= 0 && !settings->dry_run && present > design->nodes; present--) {
		_cleanup_free_ char *name = lab_node_name(present - 1);

		r = node_stop(settings, name, ret, err);
	}
	if (r >= 0)
		r = apply_all(settings, design, ret, err);
	if (r >= 0 && design->kubernetes && !settings->dry_run)
		r = import_images(settings, design, err);
	return r;
}

int lab_up(
	const struct engine_settings *settings, const struct lab_wish *wish, struct engine_result *ret, struct err *err)
{
	struct lab_wish whole = *wish;
	bool fresh = access(LAB_DIRECTORY, F_OK) < 0;
	struct engine_result down = {0};
	unsigned int present;
	struct lab_found found;
	int r;

	*ret = (struct engine_result){0};
	present = count_present();
	if (whole.nodes == 0)
		whole.nodes = present ? present : LAB_NODES_DEFAULT;
	r = lab_design_find(settings, &whole, &found, err);
	if (r >= 0)
		r = make(settings, &found.design, present, ret, err);
	lab_design_done(&found);
	if (r < 0 && fresh && !settings->keep && !settings->dry_run) {
		run_shield(true);
		(void)lab_down(settings, &down, NULL);
		run_shield(false);
	}
	return r;
}

int lab_down(const struct engine_settings *settings, struct engine_result *ret, struct err *err)
{
	int r;

	r = engine_undo(settings, VERB, NULL, ret, err);
	/* What is left when it was killed before the journal had anything to say. */
	if (r >= 0)
		(void)rmdir(LAB_DIRECTORY);
	return r;
}

static int power_off(const char *name, struct err *err)
{
	_cleanup_free_ char *group = lab_node_group(name);
	int64_t deadline = clock_ms() + POWEROFF_MS;
	struct node *node = node_new("");
	pid_t leader;
	int r = 0;

	/* systemd(1), "Signals": SIGRTMIN+4 powers the machine off. */
	if (cgroup_leader(node, group, &leader, NULL) == 0)
		kill(leader, SIGRTMIN + 4);
	while (r == 0 && cgroup_count(node, group, NULL) > 0 && clock_left(deadline)) {
		clock_pause(20);
		if (run_interrupted())
			r = err_set(err, EINTR, "interrupted by a signal");
	}
	node_free(node);
	return r;
}

static int restart(const struct engine_settings *settings, const struct lab_design *design, const char *name,
	struct engine_result *ret, struct err *err)
{
	int r;

	r = power_off(name, err);
	if (r >= 0)
		r = node_stop(settings, name, ret, err);
	if (r >= 0)
		r = node_start(settings, design, name, ret, err);
	return r < 0 ? r : wait_booted(name, clock_ms() + BOOT_MS, err);
}

int lab_reboot(const struct engine_settings *settings, const char *name, struct engine_result *ret, struct err *err)
{
	static const char *const nothing[] = {"true", NULL};
	struct lab_found found;
	char **words;
	int r;

	*ret = (struct engine_result){0};
	/* Only to learn whether there is such a node; one that is off is simply started. */
	r = lab_argv(name, nothing, &words, err);
	if (r < 0 && r != -ESRCH)
		return r;
	if (r >= 0)
		lab_argv_free(words);
	r = lab_design_find(settings, &(struct lab_wish){.nodes = count_present()}, &found, err);
	if (r >= 0 && !settings->dry_run)
		r = restart(settings, &found.design, name, ret, err);
	lab_design_done(&found);
	if (r >= 0 && settings->dry_run)
		event_note(settings->sink, "lab reboot", "'%s' would be powered off and started again", name);
	return r;
}
