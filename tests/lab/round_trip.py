# SPDX-License-Identifier: Apache-2.0
"""init, prepare, up, verify, reboot, down, clean on all nodes: it works, and the nodes are what they were."""

import json

import engines
import lab
import snapshot
import translation
from cases import case
from lab import each, expect, lazyjack, on, sh

ORIGINAL = {}
FORWARD = []  # the generation of the lab whose nodes were brought forward
NETWORK = ("address", "route4", "route6", "rule4", "rule6", "neighbour", "nftables", "namespace")


def forward():
    """All nodes original, looked at, then prepared and up; once for all tests here, and again on a new lab."""
    if FORWARD == [lab.GENERATION]:
        return
    nodes = translation.loaded()
    each([node for node in nodes if node != "master"], lambda node: on(node, "rm", "-f", "/root/config.yaml"))
    ORIGINAL.clear()
    ORIGINAL.update(zip(nodes, each(nodes, primed)))
    on("master", "lazyjack", "init")
    lab.give_config(nodes)
    each(nodes, prepare)
    each(nodes, up)
    FORWARD[:] = [lab.GENERATION]


def primed(node):
    snapshot.prime(node)
    return snapshot.take(node)


def prepare(node):
    return on(node, "lazyjack", "prepare")


def up(node):
    return on(node, "lazyjack", "up", "--no-kubeadm")


@case("nodes: init, prepare, up")
def test_forward():
    forward()


@case("nodes: a second run changes nothing and says so")
def test_again():
    forward()
    nodes = lab.names()
    before = each(nodes, snapshot.take)
    on("master", "lazyjack", "init")
    for function in (prepare, up):
        for result in each(nodes, function):
            expect(lab.counts(result)[0] == 0, str(result))
    for node, old, new in zip(nodes, before, each(nodes, snapshot.take)):
        snapshot.expect_same(old, new, f"{node} after a second run")


@case("nodes: status finds everything in place")
def test_status():
    forward()
    for node in lab.names():
        rows = [json.loads(line) for line in on(node, "lazyjack", "status", "--json").out.splitlines()]
        expect(len(rows) > 5 and all(row["state"] in ("in-place", "foreign") for row in rows), str(rows))


@case("nodes: verify passes everywhere")
def test_verify():
    forward()
    result = lazyjack("lab", "verify", "--json")
    last = json.loads(result.out.splitlines()[-1])
    expect(last["summary"]["failed"] == 0 and last["summary"]["passed"] > 20, str(result))


@case("nodes: verify finds what is broken, and says so")
def test_verify_broken():
    forward()
    sh("master", engines.BREAK_NAT64[lab.RUNTIME])
    rows = [json.loads(line) for line in lazyjack("lab", "verify", "--json", status=4).out.splitlines()]
    expect(rows[-1]["summary"]["failed"] > 0, str(rows[-1]))
    expect(all(row["detail"] for row in rows[:-1] if not row["ok"]), "a failed check doesn't say what to look at")
    on("master", "lazyjack", "status", status=4)
    expect(lab.counts(prepare("master"))[0] > 0, "prepare didn't repair it")
    lazyjack("lab", "verify")


def backward():
    FORWARD.clear()
    nodes = lab.names()
    for node in nodes:
        if node != "master":  # the test's own copy, which nobody needs for going back
            on(node, "rm", "/root/config.yaml")
    each(nodes, lambda node: on(node, "lazyjack", "down"))
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    for node, state in zip(nodes, each(nodes, snapshot.take)):
        snapshot.expect_same(ORIGINAL[node], state, f"{node} after clean")


@case("nodes: down and clean leave every node byte by byte what it was")
def test_backward():
    forward()
    backward()


@case("nodes: after a reboot all is back without a command, and clean still leads back")
def test_reboot():
    forward()
    FORWARD.clear()
    nodes = ("master", "minion-1")
    before = each(nodes, snapshot.take)
    for node in nodes:
        lab.reboot(node)
    for node, old in zip(nodes, before):
        on(node, "lazyjack", "status")
        snapshot.expect_same(snapshot.anonymous(old), snapshot.anonymous(snapshot.take(node)), f"{node} after a reboot",
                             NETWORK)
    lazyjack("lab", "verify")
    each(lab.names(), lambda node: on(node, "lazyjack", "clean"))
    for node in nodes:
        snapshot.expect_same(snapshot.anonymous(ORIGINAL[node]), snapshot.anonymous(snapshot.take(node)),
                             f"{node} after reboot and clean", NETWORK + ("unit", "unit-file", "mount", "sysctl", "run"))


@case("nodes: a dry run shows what it would do, and does nothing")
def test_dry_run():
    lab.fresh()
    lab.configured()
    for node in ("master", "minion-1"):
        snapshot.prime(node)
        before = snapshot.take(node)
        result = on(node, "lazyjack", "prepare", "--dry-run")
        expect("fd00:20::" in result.out, str(result))
        snapshot.expect_same(before, snapshot.take(node), f"{node} after a dry run")


@case("nodes: what someone else changed is left, and named")
def test_foreign_change():
    lab.configured()
    prepare("minion-1")
    on("minion-1", "sh", "-c", "echo 'fd00:20::99 someone-else' >>/etc/hosts; sysctl -qw net.ipv6.conf.all.forwarding=0")
    on("minion-1", "lazyjack", "status", status=4)
    on("minion-1", "lazyjack", "clean")
    text = on("minion-1", "cat", "/etc/hosts").out
    expect("someone-else" in text, f"a line of somebody else went away:\n{text}")
    on("minion-1", "sed", "-i", "/someone-else/d", "/etc/hosts")
    lab.reboot("minion-1")
