/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/design.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "lab/base.h"
#include "lab/kubernetes.h"
#include "lab/lab.h"

#define PROGRAM "/proc/self/exe"
#define BASE_RECORD LAB_DIRECTORY "/base"

enum {
	PROGRAM_MAX = 256 << 20,
	BASE_MAX = 4096,
	RECORD_MAX = 4096,
};

/* A running lab stands on the root file system it was made from. */
static int check_base(const char *base, struct err *err)
{
	_cleanup_free_ char *present = NULL;
	size_t len;

	if (file_read(BASE_RECORD, BASE_MAX, &present, &len, NULL, NULL) < 0 || str_eq(present, base))
		return 0;
	return err_set(
		err, EEXIST, "the lab stands on an older root file system, '%s': 'lazyjack lab down' first", present);
}

static bool is_same(const struct lab_kubernetes *a, const struct lab_kubernetes *b)
{
	_cleanup_free_ char *text_a = lab_kubernetes_text(a), *text_b = lab_kubernetes_text(b);

	return str_eq(text_a, text_b);
}

/* Nodes that run would have their programs replaced under them: a lab keeps the Kubernetes it was made with. */
static int keep_present(const struct engine_settings *settings, const struct lab_kubernetes *asked,
	const struct lab_kubernetes *present, struct err *err)
{
	if (!str_eq(asked->directory, present->directory))
		return err_set(err, EEXIST,
			"the lab that is up has its Kubernetes from '%s': 'lazyjack lab down' first",
			present->directory);
	if (!is_same(asked, present))
		event_note(settings->sink, "lab up",
			"warning: '%s' changed: the nodes keep the programs they have until 'lazyjack lab down'",
			asked->directory);
	return 0;
}

/* Returns 1 with `*ret`, or 0 for a lab without. */
static int find_kubernetes(
	const struct engine_settings *settings, const char *directory, struct lab_kubernetes *ret, struct err *err)
{
	bool is_up = access(BASE_RECORD, F_OK) == 0;
	struct lab_kubernetes asked = {.n = 0};
	int r, present;

	present = lab_kubernetes_load(ret, err);
	if (present < 0 || directory == NULL)
		return present;
	r = lab_kubernetes_find(directory, &asked, err);
	if (r < 0)
		return r;
	if (present && is_up) {
		r = keep_present(settings, &asked, ret, err);
		lab_kubernetes_done(&asked);
		return r < 0 ? r : 1;
	}
	lab_kubernetes_done(ret);
	*ret = asked;
	if (is_up)
		return err_set(err, EEXIST, "the lab that is up has no Kubernetes: 'lazyjack lab down' first");
	return 1;
}

/* A lab's nodes have the configuration, and the links, of the mode it was made with: it keeps that. */
static int find_cluster(const struct lab_wish *wish, struct lab_found *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (file_read(LAB_DIRECTORY "/" LAB_CLUSTER_RECORD, RECORD_MAX, &text, &len, NULL, NULL) < 0) {
		ret->mode = mem_strdup(wish->mode ? wish->mode : "ipv6");
		ret->plugin = mem_strdup(wish->plugin ? wish->plugin : "bridge");
		return 0;
	}
	if (lab_cluster_parse(text, &ret->mode, &ret->plugin) < 0)
		return err_set(err, EINVAL,
			"'" LAB_DIRECTORY "/" LAB_CLUSTER_RECORD "' cannot be read: 'lazyjack lab "
			"down' first");
	if ((wish->mode && !str_eq(wish->mode, ret->mode)) || (wish->plugin && !str_eq(wish->plugin, ret->plugin)))
		return err_set(err, EEXIST,
			"the lab that is up has mode '%s' and plugin '%s': 'lazyjack lab down' first", ret->mode,
			ret->plugin);
	return 0;
}

int lab_design_find(
	const struct engine_settings *settings, const struct lab_wish *wish, struct lab_found *ret, struct err *err)
{
	_cleanup_free_ char *program = NULL;
	bool has_kubernetes;
	size_t len;
	int r;

	*ret = (struct lab_found){.base = NULL};
	r = find_cluster(wish, ret, err);
	if (r < 0)
		return r;
	r = find_kubernetes(settings, wish->kubernetes, &ret->kubernetes, err);
	if (r < 0)
		return r;
	has_kubernetes = r > 0;
	ret->base = lab_base_path(has_kubernetes);
	r = check_base(ret->base, err);
	if (r >= 0 && !settings->dry_run && access(ret->base, F_OK) < 0) {
		event_note(settings->sink, "lab", "making the nodes' root file system, once; this takes a minute");
		r = lab_base_make(has_kubernetes, err);
	}
	if (r >= 0)
		r = file_read(PROGRAM, PROGRAM_MAX, &program, &len, NULL, err);
	if (r < 0)
		return r;
	file_sha256(program, len, ret->program_sha256);
	ret->design = (struct lab_design){
		.directory = LAB_DIRECTORY,
		.base = ret->base,
		.program = PROGRAM,
		.program_sha256 = ret->program_sha256,
		.tun = access("/dev/net/tun", F_OK) == 0,
		.kmsg = access("/dev/kmsg", F_OK) == 0,
		.nodes = wish->nodes,
		.mode = ret->mode,
		.plugin = ret->plugin,
		.kubernetes = has_kubernetes ? &ret->kubernetes : NULL,
	};
	return 0;
}

void lab_design_done(struct lab_found *found)
{
	lab_kubernetes_done(&found->kubernetes);
	free(found->base);
	free(found->mode);
	free(found->plugin);
}
