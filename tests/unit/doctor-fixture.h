/* SPDX-License-Identifier: Apache-2.0 */
/* What a diagnosis or its judgement found, in few words; a node whose files the test writes. */
#pragma once

#include "preflight-fixture.h"
#include "preflight/diagnose.h"

static struct findings found;
static const struct check row = {.id = "test"};

/* Exactly one finding of this severity, with these words; forgets it. */
static inline void finds(enum severity severity, const char *words)
{
	if (found.n != 1)
		fail_msg("%zu findings instead of '%s', the first: %s", found.n, words,
			found.n ? found.items[0].message : "none");
	if (found.items[0].severity != severity || strstr(found.items[0].message, words) == NULL)
		fail_msg("'%s' isn't in (severity %d): %s", words, found.items[0].severity, found.items[0].message);
	assert_non_null(found.items[0].cure);
	findings_done(&found);
}

static inline void finds_nothing(void)
{
	if (found.n)
		fail_msg("%s", found.items[0].message);
}

/* A file of the node, its directory too. */
static inline void place(const char *path, const char *text)
{
	_cleanup_free_ char *parent = file_parent(path), *full = mem_printf("%s%s", FIXTURE_ROOT, path);

	preflight_directory(parent);
	fixture_write(full, text);
}

static inline void take_away(const char *path)
{
	_cleanup_free_ char *full = mem_printf("%s%s", FIXTURE_ROOT, path);

	assert_int_equal(unlink(full), 0);
}

/* The node of a cluster of three; the state directory is empty. */
static inline struct doctor doctor_of(struct cluster *cluster, size_t node)
{
	return (struct doctor){
		.node = fixture_node,
		.cluster = cluster,
		.self = cluster ? &cluster->nodes[node] : NULL,
		.state_directory = FIXTURE_ROOT "/state",
	};
}

/* As if 'prepare' had been here. */
static inline void doctor_prepare(void)
{
	place("/state/journal", "{\"lazyjack-journal\":1}\n");
}

static inline void diagnose(diagnose_fn *look, const struct doctor *what)
{
	_cleanup_err_ struct err err = ERR_INIT;

	findings_done(&found);
	if (look(what, &row, &found, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Octets of a text with "|" for NUL, as proc(5) separates words. */
static inline char *nul_separated(const char *text, size_t *ret_len)
{
	char *copy = mem_strdup(text), *at;

	*ret_len = strlen(text);
	for (at = copy; *at; at++)
		if (*at == '|')
			*at = '\0';
	return copy;
}
