/* SPDX-License-Identifier: Apache-2.0 */
/* The container engine that runs the services, where general.runtime names one. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "planner/nat64-engine.h"
#include "preflight/checks.h"
#include "resource/container-engine.h"
#include "service/service.h"

#define DOCKER "docker"
#define DOCKER_CONFIG "/etc/docker/daemon.json"

/*
 * From this release on Docker drops what other machines send to its containers' own IPv6 addresses, unless its rules
 * for IPv6 are off (https://docs.docker.com/engine/release-notes/27/).
 */
#define DOCKER_DROPS 27

/* Listing images needs all of an engine: its daemon, its storage. */
static int ask(const char *engine, struct err *err)
{
	_cleanup_words_ struct words words = {0};

	words_add(&words, engine);
	words_add(&words, "image");
	words_add(&words, "ls");
	words_add(&words, "--quiet");
	return engine_run(&words, NULL, ENGINE_LOOK_MS, NULL, err);
}

/* The first number of the version of Docker's daemon, 0 when it says none. */
static unsigned long docker_release(void)
{
	_cleanup_words_ struct words words = {0};
	_cleanup_str_ struct str out = STR_INIT;

	words_add(&words, DOCKER);
	words_add(&words, "version");
	words_add(&words, "--format");
	words_add(&words, "{{.Server.Version}}");
	return engine_run(&words, NULL, ENGINE_LOOK_MS, &out, NULL) < 0 ? 0 : strtoul(str_text(&out), NULL, 10);
}

static void check_rules(const struct preflight *what, const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *path = node_path(what->node, DOCKER_CONFIG);
	_cleanup_json_ json_t *config = NULL;
	unsigned long release = docker_release();

	if (release < DOCKER_DROPS)
		return;
	config = json_load_file(path, 0, NULL);
	if (!json_is_false(json_object_get(config, "ip6tables")))
		findings_add(findings, check, SEVERITY_ERROR,
			"write '\"ip6tables\": false' into '" DOCKER_CONFIG
			"' and restart Docker, or set general.runtime "
			"to another one",
			"Docker %lu drops what other nodes send to the services' containers", release);
}

/* What Docker knows of its networks, a list; NULL when it doesn't say. */
static json_t *docker_networks(void)
{
	_cleanup_words_ struct words list = {0}, words = {0};
	_cleanup_str_ struct str ids = STR_INIT, out = STR_INIT;
	char *id, *rest = NULL;

	words_add(&list, DOCKER);
	words_add(&list, "network");
	words_add(&list, "ls");
	words_add(&list, "--quiet");
	if (engine_run(&list, NULL, ENGINE_LOOK_MS, &ids, NULL) < 0 || ids.len == 0)
		return NULL;
	words_add(&words, DOCKER);
	words_add(&words, "network");
	words_add(&words, "inspect");
	for (id = strtok_r(ids.s, "\n", &rest); id; id = strtok_r(NULL, "\n", &rest))
		words_add(&words, id);
	if (engine_run(&words, NULL, ENGINE_LOOK_MS, &out, NULL) < 0)
		return NULL;
	return json_loads(str_text(&out), 0, NULL);
}

static void check_overlap(const struct cluster *cluster, const char *name, const char *subnet,
	const struct check *check, struct findings *findings)
{
	char ours[PREFIX_TEXT_MAX];
	_cleanup_free_ char *cure = NULL;
	struct prefix prefix;
	bool v4;

	if (name == NULL || subnet == NULL || prefix_parse(subnet, &prefix) < 0)
		return;
	v4 = prefix_overlaps(&prefix, &cluster->support4);
	if (!v4 && !prefix_overlaps(&prefix, &cluster->support6))
		return;
	cure = mem_printf("choose another support_net.%s, or remove the network if nobody needs it: its containers, "
			  "then '" DOCKER " network rm %s'",
		v4 ? "v4cidr" : "cidr", name);
	findings_add(findings, check, SEVERITY_ERROR, cure,
		"Docker's network '%s' has '%s', which overlaps the support network '%s'", name, subnet,
		prefix_text(v4 ? &cluster->support4 : &cluster->support6, ours));
}

/* Docker refuses a network that overlaps another one of its own, and gives out 172.18.0.0/16 early. */
static void check_networks(const struct preflight *what, const struct check *check, struct findings *findings)
{
	_cleanup_json_ json_t *networks = docker_networks();
	const json_t *network, *range;
	size_t i, j;

	json_array_foreach (networks, i, network) {
		const json_t *ranges = json_object_get(json_object_get(network, "IPAM"), "Config");

		if (json_text(json_object_get(network, "Labels"), ENGINE_LABEL))
			continue;
		json_array_foreach (ranges, j, range)
			check_overlap(
				what->cluster, json_text(network, "Name"), json_text(range, "Subnet"), check, findings);
	}
}

int check_engine(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct service_runtime *runtime = service_runtime_find(what->cluster->runtime, NULL);
	_cleanup_err_ struct err reason = ERR_INIT;
	_cleanup_free_ char *cure = NULL;

	if (runtime == NULL || runtime->package == NULL)
		return 0;
	if (what->facts->engine == NULL) {
		cure = mem_printf("install package '%s', or set general.runtime to 'host'", runtime->package);
		findings_add(findings, check, SEVERITY_ERROR, cure, "there is no program '%s'", runtime->name);
	} else if (ask(runtime->name, &reason) < 0) {
		cure = mem_printf("see that '%s image ls' works on this node", runtime->name);
		findings_add(findings, check, SEVERITY_ERROR, cure, "the container engine '%s' does not answer: %s",
			runtime->name, reason.msg);
	} else if (str_eq(runtime->name, DOCKER)) {
		check_rules(what, check, findings);
		check_networks(what, check, findings);
	}
	return 0;
}

static void check_image(const struct preflight *what, const char *image, const char *own, const struct check *check,
	struct findings *findings)
{
	const char *engine = what->cluster->runtime;
	_cleanup_json_ json_t *found = NULL;
	_cleanup_free_ char *cure = NULL;

	/* What goes wrong here is the other check's finding. */
	if (engine_look(engine, "image", image, &found, NULL) != 0)
		return;
	cure = mem_printf("nothing, if this node reaches a registry%s; else give it the image: '%s load'",
		str_eq(image, own) ? " and a Debian mirror" : "", engine);
	findings_add(findings, check, SEVERITY_WARNING, cure, "%s has no image '%s': it will be %s", engine, image,
		str_eq(image, own) ? "built" : "pulled");
}

int check_images(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct cluster *cluster = what->cluster;

	if (what->facts->engine == NULL)
		return 0;
	if (what->self->roles & ROLE_NAT64 && !nat64_uses_ebpf(cluster, what->facts))
		check_image(what, cluster->nat64.image, NAT64_IMAGE, check, findings);
	if (what->self->roles & ROLE_DNS64)
		check_image(what, cluster->dns64.image, DNS64_IMAGE, check, findings);
	return 0;
}
