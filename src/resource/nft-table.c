/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole nftables table of our own.
 *
 * Whether it is as wanted cannot be told by comparing texts, since the kernel gives rules back in another form than
 * they were written in. So inspect has the kernel give back the wanted table too: loaded in an empty network namespace
 * that exists only for that moment. Any rule that somebody adds, removes or changes shows, and nothing has to be
 * remembered.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/nft.h"
#include "resource/node.h"
#include "resource/ops.h"

struct step step_nft_table(const char *netns, const char *family, const char *name, const char *body)
{
	return step_make(&nft_table_ops,
		json_make("{s:s*,s:s,s:s,s:s}", "netns", netns, "family", family, "name", name, "body", body));
}

static void what(const json_t *want, struct str *ret)
{
	const char *netns = json_text(want, "netns");

	str_addf(ret, "%s %s", json_text(want, "family"), json_text(want, "name"));
	if (netns)
		str_addf(ret, " in %s", netns);
}

static void describe(const json_t *want, struct str *ret)
{
	const char *netns = json_text(want, "netns");

	if (netns)
		str_addf(ret, "ip netns exec %s ", netns);
	str_addf(ret, "nft -f - # table %s %s", json_text(want, "family"), json_text(want, "name"));
}

/* Both stand in commands, so they may not hold anything that means more to nft than a name. */
static int check_names(const json_t *want, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const char *family = json_text(want, "family"), *name = json_text(want, "name");

	if (!str_eq(family, "ip") && !str_eq(family, "ip6") && !str_eq(family, "inet"))
		return err_set(err, EINVAL, "'%s' is not a family of nftables tables", family);
	if (*name == '\0' || name[strspn(name, letters)] != '\0' || strchr("0123456789-", *name))
		return err_set(err, EINVAL, "'%s' is not a name for an nftables table", name);
	return 0;
}

static void add_definition(const json_t *want, struct str *ret)
{
	str_addf(ret, "table %s %s {\n%s\n}\n", json_text(want, "family"), json_text(want, "name"),
		json_text(want, "body"));
}

/* Adding before deleting makes the deletion right whether the table is there or not; it is one transaction. */
static void add_deletion(const json_t *want, struct str *ret)
{
	const char *family = json_text(want, "family"), *name = json_text(want, "name");

	str_addf(ret, "table %s %s\ndelete table %s %s\n", family, name, family, name);
}

/* A descriptor of a fresh namespace, which goes away with it. */
static int open_scratch_namespace(int *ret, struct err *err)
{
	static const char self[] = "/proc/thread-self/ns/net";
	_cleanup_close_ int home = open(self, O_RDONLY | O_CLOEXEC), scratch = -1;

	if (home < 0)
		return err_errno(err, errno, "cannot open '%s'", self);
	if (unshare(CLONE_NEWNET) < 0)
		return err_errno(err, errno, "cannot make a network namespace to compare rules in");
	scratch = open(self, O_RDONLY | O_CLOEXEC);
	/* Going on in the wrong namespace would change it. */
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
	if (scratch < 0)
		return err_errno(err, errno, "cannot open '%s'", self);
	*ret = TAKE_FD(scratch);
	return 0;
}

/* The wanted table in the kernel's own words. */
static int list_wanted(const json_t *want, struct str *ret, struct err *err)
{
	_cleanup_str_ struct str commands = STR_INIT;
	_cleanup_close_ int scratch = -1;
	int r;

	r = open_scratch_namespace(&scratch, err);
	if (r < 0)
		return r;
	add_definition(want, &commands);
	r = nft_apply(commands.s, scratch, err);
	return r < 0 ? r : nft_list(json_text(want, "family"), json_text(want, "name"), scratch, ret, err);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const char *family = json_text(step->want, "family"), *name = json_text(step->want, "name");
	_cleanup_str_ struct str present = STR_INIT, wanted = STR_INIT;
	_cleanup_err_ struct err reason = ERR_INIT;
	int r, fd;

	r = check_names(step->want, err);
	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_null();
	r = node_netns_fd(node, json_text(step->want, "netns"), &fd, &reason);
	if (r == -ENOENT)
		return STEP_MISSING;
	if (r < 0)
		return err_set(err, reason.code, "%s", reason.msg);
	r = nft_list(family, name, fd, &present, err);
	if (r <= 0)
		return r < 0 ? r : STEP_MISSING;
	if (!ours)
		return err_set(err, EEXIST,
			"the nftables table '%s %s' is there already and isn't recorded as lazyjack's: "
			"remove it with 'nft delete table %s %s'",
			family, name, family, name);
	r = list_wanted(step->want, &wanted, err);
	if (r < 0)
		return r;
	if (str_eq(str_text(&present), str_text(&wanted)))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_add(ret_detail, "its rules differ");
	return STEP_DRIFTED;
}

static int change(const struct step *step, struct node *node, bool define, struct err *err)
{
	_cleanup_str_ struct str commands = STR_INIT;
	int r, fd;

	r = check_names(step->want, err);
	if (r < 0)
		return r;
	r = node_netns_fd(node, json_text(step->want, "netns"), &fd, err);
	if (r < 0)
		return r;
	add_deletion(step->want, &commands);
	if (define)
		add_definition(step->want, &commands);
	return nft_apply(commands.s, fd, err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	return change(step, node, true, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_err_ struct err reason = ERR_INIT;
	int fd;

	/* A namespace that has gone took the table with it. */
	if (node_netns_fd(node, json_text(step->want, "netns"), &fd, &reason) == -ENOENT)
		return 0;
	return change(step, node, false, err);
}

static void diff(const struct step *step, struct node *node, struct str *ret)
{
	_cleanup_str_ struct str commands = STR_INIT;

	add_definition(step->want, &commands);
	str_add(ret, commands.s);
}

const struct step_ops nft_table_ops = {
	.kind = "nft-table",
	.forgotten_at_boot = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
	.diff = diff,
};
