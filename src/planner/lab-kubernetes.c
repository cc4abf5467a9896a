/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/lab-kubernetes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "resource/kinds.h"

enum { SHA256_DIGITS = 64 };

const char *const lab_programs[LAB_PROGRAMS_MAX] = {"kubeadm", "kubelet", "kubectl", "crictl"};

struct layer_file {
	const char *path;
	const char *content;
	mode_t mode;
};

static const char kubelet_unit[] = "[Unit]\n"
				   "Description=kubelet: The Kubernetes Node Agent\n"
				   "Documentation=https://kubernetes.io/docs/\n"
				   "Wants=network-online.target\n"
				   "After=network-online.target\n"
				   "\n"
				   "[Service]\n"
				   "ExecStart=/usr/bin/kubelet\n"
				   "Restart=always\n"
				   "StartLimitInterval=0\n"
				   "RestartSec=10\n"
				   "\n"
				   "[Install]\n"
				   "WantedBy=multi-user.target\n";

/* kubeadm(8)'s agreement with the kubelet: which files it writes, and which variable is left to the administrator. */
static const char kubeadm_drop_in[] =
	"[Service]\n"
	"Environment=\"KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
	"--kubeconfig=/etc/kubernetes/kubelet.conf\"\n"
	"Environment=\"KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml\"\n"
	"EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\n"
	"EnvironmentFile=-/etc/default/kubelet\n"
	"ExecStart=\n"
	"ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS "
	"$KUBELET_EXTRA_ARGS\n";

/*
 * nspawn shows version 1 hierarchies read-only, although they begin at the node's own group. The kubelet sets four
 * sysctls of the whole machine, or gives up: it gets files of the node's own to write to, with the values it wants.
 */
static const char lab_script[] = "#!/bin/sh\n"
				 "set -e\n"
				 "for hierarchy in /sys/fs/cgroup/*; do\n"
				 "\tif mountpoint -q \"$hierarchy\"; then mount -o remount,bind,rw \"$hierarchy\"; fi\n"
				 "done\n"
				 "mkdir -p /run/lab-sysctl\n"
				 "for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 "
				 "kernel/panic_on_oops=1; do\n"
				 "\tkey=${pair%=*} file=/run/lab-sysctl/$(basename \"${pair%=*}\")\n"
				 "\techo \"${pair#*=}\" >\"$file\"\n"
				 "\tmount --bind \"$file\" \"/proc/sys/$key\"\n"
				 "done\n";

static const char lab_unit[] = "[Unit]\n"
			       "Description=Lab: writable control groups, sysctls of the node's own\n"
			       "DefaultDependencies=no\n"
			       "Before=sysinit.target\n"
			       "\n"
			       "[Service]\n"
			       "Type=oneshot\n"
			       "RemainAfterExit=yes\n"
			       "ExecStart=/usr/lib/lazyjack-lab/kubernetes\n";

static const char *const directories[] = {"", "/usr", "/usr/bin", "/usr/lib", "/usr/lib/lazyjack-lab", "/etc",
	"/etc/containerd", "/etc/kubernetes", "/etc/kubernetes/manifests", "/etc/systemd", "/etc/systemd/system",
	"/etc/systemd/system/kubelet.service.d", "/etc/systemd/system/multi-user.target.wants",
	"/etc/systemd/system/sysinit.target.wants", "/var", "/var/lib", "/var/lib/containerd", "/var/lib/kubelet"};

static const struct layer_file files[] = {
	{"/usr/lib/lazyjack-lab/kubernetes", lab_script, 0755},
	{"/etc/systemd/system/lab-kubernetes.service", lab_unit, 0644},
	{"/etc/systemd/system/kubelet.service", kubelet_unit, 0644},
	{"/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", kubeadm_drop_in, 0644},
};

/* Started at boot, as `systemctl enable` would. */
static const char *const links[][2] = {
	{"/etc/systemd/system/sysinit.target.wants/lab-kubernetes.service",
		"/etc/systemd/system/lab-kubernetes.service"},
	{"/etc/systemd/system/multi-user.target.wants/containerd.service", "/lib/systemd/system/containerd.service"},
	{"/etc/systemd/system/multi-user.target.wants/kubelet.service", "/etc/systemd/system/kubelet.service"},
};

/* [directory of the node, where the node sees it, mode as the programs themselves would make it] */
static const struct {
	const char *name;
	const char *inside;
	mode_t mode;
} data[] = {
	{"containerd", "/var/lib/containerd", 0711},
	{"kubelet", "/var/lib/kubelet", 0755},
	{"etcd", "/var/lib/etcd", 0700},
};

void lab_kubernetes_done(struct lab_kubernetes *kubernetes)
{
	free(kubernetes->directory);
	free(kubernetes->pause);
	*kubernetes = (struct lab_kubernetes){.directory = NULL};
}

char *lab_kubernetes_text(const struct lab_kubernetes *kubernetes)
{
	_cleanup_json_ json_t *programs = json_object(), *all = NULL;
	_cleanup_free_ char *line = NULL;
	size_t i;

	for (i = 0; i < kubernetes->n; i++)
		json_object_set_new(
			programs, kubernetes->programs[i].name, json_string(kubernetes->programs[i].sha256));
	all = json_make(
		"{s:s,s:O,s:s?}", "directory", kubernetes->directory, "programs", programs, "pause", kubernetes->pause);
	line = json_line(all);
	return mem_printf("%s\n", line);
}

int lab_kubernetes_parse(const char *text, struct lab_kubernetes *ret)
{
	_cleanup_json_ json_t *all = json_loads(text, 0, NULL);
	const char *directory = json_text(all, "directory");
	struct lab_kubernetes kubernetes = {.n = 0};
	size_t i;

	if (directory == NULL)
		return -EINVAL;
	for (i = 0; i < LAB_PROGRAMS_MAX; i++) {
		const char *sha256 = json_text(json_object_get(all, "programs"), lab_programs[i]);
		struct lab_program *program = &kubernetes.programs[kubernetes.n];

		if (sha256 == NULL || strlen(sha256) != SHA256_DIGITS)
			continue;
		program->name = lab_programs[i];
		memcpy(program->sha256, sha256, sizeof(program->sha256));
		kubernetes.n++;
	}
	kubernetes.directory = mem_strdup(directory);
	kubernetes.pause = mem_strdup(json_text(all, "pause"));
	*ret = kubernetes;
	return 0;
}

/*
 * restrict_oom_score_adj: where root may not lower it (no CAP_SYS_RESOURCE), no pod would start otherwise. ip_pref: a
 * pod's first address is of the family that its network names first.
 */
static char *runtime_config(const char *pause)
{
	_cleanup_str_ struct str text = STR_INIT;

	str_add(&text, "version = 2\n"
		       "[plugins.\"io.containerd.grpc.v1.cri\"]\n"
		       "  restrict_oom_score_adj = true\n"
		       "  disable_apparmor = true\n");
	if (pause)
		str_addf(&text, "  sandbox_image = \"%s\"\n", pause);
	str_add(&text, "  [plugins.\"io.containerd.grpc.v1.cri\".cni]\n"
		       "    bin_dir = \"/usr/lib/cni\"\n"
		       "    conf_dir = \"/etc/cni/net.d\"\n"
		       "    ip_pref = \"cni\"\n"
		       "[plugins.\"io.containerd.internal.v1.opt\"]\n"
		       "  path = \"/var/lib/containerd/opt\"\n");
	return str_take(&text);
}

void plan_lab_kubernetes(const struct lab_kubernetes *kubernetes, const char *layer, struct plan *ret)
{
	_cleanup_free_ char *config = mem_printf("%s/etc/containerd/config.toml", layer);
	_cleanup_free_ char *config_text = runtime_config(kubernetes->pause);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, directories[i]);

		plan_add(ret, step_directory(path, 0755, i == 0));
	}
	for (i = 0; i < kubernetes->n; i++) {
		const struct lab_program *program = &kubernetes->programs[i];
		_cleanup_free_ char *source = mem_printf("%s/bin/%s", kubernetes->directory, program->name);
		_cleanup_free_ char *path = mem_printf("%s/usr/bin/%s", layer, program->name);

		plan_add(ret, step_copied_file(path, source, program->sha256, 0755));
	}
	plan_add(ret, step_file(config, config_text, 0644));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, files[i].path);

		plan_add(ret, step_file(path, files[i].content, files[i].mode));
	}
	for (i = 0; i < ARRAY_SIZE(links); i++) {
		_cleanup_free_ char *path = mem_printf("%s%s", layer, links[i][0]);

		plan_add(ret, step_symlink(path, links[i][1]));
	}
}

void plan_lab_kubernetes_data(const char *directory, struct plan *ret)
{
	_cleanup_free_ char *top = mem_printf("%s/data", directory);
	size_t i;

	plan_add(ret, step_directory(top, 0755, true));
	for (i = 0; i < ARRAY_SIZE(data); i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", top, data[i].name);

		plan_add(ret, step_directory(path, data[i].mode, true));
	}
}

void lab_kubernetes_binds(const char *directory, json_t *binds)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(data); i++) {
		_cleanup_free_ char *path = mem_printf("%s/data/%s", directory, data[i].name);

		json_array_append_new(binds, json_pack("[s,s,b]", path, data[i].inside, 0));
	}
}
