/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeconfig-kubectl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/kubeconfig.h"

#define WORK_DIRECTORY "/run/lazyjack-kubeconfig"

char *kubectl_find(const struct node *node)
{
	char *own = node_path(node, "/usr/bin/kubectl");

	if (access(own, X_OK) == 0)
		return own;
	free(own);
	return run_find("kubectl");
}

/* `kubectl config …` with KUBECONFIG=files; -EINVAL when it fails. `ret` may be NULL; the caller wipes it. */
static int kubectl(struct node *node, const char *files, const char *const *words, struct str *ret, struct err *err)
{
	_cleanup_free_ char *program = kubectl_find(node), *variable = mem_printf("KUBECONFIG=%s", files);
	const char *environment[] = {variable, NULL}, *argv[10] = {program, "config"};
	struct run_result result = {0};
	struct run_options options = {.argv = argv, .environment = environment};
	size_t i;
	int r;

	if (program == NULL)
		return err_set(err, ENOENT, "there is no program 'kubectl': install it");
	for (i = 0; words[i] && i + 3 < ARRAY_SIZE(argv); i++)
		argv[i + 2] = words[i];
	r = run_program(&options, &result, err);
	if (r == 0 && result.status != 0)
		r = err_set(err, EINVAL, "'kubectl config %s' failed with status %d", words[0], result.status);
	if (r == 0 && ret) {
		*ret = result.out;
		result.out = (struct str)STR_INIT;
	}
	str_wipe(&result.out);
	str_wipe(&result.err);
	run_done(&result);
	return r;
}

/*
 * The text as a file that is on no disk. Not standard input: kubectl may be a front end (Google's is) that reads the
 * file before the kubectl it then runs does.
 */
static int memory_file(const char *text, size_t len, char **ret_path, int *ret, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("kubeconfig", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (fd < 0 || done < len)
		return err_errno(err, errno, "cannot make a file in memory");
	*ret_path = mem_printf("/proc/%d/fd/%d", (int)getpid(), fd);
	*ret = TAKE_FD(fd);
	return 0;
}

int kubectl_parse(struct node *node, const char *text, size_t len, const char *shown, json_t **ret, struct err *err)
{
	static const char *const words[] = {"view", "--raw", "-o", "json", NULL};
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct str out = STR_INIT;
	json_t *json;
	int r;

	r = memory_file(text, len, &path, &fd, err);
	if (r == 0)
		r = kubectl(node, path, words, &out, err);
	if (r == -EINVAL)
		return err_set(err, EINVAL,
			"'%s' is no kubeconfig that kubectl can read: 'kubectl config view --kubeconfig %s' tells why",
			shown, shown);
	if (r < 0)
		return r;
	json = json_loadb(str_text(&out), out.len, 0, NULL);
	str_wipe(&out);
	if (json == NULL)
		return err_set(err, EINVAL, "kubectl's output about '%s' is no JSON", shown);
	*ret = json;
	return 0;
}

int kubectl_export(struct node *node, const char *path, struct str *ret, struct err *err)
{
	static const char *const words[] = {"view", "--raw", "--flatten", "--minify", "-o", "json", NULL};
	_cleanup_free_ char *real = node_path(node, path);
	struct stat st;
	int r;

	if (lstat(real, &st) < 0)
		return err_errno(err, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != 0)
		return err_set(err, EPERM, "'%s' is not a file of root's: its keys are not given to anybody", path);
	r = kubectl(node, real, words, ret, err);
	return r < 0 ? err_wrap(err, "cannot read '%s'", path) : 0;
}

int kubectl_copy_make(
	struct node *node, const char *path, const char *text, size_t len, struct kubectl_copy *ret, struct err *err)
{
	_cleanup_free_ char *top = node_path(node, WORK_DIRECTORY), *file = mem_printf("%s%s", top, path),
			    *directory = file_parent(file);
	int r;

	if (strchr(file, ':'))
		return err_set(err, EINVAL, "'%s' has a colon in it, which KUBECONFIG cannot hold", path);
	/* What a killed run left. */
	r = file_remove_tree(top, err);
	if (r >= 0)
		r = file_make_directories(directory, 0700, err);
	if (r < 0)
		return r;
	*ret = (struct kubectl_copy){.node = node, .top = TAKE_PTR(top), .file = TAKE_PTR(file)};
	r = file_replace(ret->file, text, len, &(struct file_attr){.mode = 0600}, err);
	if (r < 0)
		kubectl_copy_done(ret);
	return r;
}

void kubectl_copy_done(struct kubectl_copy *copy)
{
	if (copy->top)
		file_remove_tree(copy->top, NULL);
	free(copy->top);
	free(copy->file);
	*copy = (struct kubectl_copy){0};
}

static int edit(struct kubectl_copy *copy, const char *command, const char *word, struct err *err)
{
	/* Names may begin with a dash. */
	const char *const words[] = {command, "--", word, NULL};

	return kubectl(copy->node, copy->file, words, NULL, err);
}

int kubectl_delete(struct kubectl_copy *copy, const char *list, const char *name, struct err *err)
{
	_cleanup_free_ char *property = mem_printf("%s.%s", list, name);

	if (str_eq(list, "contexts"))
		return edit(copy, "delete-context", name, err);
	if (str_eq(list, "clusters"))
		return edit(copy, "delete-cluster", name, err);
	/* delete-user is younger: Kubernetes 1.20. */
	return edit(copy, "unset", property, err);
}

int kubectl_use_context(struct kubectl_copy *copy, const char *name, struct err *err)
{
	return name && *name ? edit(copy, "use-context", name, err) : edit(copy, "unset", "current-context", err);
}

int kubectl_copy_text(const struct kubectl_copy *copy, struct str *ret, struct err *err)
{
	char *text;
	size_t len;
	int r;

	r = file_read_nofollow(copy->file, KUBECONFIG_MAX, &text, &len, NULL, err);
	if (r < 0)
		return r;
	*ret = (struct str){.s = text, .len = len, .cap = len + 1};
	return 0;
}

int kubectl_merge(struct kubectl_copy *copy, const struct str *with, struct str *ret, struct err *err)
{
	static const char *const words[] = {"view", "--raw", NULL};
	_cleanup_free_ char *other = mem_printf("%s/with", copy->top), *files = mem_printf("%s:%s", other, copy->file);
	int r;

	r = file_replace(other, str_text(with), with->len, &(struct file_attr){.mode = 0600}, err);
	if (r < 0)
		return r;
	/* The first file's current context is taken. */
	return kubectl(copy->node, files, words, ret, err);
}
