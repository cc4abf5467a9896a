# SPDX-License-Identifier: Apache-2.0
"""Nodes for the runtimes `docker` and `podman`, and what the suite has to know of each runtime's own.

The engines are Debian's. A node reaches no mirror and no registry, so an engine gets an image under the name of the one
that lazyjack builds on, made of the nodes' own root file system, in which all packages are already."""

import fcntl
import itertools
import os
import re
import shutil

import lab
from lab import check, each, on, run, sh

CACHE = "/var/cache/lazyjack-lab/engines"
BASE = "docker.io/library/debian:bookworm-slim"
# Only what the engine itself needs: with Docker beside it, Podman would meet Docker's policy to drop what is forwarded.
# crun(1), which Podman would bring, puts all containers into one control group where systemd has none of the controllers of
# version 1, and kills all with one.
PACKAGES = {"docker": ("docker.io",), "podman": ("podman", "runc")}
CONTAINERD = "/run/containerd/containerd.sock"  # has Kubernetes' images; kubeadm until 1.23 would take Docker beside it
PLACES = ("master", "minion-1")  # have DNS64 or NAT64 in one test or another
EQUIPPED = []  # those of the lab that there is
# What the image has, without `apt`'s sources, for which each build would wait. An engine that has no overlays copies all of it
# many times, so it is little; the programs' libraries come along.
PROGRAMS = tuple(f"usr/bin/{name}" for name in ("apt-get", "dpkg", "install", "ip", "rm", "sh", "sleep", "true")) + (
    "bin/sh", "usr/sbin/named", "usr/sbin/tayga")
DATA = ("etc/apt", "etc/group", "etc/nsswitch.conf", "etc/passwd", "tmp", "usr/lib/apt", "usr/share/dpkg", "var/cache/bind",
        "var/lib/apt", "var/lib/dpkg/status")

# As lab nodes with Kubernetes have it: version 1 hierarchies of control groups are shown read-only.
UNIT = """[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c "for d in /sys/fs/cgroup/*; do mount -o remount,bind,rw $$d || :; done"
[Install]
WantedBy=sysinit.target
"""

STORAGE = """[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""

# How NAT64 is broken on its node so that verify finds it.
BREAK_NAT64 = {
    "host": "ip -n lazyjack-nat64 link set nat64 down",
    "docker": "docker kill tayga",
    "podman": "podman kill tayga",
}

# A program that a node with DNS64 and NAT64 needs, the line below `nat64:` with which it does, what is said without it.
NEEDED = {
    "host": (("/usr/sbin/named", "", ("named", "bind9")), ("/usr/sbin/tayga", "engine: tayga", ("tayga",))),
    "docker": (("/usr/bin/docker", "", ("install package", "docker.io")),),
    "podman": (("/usr/bin/podman", "", ("install package", "podman")),),
}


def base_root(node):
    """The root file system that all nodes stand on."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            if line.split()[1] == f"{lab.DIRECTORY}/{node}/root":
                return line.split("lowerdir=")[1].split(",")[0].split(":")[-1]
    raise lab.Failure("the node's root is not mounted")


def fetch(base, engine, directory):
    os.makedirs(f"{directory}/partial")
    check(run(["apt-get", "-q", "-y", "-o", f"Dir::State::status={base}/var/lib/dpkg/status", "-o", "Debug::NoLocking=1",
               "-o", f"Dir::Cache::archives={directory}", "-o", "APT::Sandbox::User=root", "install", "--download-only",
               "--no-install-recommends", *PACKAGES[engine]], seconds=600))


def pack(base, path):
    libraries = set(re.findall(r"/(\S+) \(0x", check(run(["chroot", base, "ldd", *(f"/{name}" for name in PROGRAMS)])).out))
    files = (*PROGRAMS, *DATA, *sorted(libraries))
    parents = sorted({parent for name in files for parent in itertools.accumulate(name.split("/")[:-1], "{}/{}".format)})
    check(run(["tar", "-C", base, "--numeric-owner", "--dereference", "--exclude=etc/apt/sources.list*",
               "--exclude=var/lib/apt/lists/*", "-cf", path, "--no-recursion", *parents, "--recursion", *files], seconds=300))


def once(path, make):
    """Made beside it first, so that what is there is whole."""
    if os.path.exists(path):
        return
    new = f"{path}.new"
    shutil.rmtree(new, ignore_errors=True)
    make(new)
    os.rename(new, path)


def cached(node, engine):
    """A directory with the engine's packages in one of its name and with image.tar, for the base that the lab has now."""
    base = base_root(node)
    os.makedirs(CACHE, exist_ok=True)
    with open(f"{CACHE}/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for entry in os.scandir(CACHE):
            if entry.is_dir() and not os.path.exists(f"{os.path.dirname(base)}/{entry.name}"):
                shutil.rmtree(entry.path)
        directory = f"{CACHE}/{os.path.basename(base)}"
        os.makedirs(directory, exist_ok=True)
        once(f"{directory}/{engine}", lambda new: fetch(base, engine, new))
        once(f"{directory}/image.tar", lambda new: pack(base, new))
    return directory


def install(node, engine):
    """The engine on the node, and what its first container leaves behind for good is there."""
    cache = cached(node, engine)
    target = f"{lab.DIRECTORY}/{node}/root/opt/engine"
    shutil.copytree(f"{cache}/{engine}", target, ignore=shutil.ignore_patterns("partial", "lock"))
    shutil.copy(f"{cache}/image.tar", target)
    on(node, "cp", "/dev/stdin", "/etc/systemd/system/lab-groups.service", stdin=UNIT)
    if engine == "podman":  # whose units start at once, and look
        sh(node, "mkdir -p /etc/containers; cat >/etc/containers/storage.conf", stdin=STORAGE)
    sh(node, "systemctl enable --now --quiet lab-groups.service; export DEBIAN_FRONTEND=noninteractive;"
             "dpkg -i --force-unsafe-io --force-confold /opt/engine/*.deb >/opt/dpkg.log 2>&1 || "
             "{ tail -20 /opt/dpkg.log >&2; exit 1; }", seconds=300)
    if engine == "podman":
        # Its API, which nobody asks, comes and goes with time.
        on(node, "systemctl", "disable", "--now", "--quiet", "podman.service", "podman.socket")
    on(node, engine, "import", "/opt/engine/image.tar", BASE, seconds=300)
    warm(node, engine)
    sh(node, "rm -r /opt/engine /opt/dpkg.log")


def warm(node, engine):
    """What an engine sets up for itself with its first container, and forgets at a reboot, is there."""
    on(node, engine, "run", "--rm", BASE, "true")


def equip():
    """A new lab asks for the engine that lab.RUNTIME names, and has it where there are DNS64 and NAT64 in one test or another.
    With IPv4 nobody asks for it, but Docker's policy to drop what others forward is in the pods' way there."""
    on("master", "sed", "-i", f"s/^general:/&\\n  runtime: {lab.RUNTIME}/", "config.yaml")
    EQUIPPED[:] = PLACES
    each(set(EQUIPPED) & set(lab.names()), install, lab.RUNTIME)


def awake(node):
    """A node of that lab was rebooted."""
    if node in EQUIPPED:
        warm(node, lab.RUNTIME)
