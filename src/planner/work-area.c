/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/work-area.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "resource/kinds.h"

/* Directories that need no step: the engine makes the one of the journal before the first change; the other is
 * Debian's. */
static const char *const always_there[] = {"/var/lib/lazyjack/", "/var/lib/"};

void plan_work_area(const struct cluster *cluster, struct plan *ret)
{
	const char *path = cluster->work_area, *slash = path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(always_there) && slash == path; i++)
		if (str_starts(path, always_there[i]))
			slash = path + strlen(always_there[i]) - 1;
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		_cleanup_free_ char *parent = mem_strndup(path, (size_t)(slash - path));

		plan_add(ret, step_directory(parent, 0755, false));
	}
	plan_add(ret, step_directory(path, 0700, false));
}
