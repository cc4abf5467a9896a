/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image that a container needs: built here, or pulled, unless it is there. One that was there before stays its
 * owner's, and so does what an image is built on.
 */
#include <errno.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/container-engine.h"
#include "resource/kinds.h"
#include "resource/ops.h"

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

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const char *name = json_text(step->want, "name");
	_cleanup_words_ struct words words = {0};
	int r;

	image_words(step->want, &words);
	r = engine_run(&words, json_text(step->want, "containerfile"), ENGINE_IMAGE_MS, NULL, err);
	return r < 0 ? err_wrap(err,
			       "cannot get the image '%s' (a node that reaches no registry has to be given it: '%s "
			       "load')",
			       name, json_text(step->want, "engine"))
		     : 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *engine = json_text(step->want, "engine"), *name = json_text(step->want, "name");
	const char *base = json_text(step->want, "base");
	_cleanup_err_ struct err reason = ERR_INIT;
	int r = look(step->want, name, err);

	if (r > 0)
		r = engine_remove(engine, "image", NULL, name, err);
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
