/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Image archives into the nodes' container runtimes. What is imported belongs to the node's own directory, and goes
 * with it; the file images.json there says which archives are in.
 */
#pragma once

#include "base/err.h"
#include "lab/kubernetes.h"
#include "step/event.h"

/*
 * Those that a node doesn't have yet, or not in their present form; all nodes side by side, the first `nodes` of the
 * lab. They have to be running. An error quotes what the runtime says of an archive.
 */
int lab_import(const struct lab_images *images, unsigned int nodes, struct event_sink *sink, struct err *err);
