# SPDX-License-Identifier: Apache-2.0
"""Management addresses that the interfaces have already: used everywhere, never added, never removed."""

import re

import lab
import snapshot
import translation
from cases import case
from lab import each, expect, lazyjack, on, sh

PLACE = "/root/config.yaml"  # where `lab verify` looks for it


def own(network, addresses):
    """The lab's configuration with these addresses for the nodes, in the order of the nodes."""
    text = translation.config_of().replace("fd00:20::/64", network)
    for node, address in addresses.items():
        text, n = re.subn(rf'(  {node}:\n    interface: eth1\n)', rf'\1    address: "{address}"\n', text)
        expect(n == 1, f"{node} in:\n{text}")
    return text


def shown(node):
    return on(node, "ip", "-6", "-o", "address", "show", "dev", "eth1", "scope", "global").out


# With lengths of every kind: that of the network, a shorter one, and an address alone.
@case("addresses: ones that the interfaces have, global or unique-local, of any length")
def test_existing():
    nodes = translation.loaded()
    configs = {node: sh(node, f"cat {PLACE} 2>/dev/null || :").out for node in nodes}
    for network, host in (("2001:db8:5::/64", "2001:db8:5::a:"), ("fd12:3456:789a:1::/64", "fd12:3456:789a:1::a:")):
        lengths = dict(zip(nodes, (64, 48, 128)))
        addresses = {node: f"{host}{number}/{lengths[node]}" for number, node in enumerate(nodes, 1)}
        for node, address in addresses.items():
            on(node, "ip", "address", "add", address, "dev", "eth1", "nodad")
            if lengths[node] == 128:
                on(node, "ip", "-6", "route", "add", network, "dev", "eth1")
        before = translation.originals(nodes)
        interface = each(nodes, shown)
        text = own(network, addresses)
        translation.bring_up(nodes, text)
        for node in nodes:
            on(node, "cp", "/root/test.yaml", PLACE)
        lazyjack("lab", "verify")
        expect(each(nodes, shown) == interface, f"an address came or went: {interface} {each(nodes, shown)}")
        for node in nodes:
            hosts = on(node, "cat", "/etc/hosts").out
            for name, address in addresses.items():
                expect(re.search(rf"^{address.split('/')[0]}\s+{name}\b", hosts, re.MULTILINE), f"{name} in {node}'s:\n{hosts}")
            conf = on(node, "cat", "/var/lib/lazyjack/work-area/kubeadm.conf").out
            expect(f'"{addresses[node].split("/")[0]}"' in conf, f"{node}'s address isn't in:\n{conf}")
            expect(f'[{addresses["master"].split("/")[0]}]:6443' in conf, f"the master's address isn't in:\n{conf}")
            result = on(node, "lazyjack", "prepare", "-c", "/root/test.yaml")
            expect("0 changed" in result.out, str(result))
        for node in nodes:
            if configs[node]:
                on(node, "cp", "/dev/stdin", PLACE, stdin=configs[node])
            else:
                on(node, "rm", PLACE)
        translation.take_down(nodes, before)
        for node, address in addresses.items():
            on(node, "ip", "address", "del", address, "dev", "eth1")
            sh(node, f"ip -6 route del {network} dev eth1 2>/dev/null || :")


@case("addresses: one that isn't there, or on another interface, is an error before any change")
def test_missing():
    node = translation.loaded()[-1]
    text = own("2001:db8:5::/64", {name: f"2001:db8:5::{number}/64" for number, name in enumerate(lab.names(), 7)})
    address = f"2001:db8:5::{len(lab.names()) + 6}"
    translation.write(node, text)
    snapshot.prime(node)
    before = snapshot.take(node)
    result = on(node, "lazyjack", "prepare", "-c", "/root/test.yaml", status=3)
    expect(address in result.text and "does not have the address" in result.text, str(result))
    snapshot.expect_same(before, snapshot.take(node), f"{node} after a refusal")
    on(node, "ip", "address", "add", f"{address}/64", "dev", "lo")
    result = on(node, "lazyjack", "prepare", "-c", "/root/test.yaml", status=3)
    expect("on the interface 'lo'" in result.text, str(result))
    on(node, "ip", "address", "del", f"{address}/64", "dev", "lo")
    on(node, "rm", "/root/test.yaml")
