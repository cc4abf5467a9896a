# SPDX-License-Identifier: Apache-2.0
"""DNS64 and NAT64 with the real programs: kinds of names, prefix lengths, places of the two services, real traffic."""

import ipaddress
import json
import os
import re

import lab
import snapshot
from cases import case
from lab import each, expect, lazyjack, on, sh

POD = "test-pod"  # a network namespace, attached by the CNI plugins that lazyjack configured
V4 = "203.0.113.80"  # the lab's web server
NATIVE = "2001:db8::80"
PREFIX = "fd00:10:64:ff9b::/96"
PAGE = "this is the outside"
ENGINE = os.environ.get("LAZYJACK_NAT64_ENGINE")  # for all that don't ask for one themselves


def embed(prefix, v4):
    """RFC 6052 section 2.2, written a second time."""
    network = ipaddress.ip_network(prefix)
    octets = bytearray(network.network_address.packed)
    at = network.prefixlen // 8
    for octet in ipaddress.ip_address(v4).packed:
        at += at == 8  # the u octet
        octets[at] = octet
        at += 1
    return str(ipaddress.ip_address(bytes(octets)))


def config_of(roles=None, prefix=PREFIX, allow=False, remote=None, runtime=None):
    """The lab's configuration with other roles and another prefix; insecure, so that it needs no init."""
    text = lazyjack("lab", "config").out
    text = re.sub(r'^ +(token(-cert-hash)?|runtime): .*\n', "", text, flags=re.MULTILINE)
    runtime = runtime or lab.RUNTIME
    text = text.replace("general:\n", f"general:\n  insecure: true\n  runtime: {runtime}\n", 1).replace(PREFIX, prefix)
    text = text.replace('  ip: "fd00:10::100"\n', f'  ip: "fd00:10::100"\n  allow_aaaa_use: {str(allow).lower()}\n')
    if ENGINE and runtime == "host":
        text = text.replace("nat64:\n", f"nat64:\n  engine: {ENGINE}\n", 1)
    if remote:
        text = re.sub(r'remote_server: ".*"', f'remote_server: "{remote}"', text)
    for node, words in (roles or {}).items():
        text, n = re.subn(rf'(  {node}:\n.*\n    opmodes: )".*"', rf'\1"{words}"', text)
        expect(n == 1, f"{node} in:\n{text}")
    return text


def write(node, text):
    on(node, "cp", "/dev/stdin", "/root/test.yaml", stdin=text)


def bring_up(nodes, text):
    """This configuration, or each node's own, on all of the nodes, whatever they had before."""
    texts = text if isinstance(text, dict) else dict.fromkeys(nodes, text)
    for verb in (("prepare",), ("up", "--no-kubeadm")):
        def run(node, verb=verb):
            if verb == ("prepare",):
                write(node, texts[node])
            return on(node, "lazyjack", *verb, "-c", "/root/test.yaml", seconds=300)
        each(nodes, run)


def take_down(nodes, before, rebooted=()):
    """Back to what was before; the links of a node that was rebooted are new ones."""
    def run(node):
        sh(node, f"ip netns del {POD} 2>/dev/null; rm -f /root/test.yaml")
        on(node, "lazyjack", "clean")
        # Podman keeps its own there.
        sh(node, "find /var/lib/cni -depth ! -path '*/networks/podman*' ! -path '*/results*' -delete 2>/dev/null; "
                 "command -v podman >/dev/null || umount /run/netns 2>/dev/null || :")
    each(nodes, run)
    for node, old in zip(nodes, before):
        same = snapshot.anonymous if node in rebooted else dict
        snapshot.expect_same(same(old), same(snapshot.take(node)), f"{node} after clean")


def originals(nodes):
    for node in nodes:
        snapshot.prime(node)
    return each(nodes, snapshot.take)


def attach(node):
    """A pod without Kubernetes: the first plugin of the node's own configuration list."""
    conflist = json.loads(on(node, "cat", "/etc/cni/net.d/10-lazyjack.conflist").out)
    plugin = {**conflist["plugins"][0], "name": conflist["name"], "cniVersion": conflist["cniVersion"]}
    sh(node, f"ip netns add {POD} && CNI_COMMAND=ADD CNI_CONTAINERID={POD} CNI_NETNS=/run/netns/{POD} "
             f"CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni /usr/lib/cni/{plugin['type']}", stdin=json.dumps(plugin))
    sh(node, f"for i in $(seq 50); do ip -n {POD} -6 address show dev eth0 tentative | grep -q . || exit 0; sleep 0.1; done; exit 1")


def in_pod(node, *words, **more):
    return on(node, "ip", "netns", "exec", POD, *words, **more)


def ask(node, name, kind="AAAA"):
    """(status, sorted answers of that kind) of the node's own name server, asked by a pod."""
    out = in_pod(node, "dig", "+time=3", "+tries=3", kind, name).out
    status = re.search(r"status: (\w+)", out)
    expect(status, out)
    return status.group(1), sorted(re.findall(rf"^\S+\s+\d+\s+IN\s+{kind}\s+(\S+)$", out, re.MULTILINE))


def fetch(node, name="www.v4only.test"):
    result = in_pod(node, "curl", "-gsS", "-6", "-m", "15", "--retry", "2", "--retry-all-errors", f"http://{name}/")
    expect(PAGE in result.out, str(result))


def fetch_on(node):
    """From the node itself, whose new address is tentative for a second or two (duplicate address detection)."""
    on(node, "curl", "-gsS", "-6", "-m", "15", "--retry", "5", "--retry-delay", "1", "--retry-all-errors", "-o", "/dev/null",
       "http://www.v4only.test/")


def expect_answers(node, table):
    for name, wanted in table:
        kind = "AAAA"
        if isinstance(name, tuple):
            name, kind = name
        got = ask(node, name, kind)
        expect(got == wanted, f"{kind} of {name}: {got}, expected {wanted}")


def synthesised(*addresses, prefix=PREFIX):
    return ("NOERROR", sorted(embed(prefix, address) for address in addresses))


NOTHING = ("NOERROR", [])
UNKNOWN = ("NXDOMAIN", [])

# The same whether native addresses are let through or not.
ALWAYS = (
    ("www.v4only.test", synthesised(V4)),
    ("many.v4only.test", synthesised(V4, "198.51.100.10", "198.51.100.11")),
    ("www.none.test", NOTHING),
    ("www.alias.test", synthesised(V4)),
    ("www.moved.test", synthesised(V4)),
    ("no-such-name.test", UNKNOWN),
    ("no-such-zone.invalid", UNKNOWN),
    ("www.mapped.test", synthesised(V4)),
    (("www.v4only.test", "A"), ("NOERROR", [V4])),
    (("www.dual.test", "A"), ("NOERROR", [V4])),
    ("ipv4only.arpa", synthesised("192.0.0.170", "192.0.0.171")),
    (("ipv4only.arpa", "A"), ("NOERROR", ["192.0.0.170", "192.0.0.171"])),
)
REPLACED = ALWAYS + (
    ("www.dual.test", synthesised(V4)),
    ("www.v6only.test", NOTHING),
    ("dual.alias.test", synthesised(V4)),
    ("six.alias.test", NOTHING),
)
PASSED = ALWAYS + (
    ("www.dual.test", ("NOERROR", [NATIVE])),
    ("www.v6only.test", ("NOERROR", [NATIVE])),
    ("dual.alias.test", ("NOERROR", [NATIVE])),
    ("six.alias.test", ("NOERROR", [NATIVE])),
)


def loaded():
    """Nodes that no earlier test has left anything on."""
    if not lab.names():
        lab.fresh()
    nodes = lab.names()
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    lab.CONFIGURED.clear()
    return nodes


@case("translation: native AAAA answers are replaced, or pass with allow_aaaa_use; names of every kind")
def test_answers():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of())
    attach("minion-2")
    expect_answers("minion-2", REPLACED)
    fetch("minion-2", "www.dual.test")
    bring_up(nodes, config_of(allow=True))
    expect_answers("minion-2", PASSED)
    fetch("minion-2")
    reverse = ipaddress.ip_address(embed(PREFIX, V4)).reverse_pointer
    out = in_pod("minion-2", "dig", "+noall", "+answer", "PTR", reverse).out
    expect("80.113.0.203.in-addr.arpa" in out, f"a synthesised address isn't led back to its IPv4 one: {out}")
    take_down(nodes, before)


PREFIXES = ("fd64:ff9b::/32", "fd64:ff9b:a100::/40", "fd64:ff9b:a1b2::/48", "fd64:ff9b:a1b2:c300::/56",
            "fd64:ff9b:a1b2:c3d4::/64", "fd64:ff9b:a1b2:c3d4::/96", "64:ff9b::/96")
GLOBAL = "192.31.196.80"  # the web server's address for the well-known prefix, and the name server's
GLOBAL_SERVER = "192.31.196.53"


@case("translation: every prefix length of RFC 6052, and the well-known prefix, by name and by HTTP from a pod")
def test_prefixes():
    nodes = loaded()
    before = originals(nodes)
    for number, prefix in enumerate(PREFIXES):
        bring_up(nodes, config_of(prefix=prefix, remote=GLOBAL_SERVER))
        if number == 0:
            attach("minion-2")
        expect_answers("minion-2", (
            ("www.global.test", synthesised(GLOBAL, prefix=prefix)),
            ("many.v4only.test", synthesised(V4, "198.51.100.10", "198.51.100.11", prefix=prefix)),
            ("ipv4only.arpa", synthesised("192.0.0.170", "192.0.0.171", prefix=prefix))))
        fetch("minion-2", "www.global.test")
        in_pod("minion-2", "ping", "-c1", "-W5", "www.global.test")
        if prefix != "64:ff9b::/96":
            fetch("minion-2")
        routes = each(nodes, lambda node: on(node, "ip", "-6", "route", "show", prefix).out)
        expect(all(routes), f"{prefix}: {routes}")
        stale = [line for line in on("minion-2", "ip", "-6", "route").out.splitlines()
                 if line.split()[0] in PREFIXES and line.split()[0] != prefix]
        expect(not stale, f"routes of an earlier prefix: {stale}")
        each(nodes, lambda node: on(node, "lazyjack", "status"))
    take_down(nodes, before)


@case("translation: what the translator would not do is refused beforehand")
def test_refused():
    node = loaded()[-1]
    for prefix, remote, words in (("64:ff9b::/96", "10.1.2.3", ("10.1.2.3", "64:ff9b::/96")),
                                  ("64:ff9b::/96", "203.0.113.53", ("203.0.113.53", "64:ff9b::/96")),
                                  ("64:ff9b:1::/48", None, ("64:ff9b:1::/48", "64:ff9b::/96")),
                                  ("fd64::/72", None, ("/72", "/64 or /96"))):
        write(node, config_of(prefix=prefix, remote=remote))
        result = on(node, "lazyjack", "validate", "-c", "/root/test.yaml", status=2)
        expect(all(word in result.text for word in words), str(result))
    on(node, "rm", "/root/test.yaml")


def places(roles, runtimes=None):
    """Roles apart or alone: pods of every other node have names and IPv4, and the routes are the right ones."""
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, {node: config_of(roles, runtime=(runtimes or {}).get(node)) for node in nodes})
    pods = [node for node in nodes if set(roles[node].split()) - {"dns64", "nat64"}]
    expect("minion-2" in pods, str(pods))
    for node in pods:
        attach(node)
    for node in pods:
        expect_answers(node, (("www.v4only.test", synthesised(V4)), ("ipv4only.arpa", synthesised("192.0.0.170", "192.0.0.171"))))
        fetch(node)
        in_pod(node, "ping", "-c1", "-W5", "www.v4only.test")
        # More than one packet of full size, both ways round.
        size = in_pod(node, "curl", "-gsS", "-m", "30", "-o", "/dev/null", "-w", "%{size_download}", "http://www.v4only.test/large").out
        expect(int(size) == 16 << 20, f"{node} got {size} octets")
    for node in nodes:
        fetch_on(node)
        expect("0 changed" in on(node, "lazyjack", "prepare", "-c", "/root/test.yaml").out, "a second run changed something")
    give = "/root/config.yaml"
    saved = {node: sh(node, f"cat {give} 2>/dev/null || :").out for node in nodes}
    for node in nodes:
        on(node, "cp", "/root/test.yaml", give)
    lazyjack("lab", "verify")
    for node in nodes:
        if saved[node]:
            on(node, "cp", "/dev/stdin", give, stdin=saved[node])
        else:
            on(node, "rm", give)
    take_down(nodes, before)


# The lab's node "master" is the one that has a way to the outside, so NAT64 stays there.
@case("translation: NAT64 on a node with no other role, DNS64 on the master")
def test_nat64_alone():
    places({"master": "nat64", "minion-1": "master dns64", "minion-2": "minion"})


@case("translation: DNS64 and NAT64 on one node with no other role")
def test_both_alone():
    places({"master": "dns64 nat64", "minion-1": "control-plane", "minion-2": "worker"})


@case("translation: DNS64 and NAT64 on two nodes with no other role each")
def test_each_alone():
    places({"master": "nat64", "minion-1": "dns64", "minion-2": "master"})
