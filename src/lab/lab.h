/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster on one machine: nodes are systemd-nspawn containers that boot their own systemd, on overlay directories
 * over one cached root file system, joined by a bridge in a namespace of its own, with an IPv4-only "outside".
 *
 * What is to be made is a plan (planner/lab.h), made and undone by the engine with a journal in LAB_DIRECTORY.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "engine/engine.h"

#define LAB_DIRECTORY "/var/lib/lazyjack-lab" /* everything `lab up` makes; gone after `lab down` */
#define LAB_CACHE "/var/cache/lazyjack-lab"   /* the root file system; stays */
#define LAB_LOCK "/run/lazyjack-lab.lock"

struct lab {
	char **nodes; /* names, NULL-terminated: "master", "minion-1", …; without the outside */
	size_t n;
};

/* The lab that is up on this machine. -ENOENT when there is none, -EACCES when only root can tell. */
int lab_open(struct lab *ret, struct err *err);
void lab_done(struct lab *lab);

/*
 * The argument vector that runs `argv` inside a node (its namespaces and cgroups, a clean environment), for run_start()
 * or execv(). NULL-terminated; the caller frees it with lab_argv_free(). -ENOENT: no such node, the message lists them;
 * -ESRCH: it is not running.
 */
int lab_argv(const char *node, const char *const *argv, char ***ret, struct err *err);
void lab_argv_free(char **argv);

/*
 * Run `argv` inside the node in the foreground, on this process' standard input and output. Returns its exit status
 * (128 + signal), or an error as lab_argv(). This process' signals are the command's from then on.
 */
int lab_execute(const char *node, const char *const *argv, struct err *err);

/* Is the node's init there? */
bool lab_running(const char *node);

/* What is asked of a lab. NULL: as the lab that is up has it. */
struct lab_wish {
	unsigned int nodes;	   /* 0: as many as there are, or LAB_NODES_DEFAULT */
	const char *kubernetes;	   /* a directory with programs and images for the nodes */
	const char *mode, *plugin; /* for config.yaml, and for the links: "ipv6", "bridge" by default */
};

/*
 * `settings`: state_directory is LAB_DIRECTORY, the lock is held. Returns when every node has booted, and has its
 * images. When it fails, a lab that was not there before is taken down again (unless settings->keep).
 */
int lab_up(const struct engine_settings *settings, const struct lab_wish *wish, struct engine_result *ret,
	struct err *err);

/* All of it, whatever state it is in; the cache stays. */
int lab_down(const struct engine_settings *settings, struct engine_result *ret, struct err *err);

/* Power the node off cleanly, then on again with the same files and a fresh network namespace. */
int lab_reboot(const struct engine_settings *settings, const char *node, struct engine_result *ret, struct err *err);

/* The master's config.yaml as it is now; the caller frees it. */
int lab_config(char **ret, struct err *err);
