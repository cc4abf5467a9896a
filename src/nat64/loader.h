/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The translator's programs in the kernel: load them, hang them on their devices, find out what hangs there. Everything
 * happens in the present network namespace and the present mount namespace's eBPF file system.
 *
 * The maps are pinned below DIRECTORY/abi-N and the programs as program-DIGEST and inline-DIGEST, the digest being that
 * of the object it was made from: so the program of another lazyjack is told from this one's. A newer program takes
 * over the maps and, in one step of the kernel, the filter's place: mappings and flows go on, and no packet meets the
 * device without a program.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "nat64/setup.h"

enum nat64_state {
	NAT64_ABSENT,	 /* nothing of it */
	NAT64_DIFFERENT, /* another program, another setup, or only a part of it */
	NAT64_RUNNING,	 /* this program with this setup, on the device */
};

/*
 * Compare with what is there. Returns an enum nat64_state or a negative errno value; `ret_detail` (may be NULL) says
 * what is different, one line.
 */
int nat64_look(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	struct str *ret_detail, struct err *err);

/*
 * Bring it about; may be repeated, also over what a killed run left. `*ret_fresh` tells that all mappings are new ones,
 * so that what conntrack knows of the pool's addresses is about other hosts.
 */
int nat64_load(const char *directory, const struct nat64_devices *devices, const struct nat64_setup *setup,
	bool *ret_fresh, struct err *err);

/* Take the programs off their devices, where those are there. */
int nat64_detach(const struct nat64_devices *devices, struct err *err);

/* Remove everything pinned below `directory`, and it. */
int nat64_unpin(const char *directory, struct err *err);

/* The identity in the kernel of the device's program, for people with bpftool; 0: no filter on the device, or no
 * device. */
unsigned int nat64_attached(const char *device);

/* Whether this lazyjack's programs are in the kernel already, so that there is nothing to try. */
bool nat64_is_loaded(const char *directory);

/* Try whether this kernel's verifier takes the programs. Nothing stays. */
int nat64_try(struct err *err);
