/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "kube/cni.h"
#include "preflight/diagnose.h"

#define LEASES "/var/lib/cni/networks" /* where host-local puts them unless told otherwise */

enum { ROOM_BITS_MAX = 32 }; /* larger ranges do not run out */

struct names {
	char **items; /* NULL-terminated, sorted */
	size_t n, cap;
};

static void names_done(struct names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
}

#define _cleanup_names_ __attribute__((cleanup(names_done)))

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries of a directory of the node; none when it isn't there. */
static void list(const struct doctor *what, const char *path, struct names *ret)
{
	_cleanup_free_ char *full = node_path(what->node, path);
	DIR *directory = opendir(full);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		ret->items = mem_grow(ret->items, ret->n + 1, &ret->cap, sizeof(*ret->items));
		ret->items[ret->n++] = mem_strdup(entry->d_name);
		ret->items[ret->n] = NULL;
	}
	if (directory)
		closedir(directory);
	if (ret->n > 1)
		qsort(ret->items, ret->n, sizeof(*ret->items), compare);
}

static bool is_configuration(const char *name)
{
	return str_ends(name, ".conf") || str_ends(name, ".conflist") || str_ends(name, ".json");
}

void judge_cni_config(const char *const *names, const struct check *check, struct findings *findings)
{
	const char *own = strrchr(CNI_FILE, '/') + 1;
	bool there = false;
	size_t i;

	for (i = 0; names && names[i]; i++)
		there = there || str_eq(names[i], own);
	for (i = 0; there && names[i]; i++)
		if (is_configuration(names[i]) && strcmp(names[i], own) < 0)
			findings_add(findings, check, SEVERITY_ERROR,
				"'lazyjack up' sets it aside; or remove it, if nobody needs it",
				"'" CNI_DIRECTORY
				"/%s' comes before lazyjack's '%s', so container runtimes take it: new "
				"pods get another network",
				names[i], own);
}

int diagnose_cni_config(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_names_ struct names names = {0};

	list(what, CNI_DIRECTORY, &names);
	judge_cni_config((const char *const *)names.items, check, findings);
	return 0;
}

static void take_room(const json_t *range, uint64_t *room)
{
	const char *text = json_text(range, "subnet");
	struct prefix subnet;
	unsigned int bits;
	uint64_t here;

	if (text == NULL || prefix_parse(text, &subnet) < 0)
		return;
	bits = address_bits(&subnet.address) - subnet.length;
	here = bits > ROOM_BITS_MAX ? UINT64_MAX : (1ULL << bits);
	if (*room == 0 || here < *room)
		*room = here;
}

/* host-local's "subnet", or "ranges": sets of ranges, one address out of each set. */
static void take_ipam(const json_t *ipam, uint64_t *room)
{
	const json_t *set, *range;
	size_t i, j;

	take_room(ipam, room);
	json_array_foreach (json_object_get(ipam, "ranges"), i, set) {
		json_array_foreach (set, j, range) {
			take_room(range, room);
		}
	}
}

uint64_t cni_room(const json_t *conflist, const char *network)
{
	const json_t *plugin;
	uint64_t room = 0;
	size_t i;

	if (!str_eq(json_text(conflist, "name"), network))
		return 0;
	take_ipam(json_object_get(conflist, "ipam"), &room);
	json_array_foreach (json_object_get(conflist, "plugins"), i, plugin) {
		take_ipam(json_object_get(plugin, "ipam"), &room);
	}
	return room ? room : UINT64_MAX;
}

void judge_cni_leases(
	const char *directory, size_t leases, uint64_t room, const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *cure = mem_printf("remove '%s' while no pod of that network runs", directory);

	if (leases == 0)
		return;
	if (room == 0)
		findings_add(findings, check, SEVERITY_WARNING, cure,
			"'%s' has %zu leases of a network that no CNI configuration names any more", directory, leases);
	else if (leases >= room - room / 10)
		findings_add(findings, check, SEVERITY_ERROR, cure,
			"'%s' has %zu leases, and the network has no more than %llu addresses: new pods get none. "
			"Leases "
			"of pods that went with a reboot stay for ever",
			directory, leases, (unsigned long long)room);
}

/* Over all configurations that a runtime would read. */
static uint64_t find_room(const struct doctor *what, const char *network)
{
	_cleanup_names_ struct names files = {0};
	uint64_t room = 0;
	size_t i;

	list(what, CNI_DIRECTORY, &files);
	for (i = 0; i < files.n && room == 0; i++) {
		_cleanup_free_ char *path = mem_printf(CNI_DIRECTORY "/%s", files.items[i]), *text = NULL;
		_cleanup_json_ json_t *json = NULL;

		if (is_configuration(files.items[i]))
			text = doctor_text(what, path, NULL);
		json = text ? json_loads(text, 0, NULL) : NULL;
		room = cni_room(json, network);
	}
	return room;
}

static void look_network(const struct doctor *what, const char *parent, const char *network, const struct check *check,
	struct findings *findings)
{
	_cleanup_free_ char *directory = mem_printf("%s/%s", parent, network);
	_cleanup_names_ struct names files = {0};
	struct address address;
	size_t i, leases = 0;

	list(what, directory, &files);
	/* Each lease is a file named after its address; others are its lock and its notes. */
	for (i = 0; i < files.n; i++)
		leases += address_parse(files.items[i], &address) == 0;
	judge_cni_leases(directory, leases, find_room(what, network), check, findings);
}

int diagnose_cni_leases(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const parents[] = {LEASES, CNI_STATE};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(parents); i++) {
		_cleanup_names_ struct names networks = {0};

		list(what, parents[i], &networks);
		for (j = 0; j < networks.n; j++)
			look_network(what, parents[i], networks.items[j], check, findings);
	}
	return 0;
}
