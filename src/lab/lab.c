/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "planner/lab.h"

enum { CONFIG_MAX = 1 << 20 };

int lab_open(struct lab *ret, struct err *err)
{
	struct lab lab = {.nodes = mem_new(LAB_NODES_MAX + 1, sizeof(char *))};
	bool denied = false;

	/* Names follow from the number, so counting is all there is to look up. */
	while (lab.n < LAB_NODES_MAX) {
		_cleanup_free_ char *name = lab_node_name((unsigned int)lab.n);
		_cleanup_free_ char *root = mem_printf("%s/%s/root", LAB_DIRECTORY, name);

		if (access(root, F_OK) < 0) {
			denied = errno == EACCES;
			break;
		}
		lab.nodes[lab.n++] = TAKE_PTR(name);
	}
	if (lab.n == 0) {
		lab_done(&lab);
		if (denied)
			return err_set(err, EACCES, "'%s' is only for root: put 'sudo' in front", LAB_DIRECTORY);
		return err_set(err, ENOENT, "no lab is up on this machine: 'lazyjack lab up' makes one");
	}
	*ret = lab;
	return 0;
}

void lab_done(struct lab *lab)
{
	size_t i;

	for (i = 0; i < lab->n; i++)
		free(lab->nodes[i]);
	free(lab->nodes);
	*lab = (struct lab){.nodes = NULL};
}

int lab_config(char **ret, struct err *err)
{
	struct lab lab = {0};
	size_t len;
	int r;

	r = lab_open(&lab, err);
	if (r < 0)
		return r;
	lab_done(&lab);
	return file_read(LAB_DIRECTORY "/master/root/root/config.yaml", CONFIG_MAX, ret, &len, NULL, err);
}
