/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's package tools, by their programs: dpkg-query(1), dpkg(1), apt-get(8), apt-mark(8). */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "resource/node.h"

/* dpkg-query(1): "Package states" and "Package selection states". */
enum apt_state {
	APT_ABSENT,	  /* unknown to dpkg, or removed with all its files */
	APT_CONFIG_FILES, /* removed, but for its configuration files */
	APT_BROKEN,	  /* half-way: unpacked, half-configured and the like */
	APT_INSTALLED,
};

/* What dpkg knows of a package; `*ret_held` (may be NULL): that it is kept at its version. */
int apt_look(struct node *node, const char *package, enum apt_state *ret, bool *ret_held, struct err *err);

/* 1 when apt's lists have a version of it to install, else 0. */
int apt_offers(struct node *node, const char *package, struct err *err);

/*
 * What apt-get would do, without doing it: the names in the lines that begin with `verb` ("Inst", "Remv"), a new array.
 * `ret_upgraded` (may be NULL) receives those of "Inst" lines that are installed in an earlier version.
 */
json_t *apt_simulated(const char *output, const char *verb, json_t *ret_upgraded);

/* What installing this package would do; apt-get's output, owned. Recommended packages are not taken along. */
int apt_simulate_install(struct node *node, const char *package, char **ret, struct err *err);

/*
 * Install for good, without questions; waits two minutes for others that hold dpkg's lock. A signal does not stop it
 * half-way, nor those below.
 */
int apt_install(struct node *node, const json_t *packages, struct err *err);

/*
 * Remove packages, not their configuration files. What others depend on stays: `*ret_needed` (a new object) has its
 * name with one of those others. Works in whatever state a killed or failed installation left the packages.
 */
int apt_remove(struct node *node, const json_t *packages, json_t **ret_needed, struct err *err);

/* The object of apt_remove() out of what dpkg wrote; false when it had another reason to fail as well. */
bool apt_needed(const char *errors, json_t **ret);

/* The configuration files of removed packages. */
int apt_purge(struct node *node, const json_t *packages, struct err *err);

/* Packages that came along with others, as apt remembers it: a new array of names. */
int apt_automatic(struct node *node, json_t **ret, struct err *err);

/* apt-mark ACTION ("hold", "unhold"). */
int apt_mark(struct node *node, const char *action, const json_t *packages, struct err *err);

/* Let dpkg finish what it was killed in, if it was (apt looks for the same files, and refuses until that is done). */
int apt_repair(struct node *node, struct err *err);

/* Name is in the array of strings; append it unless it is. */
bool apt_has(const json_t *names, const char *name);
void apt_add(json_t *names, const char *name);
