/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "nat64/conntrack.h"
#include "nat64/message.h"
#include "nat64/probe-device.h"
#include "nat64/time-outs.h"

#define DEVICE "probe"

/* r0 = 0 (BPF_MOV64_IMM), exit: the smallest program there is. */
static const struct bpf_insn smallest[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
	{.code = BPF_JMP | BPF_EXIT},
};

struct asking {
	struct str lacks;
	const char *device;
	int refused; /* errno value; 0: not */
	int netns;   /* where it was asked, open until the end */
};

static void lacks(struct asking *asking, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void lacks(struct asking *asking, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	str_addf(&asking->lacks, "%s%s", asking->lacks.len > 0 ? ", " : "", text);
}

/* The system call, in use at all and by us: a container's filter may forbid it, a locked-down kernel refuse it. */
static bool ask_system_call(struct asking *asking)
{
	_cleanup_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);

	if (fd < 0)
		lacks(asking, "the system call bpf(2) (%s)", strerror(errno));
	return fd >= 0;
}

static void ask_map(struct asking *asking, enum bpf_map_type type, const char *name)
{
	if (libbpf_probe_bpf_map_type(type, NULL) != 1)
		lacks(asking, "eBPF maps of type %s", name);
}

/* Interpreted, the translator would be slower than tayga. */
static int ask_program(struct asking *asking)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "probe", "GPL", smallest, ARRAY_SIZE(smallest), NULL);

	if (fd < 0)
		lacks(asking, "eBPF programs for traffic control (%s)", strerror(errno));
	else if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || info.jited_prog_len == 0)
		lacks(asking, "the JIT compiler for eBPF (net.core.bpf_jit_enable)");
	return fd;
}

static void ask_helpers(struct asking *asking)
{
	static const struct {
		enum bpf_func_id id;
		const char *name;
	} helpers[] = {
		{BPF_FUNC_skb_change_proto, "bpf_skb_change_proto"},
		{BPF_FUNC_skb_adjust_room, "bpf_skb_adjust_room"},
		{BPF_FUNC_skb_load_bytes, "bpf_skb_load_bytes"},
		{BPF_FUNC_skb_store_bytes, "bpf_skb_store_bytes"},
		{BPF_FUNC_skb_change_tail, "bpf_skb_change_tail"},
		{BPF_FUNC_csum_diff, "bpf_csum_diff"},
		{BPF_FUNC_l4_csum_replace, "bpf_l4_csum_replace"},
		{BPF_FUNC_redirect, "bpf_redirect"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(helpers); i++)
		if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, helpers[i].id, NULL) != 1)
			lacks(asking, "the eBPF helper %s", helpers[i].name);
}

/* A program as a filter of its own (direct action) on what a device sends. */
static void ask_filter(struct asking *asking, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(DEVICE), .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .prog_fd = program);
	int r = bpf_tc_hook_create(&hook);

	if (r < 0) {
		lacks(asking, "the queueing discipline clsact (%s)", strerror(-r));
		return;
	}
	r = program < 0 ? 0 : bpf_tc_attach(&hook, &opts);
	if (r < 0)
		lacks(asking, "the packet classifier cls_bpf (%s)", strerror(-r));
}

static void ask_devices(struct asking *asking, int program)
{
	/* Where the module makes two devices by itself, ifb leaves them on the machine; so dummy comes first. */
	static const char *const types[] = {"dummy", "ifb"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types) && asking->device == NULL; i++)
		if (probe_device_make(DEVICE, types[i]) == 0)
			asking->device = types[i];
	if (asking->device)
		ask_filter(asking, program);
	else
		lacks(asking, "network devices of type dummy or ifb");
}

/*
 * A file system without a place (fsmount(2)): programs can be pinned in it by the path of its descriptor. Kernels
 * before 5.2 can't make one and are believed.
 */
static void ask_pinning(struct asking *asking)
{
	_cleanup_close_ int fs = (int)syscall(SYS_fsopen, "bpf", FSOPEN_CLOEXEC), mount = -1, map = -1;
	_cleanup_free_ char *path = NULL;

	if (fs < 0 && errno == ENOSYS)
		return;
	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mount < 0) {
		lacks(asking, "the file system bpf (%s)", strerror(errno));
		return;
	}
	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, 4, 4, 1, NULL);
	path = mem_printf("/proc/self/fd/%d/probe", mount);
	if (bpf_obj_pin(map, path) < 0)
		lacks(asking, "pinning in the file system bpf (%s)", strerror(errno));
}

static void ask_conntrack(struct asking *asking)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_v4 *sources = NULL;
	size_t n;

	if (conntrack_sources(&sources, &n, &err) < 0)
		lacks(asking, "conntrack over netlink (%s)", err.msg);
	free(sources);
}

/* A program does that, so not from the thread: it has children of its own. */
static void ask_time_outs(struct asking *asking)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r = nat64_time_outs_try(asking->netns, &err);

	if (r < 0 && r != -ENOENT)
		lacks(asking, "connection time-outs of nftables");
}

static void ask_all(struct asking *asking)
{
	_cleanup_close_ int program = -1;

	if (!ask_system_call(asking))
		return;
	ask_map(asking, BPF_MAP_TYPE_LPM_TRIE, "LPM trie");
	ask_map(asking, BPF_MAP_TYPE_QUEUE, "queue");
	ask_map(asking, BPF_MAP_TYPE_PERCPU_ARRAY, "per-CPU array");
	program = ask_program(asking);
	ask_helpers(asking);
	ask_devices(asking, program);
	ask_pinning(asking);
	ask_conntrack(asking);
}

/* A thread has a network namespace of its own when it asks for one, which goes when it ends: there is no way back. */
static void *ask_apart(void *user)
{
	struct asking *asking = user;

	if (unshare(CLONE_NEWNET) < 0) {
		asking->refused = errno;
		return NULL;
	}
	asking->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	ask_all(asking);
	return NULL;
}

int nat64_probe(struct nat64_probe *ret, struct err *err)
{
	struct asking asking = {.netns = -1};
	pthread_t thread;
	int r;

	nat64_messages_catch();
	r = pthread_create(&thread, NULL, ask_apart, &asking);
	if (r != 0)
		return err_errno(err, r, "can't start a thread to try the eBPF translator's needs in");
	pthread_join(thread, NULL);
	if (asking.refused)
		return err_errno(
			err, asking.refused, "can't make a network namespace to try the eBPF translator's needs in");
	/* Where the first question of all was answered with no, the rest was not asked. */
	if (asking.netns >= 0 && asking.device)
		ask_time_outs(&asking);
	if (asking.netns >= 0)
		close(asking.netns);
	*ret = (struct nat64_probe){
		.device = asking.device, .lacks = asking.lacks.len ? str_take(&asking.lacks) : NULL};
	return 0;
}

void nat64_probe_done(struct nat64_probe *probe)
{
	free(probe->lacks);
	*probe = (struct nat64_probe){0};
}
