# SPDX-License-Identifier: Apache-2.0
"""A prepare that is killed at each of its journal records, in turn: the next prepare ends where an undisturbed one does,
and clean ends where it all began. With an engine each prepare builds the images, too: no record is left out or made cheap."""

from concurrent.futures import ThreadPoolExecutor

import lab
import snapshot
from cases import case
from lab import check, expect, on

RECORDS_MAX = 400


def kill_at(node, number):
    """prepare, killed at its Nth sync. False: it has fewer. Only lazyjack itself is traced: whom it starts has syncs of its
    own (Podman), and none of them runs while lazyjack writes."""
    result = on(node, "strace", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                "-e", f"inject=fdatasync:signal=SIGKILL:when={number}", "env", "ASAN_OPTIONS=detect_leaks=0",
                "lazyjack", "prepare", status=None, seconds=300)
    expect("Sanitizer" not in result.text, str(result))
    if result.status == 0:
        return False
    expect(result.status == 137, str(result))
    return True


def clean(node):
    check(on(node, "lazyjack", "clean"))


def initialise(node):
    """clean takes back what init did, too."""
    if node == "master":
        on(node, "lazyjack", "init")


def comparable(state):
    """Without the content of what init makes at random, and of the journal, which tells what happened."""
    changing = ("root/config.yaml", "var/lib/lazyjack/work-area/certs/", "var/lib/lazyjack/work-area/kubeadm.conf",
                "var/lib/lazyjack/journal")
    state = snapshot.anonymous(state)
    return {**state, "file": [line.rsplit(" ", 1)[0] if line.startswith(changing) else line for line in state["file"]]}


def expect_prepared(node, prepared, what):
    snapshot.expect_same(comparable(prepared), comparable(snapshot.take(node)), what)


def walk(node, numbers, original, prepared):
    """Each number both ways. Returns how many of them were points of prepare."""
    points = 0
    for number in numbers:
        initialise(node)
        killed = kill_at(node, number)
        clean(node)
        if not killed:
            break
        points += 1
        snapshot.expect_same(original, snapshot.take(node), f"{node}: killed at sync {number}, then clean")
        initialise(node)
        kill_at(node, number)
        on(node, "lazyjack", "prepare")
        expect_prepared(node, prepared, f"{node}: killed at sync {number}, then prepare")
        clean(node)
    snapshot.expect_same(original, snapshot.take(node), f"{node}: killed, prepared and cleaned many times")
    return points


def states(node):
    """Original and prepared, as an undisturbed run makes them."""
    snapshot.prime(node)
    original = snapshot.take(node)
    initialise(node)
    on(node, "lazyjack", "prepare")
    prepared = snapshot.take(node)
    clean(node)
    snapshot.expect_same(original, snapshot.take(node), f"{node}: prepare, clean")
    return original, prepared


def all_points(node, first, step):
    original, prepared = states(node)
    return walk(node, range(first, RECORDS_MAX, step), original, prepared)


@case("killed: prepare at every journal record, then prepare or clean")
def test_killed():
    lab.fresh()
    # strace(1) stops at each system call, and each address that can be given out takes one.
    on("master", "sed", "-i", "s|^nat64:|&\\n  overflow_cidr: 240.0.0.0/24|", "config.yaml")
    lab.configured()
    clean("master")
    # Two minions share the work on a minion's plan; the master has all of its own.
    work = (("master", 1, 1), ("minion-1", 1, 2), ("minion-2", 2, 2))
    with ThreadPoolExecutor(len(work)) as pool:
        points = list(pool.map(lambda arguments: all_points(*arguments), work))
    print(f"# points at which prepare was killed: {points}")
    expect(points[0] > points[1] > 2, f"too few points: {points}")
    lab.fresh()
