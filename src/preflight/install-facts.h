/* SPDX-License-Identifier: Apache-2.0 */
/* What `prepare --install` has to know of the machine. Looks, never touches. */
#pragma once

#include "planner/install.h"
#include "resource/node.h"

int install_facts_gather(struct node *node, struct install_facts *ret, struct err *err);
