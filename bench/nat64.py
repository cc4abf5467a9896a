#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NAT64 side by side: nat64.py DIRECTORY [--rounds N] [--seconds S]. DIRECTORY has the programs traffic and nat64-attach.
Called by `./dev bench nat64`.

Three network namespaces on one machine, client -- translator -- server, over veth; five ways through the middle one, told
apart by destination alone, all there all the time. IPv4 leaves it masqueraded, by the same rule for all. Every round measures
every way, in another order than the last; what counts is the medians' ratio within one run. All figures hold the cost
of both end hosts. Nothing here is a test. The result is a table in markdown (doc/NAT64.md).
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

SERVER4, SERVER6 = "10.2.0.2", "fd02::2"
HEX4 = "0a02:2"  # SERVER4 as the end of an IPv6 address
WAYS = {  # name: the server's address that leads there
    "IPv6 forwarding": SERVER6,
    "IPv4 + masquerade": SERVER4,
    "tayga": f"fd64:1::{HEX4}",
    "eBPF device": f"fd64:2::{HEX4}",
    "eBPF inline": f"fd64:3::{HEX4}",
}
PORT = 9009
SECONDS_MAX = 20  # for any one program; one that hangs leaves a gap in the table


class Failure(Exception):
    """A program failed."""


def ip(namespace, *words):
    subprocess.run(["ip", *(["-n", namespace] if namespace else []), *words], check=True)


def inside(namespace, *words):
    return ["ip", "netns", "exec", namespace, *words]


def run(namespace, *words):
    try:
        done = subprocess.run(inside(namespace, *words), check=False, capture_output=True, text=True, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{' '.join(words)}: no end in {SECONDS_MAX} s") from late
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: status {done.returncode}: {done.stderr[-500:]} {done.stdout[-300:]}")
    return done.stdout


class Bench:
    def __init__(self, directory, seconds):
        self.traffic = os.path.join(directory, "traffic")
        self.attach = os.path.join(directory, "nat64-attach")
        self.seconds = seconds
        self.name = f"ljb{os.getpid()}"
        self.client, self.middle, self.server = (f"{self.name}-{end}" for end in ("c", "m", "s"))
        self.running = []
        self.scratch = tempfile.TemporaryDirectory()

    def start(self, namespace, *words):
        self.running.append(subprocess.Popen(inside(namespace, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def link(self, a, dev_a, addresses_a, b, dev_b, addresses_b):
        ip(None, "link", "add", dev_a, "netns", a, "type", "veth", "peer", "name", dev_b, "netns", b)
        for namespace, dev, addresses in ((a, dev_a, addresses_a), (b, dev_b, addresses_b)):
            ip(namespace, "link", "set", dev, "up")
            for address in addresses:
                ip(namespace, "address", "add", address, "dev", dev, *(["nodad"] if ":" in address else []))

    def network(self):
        for namespace in (self.client, self.middle, self.server):
            ip(None, "netns", "add", namespace)
            ip(namespace, "link", "set", "lo", "up")
        self.link(self.client, "c0", ["fd01::2/64", "10.1.0.2/24"], self.middle, "m0", ["fd01::1/64", "10.1.0.1/24"])
        # The fast path sits on a device of its own: the other ways don't pay for it.
        self.link(self.client, "c1", ["fd01:1::2/64"], self.middle, "m1", ["fd01:1::1/64"])
        self.link(self.middle, "m2", ["fd02::1/64", "10.2.0.1/24"], self.server, "s0", [f"{SERVER6}/64", f"{SERVER4}/24"])
        run(self.middle, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
            "net.ipv4.conf.m1.rp_filter=0", "net.netfilter.nf_conntrack_tcp_timeout_close=1", "net.ipv4.conf.default.rp_filter=0")
        run(self.middle, "nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; "
                         "add rule ip nat post oifname m2 masquerade")
        run(self.server, "nft", "add table inet sink; add chain inet sink pre { type filter hook prerouting priority -300; }; "
                         f"add rule inet sink pre udp dport {PORT} drop")
        for route in (f"{SERVER6} via fd01::1", "fd64:1::/96 via fd01::1", "fd64:2::/96 via fd01::1", "fd64:3::/96 via fd01:1::1"):
            ip(self.client, "-6", "route", "add", *route.split())
        ip(self.client, "route", "add", f"{SERVER4}/32", "via", "10.1.0.1")
        ip(self.server, "-6", "route", "add", "fd01::/16", "via", "fd02::1")

    def add_tayga(self):
        config = os.path.join(self.scratch.name, "tayga.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write("tun-device nat\nipv4-addr 192.168.64.1\nipv6-addr fd64:ffff::1\nprefix fd64:1::/96\ndynamic-pool 192.168.64.0/24\n"
                      f"data-dir {self.scratch.name}\n")
        run(self.middle, "tayga", "--mktun", "-c", config)
        ip(self.middle, "link", "set", "nat", "up")
        ip(self.middle, "route", "add", "192.168.64.0/24", "dev", "nat")
        ip(self.middle, "route", "add", "fd64:1::/96", "dev", "nat")
        self.start(self.middle, "tayga", "--nodetach", "-c", config)

    def add_ebpf(self, number, *fast):
        dev, pool = f"nat{number}", f"192.168.{64 + number}.0/24"
        for kind in ("dummy", "ifb"):
            if subprocess.run(["ip", "-n", self.middle, "link", "add", dev, "type", kind], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0:
                break
        ip(self.middle, "link", "set", dev, "up")
        ip(self.middle, "route", "add", pool, "dev", dev, "mtu", "1472")
        ip(self.middle, "route", "add", f"fd64:{number}::/96", "dev", dev)
        run(self.middle, "sysctl", "-qw", f"net.ipv4.conf.{dev}.rp_filter=0")
        run(self.middle, self.attach, dev, f"fd64:{number}::/96", pool, f"192.168.{64 + number}.1", "fd64:ffff::2", "fd01::/16", *fast)

    def set_up(self):
        self.network()
        self.add_tayga()
        self.add_ebpf(2)
        self.add_ebpf(3, "m1")
        self.start(self.server, self.traffic, "serve", "-", "0")
        time.sleep(0.5)

    def take_down(self):
        for program in self.running:
            program.terminate()
        for namespace in (self.client, self.middle, self.server):
            pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False).stdout.split()
            for pid in pids:
                subprocess.run(["kill", "-9", pid], check=False, stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "delete", namespace], check=False, stderr=subprocess.DEVNULL)
        self.scratch.cleanup()

    def received(self):
        row = json.loads(run(self.server, "ip", "-s", "-j", "link", "show", "s0"))[0]["stats64"]["rx"]
        return row["packets"], row["bytes"]

    def own_count(self, mode, address):
        """What the program itself has counted."""
        return float(run(self.client, self.traffic, mode, address, str(self.seconds)))

    def arriving(self, mode, address):
        """Packets and octets a second at the far end."""
        packets, octets = self.received()
        begin = time.monotonic()
        run(self.client, self.traffic, mode, address, str(self.seconds))
        after, seconds = self.received(), time.monotonic() - begin
        return (after[0] - packets) / seconds, (after[1] - octets) / seconds

    def frames(self, mode, address):
        """Without super-packets."""
        devices = [(self.client, "c0"), (self.client, "c1"), (self.server, "s0")]
        for namespace, dev in devices:
            run(namespace, self.traffic, "offloads", dev, "0")
        try:
            return self.own_count(mode, address)
        finally:
            for namespace, dev in devices:
                run(namespace, self.traffic, "offloads", dev, "1")

    def echo(self, address):
        """Microseconds of an echo and its answer: all of it happens in the kernel, but for tayga."""
        out = run(self.client, "ping", "-n", "-q", "-A", "-c", "2000", "-w", str(SECONDS_MAX // 2), address)
        return float(re.search(r"= [0-9.]+/([0-9.]+)/", out).group(1)) * 1000

    def figures(self):
        """(name, unit, digits, measure); all but the latency are better when higher."""
        def count(mode):
            return lambda address: self.own_count(mode, address)

        return (
            ("TCP, 1 stream up", "Gbit/s", 2, count("up1")),
            ("TCP, 1 stream down", "Gbit/s", 2, count("down1")),
            ("TCP, 4 streams up", "Gbit/s", 2, count("up4")),
            ("TCP, 4 streams down", "Gbit/s", 2, count("down4")),
            ("TCP, 1 stream up, MTU frames", "Gbit/s", 2, lambda address: self.frames("up1", address)),
            ("TCP, 1 stream down, MTU frames", "Gbit/s", 2, lambda address: self.frames("down1", address)),
            ("UDP, 64 octets", "kpps", 0, lambda address: self.arriving("udp", address)[0] / 1e3),
            ("UDP GSO, 1200 octets", "M segments/s", 2, lambda address: self.arriving("gso", address)[1] / 1228 / 1e6),
            ("TCP connections", "1/s", 0, count("connect")),
            ("Echo there and back", "us", 1, self.echo),
        )


def note(text):
    print(text, file=sys.stderr, flush=True)


def measure(bench, rounds):
    results = {}
    for number in range(rounds):
        begin = time.monotonic()
        for name, _, _, function in bench.figures():
            ways = list(WAYS)
            shift = number % len(ways)
            for way in ways[shift:] + ways[:shift]:
                try:
                    value = function(WAYS[way])
                except (Failure, ValueError) as error:
                    note(f"{name}, {way}: {error}")
                    continue
                results.setdefault((name, way), []).append(value)
        note(f"round {number + 1} of {rounds}: {time.monotonic() - begin:.0f} s")
    return results


def cell(values, digits):
    if not values:
        return "-"
    return "/".join(f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))


def ratio(results, name, way, other):
    ours, theirs = results.get((name, way)), results.get((name, other))
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}" if ours and theirs else "-"


def table(bench, results):
    ours = ("eBPF device", "eBPF inline")
    print("| figure (min/median/max) | " + " | ".join(WAYS) + " | device, inline / IPv4 + masquerade | / tayga |")
    print("|---" * (len(WAYS) + 3) + "|")
    for name, unit, digits, _ in bench.figures():
        row = [f"{name}, {unit}"] + [cell(results.get((name, way)), digits) for way in WAYS]
        for other in ("IPv4 + masquerade", "tayga"):
            row.append(", ".join(ratio(results, name, way, other) for way in ours))
        print("| " + " | ".join(row) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.directory), options.seconds)
    try:
        bench.set_up()
        results = measure(bench, options.rounds)
    finally:
        bench.take_down()
    print(f"{os.uname().release}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}, {options.rounds} rounds of {options.seconds:g} s\n")
    table(bench, results)


if __name__ == "__main__":
    main()
