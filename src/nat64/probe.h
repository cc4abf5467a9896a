/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether this kernel can run the eBPF translator. Each thing is asked of the kernel itself by doing it, in a network
 * namespace and a file system that nobody else sees and that go at once; neither a version nor a configuration file is
 * believed. So the answer doesn't depend on what lazyjack has done on the machine.
 */
#pragma once

#include "base/err.h"

struct nat64_probe {
	const char *device; /* type of the translator's device, "dummy" or "ifb"; NULL: neither is there */
	char *lacks;	    /* what is missing, each by its name, comma-separated; NULL: nothing */
};

/* Needs root. Returns 0 whatever is missing, or a negative errno value when nothing could be asked. */
int nat64_probe(struct nat64_probe *ret, struct err *err);
void nat64_probe_done(struct nat64_probe *probe);
