/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules in somebody else's chain: Docker, or whoever else gives iptables' chain FORWARD the policy DROP, would let no
 * pod reach another node. Nothing in a table of lazyjack's own can accept what another table drops, so two rules with a
 * comment go in front of that chain, and out of it again.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/kinds.h"
#include "resource/netfilter-legacy.h"
#include "resource/ops.h"

#define LOCK_WAIT "5" /* seconds for xtables.lock, which kube-proxy holds at times */
#define COMMENT "lazyjack"

enum { COPIES_MAX = 100 }; /* of the same rule, for whatever reason */

static const char *const directions[] = {"-s", "-d"};

struct step step_forward_accept(const char *program, const struct prefix *network)
{
	char text[PREFIX_TEXT_MAX];

	return step_make(
		&forward_accept_ops, json_make("{s:s,s:s}", "program", program, "network", prefix_text(network, text)));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "of %s (%s)", json_text(want, "network"), json_text(want, "program"));
}

static void describe(const json_t *want, struct str *ret)
{
	const char *program = json_text(want, "program"), *network = json_text(want, "network");

	str_addf(ret, "%s -I FORWARD -s %s -j ACCEPT; %s -I FORWARD -d %s -j ACCEPT", program, network, program,
		network);
}

/* A journal that somebody wrote into does not choose what is run. */
static int check(const json_t *want, struct err *err)
{
	static const char *const programs[] = {"iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"};
	const char *program = json_text(want, "program"), *network = json_text(want, "network");
	struct prefix prefix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++)
		if (str_eq(program, programs[i]) && network && prefix_parse(network, &prefix) == 0)
			return 0;
	return err_set(err, EINVAL, "'%s %s' is not what lazyjack records", program, network);
}

/* Returns the program's exit status, or an error when it could not be run. */
static int run_rule(const json_t *want, const char *action, const char *direction, struct err *err)
{
	const char *const argv[] = {json_text(want, "program"), "-w", LOCK_WAIT, action, "FORWARD", direction,
		json_text(want, "network"), "-m", "comment", "--comment", COMMENT, "-j", "ACCEPT", NULL};
	_cleanup_run_ struct run_result result = {0};
	int r = run_program(&(struct run_options){.argv = argv}, &result, err);

	if (r == 0 && result.status != 0)
		err_set(err, EIO, "'%s %s FORWARD' failed: %s", argv[0], action, str_text(&result.err));
	return r < 0 ? r : result.status;
}

/* 1 or 0. Where there is no such table there is no rule in it either, and to ask the older programs would make one. */
static int is_there(const struct node *node, const json_t *want, const char *direction, struct err *err)
{
	const char *program = json_text(want, "program");
	_cleanup_err_ struct err reason = ERR_INIT;
	int r;

	if (str_ends(program, "-legacy") && !netfilter_legacy_has(node, str_starts(program, "ip6"), "filter"))
		return 0;
	r = run_rule(want, "-C", direction, &reason);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? err_set(err, -r, "%s", reason.msg) : r == 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	int r = check(step->want, err), found = 0;
	size_t i;

	for (i = 0; r >= 0 && i < ARRAY_SIZE(directions); i++) {
		r = is_there(node, step->want, directions[i], err);
		found += r > 0;
	}
	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_null();
	if (found == ARRAY_SIZE(directions))
		return STEP_IN_PLACE;
	if (found && ret_detail)
		str_add(ret_detail, "one of its two rules is gone");
	return found ? STEP_DRIFTED : STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	int r = check(step->want, err);
	size_t i;

	for (i = 0; r >= 0 && i < ARRAY_SIZE(directions); i++) {
		r = is_there(node, step->want, directions[i], err);
		if (r == 0)
			r = run_rule(step->want, "-I", directions[i], err);
		else if (r > 0)
			r = 0;
		if (r > 0)
			r = -EIO;
	}
	return r;
}

static int remove_all(const json_t *want, const struct node *node, const char *direction, struct err *err)
{
	unsigned int i;
	int r = 0;

	for (i = 0; r >= 0 && i < COPIES_MAX; i++) {
		r = is_there(node, want, direction, err);
		if (r <= 0)
			return r;
		r = run_rule(want, "-D", direction, err);
		if (r > 0)
			return -EIO;
	}
	return r;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	int r = check(step->want, err);
	size_t i;

	for (i = 0; r >= 0 && i < ARRAY_SIZE(directions); i++)
		r = remove_all(step->want, node, directions[i], err);
	return r;
}

const struct step_ops forward_accept_ops = {
	.kind = "forward-accept",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
