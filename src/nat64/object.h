/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled kernel programs, an ELF object for bpf_object__open_mem(). They're in builds with HAVE_EBPF only. */
#pragma once

#include <stddef.h>

extern const unsigned char nat64_object[];
extern const size_t nat64_object_size;
