/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a container engine, docker(1) or podman(1), by argument vector. What lazyjack makes of it carries the label
 * `lazyjack` with a digest of what was wanted: these things can hardly be changed once they are made, so that the
 * digest tells whether they are as wanted, and the label whose they are.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

#define ENGINE_LABEL "lazyjack"

enum {
	ENGINE_LOOK_MS = 60 * 1000, /* a daemon that systemd starts on demand takes a while */
	ENGINE_CHANGE_MS = 3 * 60 * 1000,
	ENGINE_IMAGE_MS = 30 * 60 * 1000, /* a slow mirror is no error */
};

/* An argument vector under construction. */
struct words {
	char **items; /* NULL-terminated, owned */
	size_t n, cap;
};
void words_add(struct words *words, const char *text);
void words_addf(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
void words_done(struct words *words);
#define _cleanup_words_ __attribute__((cleanup(words_done)))

/* `words` begin with the engine's name. -EIO quotes what it says, -ENOENT names its package. `ret_out` may be NULL. */
int engine_run(const struct words *words, const char *input, int timeout_ms, struct str *ret_out, struct err *err);

/*
 * What the engine knows of a "container", "network", "volume" or "image": 1 and a new reference, 0 when there is none,
 * or a negative errno value when it does not answer.
 */
int engine_look(const char *engine, const char *type, const char *name, json_t **ret, struct err *err);

/* `ENGINE TYPE rm NAME` with `option` (may be NULL) in between. */
int engine_remove(const char *engine, const char *type, const char *option, const char *name, struct err *err);

/* Remove the containers of lazyjack that use the "network" or "volume". */
int engine_remove_users(const char *engine, const char *type, const char *name, struct err *err);

/* Append what the container printed last, a few lines; nothing when the engine doesn't say. */
void engine_last_words(const char *engine, const char *name, struct str *ret);

/* The digest that the label of a thing with this wish has: 64 hexadecimal digits and a NUL. */
void engine_digest(const json_t *want, char ret[65]);

/*
 * The state of a thing by its label (NULL: not lazyjack's). -EEXIST, and how to get out of it, when it is there and
 * isn't `ours`. STEP_MISSING with a detail when somebody put a thing of his own in its place meanwhile.
 */
int engine_judge(
	const json_t *want, const char *type, const char *label, bool ours, struct str *ret_detail, struct err *err);

/* The error of an apply that finds somebody else's thing in its place. */
int engine_refuse(const json_t *want, const char *type, struct err *err);
