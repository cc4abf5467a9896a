/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/engine.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"
#include "resource/kinds.h"
#include "resource/netlink.h"
#include "resource/sysctl-value.h"

int doctor_program(const char *const *argv, struct str *ret, struct err *err)
{
	const struct run_options options = {.argv = argv, .timeout_ms = DOCTOR_TIMEOUT};

	return run_checked(&options, ret, err);
}

char *doctor_text(const struct doctor *what, const char *path, size_t *ret_len)
{
	_cleanup_free_ char *full = node_path(what->node, path);
	char *text = NULL;
	size_t len;

	if (file_read(full, DOCTOR_TEXT_MAX, &text, &len, NULL, NULL) < 0)
		return NULL;
	if (ret_len)
		*ret_len = len;
	return text;
}

long doctor_sysctl(const struct doctor *what, const char *path)
{
	_cleanup_free_ char *text = NULL;

	if (sysctl_read(what->node, NULL, path, &text, NULL) != 1)
		return -1;
	return strtol(text, NULL, 10);
}

char *doctor_yaml_value(const char *text, const char *key)
{
	const size_t n = strlen(key);

	for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *value = text + n + 1;
		size_t len;

		if (strncmp(text, key, n) != 0 || text[n] != ':')
			continue;
		value += strspn(value, " \t\"'");
		len = strcspn(value, " \t\r\n\"'");
		return len ? mem_strndup(value, len) : NULL;
	}
	return NULL;
}

bool doctor_prepared(const struct doctor *what)
{
	_cleanup_free_ char *path = mem_printf("%s/journal", what->state_directory);

	return access(path, F_OK) == 0;
}

bool doctor_made(const struct doctor *what, const char *kind, const char *identity)
{
	const struct engine_settings settings = {
		.node = what->node, .state_directory = what->state_directory, .kinds = step_kinds};

	return engine_has_record(&settings, kind, identity);
}

static void take_kind(const struct nlattr *info, struct seen_link *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, info)
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attribute));
}

static int take_link(const struct nlmsghdr *header, void *user)
{
	struct seen_links *links = user;
	const struct nlattr *attribute;
	struct seen_link link = {0};

	if (header == NULL) {
		links->n = 0;
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	link.index = (unsigned int)((const struct ifinfomsg *)mnl_nlmsg_get_payload(header))->ifi_index;
	mnl_attr_for_each (attribute, header, sizeof(struct ifinfomsg)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			snprintf(link.name, sizeof(link.name), "%s", mnl_attr_get_str(attribute));
			break;
		case IFLA_MTU:
			link.mtu = mnl_attr_get_u32(attribute);
			break;
		case IFLA_MASTER:
			link.master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			take_kind(attribute, &link);
			break;
		}
	}
	links->items = mem_grow(links->items, links->n, &links->cap, sizeof(*links->items));
	links->items[links->n++] = link;
	return 0;
}

int look_links(const struct doctor *what, struct seen_links *ret, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	int r;

	r = node_netlink(what->node, NULL, &socket, err);
	if (r < 0)
		return r;
	netlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(&message.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(socket, &message, take_link, ret, err);
	return r < 0 ? err_wrap(err, "cannot list the interfaces") : 0;
}

void seen_links_done(struct seen_links *links)
{
	free(links->items);
	*links = (struct seen_links){0};
}

const struct seen_link *seen_links_find(const struct seen_links *links, const char *name)
{
	size_t i;

	for (i = 0; i < links->n; i++)
		if (str_eq(links->items[i].name, name))
			return &links->items[i];
	return NULL;
}
