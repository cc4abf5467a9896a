/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/init.h"

#include "base/mem.h"
#include "kube/ca-files.h"
#include "planner/work-area.h"
#include "resource/kinds.h"

void plan_init(const struct cluster *cluster, const struct init_content *content, struct plan *ret)
{
	_cleanup_free_ char *directory = ca_directory(cluster), *key = ca_key_path(cluster),
			    *certificate = ca_certificate_path(cluster);

	plan_work_area(cluster, ret);
	plan_add(ret, step_directory(directory, 0700, false));
	plan_add(ret, step_secret_file(key, content->ca->key, content->ca->key_len));
	plan_add(ret, step_file(certificate, content->ca->certificate, 0644));
	/* Last: a token in the file tells that the rest is there. */
	if (content->config)
		plan_add(ret, step_edited_file(content->config_path, content->config, content->config_len));
}
