# SPDX-License-Identifier: Apache-2.0
"""Every mode with every plugin, without Kubernetes: prepare, up, verify, status, down, clean, and the nodes are what they
were. Mode ipv6 with plugin bridge is what the other tests are about."""

import ipaddress
import json

import lab
import snapshot
from cases import case
from lab import each, expect, lazyjack, on, sh

NETWORKS = {4: ("10.20.0.0/16", "10.244.0.0/16"), 6: ("fd00:20::/64", "fd00:40::/72")}
FAMILIES = {"ipv6": (6,), "ipv4": (4,), "dual-stack": (6, 4)}


def primed(node):
    snapshot.prime(node)
    return snapshot.take(node)


def verdicts(status=0):
    """The rows of verify, and its remarks."""
    rows = [json.loads(line) for line in lazyjack("lab", "verify", "--json", status=status).out.splitlines()]
    return [row for row in rows if "check" in row], [row["remark"] for row in rows if "remark" in row]


def family_of(row):
    """Of the address that a verdict names."""
    for word in row["detail"].replace("[", " ").replace("]", " ").replace(",", " ").split():
        word = word.rstrip(":")
        word = word.rsplit(":", 1)[0] if word.count(":") == 1 else word
        try:
            return ipaddress.ip_address(word).version
        except ValueError:
            pass
    return None


def forward(nodes):
    on("master", "lazyjack", "init")
    lab.give_config(nodes)
    each(nodes, lambda node: on(node, "lazyjack", "prepare"))
    each(nodes, lambda node: on(node, "lazyjack", "up", "--no-kubeadm"))


def check_data_path(mode, nodes):
    rows, remarks = verdicts()
    expect(all(row["ok"] for row in rows), str(rows))
    for family in FAMILIES[mode]:
        for check, wanted in (("mgmt", len(nodes) ** 2), ("pod", len(nodes) * (len(nodes) - 1))):
            found = [row for row in rows if row["check"] == check and family_of(row) == family]
            expect(len(found) == wanted, f"{check} IPv{family}: {len(found)} of {wanted}\n{rows}")
        found = [row for row in rows if row["check"] == "mtu" and family_of(row) == family]
        expect(len(found) == 2 * len(nodes) * (len(nodes) - 1), f"mtu IPv{family}: {found}")
    outside = [row for row in rows if row["check"] == ("nat64" if mode == "ipv6" else "outside")]
    expect(len(outside) == 2 * len(nodes), f"the way outside: {outside}")
    expect(bool(remarks) == (mode == "dual-stack"), f"remarks: {remarks}")


def check_plugin(plugin, nodes):
    for node in nodes:
        there = sh(node, "ip link show br0", status=None).status == 0
        expect(there == (plugin == "bridge"), f"{node} with plugin {plugin}: br0 is {'' if there else 'not '}there")


def check_again(nodes):
    for verb in (("prepare",), ("up", "--no-kubeadm")):
        for result in each(nodes, lambda node, words=verb: on(node, "lazyjack", *words)):
            expect(lab.counts(result)[0] == 0, str(result))
    each(nodes, lambda node: on(node, "lazyjack", "status"))


def backward(nodes, original):
    each([node for node in nodes if node != "master"], lambda node: on(node, "rm", "/root/config.yaml"))
    each(nodes, lambda node: on(node, "lazyjack", "down"))
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    for node, state in zip(nodes, each(nodes, snapshot.take)):
        snapshot.expect_same(original[node], state, f"{node} after down and clean")


def round_trip(mode, plugin):
    lab.fresh("--mode", mode, "--plugin", plugin)
    nodes = lab.names()
    original = dict(zip(nodes, each(nodes, primed)))
    forward(nodes)
    check_data_path(mode, nodes)
    check_plugin(plugin, nodes)
    check_again(nodes)
    backward(nodes, original)


@case("modes: ipv4 with bridge, there and back")
def test_ipv4_bridge():
    round_trip("ipv4", "bridge")


@case("modes: ipv4 with ptp, there and back")
def test_ipv4_ptp():
    round_trip("ipv4", "ptp")


@case("modes: ipv6 with ptp, there and back")
def test_ipv6_ptp():
    round_trip("ipv6", "ptp")


@case("modes: dual-stack with bridge, there and back")
def test_dual_bridge():
    round_trip("dual-stack", "bridge")


@case("modes: dual-stack with ptp, there and back")
def test_dual_ptp():
    round_trip("dual-stack", "ptp")


@case("modes: the lab keeps its mode")
def test_lab_keeps():
    lab.fresh("--mode", "dual-stack")
    result = lazyjack("lab", "up", "--mode", "ipv4", status=1)
    expect("lab down" in result.text and "dual-stack" in result.text, str(result))
    expect(lab.counts(lazyjack("lab", "up"))[0] == 0, "a second 'lab up' without the option changes something")
    lazyjack("lab", "up", "--mode", "ipv5", status=2)


@case("modes: an IPv4 address that another machine has is found before it is set")
def test_address_in_use():
    lab.fresh("--mode", "ipv4")
    lab.configured()
    sh("minion-1", "ip address add 10.20.0.4/16 dev eth1")
    result = on("minion-2", "lazyjack", "prepare", status=3)
    expect("10.20.0.4" in result.text and "in use" in result.text, str(result))
    sh("minion-1", "ip address del 10.20.0.4/16 dev eth1")


@case("modes: verify finds what is wrong in one family of two, and a node without a way out only gets a remark")
def test_faults():
    lab.fresh("--mode", "dual-stack")
    nodes = lab.names()
    forward(nodes)
    sh("minion-1", "ip link set eth0 down")
    rows, remarks = verdicts()
    expect(not [row for row in rows if row["check"] == "outside" and row["from"].startswith("minion-1")], str(rows))
    expect([remark for remark in remarks if "minion-1" in remark and "no route" in remark], str(remarks))
    sh("minion-1", "ip link set eth0 up; ip route add default via 203.0.113.1 proto static")
    route = "10.244.4.0/24 via 10.20.0.4"
    sh("master", f"ip route del {route}")
    rows, _ = verdicts(status=4)
    broken = {(row["check"], row["from"], row["to"]) for row in rows if not row["ok"]}
    expect(("pod", "master/pod", "minion-2/pod") in broken, str(broken))
    expect({row["ok"] for row in rows if family_of(row) == 6} == {True}, str(broken))
    sh("master", f"ip route add {route} dev eth1 proto static")
    sh("minion-2", "ip link set eth1 mtu 1400")
    rows, _ = verdicts(status=4)
    narrow = [row for row in rows if not row["ok"] and row["check"] == "mtu" and row["from"] == "master"]
    expect({row["to"] for row in narrow} == {"minion-2"}, str(rows))
    sh("minion-2", "ip link set eth1 mtu 1500")
    for node in nodes:
        on(node, "lazyjack", "clean")


@case("modes: back to the usual lab")
def test_end():
    lab.fresh()
