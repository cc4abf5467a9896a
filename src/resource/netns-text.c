/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/netns-text.h"

#include "base/json.h"

const char *netns_or_null(const char *netns)
{
	return netns && netns[0] ? netns : NULL;
}

void netns_suffix(const json_t *want, struct str *ret)
{
	if (json_text(want, "netns"))
		str_addf(ret, " in %s", json_text(want, "netns"));
}

void netns_ip(const json_t *want, struct str *ret)
{
	str_add(ret, "ip");
	if (json_text(want, "netns"))
		str_addf(ret, " -n %s", json_text(want, "netns"));
}
