#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of lazyjack itself, as ratios within one run. Called by `./dev bench`.

The figures of single commands need nothing; those of a node need a lab that is up, with a configured minion
(`./dev demo`).

Every figure is a median of runs that take turns with what they are compared to, so that a machine whose speed
drifts does not decide. Nothing here is a test: nothing fails when a figure is bad, it is printed as it is.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

LAZYJACK = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/lazyjack")
NODES = 5000


def run(argv, **more):
    """Wall milliseconds of one run; raises when it fails."""
    begin = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, **more)
    wall = (time.monotonic() - begin) * 1000
    if done.returncode != 0:
        raise RuntimeError("%s: status %d: %s" % (argv, done.returncode, done.stderr.decode(errors="replace")[-500:]))
    return wall


def peak(*argv):
    """Peak memory of a program, MiB. Through time(1), since a child of this interpreter starts with its size."""
    done = subprocess.run(["/usr/bin/time", "-f", "%M", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          check=True)
    return int(done.stderr.split()[-1]) / 1024


def in_turns(rounds, *commands):
    """The commands in turns, after one round that does not count; their median milliseconds."""
    walls = [[] for _ in commands]
    for turn in range(rounds + 1):
        for i, command in enumerate(commands):
            wall = command()
            if turn > 0:
                walls[i].append(wall)
    return [statistics.median(wall) for wall in walls]


def config(nodes):
    hosts = ["  node-%d:\n    interface: \"eth1\"\n    opmodes: \"%s\"\n    id: %d\n"
             % (i, "master dns64 nat64" if i == 2 else "minion", i) for i in range(2, nodes + 2)]
    return ("general:\n  mode: ipv6\n  token: \"abcdef.0123456789abcdef\"\n  token-cert-hash: \"%s\"\n" % ("0" * 64)
            + "topology:\n" + "".join(hosts)
            + "support_net:\n  cidr: \"fd00:10::/64\"\n  v4cidr: \"172.18.0.0/16\"\n"
            + "mgmt_net:\n  cidr: \"fd00:20::/64\"\n"
            + "pod_net:\n  cidr: \"fd00:40::/64\"\n  node_size: 80\n"
            + "service_net:\n  cidr: \"fd00:30::/110\"\n"
            + "nat64:\n  v4_cidr: \"172.18.0.128/25\"\n  v4_ip: \"172.18.0.200\"\n  ip: \"fd00:10::200\"\n"
            + "dns64:\n  remote_server: \"203.0.113.53\"\n  cidr: \"fd00:10:64:ff9b::/96\"\n  ip: \"fd00:10::100\"\n")


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    return path


def on(node, *argv, text=None):
    """Run on a node of the lab; with `text` as its standard input."""
    source = subprocess.DEVNULL
    if text is not None:
        source = tempfile.TemporaryFile()
        source.write(text.encode("ascii"))
        source.seek(0)
    return run([LAZYJACK, "lab", "exec", node, "--", *argv], stdin=source)


def start_up():
    version, true = in_turns(40, lambda: run([LAZYJACK, "version"]), lambda: run(["/bin/true"]))
    print("start-up   version %.2f ms, /bin/true %.2f ms; limit 2 x true + 2 ms = %.2f ms" % (version, true, 2 * true + 2))


def validate(directory):
    path = write(directory, "large.yaml", config(NODES))
    large, true = in_turns(7, lambda: run([LAZYJACK, "validate", "--config", path]), lambda: run(["/bin/true"]))
    print("validate   %d nodes: %.1f ms (limit 100), peak %.1f MiB (limit 64); /bin/true %.2f ms"
          % (NODES, large, peak(LAZYJACK, "validate", "--config", path), true))


def routes():
    """On a minion of a lab that is up, which plays a node of a large cluster."""
    on("minion-1", "lazyjack", "--config", "/root/config.yaml", "prepare")
    up = ["lazyjack", "up", "--no-kubeadm", "--host", "node-3", "--config"]
    down = ["lazyjack", "down"]
    add, remove = ["".join("route %s fd00:40:0:0:%x::/80 via fd00:20::%x dev eth1\n" % (verb, i, i)
                           for i in range(2, NODES + 2) if i != 3) for verb in ("add", "del")]
    on("minion-1", "cp", "/dev/stdin", "/root/large.yaml", text=config(NODES))
    on("minion-1", "cp", "/dev/stdin", "/root/small.yaml", text=config(2))

    def up_and_down(path):
        wall = on("minion-1", *up, path)
        on("minion-1", *down)
        return wall

    def batch():
        wall = on("minion-1", "ip", "-6", "-batch", "-", text=add)
        on("minion-1", "ip", "-6", "-batch", "-", text=remove)
        return wall

    many, few, ip, nothing = in_turns(7, lambda: up_and_down("/root/large.yaml"), lambda: up_and_down("/root/small.yaml"),
                                      batch, lambda: on("minion-1", "true"))
    most = peak(LAZYJACK, "lab", "exec", "minion-1", "--", *up, "/root/large.yaml")
    on("minion-1", *down)
    on("minion-1", "rm", "/root/large.yaml", "/root/small.yaml")
    ours, theirs = many - few, ip - nothing
    print("routes     %d: up %.0f ms (of a cluster of 2: %.0f ms), difference %.0f ms; ip -batch %.0f ms; ratio %.2f "
          "(limit 1.5); peak %.1f MiB" % (NODES - 1, many, few, ours, theirs, ours / theirs, most))


def minion():
    """No service is started on a minion, so all of the time is lazyjack's."""
    verb = ["lazyjack", "--config", "/root/config.yaml"]
    on("minion-1", *verb, "clean")
    prepare, clean, true = in_turns(7, lambda: on("minion-1", *verb, "prepare"), lambda: on("minion-1", *verb, "clean"),
                                    lambda: on("minion-1", "true"))
    most = max(peak(LAZYJACK, "lab", "exec", "minion-1", "--", *verb, word) for word in ("prepare", "clean"))
    print("minion     prepare %.0f ms, clean %.0f ms beyond entering the node (limit 300); peak %.1f MiB (limit 16)"
          % (prepare - true, clean - true, most))


def main():
    with tempfile.TemporaryDirectory() as directory:
        start_up()
        validate(directory)
    if subprocess.run([LAZYJACK, "lab", "status"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                      check=False).returncode == 0:
        routes()
        minion()
    else:
        print("routes and minion: not measured: no lab is up ('./dev demo' makes one)")


if __name__ == "__main__":
    main()
