/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/kubernetes.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/str.h"
#include "fixture.h"

static char *directory;

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", directory, name);

	fixture_write(path, text);
}

static void make(const char *name)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", directory, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

static int set_up(void **state)
{
	directory = fixture_directory();
	make("bin");
	put("bin/kubeadm", "a");
	put("bin/kubelet", "b");
	return 0;
}

static int tear_down(void **state)
{
	fixture_remove(directory);
	return 0;
}

/* A tar file whose only entry is a manifest with one image. */
static void put_archive(const char *name, const char *image)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", directory, name);
	char blocks[1024] = "manifest.json";
	FILE *out = fopen(path, "we");
	int n;

	assert_non_null(out);
	n = snprintf(blocks + 512, 512, "[{\"RepoTags\": [\"%s\"]}]", image);
	snprintf(blocks + 124, 12, "%011o", (unsigned int)n);
	assert_int_equal(fwrite(blocks, 1, sizeof(blocks), out), sizeof(blocks));
	assert_int_equal(fclose(out), 0);
}

static void find(struct lab_kubernetes *ret)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (lab_kubernetes_find(directory, ret, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_refused(const char *path, int code, const char *why)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct lab_kubernetes kubernetes = {.n = 0};

	assert_int_equal(lab_kubernetes_find(path, &kubernetes, &err), -code);
	if (strstr(err.msg, why) == NULL)
		fail_msg("'%s' is not in: %s", why, err.msg);
}

static void test_found(void **state)
{
	struct lab_kubernetes kubernetes;

	put("bin/crictl", "c");
	put("bin/kube-apiserver", "not a node's");
	make("images");
	put_archive("images/b.tar", "k8s.gcr.io/pause:3.2");
	put_archive("images/a.tar", "busybox:1");
	find(&kubernetes);
	assert_string_equal(kubernetes.directory, directory);
	assert_int_equal(kubernetes.n, 3);
	assert_string_equal(kubernetes.programs[2].name, "crictl");
	/* Of the one octet "c". */
	assert_string_equal(
		kubernetes.programs[2].sha256, "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6");
	assert_string_equal(kubernetes.pause, "k8s.gcr.io/pause:3.2");
	lab_kubernetes_done(&kubernetes);
}

static void test_least(void **state)
{
	struct lab_kubernetes kubernetes;

	find(&kubernetes);
	assert_int_equal(kubernetes.n, LAB_PROGRAMS_NEEDED);
	assert_null(kubernetes.pause);
	lab_kubernetes_done(&kubernetes);
}

static void test_refused(void **state)
{
	_cleanup_free_ char *none = mem_printf("%s/none", directory), *file = mem_printf("%s/file", directory);
	_cleanup_free_ char *bin = mem_printf("%s/bin", directory), *kubelet = mem_printf("%s/bin/kubelet", directory);

	assert_refused(none, ENOENT, "there is no directory");
	put("file", "");
	assert_refused(file, ENOTDIR, "is no directory");
	assert_refused(bin, ENOENT, "/bin/bin/kubeadm");
	assert_int_equal(unlink(kubelet), 0);
	assert_refused(directory, ENOENT, "/bin/kubelet'");
	make("bin/kubelet");
	assert_refused(directory, EISDIR, "/bin/kubelet'");
}

static void test_images(void **state)
{
	struct lab_images images;

	assert_int_equal(lab_images_find(directory, &images, NULL), 0);
	make("images");
	assert_int_equal(lab_images_find(directory, &images, NULL), 1);
	assert_int_equal(images.n, 0);
	put_archive("images/b.tar", "b:1");
	put("images/a.tar", "damaged: what is wrong with it is for the container runtime to say");
	put("images/a.txt", "");
	put("images/.c.tar", "");
	assert_int_equal(lab_images_find(directory, &images, NULL), 1);
	assert_int_equal(images.n, 2);
	assert_string_equal(images.items[0].name, "a.tar");
	assert_true(str_starts(images.items[0].identity, "66 octets, "));
	assert_int_equal(json_array_size(images.items[0].images), 0);
	assert_true(str_ends(images.items[1].path, "/images/b.tar"));
	assert_string_equal(json_string_value(json_array_get(images.items[1].images, 0)), "b:1");
	lab_images_done(&images);
}

static void test_bad_images(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct lab_images images;

	make("images");
	make("images/b.tar");
	put("images/a.tar", "");
	assert_int_equal(lab_images_find(directory, &images, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "/images/b.tar' is a directory"));
	assert_int_equal(images.n, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_least, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_images, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_images, set_up, tear_down),
	};

	return RUN_TESTS(tests);
}
