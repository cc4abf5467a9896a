/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image that a container needs: built here, or pulled, unless it is there. One that was there before stays its
 * owner's, and so does what an image is built on.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/container-engine.h"
#include "resource/kinds.h"
#include "resource/lines.h"
#include "resource/ops.h"

#define BUILD_LABEL "lazyjack-build" /* in images/NAME/Containerfile */

enum {
	BUILD_STEP_MS = 100,
	BUILD_END_MS = 10000,
	STEP_DIGITS = 64,
};

struct step step_container_image(const char *engine, const char *name, const char *base, const char *containerfile)
{
	return step_make(&container_image_ops, json_make("{s:s,s:s,s:s*,s:s*}", "engine", engine, "name", name, "base",
						       base, "containerfile", containerfile));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s %s", json_text(want, "engine"), json_text(want, "name"));
}

/* Without --force-rm Docker keeps the container of a step that failed. */
static void image_words(const json_t *want, struct words *ret)
{
	static const char *const proxies[] = {"http_proxy", "https_proxy", "no_proxy"};
	size_t i;

	words_add(ret, json_text(want, "engine"));
	if (json_text(want, "containerfile") == NULL) {
		words_add(ret, "pull");
		words_add(ret, json_text(want, "name"));
		return;
	}
	words_add(ret, "build");
	words_add(ret, "--force-rm");
	words_add(ret, "--build-arg");
	words_addf(ret, "BASE=%s", json_text(want, "base"));
	words_add(ret, "--tag");
	words_add(ret, json_text(want, "name"));
	/* Their values, which may have a password, come from the environment; Podman passes them on by itself. */
	for (i = 0; i < ARRAY_SIZE(proxies); i++) {
		words_add(ret, "--build-arg");
		words_add(ret, proxies[i]);
	}
	words_add(ret, "-");
}

static void describe(const json_t *want, struct str *ret)
{
	_cleanup_words_ struct words words = {0};

	image_words(want, &words);
	run_describe((const char *const *)words.items, ret);
}

/* 1: it is there. */
static int look(const json_t *want, const char *name, struct err *err)
{
	_cleanup_json_ json_t *image = NULL;

	return engine_look(json_text(want, "engine"), "image", name, &image, err);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const char *base = json_text(step->want, "base");
	int r, had_base = 0;

	r = look(step->want, json_text(step->want, "name"), err);
	if (r < 0)
		return r;
	if (ret_undo) {
		had_base = base ? look(step->want, base, err) : 0;
		if (had_base < 0)
			return had_base;
		*ret_undo = json_make("{s:b}", "base", had_base);
	}
	return r > 0 ? STEP_IN_PLACE : STEP_MISSING;
}

/* Containers that builds work in, a line each: Podman leaves them when it is ended, and shows them to who asks for all.
 */
static void list_builds(const char *engine, struct str *ret)
{
	_cleanup_words_ struct words words = {0};

	if (!str_eq(engine, "podman"))
		return;
	words_add(&words, engine);
	words_add(&words, "container");
	words_add(&words, "ls");
	words_add(&words, "--all");
	words_add(&words, "--external");
	words_add(&words, "--no-trunc");
	words_add(&words, "--format");
	words_add(&words, "{{.State}} {{.ID}}");
	(void)engine_run(&words, NULL, ENGINE_LOOK_MS, ret, NULL);
}

/* Those that weren't there `before`. */
static void remove_builds(const char *engine, const char *before)
{
	static const char state[] = "Storage ";
	_cleanup_str_ struct str now = STR_INIT;
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t i;

	list_builds(engine, &now);
	lines_split(str_text(&now), now.len, &lines);
	for (i = 0; i < lines.n; i++) {
		_cleanup_free_ char *line = mem_strndup(lines.items[i].s, line_length(&lines.items[i]));

		if (str_starts(line, state) && !strstr(before, line))
			(void)engine_remove(engine, "container", "--force", line + strlen(state), NULL);
	}
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const char *name = json_text(step->want, "name"), *engine = json_text(step->want, "engine");
	_cleanup_str_ struct str builds = STR_INIT;
	_cleanup_words_ struct words words = {0};
	int r;

	list_builds(engine, &builds);
	image_words(step->want, &words);
	r = engine_run(&words, json_text(step->want, "containerfile"), ENGINE_IMAGE_MS, NULL, err);
	if (r < 0) {
		/* Whoever pressed Ctrl-C wants nothing to stay. */
		run_shield(true);
		remove_builds(engine, str_text(&builds));
		run_shield(false);
	}
	return r < 0 ? err_wrap(err,
			       "cannot get the image '%s' (a node that reaches no registry has to be given it: '%s "
			       "load')",
			       name, json_text(step->want, "engine"))
		     : 0;
}

/* Containers of a build's steps have no label but the Containerfile's, which lazyjack's own have beside theirs. */
static bool is_building(const char *engine)
{
	_cleanup_words_ struct words words = {0};
	_cleanup_str_ struct str out = STR_INIT;

	words_add(&words, engine);
	words_add(&words, "container");
	words_add(&words, "ls");
	words_add(&words, "--all");
	words_add(&words, "--filter");
	words_add(&words, "label=" BUILD_LABEL);
	words_add(&words, "--format");
	words_add(&words, "={{.Label \"" ENGINE_LABEL "\"}}=");
	return engine_run(&words, NULL, ENGINE_LOOK_MS, &out, NULL) == 0 && strstr(str_text(&out), "==");
}

/* Docker goes on for a while when its client has ended, until the step at hand is done. */
static void await_build(const char *engine)
{
	int64_t deadline = clock_ms() + BUILD_END_MS;

	while (clock_left(deadline) > 0 && is_building(engine))
		clock_pause(BUILD_STEP_MS);
}

/* What a build that was cut short leaves of its steps has no name, but the label that is the Containerfile's first
 * line. */
static void remove_remains(const char *engine)
{
	_cleanup_err_ struct err reason = ERR_INIT;
	_cleanup_words_ struct words words = {0};

	words_add(&words, engine);
	words_add(&words, "image");
	words_add(&words, "prune");
	words_add(&words, "--force");
	words_add(&words, "--filter");
	words_add(&words, "label=" BUILD_LABEL);
	if (str_eq(engine, "podman"))
		words_add(&words, "--external"); /* with the containers of its steps, which it doesn't list */
	if (engine_run(&words, NULL, ENGINE_CHANGE_MS, NULL, &reason) < 0)
		log_debug("%s", reason.msg);
}

/* Podman gives the image of a step such a name for a moment: "docker.io/library/0123…-tmp". */
static void remove_steps(const char *engine)
{
	_cleanup_words_ struct words words = {0};
	_cleanup_lines_ struct lines lines = LINES_INIT;
	_cleanup_str_ struct str out = STR_INIT;
	size_t i;

	words_add(&words, engine);
	words_add(&words, "image");
	words_add(&words, "ls");
	words_add(&words, "--filter");
	words_add(&words, "label=" BUILD_LABEL);
	words_add(&words, "--format");
	words_add(&words, "{{.ID}} {{.Repository}}");
	if (engine_run(&words, NULL, ENGINE_LOOK_MS, &out, NULL) < 0)
		return;
	lines_split(str_text(&out), out.len, &lines);
	for (i = 0; i < lines.n; i++) {
		_cleanup_free_ char *line = mem_strndup(lines.items[i].s, line_length(&lines.items[i]));
		const char *name = strrchr(line, '/');

		if (name == NULL || strspn(name + 1, "0123456789abcdef") != STEP_DIGITS ||
			!str_eq(name + 1 + STEP_DIGITS, "-tmp"))
			continue;
		line[strcspn(line, " ")] = '\0';
		(void)engine_remove(engine, "image", "--force", line, NULL);
	}
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *engine = json_text(step->want, "engine"), *name = json_text(step->want, "name");
	const char *base = json_text(step->want, "base");
	_cleanup_err_ struct err reason = ERR_INIT;
	int r = look(step->want, name, err);

	if (r > 0)
		r = engine_remove(engine, "image", NULL, name, err);
	if (json_text(step->want, "containerfile")) {
		await_build(engine);
		remove_steps(engine);
		remove_remains(engine);
	}
	if (r < 0 || base == NULL || json_flag(undo, "base"))
		return r;
	/* Others may have built on it meanwhile; then the engine refuses, rightly. */
	if (look(step->want, base, NULL) > 0 && engine_remove(engine, "image", NULL, base, &reason) < 0)
		log_debug("%s", reason.msg);
	return 0;
}

static void diff(const struct step *step, struct node *node, struct str *ret)
{
	const char *text = json_text(step->want, "containerfile");

	str_add(ret, text ? text : "");
}

const struct step_ops container_image_ops = {
	.kind = "container-image",
	.may_be_shared = true,
	.undone_last = true, /* an engine keeps what a container runs */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
	.diff = diff,
};
