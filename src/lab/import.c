/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/import.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "lab/lab.h"
#include "planner/lab.h"

/* The namespace of containerd that the kubelet's containers and images are in. */
#define CTR "ctr", "--namespace", "k8s.io"

enum {
	IMPORT_MS = 10 * 60 * 1000,
	RECORD_MAX = 1 << 20,
	LOG_MAX = 5000, /* octets of an archive's name and of what was said about it */
};

/* One node's part. */
struct import {
	char *node;
	json_t *record; /* archive -> identity of what is imported */
	bool *wanted;	/* for each archive */
	pid_t pid;	/* 0: nothing to do, or ended */
	int log;	/* a file in memory; -1: none */
};

static char *record_path(const char *node)
{
	return mem_printf("%s/%s/images.json", LAB_DIRECTORY, node);
}

/* An unreadable record means that everything is imported once more. */
static json_t *read_record(const char *node)
{
	_cleanup_free_ char *path = record_path(node), *text = NULL;
	json_t *record = NULL;
	size_t len;

	if (file_read(path, RECORD_MAX, &text, &len, NULL, NULL) == 0)
		record = json_loads(text, 0, NULL);
	return json_is_object(record) ? record : json_object();
}

static int write_record(const char *node, const json_t *record, struct err *err)
{
	_cleanup_free_ char *path = record_path(node), *line = json_line(record), *text = mem_printf("%s\n", line);
	struct file_attr attr = {.mode = 0644};

	return file_replace(path, text, strlen(text), &attr, err);
}

/* The names of the images that the node's runtime has, one a line. */
static int list_images(const char *node, struct str *ret, struct err *err)
{
	static const char *const argv[] = {CTR, "images", "ls", "-q", NULL};
	char **words;
	int r;

	r = lab_argv(node, argv, &words, err);
	if (r < 0)
		return r;
	r = run_checked(&(struct run_options){.argv = (const char *const *)words}, ret, err);
	lab_argv_free(words);
	return r < 0 ? err_wrap(err, "cannot ask the container runtime of '%s'", node) : 0;
}

/* The runtime shows short names in full: "busybox:1" as "docker.io/library/busybox:1". */
static bool is_listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p = list;

	while ((p = strstr(p, name)) != NULL) {
		if ((p == list || p[-1] == '\n' || p[-1] == '/') && (p[n] == '\n' || p[n] == '\0'))
			return true;
		p += n;
	}
	return false;
}

static bool is_imported(const struct lab_image *archive, const json_t *record, const char *list)
{
	const json_t *name;
	size_t i;

	if (!str_eq(json_text(record, archive->name), archive->identity))
		return false;
	json_array_foreach (archive->images, i, name) {
		if (!is_listed(list, json_string_value(name)))
			return false;
	}
	return true;
}

/* Returns how many archives the node lacks. */
static int look(struct import *import, const struct lab_images *images, struct err *err)
{
	_cleanup_str_ struct str list = STR_INIT;
	int r, n = 0;
	size_t i;

	r = list_images(import->node, &list, err);
	if (r < 0)
		return r;
	import->record = read_record(import->node);
	import->wanted = mem_new(images->n, sizeof(bool));
	for (i = 0; i < images->n; i++) {
		import->wanted[i] = !is_imported(&images->items[i], import->record, str_text(&list));
		n += import->wanted[i];
	}
	return n;
}

/* In the process for one node: its standard input becomes the archive, since the node sees no file of the machine. */
static int import_one(const struct import *import, const struct lab_image *archive, struct err *err)
{
	static const char *const argv[] = {CTR, "images", "import", "-", NULL};
	_cleanup_close_ int fd = open(archive->path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return err_errno(err, errno, "cannot open it");
	r = lab_execute(import->node, argv, err);
	if (r > 0)
		return err_set(err, EIO, "'ctr images import' ended with status %d", r);
	if (r < 0)
		return r;
	json_object_set_new(import->record, archive->name, json_string(archive->identity));
	return write_record(import->node, import->record, err);
}

/* The log has a line with the archive's name and what was said since; of interest is only the last archive. */
static off_t begin_log(int log, const char *archive)
{
	(void)!ftruncate(log, 0);
	(void)lseek(log, 0, SEEK_SET);
	dprintf(log, "'%s'\n", archive);
	return lseek(log, 0, SEEK_CUR);
}

static _Noreturn void import_all(const struct import *import, const struct lab_images *images)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_close_ int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	size_t i;

	/* Each process below dies with the one above it, so ending this one ends the import. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(import->log, STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	for (i = 0; i < images->n; i++) {
		off_t begin;

		if (!import->wanted[i])
			continue;
		begin = begin_log(import->log, images->items[i].path);
		if (import_one(import, &images->items[i], &err) == 0)
			continue;
		/* What the runtime itself says comes first, and says more. */
		if (lseek(import->log, 0, SEEK_CUR) == begin)
			dprintf(import->log, "%s\n", err.msg);
		_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

static int start(struct import *import, const struct lab_images *images, struct err *err)
{
	import->log = memfd_create("lazyjack-import", MFD_CLOEXEC);
	if (import->log < 0)
		return err_errno(err, errno, "cannot make a file in memory");
	import->pid = fork();
	if (import->pid == 0)
		import_all(import, images);
	return import->pid < 0 ? err_errno(err, errno, "cannot start a process") : 0;
}

static int failed(const struct import *import, struct err *err)
{
	char text[LOG_MAX + 1], *reason;
	ssize_t n = pread(import->log, text, LOG_MAX, 0);

	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n > 0 ? n : 0] = '\0';
	reason = strchr(text, '\n');
	if (reason)
		*reason++ = '\0';
	return err_set(err, EIO, "cannot import %s into the node '%s': %s", text, import->node,
		reason ? reason : "the process for it was killed");
}

static void stop(struct import *imports, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (imports[i].pid <= 0)
			continue;
		kill(imports[i].pid, SIGKILL);
		while (waitpid(imports[i].pid, NULL, 0) < 0 && errno == EINTR)
			;
		imports[i].pid = 0;
	}
}

/* The number of those that go on, or an error. */
static int reap(struct import *imports, size_t n, struct err *err)
{
	int status, running = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (imports[i].pid <= 0)
			continue;
		if (waitpid(imports[i].pid, &status, WNOHANG) != imports[i].pid) {
			running++;
			continue;
		}
		imports[i].pid = 0;
		if (status != 0)
			return failed(&imports[i], err);
	}
	return running;
}

static int wait_all(struct import *imports, size_t n, struct err *err)
{
	int64_t deadline = clock_ms() + IMPORT_MS;
	int r;

	while ((r = reap(imports, n, err)) > 0) {
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		if (clock_left(deadline) == 0)
			return err_set(err, ETIMEDOUT, "the import of images does not end");
		clock_pause(20);
	}
	return r;
}

int lab_import(const struct lab_images *images, unsigned int nodes, struct event_sink *sink, struct err *err)
{
	struct import *imports = mem_new(nodes, sizeof(*imports));
	int r = 0, missing = 0;
	unsigned int i;

	for (i = 0; i < nodes; i++)
		imports[i] = (struct import){.node = lab_node_name(i), .log = -1};
	for (i = 0; r >= 0 && i < nodes; i++) {
		r = look(&imports[i], images, err);
		if (r > 0 && missing++ == 0)
			event_note(sink, "lab", "importing images into the nodes' container runtimes");
		if (r > 0)
			r = start(&imports[i], images, err);
	}
	if (r >= 0)
		r = wait_all(imports, nodes, err);
	stop(imports, nodes);
	for (i = 0; i < nodes; i++) {
		free(imports[i].node);
		free(imports[i].wanted);
		json_decref(imports[i].record);
		fd_closep(&imports[i].log);
	}
	free(imports);
	return r;
}
