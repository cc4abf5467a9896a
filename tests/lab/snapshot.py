# SPDX-License-Identifier: Apache-2.0
"""All of a node that lazyjack could change, as text that can be compared line by line."""

import difflib
import hashlib
import os
import re
import stat

import lab
from lab import DIRECTORY, expect, sh

TREES = ("etc", "var/lib", "opt", "root", "usr/local", "run/netns")

ENGINES = ("var/lib/docker", "var/lib/containerd", "var/lib/containers")  # their own books; what is in them is listed

# Counters and measurements of the kernel, and what each reader gets another value of.
UNSTEADY = re.compile(r"nf_conntrack_count|\.route\.flush|tcp_fastopen_key|ipv4\.udp_mem|ipv4\.tcp_mem|neigh\.\S+\.gc_stale")

SCRIPT = r"""
section() { echo "=== $1"; }
section link; ip -o -d link show | sed 's/^[0-9]*: //; s/@if[0-9]*//; s/link-netnsid [0-9]*//; s/[a-z_]*timer *[0-9.]*//g'
section address; ip -o address show | sed 's/^[0-9]*: //'
section route4; ip -4 route show table all | sort
section route6; ip -6 route show table all | sort
section rule4; ip -4 rule show
section rule6; ip -6 rule show
section neighbour; ip neighbour show nud permanent; ip neighbour show proxy
section sysctl; sysctl -a --pattern '^net\.|^vm\.overcommit_memory|^vm\.panic_on_oom|^kernel\.panic' 2>/dev/null | sort
section nftables; nft -s list ruleset
for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
	section $tool; $tool-save 2>/dev/null | sed '/^#/d; s/\[[0-9]*:[0-9]*\]//'
done
for engine in docker podman; do
	section $engine; command -v $engine >/dev/null || continue
	$engine container ls --all $(test $engine = docker || echo --external) --format "container {{.Names}} {{.ID}}" | sort
	$engine network ls --format "network {{.Name}}" | sort
	$engine volume ls --format "volume {{.Name}}" | sort
	$engine image ls --all --format "image {{.Repository}}:{{.Tag}} {{.ID}}" | sort
done
section namespace; ls /run/netns 2>/dev/null
section kubernetes; ls -A /var/lib/kubelet /var/lib/etcd /var/log/pods /var/log/containers /usr/libexec/kubernetes 2>&1
	find /sys/fs/cgroup -name 'kubepods*'; ctr -n k8s.io containers ls -q 2>/dev/null
section unit; systemctl list-units --all --plain --no-legend --no-pager | awk '$3 != "inactive" && $1 !~ /mount$/ { print $1, $2, $3, $4 }' |
	sed 's/^kubelet.service .*/kubelet.service/' | sort # without its configuration it tries to start, again and again
section unit-file; systemctl list-unit-files --no-legend --no-pager | sort
section mount; sort /proc/mounts
section run; ls -d /run/*lazyjack* /tmp/* /run/systemd/system/* /run/named /run/tayga* 2>/dev/null |
	grep -vE 'systemd-private|namespace-dev' # systemd's own; the latter when a service is stopped while it starts
:
"""


def read_node(node):
    sections, lines = {}, None
    for line in sh(node, SCRIPT).out.splitlines():
        if line.startswith("=== "):
            lines = sections.setdefault(line[4:], [])
        elif not UNSTEADY.search(line):
            lines.append(line.rstrip())
    return sections


def describe(path, name):
    """One line for a file: type, mode, owner, extended attributes, content; no times."""
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    words = [name, f"{st.st_mode:o}", f"{st.st_uid}:{st.st_gid}"]
    if kind == stat.S_IFLNK:
        words.append("-> " + os.readlink(path))
    elif kind == stat.S_IFREG:
        with open(path, "rb") as file:
            words.append(hashlib.sha256(file.read()).hexdigest())
    elif kind in (stat.S_IFBLK, stat.S_IFCHR):
        words.append(str(st.st_rdev))
    for attribute in sorted(os.listxattr(path, follow_symlinks=False)):
        words.append(f"{attribute}={os.getxattr(path, attribute, follow_symlinks=False)!r}")
    return " ".join(words)


def read_files(node):
    root = f"{DIRECTORY}/{node}/root"
    lines = []
    for tree in TREES:
        for top, directories, files in os.walk(f"{root}/{tree}"):
            directories[:] = sorted(name for name in directories if os.path.relpath(f"{top}/{name}", root) not in ENGINES)
            lines.append(describe(top, os.path.relpath(top, root)))
            links = [name for name in directories if os.path.islink(f"{top}/{name}")]
            for name in sorted(files + links):
                lines.append(describe(f"{top}/{name}", os.path.relpath(f"{top}/{name}", root)))
    return lines


RULES = ("nftables", "iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy")


def any_order(lines):
    """An engine takes its rules out and puts them back elsewhere; those of lazyjack's own tables keep their order."""
    own, others, table, chain = [], [], "", ""
    for line in lines:
        if line.startswith(("table ", "*")):
            table, chain = line, ""
        elif line.lstrip().startswith("chain "):
            chain = line
        if " lazyjack" in table:
            own.append(line)
        elif line.strip() not in ("", "}"):
            others.append(f"{table}{chain}: {line}")
    return own + sorted(others)


# Of an engine's own bridge, which has a carrier as long as any container, or any build, is on it.
CARRIER = re.compile(r"NO-CARRIER,|,LOWER_UP| state \w+| linkdown")


def without_engine(sections):
    """Without what an engine does as it likes."""
    for section in ("link", "route4", "route6"):
        sections[section] = [CARRIER.sub("", line) if re.search(r"\b(docker0|cni-podman0)\b", line) else line
                             for line in sections[section]]
    notes = "var/lib/cni/networks/podman/"  # Podman's own, with the last address that it gave out
    sections["file"] = [line for line in sections["file"] if not line.startswith(notes)]
    return {section: any_order(lines) if section in RULES else lines for section, lines in sections.items()}


def settle(node):
    """No address is on probation any more, and systemd has nothing to do."""
    sh(node, "for i in $(seq 100); do "
             "ip -6 address show tentative | grep -q . || { [ -z \"$(systemctl list-jobs --no-legend)\" ] && exit 0; }; "
             "sleep 0.1; done; echo 'the node does not come to rest' >&2; exit 1")


def take(node):
    """{section: lines}"""
    settle(node)
    sections = read_node(node)
    sections["file"] = read_files(node)
    return sections if lab.RUNTIME == "host" else without_engine(sections)


def prime(node):
    """The first look of some tools makes what they look at (the legacy iptables tables): let that happen before."""
    read_node(node)


# A link that is new has another hardware address, and what follows from it: link-local addresses, a bridge's identity.
HARDWARE = re.compile(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|\b8000\.[0-9a-f:]+|\bfe80::[0-9a-f:]+\b")


# What engines choose at random, and Docker's policy for IPv4, which depends on who was first to switch forwarding on.
RANDOM = re.compile(r"\bveth[0-9a-f]{7,8}\b|\b[0-9a-f]{12}\b|\b[0-9a-f]{64}\b")
POLICY = re.compile(r":FORWARD |table ip filter {.*type filter hook forward")


def anonymous(state):
    """Comparable with a state whose links are not the same ones."""
    state = {section: sorted(HARDWARE.sub("*", line) for line in lines) for section, lines in state.items()}
    if lab.RUNTIME == "host":
        return state
    return {section: lines if section == "file" else sorted(RANDOM.sub("*", line) for line in lines if not POLICY.match(line))
            for section, lines in state.items()}


def difference(before, after, sections=None):
    lines = []
    for section in sorted(set(before) | set(after)):
        if sections is None or section in sections:
            lines += difflib.unified_diff(before.get(section, []), after.get(section, []), f"before/{section}",
                                          f"after/{section}", n=0, lineterm="")
    return lines


def expect_same(before, after, what, sections=None):
    lines = difference(before, after, sections)
    expect(not lines, f"{what}:\n" + "\n".join(lines[:60]))
