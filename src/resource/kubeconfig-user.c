/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeconfig-user.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/mem.h"

static int read_groups(struct as_user *as)
{
	as->n_groups = getgroups(0, NULL);
	if (as->n_groups < 0)
		return -1;
	as->groups = mem_new((size_t)as->n_groups + 1, sizeof(*as->groups));
	as->n_groups = getgroups(as->n_groups, as->groups);
	return as->n_groups;
}

int as_user_enter(uid_t uid, gid_t gid, struct as_user *ret, struct err *err)
{
	int r;

	*ret = (struct as_user){0};
	if (uid == geteuid())
		return 0;
	*ret = (struct as_user){.gid = getegid(), .dumpable = prctl(PR_GET_DUMPABLE)};
	if (read_groups(ret) < 0) {
		r = err_errno(err, errno, "cannot read the groups of this process");
		free(ret->groups);
		return r;
	}
	ret->active = true;
	if (setgroups(1, &gid) < 0 || setegid(gid) < 0 || seteuid(uid) < 0) {
		r = err_errno(err, errno, "cannot work as user %u", (unsigned int)uid);
		as_user_leave(ret);
		return r;
	}
	return 0;
}

void as_user_leave(struct as_user *as)
{
	if (!as->active)
		return;
	if (seteuid(0) < 0 || setegid(as->gid) < 0 || setgroups((size_t)as->n_groups, as->groups) < 0)
		abort();
	/* Changing the user cleared it (prctl(2)); debuggers and sanitizers need it. */
	if (as->dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1);
	free(as->groups);
	*as = (struct as_user){0};
}
