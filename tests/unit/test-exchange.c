/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/exchange.h"

#include <errno.h>

#include "verify-fixture.h"

enum { PORT = 7000, MANY = 200 };

/* Serve one connection after the other: read a line, write `bytes`, close or (linger) do nothing more. */
static pid_t start_server(uint16_t port, const char *bytes, size_t n, bool linger)
{
	int listener = fixture_server(SOCK_STREAM, "::1", port);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		size_t left = n;
		char line[100];

		if (fd < 0 || recv(fd, line, sizeof(line), 0) <= 0)
			_exit(1);
		while (left > 0) {
			ssize_t sent = send(fd, bytes + n - left, left, MSG_NOSIGNAL);

			if (sent < 0)
				break;
			left -= (size_t)sent;
		}
		if (linger)
			pause();
		close(fd);
	}
	close(listener);
	return pid;
}

static struct exchange ask(uint16_t port)
{
	return (struct exchange){.to = fixture_address("::1"), .port = port, .request = "hello\n", .request_len = 6};
}

static struct exchange run_one(struct exchange exchange, int timeout_ms)
{
	struct node *node = node_new("");

	exchange_run(node, NULL, &exchange, 1, timeout_ms);
	node_free(node);
	return exchange;
}

static void test_line(void **unused)
{
	pid_t pid = start_server(PORT, "answer\n", 7, true);
	struct exchange exchange = ask(PORT);

	exchange.complete = exchange_line;
	exchange = run_one(exchange, 2000);
	fixture_kill(pid);
	assert_int_equal(exchange.code, 0);
	assert_string_equal(exchange.answer.s, "answer\n");
	exchange_done(&exchange);
}

static void test_close_ends_or_breaks(void **unused)
{
	pid_t pid = start_server(PORT, "half", 4, false);
	struct exchange whole = ask(PORT), broken = ask(PORT);

	whole.close_ends = true;
	whole = run_one(whole, 2000);
	broken.complete = exchange_line;
	broken = run_one(broken, 2000);
	fixture_kill(pid);
	assert_int_equal(whole.code, 0);
	assert_string_equal(whole.answer.s, "half");
	assert_int_equal(broken.code, -ECONNRESET);
	exchange_done(&whole);
	exchange_done(&broken);
}

static void test_deadline(void **unused)
{
	pid_t pid = start_server(PORT, "half", 4, true);
	struct exchange exchange = ask(PORT);
	int64_t begin = clock_ms();

	exchange.complete = exchange_line;
	exchange = run_one(exchange, 300);
	fixture_kill(pid);
	assert_int_equal(exchange.code, -ETIMEDOUT);
	assert_string_equal(exchange.answer.s, "half");
	assert_true(clock_ms() - begin >= 300);
	exchange_done(&exchange);
}

static void test_refused_and_unreachable(void **unused)
{
	struct exchange exchange = run_one(ask(PORT + 1), 2000);

	assert_int_equal(exchange.code, -ECONNREFUSED);
	exchange = ask(PORT);
	exchange.to = fixture_address("2001:db8::1");
	exchange = run_one(exchange, 2000);
	assert_int_equal(exchange.code, -ENETUNREACH);
}

/* The server accepts late or never: its kernel does. */
static void test_connect_only(void **unused)
{
	int listener = fixture_server(SOCK_STREAM, "::1", PORT);
	struct exchange exchange = {.to = fixture_address("::1"), .port = PORT, .connect_only = true};

	exchange = run_one(exchange, 2000);
	assert_int_equal(exchange.code, 0);
	assert_int_equal(exchange.answer.len, 0);
	close(listener);
	exchange = run_one(exchange, 2000);
	assert_int_equal(exchange.code, -ECONNREFUSED);
	/* A neighbour that is not there any more. */
	fixture_run("ip link add swallow type veth peer name void");
	fixture_run("ip link set swallow up");
	fixture_run("ip link set void up");
	fixture_run("ip addr add fd00:99::1/64 dev swallow nodad");
	fixture_run("ip neigh add fd00:99::2 lladdr 02:00:00:00:00:99 dev swallow");
	exchange.to = fixture_address("fd00:99::2");
	exchange = run_one(exchange, 300);
	assert_int_equal(exchange.code, -ETIMEDOUT);
}

static void test_too_much(void **unused)
{
	_cleanup_free_ char *large = mem_new(EXCHANGE_MAX + 1, 1);
	pid_t pid = start_server(PORT, large, EXCHANGE_MAX + 1, false);
	struct exchange exchange = ask(PORT);

	exchange.close_ends = true;
	exchange = run_one(exchange, 5000);
	fixture_kill(pid);
	assert_int_equal(exchange.code, -EFBIG);
	assert_true(exchange.answer.len <= EXCHANGE_MAX);
	exchange_done(&exchange);
}

/* More than run at a time, some of them without an answer. */
static void test_many(void **unused)
{
	struct exchange list[MANY];
	struct node *node = node_new("");
	int listener = fixture_server(SOCK_STREAM, "::1", PORT), i;
	pid_t pid = fixture_fork();

	while (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		char line[100];
		ssize_t n = recv(fd, line, sizeof(line), 0);

		if (n > 0 && send(fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
			_exit(1);
		close(fd);
	}
	close(listener);
	for (i = 0; i < MANY; i++) {
		list[i] = ask(i % 5 == 0 ? PORT + 1 : PORT);
		list[i].complete = exchange_line;
	}
	exchange_run(node, NULL, list, MANY, 5000);
	fixture_kill(pid);
	for (i = 0; i < MANY; i++) {
		assert_int_equal(list[i].code, i % 5 == 0 ? -ECONNREFUSED : 0);
		if (i % 5)
			assert_string_equal(list[i].answer.s, "hello\n");
		exchange_done(&list[i]);
	}
	node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_close_ends_or_breaks),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_refused_and_unreachable),
		cmocka_unit_test(test_connect_only),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_many),
	};

	return RUN_PRIVATE_TESTS(tests);
}
