/* SPDX-License-Identifier: Apache-2.0 */
/* The container engine that runs the services, where general.runtime names one. */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/config.h"
#include "planner/nat64-engine.h"
#include "preflight/checks.h"
#include "resource/container-engine.h"
#include "service/service.h"

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
