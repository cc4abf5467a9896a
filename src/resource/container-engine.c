/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/container-engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "step/step.h"

void words_add(struct words *words, const char *text)
{
	words->items = mem_grow(words->items, words->n + 1, &words->cap, sizeof(*words->items));
	words->items[words->n++] = mem_strdup(text);
	words->items[words->n] = NULL;
}

void words_addf(struct words *words, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	words_add(words, text);
}

void words_done(struct words *words)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct words){0};
}

int engine_run(const struct words *words, const char *input, int timeout_ms, struct str *ret_out, struct err *err)
{
	_cleanup_environment_ char **environment = environment_pass();
	const struct run_options options = {
		.argv = (const char *const *)words->items,
		.environment = (const char *const *)environment,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.timeout_ms = timeout_ms,
	};
	_cleanup_err_ struct err reason = ERR_INIT;
	const char *engine = words->items[0];
	int r = run_checked(&options, ret_out, &reason);

	if (r == -ENOENT)
		return err_set(err, ENOENT, "there is no program '%s': install package '%s'", engine,
			str_eq(engine, "docker") ? "docker.io" : engine);
	return r < 0 ? err_set(err, reason.code, "%s", reason.msg) : 0;
}

/* Both engines answer `inspect` with a list of what they found. */
static int first_of(const char *engine, const char *text, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = json_loads(text, 0, NULL);
	json_t *first = json_array_get(list, 0);

	if (!json_is_object(first))
		return err_set(
			err, EBADMSG, "what '%s' answers is not understood: it is not a list of JSON objects", engine);
	*ret = json_incref(first);
	return 1;
}

static int list(const char *engine, const char *type, struct err *err)
{
	_cleanup_words_ struct words words = {0};

	words_add(&words, engine);
	words_add(&words, type);
	words_add(&words, "ls");
	words_add(&words, "--quiet");
	return engine_run(&words, NULL, ENGINE_LOOK_MS, NULL, err);
}

/*
 * An engine says in words that differ by engine and release that there is no such thing; when it can list the others,
 * it is not there.
 */
int engine_look(const char *engine, const char *type, const char *name, json_t **ret, struct err *err)
{
	_cleanup_words_ struct words words = {0};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_err_ struct err absent = ERR_INIT;

	words_add(&words, engine);
	words_add(&words, type);
	words_add(&words, "inspect");
	words_add(&words, name);
	if (engine_run(&words, NULL, ENGINE_LOOK_MS, &out, &absent) < 0)
		return list(engine, type, err);
	return first_of(engine, str_text(&out), ret, err);
}

int engine_remove(const char *engine, const char *type, const char *option, const char *name, struct err *err)
{
	_cleanup_words_ struct words words = {0};

	words_add(&words, engine);
	words_add(&words, type);
	words_add(&words, "rm");
	if (option)
		words_add(&words, option);
	words_add(&words, name);
	return engine_run(&words, NULL, ENGINE_CHANGE_MS, NULL, err);
}

int engine_remove_users(const char *engine, const char *type, const char *name, struct err *err)
{
	_cleanup_words_ struct words words = {0};
	_cleanup_str_ struct str out = STR_INIT;
	char *id, *rest = NULL;
	int r;

	words_add(&words, engine);
	words_add(&words, "container");
	words_add(&words, "ls");
	words_add(&words, "--all");
	words_add(&words, "--quiet");
	words_add(&words, "--filter");
	words_add(&words, "label=" ENGINE_LABEL);
	words_add(&words, "--filter");
	words_addf(&words, "%s=%s", type, name);
	r = engine_run(&words, NULL, ENGINE_LOOK_MS, &out, err);
	for (id = out.s ? strtok_r(out.s, "\n", &rest) : NULL; id && r == 0; id = strtok_r(NULL, "\n", &rest))
		r = engine_remove(engine, "container", "--force", id, err);
	return r;
}

void engine_last_words(const char *engine, const char *name, struct str *ret)
{
	_cleanup_environment_ char **environment = environment_pass();
	_cleanup_words_ struct words words = {0};
	_cleanup_run_ struct run_result result = {0};
	struct run_options options = {.environment = (const char *const *)environment};

	words_add(&words, engine);
	words_add(&words, "logs");
	words_add(&words, "--tail");
	words_add(&words, "3");
	words_add(&words, name);
	options.argv = (const char *const *)words.items;
	/* Its standard error is what the program said on its own. */
	if (run_program(&options, &result, NULL) == 0 && result.status == 0)
		str_addf(ret, "%s%s", str_text(&result.out), str_text(&result.err));
}

void engine_digest(const json_t *want, char ret[65])
{
	_cleanup_free_ char *line = json_line(want);

	file_sha256(line, strlen(line), ret);
}

/* An engine removes no running container without more ado, and nothing that a container uses. */
static int refuse(const char *engine, const char *type, const char *name, struct err *err)
{
	bool container = str_eq(type, "container");

	return err_set(err, EEXIST,
		"%s has a %s '%s' already that isn't lazyjack's (lazyjack 1.3 gave such names): if nobody needs it, "
		"remove %s'%s %s rm %s%s'",
		engine, type, name, container ? "it with " : "its containers, then it with ", engine, type,
		container ? "--force " : "", name);
}

int engine_judge(
	const json_t *want, const char *type, const char *label, bool ours, struct str *ret_detail, struct err *err)
{
	const char *engine = json_text(want, "engine"), *name = json_text(want, "name");
	char digest[65];

	if (!ours)
		return refuse(engine, type, name, err);
	if (label == NULL) {
		if (ret_detail)
			str_addf(ret_detail, "a %s that isn't lazyjack's has its name", type);
		return STEP_MISSING;
	}
	engine_digest(want, digest);
	if (str_eq(label, digest))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_add(ret_detail, "it was made otherwise");
	return STEP_DRIFTED;
}

int engine_refuse(const json_t *want, const char *type, struct err *err)
{
	return engine_judge(want, type, NULL, false, NULL, err);
}
