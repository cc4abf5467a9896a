# SPDX-License-Identifier: Apache-2.0
"""NAT64 in the kernel (nat64.engine: ebpf), and the change between it and tayga."""

import json
import re
import time

import translation
from cases import case
from lab import expect, lazyjack, on, sh
from translation import V4, attach, bring_up, expect_answers, fetch, fetch_on, in_pod, loaded, originals, synthesised, take_down

ENGINE = "/root/test.yaml"
LARGE = 16 << 20  # octets of the page /large
NETNS = "lazyjack-nat64"


def config_of(engine, **more):
    text = translation.config_of(**more)
    text, n = re.subn(r"^nat64:\n", f"nat64:\n  engine: {engine}\n", text, flags=re.MULTILINE)
    expect(n == 1, text)
    return text


def config_with_pool(pool):
    text, n = re.subn(r"172\.18\.0\.128/25", pool, config_of("ebpf"))
    expect(n == 1, text)
    return text


def mappings(node="master"):
    return [json.loads(line) for line in on(node, "lazyjack", "nat64", "mappings", "--json").out.splitlines()]


def state(node="master", status=0):
    return json.loads(on(node, "lazyjack", "nat64", "status", "--json", status=status).out)


def program(node="master"):
    return sh(node, f"ip netns exec {NETNS} tc filter show dev nat64 egress 2>/dev/null || :").out


def expect_traffic(node="minion-2"):
    expect_answers(node, (("www.v4only.test", synthesised(V4)), ("many.v4only.test", synthesised(V4, "198.51.100.10", "198.51.100.11"))))
    fetch(node)
    in_pod(node, "ping", "-c2", "-i0.2", "-W5", "www.v4only.test")
    size = in_pod(node, "curl", "-gsS", "-m", "30", "-o", "/dev/null", "-w", "%{size_download}", "http://www.v4only.test/large").out
    expect(int(size) == LARGE, f"{node} got {size} octets")


def expect_ebpf(node="master"):
    seen = state(node)
    expect(seen["program"] > 0, str(seen))
    expect(sh(node, "systemctl is-active lazyjack-nat64.service || :").out.strip() != "active", "tayga runs beside it")
    return seen


def verify(nodes):
    """`lab verify` reads the nodes' config.yaml."""
    for node in nodes:
        sh(node, "[ ! -e config.yaml ] || mv config.yaml config.kept; cp test.yaml config.yaml")
    lazyjack("lab", "verify")
    for node in nodes:
        sh(node, "rm config.yaml; [ ! -e config.kept ] || mv config.kept config.yaml")


@case("nat64: the engine in the kernel: traffic of all kinds, verify, status, a second run, clean")
def test_ebpf():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("ebpf"))
    attach("minion-2")
    expect_traffic()
    for node in nodes:
        fetch_on(node)
    seen = expect_ebpf()
    expect(seen["counters"]["inline"] > 100, f"the way in does not translate: {seen}")
    expect(seen["counters"]["toIPv4"] > 0 and seen["counters"]["toIPv6"] > 0 and seen["mappings"] > 0, str(seen))
    rows = mappings()
    expect(len(rows) == seen["mappings"] and all(row["idleSeconds"] < 120 for row in rows), str(rows))
    metrics = on("master", "lazyjack", "nat64", "status", "--openmetrics").out
    expect(metrics.endswith("# EOF\n") and "lazyjack_nat64_to_ipv4_total " in metrics, metrics)
    verify(nodes)
    for node in nodes:
        expect("0 changed" in on(node, "lazyjack", "prepare", "-c", ENGINE).out, "a second run changed something")
        on(node, "lazyjack", "status")
    take_down(nodes, before)
    expect("nat64" not in sh("master", "ls -R /sys/fs/bpf").out, "something is still pinned")


@case("nat64: what is denied, and who is refused, is dropped, counted and answered")
def test_denied():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("ebpf").replace("engine: ebpf\n", f'engine: ebpf\n  deny: "{V4}/32"\n'))
    attach("minion-2")
    out = in_pod("minion-2", "curl", "-gsS", "-m", "10", "http://www.v4only.test/", status=None)
    expect(out.status == 7, f"not refused at once: {out}")
    fetch("minion-2", "far.v4only.test")
    gateway = translation.embed(translation.PREFIX, "172.18.0.1")
    expect(in_pod("minion-2", "ping", "-c1", "-W2", gateway, status=None).status != 0, "the node's own bridge is reached")
    counters = state()["counters"]
    expect(counters["droppedDenied"] >= 2, str(counters))
    # Every prefix of the cluster is allowed; an address out of none is not.
    sh("minion-2", f"ip -n {translation.POD} address add fd77::7/128 dev eth0 nodad")
    in_pod("minion-2", "ping", "-c1", "-W1", "-I", "fd77::7", "far.v4only.test", status=None)
    expect(state()["counters"]["droppedSourceNotAllowed"] >= 1, str(state()))
    take_down(nodes, before)


def slow(node, seconds):
    """Begin to load the large page within a time; its process id, to be waited for."""
    rate = LARGE // seconds
    sh(node, f"cd /run; (ip netns exec {translation.POD} curl -gsS -m 90 --limit-rate {rate} -o /dev/null -w '%{{size_download}}' "
             "http://www.v4only.test/large >slow.out 2>slow.err; echo $? >slow.status) >/dev/null 2>&1 &")


def expect_slow(node):
    sh(node, "for i in $(seq 900); do [ ! -s /run/slow.status ] || exit 0; sleep 0.1; done; exit 1")
    out = sh(node, "cat /run/slow.status /run/slow.out /run/slow.err; rm /run/slow.*").out
    expect(out.split()[:2] == ["0", str(LARGE)], out)


@case("nat64: another program in the old one's place, and another configuration, keep flows and mappings")
def test_replace():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("ebpf"))
    attach("minion-2")
    fetch("minion-2")
    known = len(mappings())
    slow("minion-2", 12)
    time.sleep(1)
    old = state()["program"]
    # As after an upgrade: what is pinned is not this lazyjack's program.
    sh("master", "cd /sys/fs/bpf/lazyjack/nat64/abi-*; mv program-* program-0000000000000000")
    out = on("master", "lazyjack", "status", status=4).out
    expect("nat64-program" in out, out)
    on("master", "lazyjack", "prepare", "-c", ENGINE)
    on("master", "lazyjack", "status")
    expect(state()["program"] != old, "the program was not replaced")
    text = config_of("ebpf").replace("engine: ebpf\n", 'engine: ebpf\n  deny: "192.0.2.0/24"\n')
    on("master", "cp", "/dev/stdin", ENGINE, stdin=text)
    on("master", "lazyjack", "prepare", "-c", ENGINE)
    expect_slow("minion-2")
    expect(len(mappings()) >= known, "mappings were lost")
    take_down(nodes, before)


@case("nat64: after a reboot, and after somebody took the filter away, it translates again")
def test_reboot():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("ebpf"))
    attach("minion-2")
    sh("master", f"ip netns exec {NETNS} tc qdisc del dev nat64 clsact")
    state(status=4)
    expect("nat64-program" in on("master", "lazyjack", "status", status=4).out, "status does not see it")
    expect(in_pod("minion-2", "ping", "-c1", "-W1", "www.v4only.test", status=None).status != 0, "packets pass")
    on("master", "lazyjack", "prepare", "-c", ENGINE)
    expect_traffic()
    lazyjack("lab", "reboot", "master", seconds=180)
    expect_ebpf()
    on("master", "lazyjack", "status")
    # The others have to find out that the node's interface is a new one.
    sh("minion-2", f"for i in $(seq 60); do ip netns exec {translation.POD} ping -c1 -W1 fd00:10::200 >/dev/null && exit 0; done; exit 1")
    expect_traffic()
    take_down(nodes, before, ["master"])


@case("nat64: from tayga to the kernel and back by one key; traffic, no remains of the other")
def test_change():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("tayga"))
    attach("minion-2")
    expect_traffic()
    for engine in ("ebpf", "tayga", "auto", "tayga"):
        on("master", "cp", "/dev/stdin", ENGINE, stdin=config_of(engine))
        on("master", "lazyjack", "prepare", "-c", ENGINE)
        on("master", "lazyjack", "status")
        expect_traffic()
        expect(bool(program()) == (engine != "tayga"), f"{engine}: {program()}")
        pinned = sh("master", "ls /sys/fs/bpf/lazyjack 2>/dev/null || :").out
        expect(bool(pinned) == (engine != "tayga"), f"{engine}: pinned: {pinned}")
    take_down(nodes, before)


@case("nat64: an address comes back to the pool with nobody's connections on it")
def test_ageing():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of("ebpf"))
    attach("minion-2")
    fetch("minion-2")
    used = state()["mappings"]
    expect("0 addresses given back" in on("master", "lazyjack", "nat64", "age").out, "a young mapping went")
    expect(state()["mappings"] == used, "a young mapping went")
    timer = sh("master", "systemctl is-active lazyjack-nat64-age.timer").out.strip()
    expect(timer == "active", timer)
    sh("master", "systemctl start lazyjack-nat64-age.service")
    take_down(nodes, before)


@case("nat64: more hosts than the pool has addresses: the others share ports, too; with strict reverse path filters")
def test_overflow():
    nodes = loaded()
    filters = {node: sh(node, "sysctl -n net.ipv4.conf.all.rp_filter; sysctl -qw net.ipv4.conf.all.rp_filter=1").out.strip()
               for node in nodes}
    before = originals(nodes)
    bring_up(nodes, config_with_pool("172.18.0.128/29"))
    attach("minion-2")
    own = json.loads(on("minion-2", "ip", "-n", translation.POD, "-j", "-6", "address", "show", "dev", "eth0").out)
    own = next(row["local"] for row in own[0]["addr_info"] if row["scope"] == "global")
    hosts = [f"{own.rsplit(':', 1)[0]}:{number:x}" for number in range(0x100, 0x114)]
    sh("minion-2", "".join(f"ip -n {translation.POD} address add {host}/80 dev eth0 nodad\n" for host in hosts))
    target = translation.embed(translation.PREFIX, V4)
    for host in hosts:
        in_pod("minion-2", "ping", "-c1", "-W5", "-I", host, target)
        in_pod("minion-2", "curl", "-gsS", "-m", "10", "--interface", host, "-o", "/dev/null", f"http://[{target}]/")
    rows = {row["v6"]: row["v4"] for row in mappings()}
    shared = [host for host in hosts if rows[host].startswith("240.0.")]
    expect(len(shared) >= len(hosts) - 6 and len(set(rows.values())) == len(rows), str(rows))
    expect(state()["counters"]["droppedPoolEmpty"] == 0, str(state()))
    take_down(nodes, before)
    for node in nodes:
        on(node, "sysctl", "-qw", f"net.ipv4.conf.all.rp_filter={filters[node]}")


@case("nat64: a large pool gives nodes and pods their addresses by arithmetic, the same after a reboot")
def test_blocks():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_with_pool("172.18.128.0/17"))
    attach("minion-2")
    expect_traffic()
    for node in nodes:
        fetch_on(node)
    # The management network and each node's pods; only the services' own addresses are in the table.
    rows = mappings()
    blocks = [row for row in rows if "idleSeconds" not in row]
    expect(len(blocks) == len(nodes) + 1 and state()["blocks"] == len(blocks), str(rows))
    expect(all(row["v6"].startswith("fd00:10::") for row in rows if row not in blocks), str(rows))
    slow("minion-2", 12)
    time.sleep(1)
    on("master", "lazyjack", "prepare", "-c", ENGINE)
    expect_slow("minion-2")
    lazyjack("lab", "reboot", "master", seconds=180)
    expect([row for row in mappings() if "idleSeconds" not in row] == blocks, "others after a reboot")
    take_down(nodes, before, ["master"])
