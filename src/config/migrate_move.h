/* SPDX-License-Identifier: Apache-2.0 */
/* Private to migrate.c: the keys that earlier releases had outside of a section. */
#pragma once

#include "base/err.h"
#include "config/source.h"
#include "config/splice.h"
#include "config/yaml.h"

struct migration {
	const struct source *source;
	const struct yaml *yaml;
	struct splices splices;
};

/* -EINVAL with the node's line. */
int migrate_refuse(const struct migration *m, const struct yaml_node *node, const char *what, struct err *err);

/* Whether blanks, and maybe a comment, are all that follows on the line. */
bool migrate_ends_line(const struct migration *m, size_t offset);

/* Move all of them into their section, which is made when it is not there. */
int migrate_move(struct migration *m, struct err *err);
