/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/conntrack.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

enum {
	RECEIVE_MAX = 32768, /* octets of a dump's messages */
	TUPLE_MAX = 128,     /* octets of an IPv4 tuple as an attribute; the kernel's are about 60 */
};

/* One entry, as much of it as is needed to find and to delete it. */
struct entry {
	struct nat64_v4 source;
	uint32_t id;
	uint16_t tuple_len;
	char tuple[TUPLE_MAX]; /* the attribute's payload */
};

struct table {
	struct entry *entries;
	size_t n, cap;
};

static int open_socket(struct mnl_socket **ret, struct err *err)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (socket == NULL)
		return err_errno(err, errno, "can't open a netlink socket for conntrack");
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int code = errno;

		mnl_socket_close(socket);
		return err_errno(err, code, "can't bind a netlink socket for conntrack");
	}
	*ret = socket;
	return 0;
}

static struct nlmsghdr *begin(char *octets, uint16_t type, uint16_t flags, uint32_t sequence)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(octets);
	struct nfgenmsg *message;

	header->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nlmsg_seq = sequence;
	message = mnl_nlmsg_put_extra_header(header, sizeof(*message));
	message->nfgen_family = AF_INET;
	message->version = NFNETLINK_V0;
	return header;
}

static const struct nlattr *nested(const struct nlattr *parent, uint16_t type)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, parent)
		if (mnl_attr_get_type(attribute) == type)
			return attribute;
	return NULL;
}

static bool take_tuple(const struct nlattr *tuple, struct entry *entry)
{
	const struct nlattr *ip = nested(tuple, CTA_TUPLE_IP);
	const struct nlattr *source = ip ? nested(ip, CTA_IP_V4_SRC) : NULL;

	if (source == NULL || mnl_attr_get_payload_len(source) != sizeof(entry->source) ||
		mnl_attr_get_payload_len(tuple) > TUPLE_MAX)
		return false;
	memcpy(&entry->source, mnl_attr_get_payload(source), sizeof(entry->source));
	entry->tuple_len = mnl_attr_get_payload_len(tuple);
	memcpy(entry->tuple, mnl_attr_get_payload(tuple), entry->tuple_len);
	return true;
}

static int take_entry(const struct nlmsghdr *header, void *user)
{
	const struct nlattr *attribute;
	struct table *table = user;
	struct entry entry = {0};
	bool known = false;

	mnl_attr_for_each (attribute, header, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attribute) == CTA_TUPLE_ORIG)
			known = take_tuple(attribute, &entry);
		else if (mnl_attr_get_type(attribute) == CTA_ID)
			entry.id = mnl_attr_get_u32(attribute); /* in network order, and so it goes back */
	}
	if (known) {
		table->entries = mem_grow(table->entries, table->n, &table->cap, sizeof(*table->entries));
		table->entries[table->n++] = entry;
	}
	return MNL_CB_OK;
}

/* All entries. One that comes or goes meanwhile may be missed or told twice. */
static int dump(struct mnl_socket *socket, struct table *table, struct err *err)
{
	_Alignas(struct nlmsghdr) char octets[256] = {0};
	struct nlmsghdr *request = begin(octets, IPCTNL_MSG_CT_GET, NLM_F_DUMP, 1);
	char *buffer = mem_new(RECEIVE_MAX, 1);
	int r = MNL_CB_OK;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		r = MNL_CB_ERROR;
	while (r == MNL_CB_OK) {
		ssize_t n = mnl_socket_recvfrom(socket, buffer, RECEIVE_MAX);

		r = n < 0 ? MNL_CB_ERROR
			  : mnl_cb_run(buffer, (size_t)n, request->nlmsg_seq, mnl_socket_get_portid(socket), take_entry,
				    table);
		/* NLM_F_DUMP_INTR: the table changed, which it does all the time. */
		if (r == MNL_CB_ERROR && errno == EINTR)
			r = MNL_CB_OK;
	}
	free(buffer);
	return r == MNL_CB_ERROR ? err_errno(err, errno, "can't read the table of connections (conntrack)") : 0;
}

static int delete_entry(struct mnl_socket *socket, const struct entry *entry, uint32_t sequence, struct err *err)
{
	_Alignas(struct nlmsghdr) char octets[512] = {0}, answer[1024];
	struct nlmsghdr *request = begin(octets, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, sequence);
	ssize_t n;

	mnl_attr_put(request, CTA_TUPLE_ORIG | NLA_F_NESTED, entry->tuple_len, entry->tuple);
	mnl_attr_put_u32(request, CTA_ID, entry->id);
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return err_errno(err, errno, "can't delete a connection (conntrack)");
	n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	if (n >= 0 && mnl_cb_run(answer, (size_t)n, sequence, mnl_socket_get_portid(socket), NULL, NULL) >= 0)
		return 1;
	/* It has ended by itself. */
	return errno == ENOENT ? 0 : err_errno(err, errno, "can't delete a connection (conntrack)");
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct nat64_v4));
}

int conntrack_sources(struct nat64_v4 **ret, size_t *ret_n, struct err *err)
{
	struct mnl_socket *socket = NULL;
	struct nat64_v4 *sources;
	struct table table = {0};
	size_t i, n = 0;
	int r = open_socket(&socket, err);

	if (r < 0)
		return r;
	r = dump(socket, &table, err);
	mnl_socket_close(socket);
	if (r == 0) {
		sources = mem_new(table.n + 1, sizeof(*sources));
		for (i = 0; i < table.n; i++)
			sources[i] = table.entries[i].source;
		if (table.n)
			qsort(sources, table.n, sizeof(*sources), compare);
		for (i = 0; i < table.n; i++)
			if (n == 0 || compare(&sources[n - 1], &sources[i]) != 0)
				sources[n++] = sources[i];
		*ret = sources;
		*ret_n = n;
	}
	free(table.entries);
	return r;
}

int conntrack_clear(bool (*wanted)(void *user, const struct nat64_v4 *source), void *user, struct err *err)
{
	struct mnl_socket *socket = NULL;
	struct table table = {0};
	int n = 0, r = open_socket(&socket, err);
	size_t i;

	if (r < 0)
		return r;
	r = dump(socket, &table, err);
	for (i = 0; r >= 0 && i < table.n; i++) {
		if (!wanted(user, &table.entries[i].source))
			continue;
		r = delete_entry(socket, &table.entries[i], (uint32_t)i + 2, err);
		n += r > 0;
	}
	mnl_socket_close(socket);
	free(table.entries);
	return r < 0 ? r : n;
}

static bool is_inside(void *user, const struct nat64_v4 *source)
{
	const struct nat64_key4 *network = user;
	unsigned int i;

	for (i = 0; i < network->length; i++)
		if ((source->octets[i / 8] ^ network->network.octets[i / 8]) >> (7 - i % 8) & 1)
			return false;
	return true;
}

int conntrack_clear_network(const struct nat64_key4 *network, struct err *err)
{
	struct nat64_key4 copy = *network;

	return conntrack_clear(is_inside, &copy, err);
}
