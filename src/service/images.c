/* SPDX-License-Identifier: Apache-2.0 */
#include "service/images.h"

#include "service/containerfiles.h"

const char dns64_containerfile[] = DNS64_CONTAINERFILE;
const char nat64_containerfile[] = NAT64_CONTAINERFILE;
