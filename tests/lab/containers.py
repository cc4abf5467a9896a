# SPDX-License-Identifier: Apache-2.0
"""What is about containers as such: their faults, crashes, images, and things of others that are in their way. The rest is
the same for every runtime: run.py --runtime."""

import glob
import json
import os
import shutil
from contextlib import contextmanager

import engines
import install
import lab
import round_trip
import snapshot
import translation
from bad_machine import fault
from cases import case
from engines import BASE
from lab import expect, lazyjack, on, sh

ENGINE = lab.RUNTIME  # known when this module is loaded
NODE = "master"  # has both services
NETWORK = ("address", "route4", "route6", "nftables")


def prepare(node):
    return on(node, "lazyjack", "prepare", seconds=300)


def status(expected):
    """What status says is not in place: [(what, state)]."""
    rows = [json.loads(line) for line in on(NODE, "lazyjack", "status", "--json", status=expected).out.splitlines()]
    return [(row["what"], row["state"]) for row in rows if row.get("state") in ("missing", "drifted")]


def inside(container, *words):
    return on(NODE, ENGINE, "exec", container, *words).out


def first_answer(node=NODE):
    """A node may take a while to see that the server, or the way there, has another hardware address."""
    return on(node, "dig", "+short", "+time=3", "+tries=10", "@fd00:10::100", "AAAA", "www.v4only.test", status=None)


def expect_addresses():
    name_server, translator = (inside(name, "ip", "-o", "address", "show", "dev", "eth0") for name in ("bind9", "tayga"))
    expect("fd00:10::100/64" in name_server and " inet " not in name_server, f"DNS64 has other addresses:\n{name_server}")
    expect("fd00:10::200/64" in translator and " 172.18.0.200/16 " in translator, f"NAT64 has others:\n{translator}")
    answer = first_answer()
    expect(answer.out.splitlines()[-1:] == ["fd00:10:64:ff9b::cb00:7150"], str(answer))


def repaired(what, breakage):
    """The fault is found, named with what it is about, and mended."""
    sh(NODE, breakage, seconds=120)
    found = status(4)
    expect((f"{ENGINE} {what}", "drifted") in found or (f"{ENGINE} {what}", "missing") in found, f"after '{breakage}': {found}")
    expect(lab.counts(prepare(NODE))[0] > 0, f"after '{breakage}': prepare changed nothing")
    expect(status(0) == [], f"after '{breakage}' and prepare")
    expect_addresses()


def run_by_hand(name, label):
    return f"{ENGINE} run --detach --name {name} {label} {BASE} sleep 1000"


def faults():
    yield "bind9", f"{ENGINE} stop bind9"
    yield "tayga", f"{ENGINE} kill tayga"
    yield "bind9", f"{ENGINE} rm --force bind9"
    yield "tayga", f"{ENGINE} pause tayga"
    yield "bind9", f"label=$({ENGINE} inspect --format '{{{{.Config.Labels.lazyjack}}}}' bind9); {ENGINE} rm --force bind9; " + \
        run_by_hand("bind9", "--label lazyjack=$label")
    yield "tayga", f"{ENGINE} rm --force tayga; " + run_by_hand("tayga", "--label lazyjack=0")
    yield "volume-bind9", f"{ENGINE} rm --force bind9; {ENGINE} volume rm volume-bind9"
    if ENGINE == "docker":
        yield "bind9", "docker network disconnect support_net bind9; docker network connect --ip6 fd00:10::77 support_net bind9"
        yield "tayga", "docker update --restart no tayga"
        yield "support_net", "docker rm --force bind9 tayga; docker network rm support_net"
        yield "support_net", "ip link delete lj-support"


def check_doctor():
    sh(NODE, f"{ENGINE} stop bind9")
    result = on(NODE, "lazyjack", "doctor", status=None)
    expect(f"the container 'bind9' of {ENGINE} is not as lazyjack made it: it does not run; its last words: " in result.text,
           str(result))
    prepare(NODE)


def check_crash():
    """A service that ends on its own comes back on its own."""
    for name, process in (("bind9", "named"), ("tayga", "tayga")):
        first = on(NODE, "pidof", process).out.strip()
        sh(NODE, f"kill -9 {first}; for i in $(seq 100); do now=$(pidof {process}) && [ \"$now\" != {first} ] && exit 0; "
                 "sleep 0.1; done; echo 'it did not come back' >&2; exit 1")
        sh(NODE, f"for i in $(seq 50); do {ENGINE} exec {name} true && exit 0; sleep 0.1; done; exit 1")
    sh(NODE, "for i in $(seq 50); do [ -n \"$(dig +short +time=1 +tries=1 @fd00:10::100 AAAA www.v4only.test)\" ] && exit 0; "
             "sleep 0.1; done; exit 1")
    expect_addresses()
    expect(status(0) == [], "after a crash of both")


def check_configuration():
    """Another configuration reaches the service."""
    before = on(NODE, ENGINE, "inspect", "--format", "{{.Id}}", "bind9").out
    sh(NODE, "cp -p config.yaml config.kept; sed -i 's/^dns64:/dns64:\\n  allow_aaaa_use: true/' config.yaml")
    prepare(NODE)
    expect(on(NODE, ENGINE, "inspect", "--format", "{{.Id}}", "bind9").out != before, "the container is the old one")
    expect(on(NODE, "dig", "+short", "@fd00:10::100", "AAAA", "www.v6only.test").out == "2001:db8::80\n", "it reads the old one")
    sh(NODE, "mv config.kept config.yaml")
    prepare(NODE)


def prepare_with(change, **more):
    """With a configuration that this command of sed makes of the node's; the file that init wrote stays as it is."""
    return sh(NODE, f"sed '{change}' config.yaml >/run/other.yaml && lazyjack prepare -c /run/other.yaml", seconds=300, **more)


def has_image(name):
    return on(NODE, ENGINE, "image", "inspect", name, status=None).status == 0


def check_image():
    """Another image takes the place of the one that runs, which goes then; and back."""
    own, other = "localhost/lazyjack-dns64:1", "localhost/mine:2"
    sh(NODE, f"printf 'FROM {own}\\nLABEL mine=2\\n' | {ENGINE} build --tag {other} -", seconds=300)
    prepare_with(f"s,^dns64:,dns64:\\n  image: {other},")
    expect(status(0) == [] and not has_image(own), f"'{own}' is still there")
    expect_addresses()
    prepare(NODE)
    expect(status(0) == [] and has_image(other), f"'{other}' isn't lazyjack's to remove")
    expect_addresses()
    on(NODE, ENGINE, "image", "rm", other)


def check_taken_back():
    """A run that fails behind the network leaves the services and the routes that were there before."""
    before = network_of(snapshot.take(NODE))
    result = prepare_with("s,^dns64:,dns64:\\n  image: 127.0.0.1:1/none:1,; s,mtu: 1500,mtu: 1400,", status=1)
    replaced = "container-network docker support_net" if ENGINE == "docker" else "bridge lj-support"
    expect("127.0.0.1:1/none:1" in result.text and "brought back" in result.text and replaced in result.text, str(result))
    expect(status(0) == [], f"after a run that was taken back:\n{result}")
    snapshot.expect_same(before, network_of(snapshot.take(NODE)), "after a run that was taken back")
    expect_addresses()
    expect(lab.counts(prepare(NODE))[0] == 0, "something was left to do")


def network_of(state):
    """What is lazyjack's of it: engines have addresses and links of their own, others after each boot."""
    return {section: sorted(line.replace(" linkdown", "") for line in state[section] if "fd00:" in line or "172.18." in line)
            for section in NETWORK}


@case("containers: whatever happens to one of them is found, named and mended")
def test_faults():
    round_trip.forward()
    check_doctor()
    for what, breakage in faults():
        repaired(what, breakage)
    if ENGINE == "podman":
        sh(NODE, "ip netns delete lazyjack-dns64")
        status(4)
        prepare(NODE)
        expect_addresses()
    lazyjack("lab", "verify")


@case("containers: a service that ends on its own comes back on its own")
def test_crash():
    round_trip.forward()
    check_crash()


@case("containers: another configuration and another image reach the service; a run that fails brings back what was there")
def test_configuration():
    round_trip.forward()
    check_configuration()
    check_image()
    check_taken_back()
    lazyjack("lab", "verify")


@case("containers: after all this down and clean leave every node what it was")
def test_backward():
    round_trip.forward()
    round_trip.backward()


@contextmanager
def initialised():
    """A node with nothing of lazyjack's but what init does; afterwards it is what it was."""
    translation.loaded()
    round_trip.FORWARD.clear()
    before = round_trip.primed(NODE)
    on(NODE, "lazyjack", "init")
    yield
    on(NODE, "lazyjack", "clean")
    snapshot.expect_same(before, snapshot.take(NODE), "after clean")


def without_journal(state):
    """It tells what was tried."""
    return {**state, "file": [line for line in state["file"] if not line.startswith("var/lib/lazyjack/journal")]}


def refused(name, make, remove):
    with fault(NODE, make, remove):
        before = snapshot.take(NODE)
        result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
        expect(f"'{name}'" in result.err and "isn't lazyjack's" in result.err, str(result))
        snapshot.expect_same(without_journal(before), without_journal(snapshot.take(NODE)), f"after a prepare that found {name}")


@case("containers: names that somebody else has are an error, and nothing is changed")
def test_names():
    with initialised():
        for name in ("tayga", "bind9"):
            refused(name, run_by_hand(name, ""), f"{ENGINE} rm --force {name}")
        refused("volume-bind9", f"{ENGINE} volume create volume-bind9", f"{ENGINE} volume rm volume-bind9")
        if ENGINE == "docker":
            refused("support_net", "docker network create --subnet 10.99.0.0/24 support_net", "docker network rm support_net")
            # Docker chooses the very network that is the support network.
            with fault(NODE, "docker network create mine", "docker network rm mine"):
                result = on(NODE, "lazyjack", "prepare", status=3)
                expect("'mine' has '172.18.0.0/16'" in result.text and "'docker network rm mine'" in result.text, str(result))
            refused("lj-support", "ip link add lj-support type bridge", "ip link delete lj-support")


@case("containers: what somebody put in a container's place is left, and an image that was there stays")
def test_foreign():
    with initialised():
        sh(NODE, f"{ENGINE} tag {BASE} localhost/lazyjack-nat64:1")  # without an entry point
        result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
        expect("tayga" in result.err, str(result))
        sh(NODE, f"{ENGINE} image inspect localhost/lazyjack-nat64:1; {ENGINE} image rm localhost/lazyjack-nat64:1")
        prepare(NODE)
        sh(NODE, f"{ENGINE} rm --force bind9; " + run_by_hand("bind9", ""))
        expect((f"{ENGINE} bind9", "missing") in status(4), "it is taken for lazyjack's own")
        result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
        expect("'bind9'" in result.err and "isn't lazyjack's" in result.err, str(result))
        result = on(NODE, "lazyjack", "clean")
        expect("bind9" in result.text, str(result))
        sh(NODE, f"{ENGINE} inspect bind9; {ENGINE} rm --force bind9")


if ENGINE == "docker":  # Podman has no daemon
    @case("containers: an engine that doesn't answer is found before the first change")
    def test_silent():
        with initialised(), fault(NODE, "systemctl stop docker.socket docker", "systemctl start docker.socket docker"):
            result = on(NODE, "lazyjack", "prepare", status=3)
            expect("does not answer" in result.text, str(result))


@case("containers: DNS64 and NAT64 on two nodes with no other role, by two engines")
def test_two():
    other = next(name for name in engines.PACKAGES if name != ENGINE)
    lab.fresh()
    engines.install("minion-1", other)
    translation.places({"master": "nat64", "minion-1": "dns64", "minion-2": "master"}, {"minion-1": other})
    lab.fresh()


@case("containers: --install brings the engine, which builds and runs both services; clean takes it away again")
def test_install():
    lab.fresh()
    packages = glob.glob(f"{engines.cached(NODE, ENGINE)}/{ENGINE}/*.deb")
    # Its images stay, as after the removal of any package, since a node reaches no registry.
    on(NODE, "dpkg", "--remove", *(os.path.basename(path).split("_")[0] for path in packages))
    with install.machine():
        for path in packages:
            shutil.copy(path, f"{lab.DIRECTORY}/{NODE}/root{install.REPOSITORY}")
        install.index()
        before = install.state()
        on(NODE, *install.PREPARE, seconds=300)
        install.answers()
        again = on(NODE, *install.PREPARE)
        expect(again.out.count("0 changed") == 2, str(again))
        on(NODE, "lazyjack", "status")
        on(NODE, "lazyjack", "clean")
        snapshot.expect_same(before, install.state(), "after clean")
    lab.fresh()
