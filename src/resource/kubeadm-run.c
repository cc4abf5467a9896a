/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeadm-run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "net/endpoint.h"
#include "resource/api-server.h"
#include "resource/kubeadm-output.h"
#include "resource/unit-bus.h"

#define PKI "/etc/kubernetes/pki"

enum {
	PAUSE_MS = 500,
	ADDRESS_MS = 10000, /* duplicate address detection takes a second or two (RFC 4862 section 5.4) */
	PEM_MAX = 65536,
	WORDS_MAX = 2000, /* octets of what an error quotes */
};

struct show {
	struct node *node;
	FILE *log;
	char phase[KUBEADM_PHASE_MAX];
	struct str last; /* the lines since the phase began, for an error */
};

/* kubeadm, its etcd and its API server bind to this address; while it is tentative they cannot. */
static int wait_for_address(const struct address *address, struct err *err)
{
	int64_t deadline = clock_ms() + ADDRESS_MS;
	char text[ADDRESS_TEXT_MAX];
	struct sockaddr_storage to;
	socklen_t len = address_sockaddr(address, 0, &to);

	for (;;) {
		_cleanup_close_ int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return err_errno(err, errno, "cannot make a socket");
		if (bind(fd, (const struct sockaddr *)&to, len) == 0)
			return 0;
		if (errno != EADDRNOTAVAIL)
			return err_errno(err, errno, "cannot use '%s'", address_text(address, text));
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		if (clock_left(deadline) == 0)
			return err_set(err, EADDRNOTAVAIL,
				"this node's address '%s' cannot be used: see 'ip address' (tentative or dadfailed?) "
				"and "
				"'lazyjack status'",
				address_text(address, text));
		clock_pause(50);
	}
}

static int wait_for_server(const json_t *want, struct node *node, int64_t deadline, struct err *err)
{
	const char *text = json_text(want, "server"), *master = json_text(want, "master");
	struct endpoint server;
	bool told = false;

	if (endpoint_parse(text, &server) < 0)
		return err_set(err, EINVAL, "'%s' is not the address of an API server", text);
	while (api_server_connect(&server, NULL) < 0) {
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		if (clock_left(deadline) == 0)
			return err_set(err, ETIMEDOUT,
				"no API server answers at '%s' port %u, waited %d s (general.kubeadm-timeout): "
				"'lazyjack "
				"up' on '%s' first",
				server.host, server.port, (int)json_number(want, "timeout"), master);
		if (!told)
			node_say(node, "waiting for the API server of '%s' at '%s' port %u, at most %d s", master,
				server.host, server.port, clock_left(deadline) / 1000);
		told = true;
		clock_pause(PAUSE_MS);
	}
	return 0;
}

static int copy_pem(const struct node *node, const char *directory, const char *name, mode_t mode, struct err *err)
{
	_cleanup_free_ char *from = mem_printf("%s%s/%s", node->root, directory, name);
	_cleanup_free_ char *to = mem_printf("%s" PKI "/%s", node->root, name);
	const struct file_attr attr = {.mode = mode};
	char *text = NULL;
	size_t len = 0;
	int r = file_read_nofollow(from, PEM_MAX, &text, &len, NULL, err);

	if (r == 0)
		r = file_replace(to, text, len, &attr, err);
	if (text)
		explicit_bzero(text, len);
	free(text);
	return r;
}

/* With both files there kubeadm takes them for the cluster's certificate authority, and makes none. */
static int give_authority(const json_t *want, struct node *node, struct err *err)
{
	_cleanup_free_ char *pki = node_path(node, PKI);
	const char *directory = json_text(want, "certs");
	int r;

	if (directory == NULL)
		return 0;
	r = file_make_directories(pki, 0755, err);
	if (r >= 0)
		r = copy_pem(node, directory, "ca.key", 0600, err);
	return r < 0 ? r : copy_pem(node, directory, "ca.crt", 0644, err);
}

static bool take_line(void *user, const char *line)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct show *show = user;
	char source[KUBEADM_PHASE_MAX + 16], before[KUBEADM_PHASE_MAX];

	memcpy(before, show->phase, sizeof(before));
	kubeadm_output_phase(line, show->phase);
	kubeadm_output_text(line, &text);
	if (text.len == 0)
		return true;
	if (!str_eq(before, show->phase))
		str_clear(&show->last);
	if (show->last.len < WORDS_MAX)
		str_addf(&show->last, "%s%s", show->last.len ? " | " : "", text.s);
	snprintf(source, sizeof(source), "kubeadm%s%s", show->phase[0] ? " " : "", show->phase);
	node_say_output(show->node, source, text.s);
	if (show->log) {
		char now[CLOCK_TEXT_MAX];

		clock_text(now);
		fprintf(show->log, "%s [%s] %s\n", now, show->phase, text.s);
		fflush(show->log);
	}
	return true;
}

static int open_log(const char *path, FILE **ret, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, errno, "cannot write '%s'", path);
	*ret = fdopen(fd, "w");
	if (*ret == NULL)
		mem_die();
	return 0;
}

static bool take_kubelet_line(void *user, const char *line)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct show *show = user;

	kubeadm_output_text(line, &text);
	node_say_output(show->node, "kubelet", str_text(&text));
	if (show->log)
		fprintf(show->log, "[kubelet] %s\n", str_text(&text));
	return true;
}

/* Mostly the kubelet knows why kubeadm waited in vain. */
static void show_kubelet(struct show *show)
{
	const char *const argv[] = {
		"journalctl", "-u", KUBELET_UNIT, "-n", "20", "--no-pager", "-q", "-o", "cat", NULL};
	const struct run_options options = {
		.argv = argv, .timeout_ms = 5000, .on_line = take_kubelet_line, .user = show};
	_cleanup_run_ struct run_result result = {0};

	(void)run_program(&options, &result, NULL);
}

static bool kubelet_runs(struct node *node)
{
	struct unit_state unit;

	return unit_bus_state(node, KUBELET_UNIT, &unit, NULL) == 0 && unit_is_active(&unit);
}

static int explain(const json_t *want, struct show *show, const char *log, const struct run_result *result, int code,
	struct err *err)
{
	const char *words = str_text(&show->last), *cure;

	if (code == -EINTR)
		return -EINTR; /* as run_program() put it */
	if (code < 0 && !result->timed_out)
		return code;
	if (strstr(words, "already exists in the cluster"))
		return err_set(err, EAGAIN,
			"the cluster has a node of this name that it takes for alive: 'kubectl delete node' on the "
			"master, if "
			"it is this one; all that kubeadm said is in '%s'",
			log);
	cure = kubeadm_output_cure(json_text(want, "action"), words, kubelet_runs(show->node));
	show_kubelet(show);
	if (result->timed_out)
		return err_set(err, ETIMEDOUT,
			"kubeadm did not come to its end within %d s (general.kubeadm-timeout) and was stopped; the "
			"last it "
			"said, in phase '%s': %s%s%s; all of it is in '%s'",
			(int)json_number(want, "timeout"), show->phase, words, cure ? "; " : "", cure ? cure : "", log);
	return err_set(err, EIO, "kubeadm %s failed with status %d: %s%s%s; all of it is in '%s'",
		json_text(want, "action"), result->status, words, cure ? "; " : "", cure ? cure : "", log);
}

static int run_it(const json_t *want, struct show *show, const char *log, int64_t deadline, struct err *err)
{
	_cleanup_free_ char *option = mem_printf("--config=%s", json_text(want, "config"));
	const char *upload = json_flag(want, "upload-certs") ? "--upload-certs" : NULL;
	const char *const argv[] = {"kubeadm", json_text(want, "action"), option, upload, NULL};
	_cleanup_run_ struct run_result result = {0};
	int64_t begin = clock_ms();
	int r;

	r = run_program(
		&(struct run_options){
			.argv = argv,
			.timeout_ms = clock_left(deadline) > 0 ? clock_left(deadline) : 1,
			.on_line = take_line,
			.on_errors = true,
			.user = show,
		},
		&result, err);
	if (r < 0 || result.status != 0)
		return explain(want, show, log, &result, r, err);
	node_say(show->node, "kubeadm %s took %.1f s", json_text(want, "action"), (double)(clock_ms() - begin) / 1000);
	return 0;
}

int kubeadm_run(const json_t *want, struct node *node, int64_t deadline, struct err *err)
{
	_cleanup_free_ char *path = mem_printf("%s/kubeadm.log", json_text(want, "directory")),
			    *log = node_path(node, path);
	struct show show = {.node = node};
	struct address self;
	int r;

	if (address_parse(json_text(want, "address"), &self) < 0)
		return err_set(err, EINVAL, "'%s' is not an address", json_text(want, "address"));
	r = wait_for_address(&self, err);
	if (r == 0 && json_text(want, "master"))
		r = wait_for_server(want, node, deadline, err);
	if (r == 0)
		r = give_authority(want, node, err);
	if (r == 0)
		r = open_log(log, &show.log, err);
	if (r == 0)
		r = run_it(want, &show, log, deadline, err);
	if (show.log)
		fclose(show.log);
	str_done(&show.last);
	return r;
}
