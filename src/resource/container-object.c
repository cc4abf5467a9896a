/* SPDX-License-Identifier: Apache-2.0 */
/* Networks and volumes of a container engine: made with a label, never changed, removed. */
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/container-engine.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/ops.h"

struct step step_container_network(const struct step_container_network *network)
{
	char v6[PREFIX_TEXT_MAX], v4[PREFIX_TEXT_MAX], gateway6[ADDRESS_TEXT_MAX], gateway4[ADDRESS_TEXT_MAX];

	return step_make(&container_network_ops,
		json_make("{s:s,s:s,s:s,s:i,s:[s,s],s:[s,s]}", "engine", network->engine, "name", network->name,
			"bridge", network->bridge, "mtu", (int)network->mtu, "subnets", prefix_text(&network->v6, v6),
			prefix_text(&network->v4, v4), "gateways", address_text(&network->gateway6, gateway6),
			address_text(&network->gateway4, gateway4)));
}

struct step step_container_volume(const char *engine, const char *name, const char *directory)
{
	return step_make(&container_volume_ops,
		json_make("{s:s,s:s,s:s}", "engine", engine, "name", name, "directory", directory));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s %s", json_text(want, "engine"), json_text(want, "name"));
}

static void begin_create(const json_t *want, const char *type, struct words *ret)
{
	char digest[65];

	engine_digest(want, digest);
	words_add(ret, json_text(want, "engine"));
	words_add(ret, type);
	words_add(ret, "create");
	words_add(ret, "--label");
	words_addf(ret, ENGINE_LABEL "=%s", digest);
}

/*
 * Docker's own masquerade is off: lazyjack's is there, the same for every runtime, and only where NAT64 is. The other
 * options are those of Docker's bridge driver, too.
 */
static void network_words(const json_t *want, struct words *ret)
{
	size_t i;

	begin_create(want, "network", ret);
	words_add(ret, "--driver");
	words_add(ret, "bridge");
	words_add(ret, "--ipv6");
	for (i = 0; i < json_array_size(json_object_get(want, "subnets")); i++) {
		words_add(ret, "--subnet");
		words_add(ret, json_string_value(json_array_get(json_object_get(want, "subnets"), i)));
		words_add(ret, "--gateway");
		words_add(ret, json_string_value(json_array_get(json_object_get(want, "gateways"), i)));
	}
	words_add(ret, "--opt");
	words_addf(ret, "com.docker.network.bridge.name=%s", json_text(want, "bridge"));
	words_add(ret, "--opt");
	words_add(ret, "com.docker.network.bridge.enable_ip_masquerade=false");
	words_add(ret, "--opt");
	words_addf(ret, "com.docker.network.driver.mtu=%d", (int)json_number(want, "mtu"));
	words_add(ret, json_text(want, "name"));
}

/* The local driver mounts what mount(8) would be told: here the directory that lazyjack writes to. */
static void volume_words(const json_t *want, struct words *ret)
{
	begin_create(want, "volume", ret);
	words_add(ret, "--opt");
	words_add(ret, "type=none");
	words_add(ret, "--opt");
	words_add(ret, "o=bind");
	words_add(ret, "--opt");
	words_addf(ret, "device=%s", json_text(want, "directory"));
	words_add(ret, json_text(want, "name"));
}

static void describe_network(const json_t *want, struct str *ret)
{
	_cleanup_words_ struct words words = {0};

	network_words(want, &words);
	run_describe((const char *const *)words.items, ret);
}

static void describe_volume(const json_t *want, struct str *ret)
{
	_cleanup_words_ struct words words = {0};

	volume_words(want, &words);
	run_describe((const char *const *)words.items, ret);
}

/* 1 with the label (NULL: none) in `*ret_object`'s keeping, 0: there is no such thing. */
static int look(const json_t *want, const char *type, json_t **ret_object, const char **ret_label, struct err *err)
{
	int r = engine_look(json_text(want, "engine"), type, json_text(want, "name"), ret_object, err);

	if (r > 0)
		*ret_label = json_text(json_object_get(*ret_object, "Labels"), ENGINE_LABEL);
	return r;
}

static int inspect(
	const json_t *want, const char *type, bool ours, json_t **ret_undo, struct str *ret_detail, struct err *err)
{
	_cleanup_json_ json_t *object = NULL;
	const char *label;
	int r = look(want, type, &object, &label, err);

	if (r > 0)
		r = engine_judge(want, type, label, ours, ret_detail, err);
	else if (r == 0)
		r = STEP_MISSING;
	if (r >= 0 && ret_undo)
		*ret_undo = json_null();
	return r;
}

/* The engine would take over a bridge that is there already, and delete it in the end. */
static int inspect_network(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	const char *bridge = json_text(step->want, "bridge");
	struct link link;
	int state, r;

	state = inspect(step->want, "network", ours, ret_undo, ret_detail, err);
	if (state < 0 || (state == STEP_MISSING && ours))
		return state;
	r = link_find(node, NULL, bridge, &link, err);
	if (r < 0)
		return r;
	if (state == STEP_MISSING && r > 0)
		return err_set(err, EEXIST,
			"a link '%s' is there already and isn't lazyjack's: remove it with 'ip link delete %s' if "
			"nobody needs it",
			bridge, bridge);
	if (state == STEP_IN_PLACE && r == 0) {
		if (ret_detail)
			str_addf(ret_detail, "its bridge '%s' is gone", bridge);
		return STEP_DRIFTED;
	}
	return state;
}

static int inspect_volume(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	return inspect(step->want, "volume", ours, ret_undo, ret_detail, err);
}

/* Remove it if it is lazyjack's. Returns 1 when somebody else's has the name. */
static int take_away(const json_t *want, const char *type, struct err *err)
{
	const char *engine = json_text(want, "engine"), *name = json_text(want, "name"), *label;
	_cleanup_json_ json_t *object = NULL;
	int r = look(want, type, &object, &label, err);

	if (r <= 0)
		return r;
	if (label == NULL)
		return 1;
	r = engine_remove_users(engine, type, name, err);
	return r < 0 ? r : engine_remove(engine, type, NULL, name, err);
}

static int apply(const json_t *want, const char *type, const struct words *create, struct err *err)
{
	int r = take_away(want, type, err);

	if (r > 0)
		return engine_refuse(want, type, err);
	return r < 0 ? r : engine_run(create, NULL, ENGINE_CHANGE_MS, NULL, err);
}

static int apply_network(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_words_ struct words words = {0};

	network_words(step->want, &words);
	return apply(step->want, "network", &words, err);
}

static int apply_volume(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_words_ struct words words = {0};

	volume_words(step->want, &words);
	return apply(step->want, "volume", &words, err);
}

static int revert_network(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	int r = take_away(step->want, "network", err);

	return r < 0 ? r : 0;
}

static int revert_volume(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	int r = take_away(step->want, "volume", err);

	return r < 0 ? r : 0;
}

/*
 * The engine remembers both over a reboot. It has to be asked for the network all the same before the steps behind this
 * one, since the bridge is only there once its daemon is up.
 */
const struct step_ops container_network_ops = {
	.kind = "container-network",
	.forgotten_at_boot = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe_network,
	.inspect = inspect_network,
	.apply = apply_network,
	.revert = revert_network,
};

const struct step_ops container_volume_ops = {
	.kind = "container-volume",
	.reverts_drifted = true,
	.what = what,
	.describe = describe_volume,
	.inspect = inspect_volume,
	.apply = apply_volume,
	.revert = revert_volume,
};
