/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of loader.c, maps.c and the like in a build without the eBPF translator (meson setup -Debpf=disabled).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "nat64/ageing.h"
#include "nat64/loader.h"
#include "nat64/probe.h"

static int refuse(struct err *err)
{
	return err_set(err, ENOTSUP,
		"this lazyjack was built without the eBPF translator: set nat64.engine to 'tayga', or build it with "
		"clang and libbpf-dev");
}

const struct nat64_counter_row nat64_counter_rows[NAT64_COUNTERS];

int nat64_probe(struct nat64_probe *ret, struct err *err)
{
	*ret = (struct nat64_probe){
		.lacks = mem_strdup("the translator itself, which this lazyjack was built without")};
	return 0;
}

void nat64_probe_done(struct nat64_probe *probe)
{
	free(probe->lacks);
	*probe = (struct nat64_probe){0};
}

int nat64_maps_open(const char *directory, struct nat64_maps *ret, struct err *err)
{
	return err_set(err, ENOENT, "this lazyjack was built without the eBPF translator");
}

void nat64_maps_close(struct nat64_maps *maps)
{
}

int nat64_read_config(const struct nat64_maps *maps, struct nat64_config *ret, struct err *err)
{
	return refuse(err);
}

int nat64_read_counters(const struct nat64_maps *maps, uint64_t ret[NAT64_COUNTERS], struct err *err)
{
	return refuse(err);
}

int nat64_read_mappings(const struct nat64_maps *maps, struct nat64_mapping **ret, struct err *err)
{
	return refuse(err);
}

int nat64_read_blocks(const struct nat64_maps *maps, struct nat64_setup_block **ret, struct err *err)
{
	return refuse(err);
}

int nat64_read_capacity(const struct nat64_maps *maps, size_t *ret, struct err *err)
{
	return refuse(err);
}

int nat64_age(const struct nat64_maps *maps, uint32_t idle_min, struct nat64_ageing *ret, struct err *err)
{
	return refuse(err);
}

int nat64_look(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	struct str *ret_detail, struct err *err)
{
	return NAT64_ABSENT;
}

int nat64_load(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	bool *ret_fresh, struct err *err)
{
	return refuse(err);
}

/* The filter goes with its device, the next thing to be undone. */
int nat64_detach(const struct nat64_devices *devices, struct err *err)
{
	return 0;
}

unsigned int nat64_attached(const char *device)
{
	return 0;
}

bool nat64_is_loaded(const char *directory)
{
	return false;
}

int nat64_try(struct err *err)
{
	return refuse(err);
}
