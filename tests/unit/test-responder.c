/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/responder.h"

#include <errno.h>

#include "verify-fixture.h"
#include "verify/exchange.h"
#include "verify/greeting.h"

enum { PORT = 7000 };

static pid_t start(struct node *node)
{
	struct address here = fixture_address("::1"), pod = fixture_address("fd00:40::5");
	int listener;
	pid_t pid;

	assert_int_equal(responder_listen(node, NULL, &here, PORT, &listener, NULL), 0);
	pid = fixture_fork();
	if (pid == 0) {
		run_catch_signals();
		responder_run(&(struct listener){listener, &pod}, 1, "minion-1", 0);
		_exit(42);
	}
	close(listener);
	return pid;
}

static void test_answers_until_asked_to_stop(void **unused)
{
	struct node *node = node_new("");
	pid_t pid = start(node);
	char request[GREETING_NONCE + 2], text[ADDRESS_TEXT_MAX];
	struct exchange exchange = {.to = fixture_address("::1"),
		.port = PORT,
		.request = request,
		.request_len = GREETING_NONCE + 1,
		.complete = exchange_line};
	struct address pod;
	int status;

	greeting_request(request);
	exchange_run(node, NULL, &exchange, 1, 2000);
	assert_int_equal(exchange.code, 0);
	assert_int_equal(greeting_read(exchange.answer.s, request, "minion-1", &pod, NULL), 0);
	assert_string_equal(address_text(&pod, text), "fd00:40::5");
	exchange_done(&exchange);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	node_free(node);
}

/* Who asks at the address of a family is told the pod's address of that family. */
static void test_two_families(void **unused)
{
	static const char *const at[] = {"::1", "127.0.0.1"}, *const told[] = {"fd00:40::5", "10.244.0.5"};
	struct address pods[] = {fixture_address(told[0]), fixture_address(told[1])};
	struct node *node = node_new("");
	struct listener listeners[2];
	pid_t pid;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct address here = fixture_address(at[i]);

		listeners[i].pod = &pods[i];
		assert_int_equal(responder_listen(node, NULL, &here, PORT, &listeners[i].fd, NULL), 0);
	}
	pid = fixture_fork();
	if (pid == 0)
		responder_run(listeners, 2, "minion-1", 0);
	for (i = 0; i < 2; i++) {
		char request[GREETING_NONCE + 2], text[ADDRESS_TEXT_MAX];
		struct exchange exchange = {.to = fixture_address(at[i]),
			.port = PORT,
			.request = request,
			.request_len = GREETING_NONCE + 1,
			.complete = exchange_line};
		struct address pod;

		close(listeners[i].fd);
		greeting_request(request);
		exchange_run(node, NULL, &exchange, 1, 2000);
		assert_int_equal(exchange.code, 0);
		assert_int_equal(greeting_read(exchange.answer.s, request, "minion-1", &pod, NULL), 0);
		assert_string_equal(address_text(&pod, text), told[i]);
		exchange_done(&exchange);
	}
	fixture_kill(pid);
	node_free(node);
}

/* Clients that say nothing, too much or nonsense are not answered and do not keep others from it. */
static void test_bad_clients(void **unused)
{
	enum { SILENT = 40 };
	struct node *node = node_new("");
	pid_t pid = start(node);
	struct address here = fixture_address("::1");
	struct sockaddr_storage to;
	socklen_t len = address_sockaddr(&here, PORT, &to);
	char long_line[200], request[GREETING_NONCE + 2];
	struct exchange list[] = {
		{.to = here, .port = PORT, .request = "nonsense\n", .request_len = 9, .complete = exchange_line},
		{.to = here,
			.port = PORT,
			.request = long_line,
			.request_len = sizeof(long_line),
			.complete = exchange_line},
		{.to = here,
			.port = PORT,
			.request = request,
			.request_len = GREETING_NONCE + 1,
			.complete = exchange_line},
	};
	int silent[SILENT], i;

	memset(long_line, 'x', sizeof(long_line));
	greeting_request(request);
	for (i = 0; i < SILENT; i++) {
		silent[i] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(silent[i], (const struct sockaddr *)&to, len), 0);
	}
	exchange_run(node, NULL, list, ARRAY_SIZE(list), 2000);
	fixture_kill(pid);
	for (i = 0; i < SILENT; i++)
		close(silent[i]);
	assert_int_equal(list[0].code, -ECONNRESET);
	assert_int_equal(list[1].code, -ECONNRESET);
	assert_int_equal(list[2].code, 0);
	for (i = 0; i < (int)ARRAY_SIZE(list); i++)
		exchange_done(&list[i]);
	node_free(node);
}

static void test_stops_at_deadline(void **unused)
{
	struct node *node = node_new("");
	struct address here = fixture_address("::1");
	int64_t begin = clock_ms();
	int listener;

	assert_int_equal(responder_listen(node, NULL, &here, PORT, &listener, NULL), 0);
	responder_run(&(struct listener){listener, NULL}, 1, "minion-1", begin + 200);
	assert_true(clock_ms() - begin >= 200);
	close(listener);
	node_free(node);
}

static void test_address_is_not_here(void **unused)
{
	struct node *node = node_new("");
	struct address here = fixture_address("::1"), elsewhere = fixture_address("fd00::9");
	_cleanup_err_ struct err err = ERR_INIT;
	int listener, second;

	assert_int_equal(responder_listen(node, NULL, &elsewhere, PORT, &listener, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.msg, "lazyjack prepare"));
	assert_int_equal(responder_listen(node, NULL, &here, PORT, &listener, NULL), 0);
	assert_int_equal(responder_listen(node, NULL, &here, PORT, &second, &err), -EADDRINUSE);
	assert_non_null(strstr(err.msg, "--port"));
	close(listener);
	node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_until_asked_to_stop),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_stops_at_deadline),
		cmocka_unit_test(test_address_is_not_here),
	};

	return RUN_PRIVATE_TESTS(tests);
}
