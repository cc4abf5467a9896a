/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/netlink.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/log.h"
#include "base/mem.h"

/* The kernel fills dump messages up to 32 KiB when the reader's buffer is that large (af_netlink.c). */
#define RECEIVE_MAX 32768

#define DUMP_TRIES_MAX 10

/* A reply can only be missing when the kernel hangs; then say so rather than hang as well. */
#define ANSWER_SECONDS_MAX 30

static uint32_t sequence;

static int set_option(int fd, int option)
{
	int one = 1;

	return setsockopt(fd, SOL_NETLINK, option, &one, sizeof(one));
}

int netlink_open(uint32_t groups, struct mnl_socket **ret, struct err *err)
{
	struct timeval limit = {.tv_sec = ANSWER_SECONDS_MAX};
	int receive = 1 << 20;
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (socket == NULL)
		return err_errno(err, errno, "can't open a netlink socket");
	if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		int code = errno;

		mnl_socket_close(socket);
		return err_errno(err, code, "can't bind a netlink socket");
	}
	/*
	 * All of these only make things better where the kernel has them: its own words (4.12), acknowledgements
	 * without the request in them (4.3), dumps that obey their filter (5.0), room for many answers.
	 */
	if (set_option(mnl_socket_get_fd(socket), NETLINK_EXT_ACK) < 0 ||
		set_option(mnl_socket_get_fd(socket), NETLINK_CAP_ACK) < 0 ||
		set_option(mnl_socket_get_fd(socket), NETLINK_GET_STRICT_CHK) < 0 ||
		setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &receive, sizeof(receive)) < 0 ||
		setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		log_debug("netlink: a socket option is missing: %s", strerror(errno));
	*ret = socket;
	return 0;
}

void *netlink_begin(union netlink_message *message, uint16_t type, uint16_t flags, size_t extra)
{
	struct nlmsghdr *header;

	/* libmnl leaves the padding of odd lengths as it is: no rest of our stack goes to the kernel. */
	memset(message, 0, sizeof(*message));
	header = mnl_nlmsg_put_header(message->octets);
	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(header, extra);
}

void netlink_put_address(struct nlmsghdr *header, uint16_t attribute, const struct address *address)
{
	mnl_attr_put(header, attribute, address_bits(address) / 8, address->bytes);
}

int netlink_get_address(int family, const struct nlattr *attribute, struct address *ret)
{
	struct address address = {.family = family};

	if (address_bits(&address) == 0 || mnl_attr_get_payload_len(attribute) != address_bits(&address) / 8)
		return -EINVAL;
	memcpy(address.bytes, mnl_attr_get_payload(attribute), address_bits(&address) / 8);
	*ret = address;
	return 0;
}

/* The kernel's words in our form: no capital letter unless it begins a name such as "IPv6", no full stop. */
static void take_words(const char *words, size_t len, char *ret, size_t size)
{
	while (len > 0 && (words[len - 1] == '\0' || words[len - 1] == '.' || isspace((unsigned char)words[len - 1])))
		len--;
	snprintf(ret, size, "%.*s", (int)len, words);
	if (isupper((unsigned char)ret[0]) && islower((unsigned char)ret[1]))
		ret[0] = (char)tolower((unsigned char)ret[0]);
}

/* The error of an acknowledgement and its text: linux/netlink.h, struct nlmsgerr and what follows it. */
static void take_result(const struct nlmsghdr *header, struct netlink_result *ret)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(header);
	char words[128] = "";
	const struct nlattr *attribute;
	size_t offset;

	*ret = (struct netlink_result){0};
	if (mnl_nlmsg_get_payload_len(header) < sizeof(int)) {
		ret->error = -EBADMSG;
		return;
	}
	ret->error = header->nlmsg_type == NLMSG_DONE ? *(const int *)mnl_nlmsg_get_payload(header) : answer->error;
	if (ret->error >= 0) {
		ret->error = 0;
		return;
	}
	offset = header->nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(*answer);
	if (header->nlmsg_type == NLMSG_ERROR && !(header->nlmsg_flags & NLM_F_CAPPED))
		offset += answer->msg.nlmsg_len - sizeof(struct nlmsghdr);
	if ((header->nlmsg_flags & NLM_F_ACK_TLVS) && MNL_ALIGN(offset) < mnl_nlmsg_get_payload_len(header)) {
		mnl_attr_for_each (attribute, header, offset)
			if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG)
				take_words(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute), words,
					sizeof(words));
	}
	snprintf(ret->text, sizeof(ret->text), "%.120s%s%s", words, words[0] ? ": " : "", strerror(-ret->error));
}

static int receive(struct mnl_socket *socket, char *buffer, size_t *ret_len, struct err *err)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(socket, buffer, RECEIVE_MAX);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, errno == EAGAIN ? ETIMEDOUT : errno, "no answer from the kernel over netlink");
	*ret_len = (size_t)n;
	return 0;
}

static int send_octets(struct mnl_socket *socket, const void *octets, size_t len, struct err *err)
{
	ssize_t n;

	do
		n = mnl_socket_sendto(socket, octets, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_errno(err, errno, "can't send to the kernel over netlink") : 0;
}

/* Read one answer to its end. `*ret_interrupted`: the dump is not to be trusted. */
static int read_answer(
	struct mnl_socket *socket, uint32_t seq, netlink_each *each, void *user, bool *ret_interrupted, struct err *err)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_MAX];
	int r = 0;

	*ret_interrupted = false;
	for (;;) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
		size_t len = 0;
		int left, failed = receive(socket, buffer, &len, err);

		if (failed < 0)
			return failed;
		for (left = (int)len; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
			struct netlink_result result;

			/* The rest of an answer that was given up. */
			if (header->nlmsg_seq != seq)
				continue;
			if (header->nlmsg_flags & NLM_F_DUMP_INTR)
				*ret_interrupted = true;
			if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
				take_result(header, &result);
				return result.error < 0 ? err_set(err, -result.error, "%s", result.text) : r;
			}
			if (each && r == 0)
				r = each(header, user);
		}
	}
}

int netlink_talk(
	struct mnl_socket *socket, union netlink_message *message, netlink_each *each, void *user, struct err *err)
{
	bool interrupted = false;
	int tries, r;

	if ((message->header.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		message->header.nlmsg_flags |= NLM_F_ACK;
	for (tries = 0; tries < DUMP_TRIES_MAX; tries++) {
		message->header.nlmsg_seq = ++sequence;
		log_debug("netlink: request %u of type %u, %u octets", message->header.nlmsg_seq,
			message->header.nlmsg_type, message->header.nlmsg_len);
		r = send_octets(socket, message, message->header.nlmsg_len, err);
		if (r == 0)
			r = read_answer(socket, message->header.nlmsg_seq, each, user, &interrupted, err);
		if (r < 0 || !interrupted)
			return r;
		if (each)
			each(NULL, user);
	}
	return err_set(err, EAGAIN, "the kernel's network state keeps changing while it is read: try again");
}

int netlink_many(struct mnl_socket *socket, size_t n,
	void (*build)(void *user, size_t i, union netlink_message *message), void *user, struct netlink_result *results,
	struct err *err)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_MAX];
	uint32_t first = sequence + 1;
	size_t size = 0, answered = 0, i;
	int r;

	if (n == 0)
		return 0;
	for (i = 0; i < n; i++) {
		union netlink_message message;

		build(user, i, &message);
		message.header.nlmsg_flags |= NLM_F_ACK;
		message.header.nlmsg_seq = ++sequence;
		if (size + MNL_ALIGN(message.header.nlmsg_len) > sizeof(buffer))
			return err_set(err, EMSGSIZE, "too many netlink requests at once");
		memcpy(buffer + size, &message, message.header.nlmsg_len);
		size += MNL_ALIGN(message.header.nlmsg_len);
	}
	log_debug("netlink: %zu requests from %u, %zu octets", n, first, size);
	r = send_octets(socket, buffer, size, err);
	while (r == 0 && answered < n) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
		int left;

		r = receive(socket, buffer, &size, err);
		if (r < 0)
			break;
		for (left = (int)size; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
			if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_seq - first >= n)
				continue;
			take_result(header, &results[header->nlmsg_seq - first]);
			answered++;
		}
	}
	return r;
}
