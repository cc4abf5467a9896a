/* SPDX-License-Identifier: Apache-2.0 */
#include "base/environment.h"

#include <stdlib.h>

#include "base/mem.h"

char **environment_pass(void)
{
	static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "HTTP_PROXY", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "REGISTRY_AUTH_FILE", "DOCKER_HOST"};
	char **list = mem_new(ARRAY_SIZE(names) + 1, sizeof(*list));
	size_t n = 0, i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value)
			list[n++] = mem_printf("%s=%s", names[i], value);
	}
	list[n] = NULL;
	return list;
}

void environment_free(char **list)
{
	char **p;

	for (p = list; p && *p; p++)
		free(*p);
	free(list);
}

void environment_freep(char ***list)
{
	environment_free(*list);
}
