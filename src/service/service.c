/* SPDX-License-Identifier: Apache-2.0 */
#include "service/service.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "service/container.h"
#include "service/host.h"

void service_add_address(struct service *service, const struct address *address, unsigned int length)
{
	service->addresses[service->n_addresses++] = (struct prefix){*address, length};
}

void service_add_route(
	struct service *service, const struct prefix *destination, const struct address *via, const char *link)
{
	service->routes[service->n_routes++] = (struct service_route){
		.destination = *destination,
		.via = via ? *via : (struct address){0},
		.link = link,
	};
}

void service_done(struct service *service)
{
	free(service->config_path);
	str_done(&service->config);
	str_done(&service->process);
	*service = (struct service){0};
}

static const struct service_runtime *const runtimes[] = {
	&host_runtime,
	&docker_runtime,
	&podman_runtime,
};

const struct service_runtime *service_runtime_find(const char *name, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(runtimes); i++) {
		if (str_eq(runtimes[i]->name, name))
			return runtimes[i];
		str_addf(&names, "%s'%s'", i > 0 ? ", " : "", runtimes[i]->name);
	}
	err_set(err, EINVAL, "there is no service runtime '%s': set general.runtime to one of %s", name,
		str_text(&names));
	return NULL;
}
