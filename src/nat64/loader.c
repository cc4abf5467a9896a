/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "nat64/maps.h"
#include "nat64/message.h"
#include "nat64/object.h"

/* The filters' place; each is the only one there. */
enum { HANDLE = 1, PRIORITY = 1 };

/* One of the object's programs, and where it belongs. */
struct place {
	const char *program, *pin; /* its name; the pin's, in front of the digest */
	const char *device;
	enum bpf_tc_attach_point point;
};

enum { PLACES = 2 };

/* The inline one first: what it leaves alone, or did not see yet, the other takes. */
static void places_of(const struct nat64_devices *devices, struct place ret[PLACES])
{
	ret[0] = (struct place){NAT64_PROGRAM_INLINE, "inline-", devices->inside, BPF_TC_INGRESS};
	ret[1] = (struct place){NAT64_PROGRAM_DEVICE, "program-", devices->device, BPF_TC_EGRESS};
}

static void close_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}
#define _cleanup_object_ __attribute__((cleanup(close_object)))

static int open_object(struct bpf_object **ret, struct err *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lazyjack_nat64");
	struct bpf_object *object;

	nat64_messages_catch();
	object = bpf_object__open_mem(nat64_object, nat64_object_size, &opts);
	if (object == NULL)
		return nat64_error(err, errno, "can't read the eBPF translator in this program");
	*ret = object;
	return 0;
}

/* "DIRECTORY/abi-1/program-0123456789abcdef" */
static char *program_pin(const char *directory, const char *name)
{
	_cleanup_free_ char *pins = nat64_pins(directory);
	char digest[65];

	file_sha256(nat64_object, nat64_object_size, digest);
	return mem_printf("%s/%s%.16s", pins, name, digest);
}

/* The hosts' maps have room for every address that is given out. */
static void set_sizes(struct bpf_object *object, const struct nat64_setup *setup)
{
	static const char *const names[] = {NAT64_MAP_HOSTS, NAT64_MAP_LEASES, NAT64_MAP_FREE};
	struct nat64_v4 *pool;
	size_t n = nat64_pool_addresses(setup, &pool), i;

	free(pool);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, names[i]);

		if (map)
			bpf_map__set_max_entries(map, (uint32_t)(n > 0 ? n : 1));
	}
}

/* The program's own memory (per-CPU buffers, constants) lives and dies with it. */
static bool is_kept(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return !bpf_map__is_internal(map) && !str_eq(name, NAT64_MAP_LIMITS) && !str_eq(name, NAT64_MAP_SCRATCH);
}

/* 1: the pinned map can be taken over; 0: there is none; -EINVAL: it is another kind of map. */
static int check_pin(const struct bpf_map *map, const char *path)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	_cleanup_close_ int fd = bpf_obj_get(path);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || info.type != bpf_map__type(map) ||
		info.key_size != bpf_map__key_size(map) || info.value_size != bpf_map__value_size(map) ||
		info.max_entries != bpf_map__max_entries(map) || info.map_flags != bpf_map__map_flags(map))
		return -EINVAL;
	return 1;
}

/* Whether all maps can be taken over; one alone that can't makes all of them useless. */
static bool can_take_over(struct bpf_object *object, const char *pins)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		_cleanup_free_ char *path = mem_printf("%s/%s", pins, bpf_map__name(map));

		if (is_kept(map) && check_pin(map, path) != 1)
			return false;
	}
	return true;
}

static void set_pins(struct bpf_object *object, const char *pins)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		_cleanup_free_ char *path = mem_printf("%s/%s", pins, bpf_map__name(map));

		if (is_kept(map))
			bpf_map__set_pin_path(map, path);
	}
}

/* Load the object, on the maps that are pinned or on new ones. */
static int load_object(struct bpf_object *object, const char *directory, bool *ret_fresh, struct err *err)
{
	_cleanup_free_ char *pins = nat64_pins(directory);
	bool fresh = !can_take_over(object, pins);
	int r = 0;

	if (fresh)
		r = nat64_unpin(directory, err);
	if (r == 0)
		r = file_make_directories(pins, 0700, err);
	if (r < 0)
		return r;
	set_pins(object, pins);
	r = bpf_object__load(object);
	if (r < 0)
		return nat64_error(err, -r, "this kernel doesn't take the eBPF translator");
	*ret_fresh = fresh;
	return 0;
}

static int hook_of(const struct place *place, struct bpf_tc_hook *ret, struct err *err)
{
	const unsigned int index = place->device ? if_nametoindex(place->device) : 0;

	if (index == 0)
		return err_set(err, ENODEV, "there is no interface '%s'", place->device ? place->device : "");
	*ret = (struct bpf_tc_hook){.sz = sizeof(*ret), .ifindex = (int)index, .attach_point = place->point};
	return 0;
}

static int attach(const struct place *place, int program, struct err *err)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY, .prog_fd = program,
		.flags = BPF_TC_F_REPLACE);
	struct bpf_tc_hook hook;
	int r = hook_of(place, &hook, err);

	if (r < 0)
		return r;
	r = bpf_tc_hook_create(&hook);
	if (r < 0 && r != -EEXIST)
		return nat64_error(err, -r, "can't put the queueing discipline clsact on '%s'", place->device);
	r = bpf_tc_attach(&hook, &opts);
	if (r < 0)
		return nat64_error(err, -r, "can't attach the eBPF translator to '%s'", place->device);
	return 0;
}

/* Descriptors of the object's own maps, which stay the object's. */
static void maps_of(struct bpf_object *object, struct nat64_maps *ret)
{
	ret->config = bpf_object__find_map_fd_by_name(object, NAT64_MAP_CONFIG);
	ret->sources = bpf_object__find_map_fd_by_name(object, NAT64_MAP_SOURCES);
	ret->blocks = bpf_object__find_map_fd_by_name(object, NAT64_MAP_BLOCKS);
	ret->hosts = bpf_object__find_map_fd_by_name(object, NAT64_MAP_HOSTS);
	ret->leases = bpf_object__find_map_fd_by_name(object, NAT64_MAP_LEASES);
	ret->free = bpf_object__find_map_fd_by_name(object, NAT64_MAP_FREE);
	ret->denied = bpf_object__find_map_fd_by_name(object, NAT64_MAP_DENIED);
	ret->counters = bpf_object__find_map_fd_by_name(object, NAT64_MAP_COUNTERS);
}

/* What earlier programs left: their pins, and the maps of another NAT64_ABI. */
static void remove_stale(const char *directory, const struct place *place, const char *pin)
{
	_cleanup_free_ char *pins = nat64_pins(directory);
	struct dirent *entry;
	DIR *open = opendir(pins);

	while (open && (entry = readdir(open))) {
		_cleanup_free_ char *path = mem_printf("%s/%s", pins, entry->d_name);

		if (str_starts(entry->d_name, place->pin) && !str_eq(path, pin))
			unlink(path);
	}
	if (open)
		closedir(open);
	open = opendir(directory);
	while (open && (entry = readdir(open))) {
		_cleanup_free_ char *path = mem_printf("%s/%s", directory, entry->d_name);

		if (str_starts(entry->d_name, "abi-") && !str_eq(path, pins))
			nat64_unpin(path, NULL);
	}
	if (open)
		closedir(open);
}

/* Attach, then pin: what is pinned under this name is known to be what was attached. */
static int put_in_place(struct bpf_object *object, const char *directory, const struct place *place, struct err *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, place->program);
	_cleanup_free_ char *pin = program_pin(directory, place->pin);
	int r;

	if (program == NULL)
		return err_set(err, ENOENT, "the eBPF translator has no program '%s'", place->program);
	r = attach(place, bpf_program__fd(program), err);
	if (r < 0)
		return r;
	unlink(pin);
	r = bpf_obj_pin(bpf_program__fd(program), pin);
	if (r < 0)
		return err_errno(err, errno, "can't pin the eBPF translator as '%s'", pin);
	remove_stale(directory, place, pin);
	return 0;
}

int nat64_load(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	bool *ret_fresh, struct err *err)
{
	_cleanup_object_ struct bpf_object *object = NULL;
	struct place places[PLACES];
	struct nat64_maps maps;
	bool fresh = false;
	int r, i;

	places_of(devices, places);
	r = open_object(&object, err);
	if (r < 0)
		return r;
	set_sizes(object, setup);
	r = load_object(object, directory, &fresh, err);
	if (r < 0)
		return r;
	maps_of(object, &maps);
	r = nat64_maps_fill(&maps, setup, err);
	for (i = 0; r == 0 && i < PLACES; i++)
		r = put_in_place(object, directory, &places[i], err);
	if (r == 0)
		*ret_fresh = fresh;
	return r;
}

int nat64_try(struct err *err)
{
	_cleanup_object_ struct bpf_object *object = NULL;
	int r = open_object(&object, err);

	if (r < 0)
		return r;
	r = bpf_object__load(object);
	return r < 0 ? nat64_error(err, -r, "this kernel doesn't take the eBPF translator") : 0;
}

/* The identity of the program that hangs there; 0: none. */
static unsigned int attached(const struct place *place)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = HANDLE, .priority = PRIORITY);
	struct bpf_tc_hook hook;

	nat64_messages_catch();
	if (hook_of(place, &hook, NULL) < 0 || bpf_tc_query(&hook, &opts) < 0)
		return 0;
	return opts.prog_id;
}

unsigned int nat64_attached(const char *device)
{
	return attached(&(struct place){.device = device, .point = BPF_TC_EGRESS});
}

/* The identity of the pinned program; 0: there is none. */
static unsigned int pinned(const char *directory, const struct place *place)
{
	_cleanup_free_ char *pin = program_pin(directory, place->pin);
	_cleanup_close_ int fd = bpf_obj_get(pin);
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

bool nat64_is_loaded(const char *directory)
{
	struct place places[PLACES];

	places_of(&(struct nat64_devices){0}, places);
	return pinned(directory, &places[0]) != 0 && pinned(directory, &places[1]) != 0;
}

/* What is wrong with a program and its place, or NULL; `*ret_any` tells that there is something of it. */
static const char *look_at(const char *directory, const struct place *place, bool *ret_any)
{
	const unsigned int here = attached(place), ours = pinned(directory, place);

	*ret_any = *ret_any || here || ours;
	if (here == 0)
		return "the program is loaded, but not on its device";
	return here == ours ? NULL : "the device has another program than this lazyjack's";
}

int nat64_look(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	struct str *ret_detail, struct err *err)
{
	_cleanup_nat64_maps_ struct nat64_maps maps = {0};
	_cleanup_err_ struct err reason = ERR_INIT;
	const char *detail = NULL, *found;
	struct place places[PLACES];
	bool any = false;
	int r, i;

	places_of(devices, places);
	for (i = 0; i < PLACES; i++) {
		found = look_at(directory, &places[i], &any);
		detail = found ? found : detail;
	}
	if (!any)
		return access(directory, F_OK) < 0 ? NAT64_ABSENT : NAT64_DIFFERENT;
	if (detail == NULL && nat64_maps_open(directory, &maps, &reason) < 0)
		detail = reason.msg;
	if (detail) {
		if (ret_detail)
			str_add(ret_detail, detail);
		return NAT64_DIFFERENT;
	}
	r = nat64_maps_compare(&maps, setup, ret_detail, err);
	if (r < 0)
		return r;
	return r ? NAT64_RUNNING : NAT64_DIFFERENT;
}

int nat64_detach(const struct nat64_devices *devices, struct err *err)
{
	struct place places[PLACES];
	int i;

	places_of(devices, places);
	nat64_messages_catch();
	for (i = 0; i < PLACES; i++) {
		struct bpf_tc_hook hook;
		int r;

		if (hook_of(&places[i], &hook, NULL) < 0)
			continue;
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS; /* both: the queueing discipline itself */
		r = bpf_tc_hook_destroy(&hook);
		if (r < 0 && r != -ENOENT && r != -EINVAL)
			return nat64_error(err, -r, "can't take the eBPF translator off '%s'", places[i].device);
	}
	return 0;
}
