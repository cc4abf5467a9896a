# SPDX-License-Identifier: Apache-2.0
"""Promises that the ordinary round trip does not meet: other resolvers, a kubelet, files of others, roles apart, Ctrl-C."""

import re

import lab
import snapshot
from bad_machine import fault
from cases import case
from lab import expect, lazyjack, on, sh

NODE = "minion-2"
SYNTHESISED = "fd00:10:64:ff9b::cb00:7150"  # 203.0.113.80, the lab's web server


def clean_master():
    """Takes back what init did, too: the next test starts with it again."""
    on("master", "lazyjack", "clean")
    lab.CONFIGURED.clear()


def back_to(node, before):
    on(node, "lazyjack", "clean")
    snapshot.expect_same(before, snapshot.take(node), f"{node} after clean")


@case("promises: with systemd-resolved, it is told in its own way")
def test_resolved():
    lab.configured()
    on("master", "lazyjack", "prepare")
    with fault(NODE, "cp -a /etc/resolv.conf /etc/resolv.conf.away; "
                     "ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf; systemctl start systemd-resolved",
               "systemctl stop systemd-resolved; rm /etc/resolv.conf; mv /etc/resolv.conf.away /etc/resolv.conf"):
        snapshot.prime(NODE)
        before = snapshot.take(NODE)
        on(NODE, "lazyjack", "prepare")
        expect("fd00:10::100" in on(NODE, "resolvectl", "dns").out, "resolved was not told")
        snapshot.settle(NODE)  # the kernel looks for duplicates of the node's address first
        answer = on(NODE, "dig", "+short", "@127.0.0.53", "AAAA", "www.v4only.test").out.split()
        expect(answer == [SYNTHESISED], f"through resolved: {answer}")
        expect("0 changed" in on(NODE, "lazyjack", "prepare").out, "a second run changed something")
        back_to(NODE, before)
    clean_master()


@case("promises: a kubelet is restarted, files of others in net.d are set aside and put back")
def test_kubelet_and_others():
    lab.configured()

    def invocation():
        return on(NODE, "systemctl", "show", "--value", "--property=InvocationID", "kubelet").out

    with fault(NODE, "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/kubelet.service; "
                     "systemctl start kubelet; mkdir -p /etc/cni/net.d; echo '{}' >/etc/cni/net.d/05-others.conflist; "
                     "chmod 640 /etc/cni/net.d/05-others.conflist; chown daemon /etc/cni/net.d/05-others.conflist",
               "systemctl stop kubelet; rm /etc/systemd/system/kubelet.service; systemctl daemon-reload; rm -r /etc/cni"):
        snapshot.prime(NODE)
        before, first = snapshot.take(NODE), invocation()
        on(NODE, "lazyjack", "prepare")
        on(NODE, "lazyjack", "up", "--no-kubeadm")
        second = invocation()
        expect(first != second, "the kubelet was not restarted")
        names = on(NODE, "ls", "/etc/cni/net.d").out.split()
        expect(names == ["05-others.conflist.lazyjack-aside", "10-lazyjack.conflist"], str(names))
        expect("0 changed" in on(NODE, "lazyjack", "up", "--no-kubeadm").out and invocation() == second,
               "a second up changed something")
        on(NODE, "lazyjack", "down")
        expect(on(NODE, "ls", "/etc/cni/net.d").out.split() == ["05-others.conflist"], "down didn't put the file back")
        back_to(NODE, before)


@case("promises: dns64 and nat64 on two nodes")
def test_apart():
    lab.configured()
    nodes = lab.names()
    config = lazyjack("lab", "config").out
    apart = re.sub(r'(master:.*?opmodes: )"[^"]*"(.*?minion-1:.*?opmodes: )"[^"]*"', r'\1"master nat64"\2"minion dns64"', config,
                   flags=re.DOTALL)
    expect(apart != config, config)
    for node in nodes:
        on(node, "cp", "/dev/stdin", "/root/config.yaml", stdin=apart)
        on(node, "lazyjack", "prepare")
        on(node, "lazyjack", "up", "--no-kubeadm")
    lazyjack("lab", "verify")
    for node in nodes:
        if node != "master":
            on(node, "lazyjack", "clean")
        on(node, "cp", "/dev/stdin", "/root/config.yaml", stdin=config)
    clean_master()


@case("promises: up wants prepare first; a node with a new id keeps nothing of the old one")
def test_other_id():
    lab.configured()
    config = on(NODE, "cat", "/root/config.yaml").out
    snapshot.prime(NODE)
    before = snapshot.take(NODE)
    expect("lazyjack prepare" in on(NODE, "lazyjack", "up", "--no-kubeadm", status=3).text, "up doesn't name prepare")
    snapshot.expect_same(before, snapshot.take(NODE), f"{NODE} after up without prepare")
    for text in (config, config.replace("id: 4\n", "id: 9\n")):
        on(NODE, "cp", "/dev/stdin", "/root/config.yaml", stdin=text)
        on(NODE, "lazyjack", "prepare")
        on(NODE, "lazyjack", "up", "--no-kubeadm")
    routes = on(NODE, "ip", "-6", "route").out
    expect("fd00:40:0:0:9::/80 dev br0" in routes and "fd00:40:0:0:4::/80 dev" not in routes, routes)
    on(NODE, "lazyjack", "clean")
    on(NODE, "cp", "/dev/stdin", "/root/config.yaml", stdin=config)


@case("promises: insecure mode needs no init, and says so")
def test_insecure():
    lab.configured()
    with fault("master", "sed -i.orig 's/^general:/general:\\n  insecure: true/' config.yaml", "mv config.yaml.orig config.yaml"):
        before = snapshot.take("master")
        expect("not needed" in on("master", "lazyjack", "init").text, "init doesn't say that it isn't needed")
        snapshot.expect_same(before, snapshot.take("master"), "master after init in insecure mode")


def interrupt(node, comparable):
    """prepare, interrupted sooner and later, until it is done before that."""
    snapshot.prime(node)
    before = comparable(snapshot.take(node))
    for seconds in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 2, 4, 6, 8, 11, 15, 20, 30, 45):  # an engine takes its time
        result = on(node, "timeout", "--preserve-status", "-s", "INT", str(seconds), "lazyjack", "prepare", status=None)
        expect("Sanitizer" not in result.text, str(result))
        if result.status == 0:
            break
        # 130: it had not begun yet.
        expect(result.status == 1 and "interrupted" in result.text.lower() or result.status == 130 and not result.text, str(result))
        snapshot.expect_same(before, comparable(snapshot.take(node)), f"{node}: interrupted after {seconds} s")


@case("promises: Ctrl-C takes back what the run changed")
def test_interrupt():
    lab.configured()
    before = snapshot.take(NODE)
    interrupt(NODE, dict)
    back_to(NODE, before)
    # The journal keeps what init did, and tells what was tried.
    interrupt("master", lambda state: {**state, "file": [line for line in state["file"] if "lazyjack/journal" not in line]})
    clean_master()


@case("promises: no secret is in the journal, and what holds one is for root alone")
def test_secrets():
    lab.configured()
    on("master", "lazyjack", "prepare")
    config = on("master", "cat", "/root/config.yaml").out
    token = re.search(r'token: "?([a-z0-9]{6}\.[a-z0-9]{16})', config).group(1)
    key = sh("master", "sed -n 2p /var/lib/lazyjack/work-area/certs/ca.key").out.strip()
    journal = on("master", "cat", "/var/lib/lazyjack/journal").out
    expect(token not in journal and key not in journal, "the journal holds a secret")
    modes = sh("master", "stat -c '%a %n' /var/lib/lazyjack /var/lib/lazyjack/journal /var/lib/lazyjack/work-area/certs/ca.key "
                         "/var/lib/lazyjack/work-area/kubeadm.conf").out.split()
    expect(modes[::2] == ["700", "600", "600", "600"], str(modes))
    clean_master()
