/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/lookup.h"

#include <errno.h>
#include <poll.h>

#include "verify-fixture.h"

/* Turn a query into an answer with one A record, 192.0.2.1; returns its length. */
static size_t make_answer(uint8_t *message, size_t len, bool truncated)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1};

	message[2] = truncated ? 0x83 : 0x81;
	message[3] = 0x80;
	if (truncated)
		return len;
	message[7] = 1;
	memcpy(message + len, record, sizeof(record));
	return len + sizeof(record);
}

/* `lose` queries stay unanswered; before each answer comes one with another id, as an attacker would send. */
static pid_t start_udp(int lose, bool truncated)
{
	int fd = fixture_server(SOCK_DGRAM, "::1", DNS_PORT);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		uint8_t message[600];
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_len);
		size_t len;

		if (n < 12)
			_exit(1);
		if (lose-- > 0)
			continue;
		len = make_answer(message, (size_t)n, truncated);
		message[0] ^= 0xff;
		sendto(fd, message, len, 0, (struct sockaddr *)&from, from_len);
		message[0] ^= 0xff;
		sendto(fd, message, len, 0, (struct sockaddr *)&from, from_len);
	}
	close(fd);
	return pid;
}

static pid_t start_tcp(void)
{
	int listener = fixture_server(SOCK_STREAM, "::1", DNS_PORT);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		uint8_t message[600];
		int fd = accept(listener, NULL, NULL);
		ssize_t n = recv(fd, message, 512, 0);
		size_t len;

		if (n < 14)
			_exit(1);
		len = make_answer(message + 2, (size_t)n - 2, false);
		message[0] = (uint8_t)(len >> 8);
		message[1] = (uint8_t)len;
		/* In two pieces, and the connection stays open, as servers keep it. */
		if (send(fd, message, 1, MSG_NOSIGNAL) < 0 || poll(NULL, 0, 50) < 0 ||
			send(fd, message + 1, len + 1, MSG_NOSIGNAL) < 0)
			_exit(1);
		pause();
	}
	close(listener);
	return pid;
}

static int ask(struct dns_answer *ret, struct err *err)
{
	struct address server = fixture_address("::1");
	struct node *node = node_new("");
	int r = dns_lookup(node, NULL, &server, "a.test", DNS_A, ret, err);

	node_free(node);
	return r;
}

static void check_answer(const struct dns_answer *answer)
{
	char text[ADDRESS_TEXT_MAX];

	assert_int_equal(answer->n, 1);
	assert_string_equal(address_text(&answer->addresses[0], text), "192.0.2.1");
}

static void test_lost_query_is_repeated(void **unused)
{
	pid_t pid = start_udp(1, false);
	struct dns_answer answer;
	int r = ask(&answer, NULL);

	fixture_kill(pid);
	assert_int_equal(r, 0);
	check_answer(&answer);
}

static void test_truncated_answer_comes_over_tcp(void **unused)
{
	pid_t udp = start_udp(0, true), tcp = start_tcp();
	struct dns_answer answer;
	int r = ask(&answer, NULL);

	fixture_kill(udp);
	fixture_kill(tcp);
	assert_int_equal(r, 0);
	check_answer(&answer);
}

static void test_nobody_answers(void **unused)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct dns_answer answer;
	pid_t pid;
	int r;

	assert_int_equal(ask(&answer, &err), -ECONNREFUSED);
	pid = start_udp(100, false);
	r = ask(&answer, &err);
	fixture_kill(pid);
	assert_int_equal(r, -ETIMEDOUT);
	assert_string_equal(err.msg, "the name server ::1 did not answer in 5 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_query_is_repeated),
		cmocka_unit_test(test_truncated_answer_comes_over_tcp),
		cmocka_unit_test(test_nobody_answers),
	};

	return RUN_PRIVATE_TESTS(tests);
}
