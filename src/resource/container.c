/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running container. What differs from the wish is never mended in place: the container is made anew, since its
 * state is all outside of it.
 */
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/container-engine.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "resource/ops.h"

enum {
	SETTLE_MS = 1500, /* a program that cannot do with its configuration has ended by then */
	SETTLE_STEP_MS = 250,
};

static json_t *texts(const char *const *items)
{
	json_t *list = json_array();

	for (; items && *items; items++)
		json_array_append_new(list, json_string(*items));
	return list;
}

struct step step_container(const struct step_container *container)
{
	char v4[ADDRESS_TEXT_MAX], v6[ADDRESS_TEXT_MAX];
	bool has_v4 = container->v4.family != AF_UNSPEC, has_v6 = container->v6.family != AF_UNSPEC;

	return step_make(&container_ops,
		json_make("{s:s,s:s,s:s,s:s,s:s*,s:s*,s:s*,s:s*,s:o,s:o,s:s*,s:s,s:s,s:s}", "engine", container->engine,
			"name", container->name, "image", container->image, "restart", container->restart, "network",
			container->network, "ip", has_v4 ? address_text(&container->v4, v4) : NULL, "ip6",
			has_v6 ? address_text(&container->v6, v6) : NULL, "netns", container->netns, "capabilities",
			texts(container->capabilities), "sysctls", texts(container->sysctls), "device",
			container->device, "volume", container->volume, "directory", container->directory, "digest",
			container->digest));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s %s", json_text(want, "engine"), json_text(want, "name"));
}

static void add_each(struct words *words, const char *option, const json_t *values)
{
	const json_t *value;
	size_t i;

	json_array_foreach (values, i, value) {
		words_add(words, option);
		words_add(words, json_string_value(value));
	}
}

static void add_if(struct words *words, const char *option, const char *value)
{
	if (value == NULL)
		return;
	words_add(words, option);
	words_add(words, value);
}

static void network_words(const json_t *want, struct words *ret)
{
	const char *netns = json_text(want, "netns");

	if (netns) {
		words_add(ret, "--network");
		words_addf(ret, "ns:/run/netns/%s", netns);
	}
	add_if(ret, "--network", json_text(want, "network"));
	add_if(ret, "--ip", json_text(want, "ip"));
	add_if(ret, "--ip6", json_text(want, "ip6"));
	add_each(ret, "--sysctl", json_object_get(want, "sysctls"));
}

static void run_words(const json_t *want, struct words *ret)
{
	char digest[65];

	engine_digest(want, digest);
	words_add(ret, json_text(want, "engine"));
	words_add(ret, "run");
	words_add(ret, "--detach");
	words_add(ret, "--name");
	words_add(ret, json_text(want, "name"));
	words_add(ret, "--label");
	words_addf(ret, ENGINE_LABEL "=%s", digest);
	words_add(ret, "--restart");
	words_add(ret, json_text(want, "restart"));
	words_add(ret, "--pull");
	words_add(ret, "never");
	network_words(want, ret);
	words_add(ret, "--security-opt");
	words_add(ret, "no-new-privileges");
	words_add(ret, "--cap-drop");
	words_add(ret, "ALL");
	add_each(ret, "--cap-add", json_object_get(want, "capabilities"));
	add_if(ret, "--device", json_text(want, "device"));
	words_add(ret, "--volume");
	words_addf(ret, "%s:%s:ro,nocopy", json_text(want, "volume"), json_text(want, "directory"));
	words_add(ret, json_text(want, "image"));
}

static void describe(const json_t *want, struct str *ret)
{
	_cleanup_words_ struct words words = {0};

	run_words(want, &words);
	run_describe((const char *const *)words.items, ret);
}

static int look(const json_t *want, json_t **ret, struct err *err)
{
	return engine_look(json_text(want, "engine"), "container", json_text(want, "name"), ret, err);
}

static const char *label_of(const json_t *found)
{
	return json_text(json_object_get(json_object_get(found, "Config"), "Labels"), ENGINE_LABEL);
}

/* Docker counts a container that waits for its next start as running. */
static bool is_running(const json_t *found)
{
	const json_t *state = json_object_get(found, "State");

	return json_flag(state, "Running") && !json_flag(state, "Restarting") && !json_flag(state, "Paused");
}

static bool has_addresses(const json_t *want, const json_t *found)
{
	const char *network = json_text(want, "network"), *ip = json_text(want, "ip"), *ip6 = json_text(want, "ip6");
	const json_t *networks = json_object_get(json_object_get(found, "NetworkSettings"), "Networks");
	const json_t *end = network ? json_object_get(networks, network) : NULL;

	if (network == NULL)
		return true;
	return json_object_size(networks) == 1 && (ip == NULL || str_eq(json_text(end, "IPAddress"), ip)) &&
	       (ip6 == NULL || str_eq(json_text(end, "GlobalIPv6Address"), ip6));
}

/* The namespace may have been made anew since, as after a reboot; the container then hangs in the one that is gone. */
static bool is_in_namespace(const json_t *want, const json_t *found, const struct node *node)
{
	const char *netns = json_text(want, "netns");
	_cleanup_free_ char *below = NULL, *wanted = NULL, *present = NULL;
	struct stat a, b;

	if (netns == NULL)
		return true;
	below = mem_printf("/run/netns/%s", netns);
	wanted = node_path(node, below);
	present = mem_printf("/proc/%lld/ns/net", (long long)json_number(json_object_get(found, "State"), "Pid"));
	return stat(wanted, &a) == 0 && stat(present, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Under the same name there may be a newer image by now. 1: it runs the present one. */
static int has_image(const json_t *want, const json_t *found, struct err *err)
{
	_cleanup_json_ json_t *image = NULL;
	int r = engine_look(json_text(want, "engine"), "image", json_text(want, "image"), &image, err);

	return r <= 0 ? r : str_eq(json_text(image, "Id"), json_text(found, "Image"));
}

static const char *restart_policy(const json_t *found)
{
	return json_text(json_object_get(json_object_get(found, "HostConfig"), "RestartPolicy"), "Name");
}

/* What is not as wanted although the label says so; NULL: nothing. */
static int compare(const json_t *want, const json_t *found, const struct node *node, const char **ret, struct err *err)
{
	int r = has_image(want, found, err);

	if (r < 0)
		return r;
	*ret = NULL;
	if (!is_running(found))
		*ret = "it does not run";
	else if (r == 0)
		*ret = "it runs another image";
	else if (!has_addresses(want, found))
		*ret = "its addresses are others";
	else if (!is_in_namespace(want, found, node))
		*ret = "it is in another network namespace";
	else if (!str_eq(restart_policy(found), json_text(want, "restart")))
		*ret = "the engine would start it again at other times";
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_json_ json_t *found = NULL;
	const char *difference;
	int r = look(step->want, &found, err), state;

	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = NULL;
	state = r == 0 ? STEP_MISSING : engine_judge(step->want, "container", label_of(found), ours, ret_detail, err);
	if (state == STEP_IN_PLACE) {
		r = compare(step->want, found, node, &difference, err);
		if (r < 0)
			return r;
		if (difference && ret_detail)
			str_add(ret_detail, difference);
		if (difference)
			state = STEP_DRIFTED;
	}
	if (state >= 0 && ret_undo)
		*ret_undo = json_null();
	return state;
}

/* Remove it if it is lazyjack's. Returns 1 when somebody else's has the name. */
static int take_away(const json_t *want, struct err *err)
{
	const char *engine = json_text(want, "engine"), *name = json_text(want, "name");
	_cleanup_json_ json_t *found = NULL;
	int r = look(want, &found, err);

	if (r <= 0)
		return r;
	return label_of(found) ? engine_remove(engine, "container", "--force", name, err) : 1;
}

static void pause_ms(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static int report_end(const json_t *want, struct err *err)
{
	_cleanup_str_ struct str words = STR_INIT;

	engine_last_words(json_text(want, "engine"), json_text(want, "name"), &words);
	return err_set(err, EIO, "the container ended at once%s%s", words.len ? ": " : "", str_text(&words));
}

/* A failing program would be started again and again, with nobody told. */
static int watch(const json_t *want, struct err *err)
{
	int waited, r = 1;

	for (waited = 0; waited < SETTLE_MS && !run_interrupted(); waited += SETTLE_STEP_MS) {
		_cleanup_json_ json_t *found = NULL;

		pause_ms(SETTLE_STEP_MS);
		r = look(want, &found, err);
		if (r < 0)
			return r;
		if (r == 0 || !is_running(found) || json_number(found, "RestartCount") > 0)
			return report_end(want, err);
	}
	return 0;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_words_ struct words words = {0};
	int r = take_away(step->want, err);

	if (r > 0)
		return engine_refuse(step->want, "container", err);
	if (r < 0)
		return r;
	run_words(step->want, &words);
	r = engine_run(&words, NULL, ENGINE_CHANGE_MS, NULL, err);
	return r < 0 ? r : watch(step->want, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	int r = take_away(step->want, err);

	return r < 0 ? r : 0;
}

const struct step_ops container_ops = {
	.kind = "container",
	.forgotten_at_boot = true, /* Podman has no daemon that would start it again */
	.reverts_drifted = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
