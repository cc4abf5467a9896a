/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML text as a tree of nodes that know their byte ranges. Aliases stay what they are (nothing is expanded), duplicate
 * keys stay in the tree, and what stands before a syntax error is kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "config/source.h"

enum yaml_kind {
	YAML_SCALAR,
	YAML_MAPPING, /* children: key, value, key, value...; behind a syntax error the last value may be missing */
	YAML_LIST,
	YAML_ALIAS,
};

enum yaml_style {
	YAML_PLAIN,	    /* for a mapping or list: by indentation */
	YAML_SINGLE_QUOTED, /* the range includes the quotes */
	YAML_DOUBLE_QUOTED,
	YAML_BLOCK, /* "|" or ">": the range is only a part */
	YAML_FLOW,  /* "{" or "[" */
};

struct yaml_node {
	enum yaml_kind kind;
	enum yaml_style style;
	uint32_t next, child; /* indices, 0: none */
	uint32_t text, len;   /* of a scalar, in `texts` */
	uint32_t start,
		end; /* byte range of a scalar; of a mapping or list only the start. Equal for a value left out */
};

struct yaml {
	struct yaml_node *nodes; /* [0] is not used */
	size_t n, cap;
	struct str texts;
	uint32_t root; /* 0: no content */
	bool several;  /* there is a second document, at `second` */
	size_t second;
	char *error; /* the first syntax error, NULL: none; reading ended there */
	size_t error_at;
};

#define YAML_INIT                                                                                                      \
	{                                                                                                              \
		NULL, 0, 0, STR_INIT, 0, false, 0, NULL, 0                                                             \
	}
#define _cleanup_yaml_ __attribute__((cleanup(yaml_done)))

/* The text must have passed source_check(). */
void yaml_parse(const struct source *source, struct yaml *ret);
void yaml_done(struct yaml *yaml);

/* NULL at the end; yaml_child() and yaml_next() walk the children. */
const struct yaml_node *yaml_root(const struct yaml *yaml);
const struct yaml_node *yaml_child(const struct yaml *yaml, const struct yaml_node *node);
const struct yaml_node *yaml_next(const struct yaml *yaml, const struct yaml_node *node);

/* A scalar's content, terminated ("" for other kinds); may hold NUL inside when it was escaped: see `len`. */
const char *yaml_text(const struct yaml *yaml, const struct yaml_node *node);

/* Left out, "~" or "null" (YAML 1.2.2 section 10.3.2), or the empty text in quotes. */
bool yaml_empty(const struct yaml *yaml, const struct yaml_node *node);
