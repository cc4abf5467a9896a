# SPDX-License-Identifier: Apache-2.0
"""DNS64 and NAT64 in containers: what holds for the runtime `host` holds for `docker` and `podman`, too.

The engines are Debian's. A node reaches no mirror and no registry, so both engines get an image under the name of the one
that lazyjack builds on, made of the nodes' own root file system, in which all packages are already."""

import glob
import json
import os
import shutil
from contextlib import contextmanager

import lab
import snapshot
import translation
from cases import case
from lab import check, each, expect, lazyjack, on, run, sh

CACHE = "/var/cache/lazyjack-lab/engines"
NODE = "master"  # has both services
BASE = "docker.io/library/debian:bookworm-slim"
ENGINES = ("docker", "podman")
INSTALLED = {}  # nodes that have engines, with the generation of the lab
RUNNING = []  # the generation of the lab, and the engine that NODE runs
NETWORK = ("address", "route4", "route6", "nftables")
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/zoneinfo", "usr/share/perl*", "usr/lib/cni",
            "usr/lib/systemd", "usr/lib/udev", "usr/lib/gcc*", "usr/lib/python3*", "usr/lib/x86_64-linux-gnu/lib*san.*",
            "usr/lib/x86_64-linux-gnu/perl*", "var/cache/apt", "var/lib/apt/lists/*", "dev", "proc", "sys", "run")

# As lab nodes with Kubernetes have it: version 1 hierarchies of control groups are shown read-only.
UNIT = """[Unit]
DefaultDependencies=no
Before=sysinit.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c "for d in /sys/fs/cgroup/*; do mount -o remount,bind,rw $$d || :; done"
[Install]
WantedBy=sysinit.target
"""


def base_root():
    """The root file system that all nodes stand on."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            if line.split()[1] == f"{lab.DIRECTORY}/{NODE}/root":
                return line.split("lowerdir=")[1].split(",")[0].split(":")[-1]
    raise lab.Failure("the node's root is not mounted")


def fetch_packages(base, directory):
    os.makedirs(f"{directory}/partial", exist_ok=True)
    check(run(["apt-get", "-q", "-y", "-o", f"Dir::State::status={base}/var/lib/dpkg/status", "-o", "Debug::NoLocking=1",
               "-o", f"Dir::Cache::archives={directory}", "-o", "APT::Sandbox::User=root", "install", "--download-only",
               "--no-install-recommends", "docker.io", "podman"], seconds=600))


def cached():
    """A directory with the packages and base.tar, for the base that the lab has now."""
    base = base_root()
    directory = f"{CACHE}/{os.path.basename(base)}"
    if not os.path.exists(f"{directory}/base.tar"):
        shutil.rmtree(CACHE, ignore_errors=True)
        fetch_packages(base, directory)
        check(run(["tar", "-C", base, "--numeric-owner", *(f"--exclude=./{path}" for path in LEFT_OUT), "-cf",
                   f"{directory}/new.tar", "."], seconds=300))
        os.rename(f"{directory}/new.tar", f"{directory}/base.tar")
    return directory


def install(node=NODE, engines=ENGINES):
    """Engines on the node, and what their first containers leave behind for good is there."""
    if INSTALLED.get(node) == lab.GENERATION:
        return
    if not lab.names():
        lab.fresh()
    target = f"{lab.DIRECTORY}/{node}/root/opt/engines"
    shutil.copytree(cached(), target, ignore=shutil.ignore_patterns("partial", "lock"))
    on(node, "cp", "/dev/stdin", "/etc/systemd/system/lab-groups.service", stdin=UNIT)
    sh(node, "mkdir -p /etc/containers; systemctl enable --now --quiet lab-groups.service; export DEBIAN_FRONTEND=noninteractive;"
             "dpkg -i --force-unsafe-io /opt/engines/*.deb >/opt/dpkg.log 2>&1 || { tail -20 /opt/dpkg.log >&2; exit 1; };"
             "printf '[storage]\\ndriver = \"vfs\"\\nrunroot = \"/run/containers/storage\"\\n"
             "graphroot = \"/var/lib/containers/storage\"\\n' >/etc/containers/storage.conf; systemctl restart docker", seconds=300)
    for engine in engines:
        sh(node, f"{engine} import /opt/engines/base.tar {BASE} && {engine} run --rm {BASE} true", seconds=300)
    # Podman's API, which nobody asks, comes and goes with time.
    sh(node, "systemctl disable --now --quiet podman.service podman.socket; rm -r /opt/engines /opt/dpkg.log")
    INSTALLED[node] = lab.GENERATION


def warm(engine):
    """What an engine sets up for itself with its first container, and forgets at a reboot, is there."""
    sh(NODE, f"{engine} run --rm {BASE} true")


def only(engine):
    """Docker has the kernel drop all IPv4 that it doesn't forward itself: for Podman a machine without it is wanted."""
    if RUNNING != [lab.GENERATION, engine]:
        verb = "enable" if engine == "docker" else "disable"
        on(NODE, "systemctl", verb, "--quiet", "docker.socket", "docker")
        lazyjack("lab", "reboot", NODE)
        RUNNING[:] = [lab.GENERATION, engine]
    warm(engine)


@contextmanager
def configured(engine):
    """All nodes configured for the engine; afterwards what init did is undone, and the file is the old one."""
    install()
    on(NODE, "lazyjack", "clean")
    only(engine)
    sh(NODE, f"cp -p config.yaml config.orig; sed -i 's/^general:/general:\\n  runtime: {engine}/' config.yaml")
    try:
        yield
    finally:
        sh(NODE, "lazyjack clean; mv config.orig config.yaml")
        lab.CONFIGURED.clear()


def looked_at(node):
    snapshot.prime(node)
    return snapshot.take(node)


def prepare(node):
    return on(node, "lazyjack", "prepare", seconds=300)


def status(expected):
    """What status says is not in place: [(what, state)]."""
    rows = [json.loads(line) for line in on(NODE, "lazyjack", "status", "--json", status=expected).out.splitlines()]
    return [(row["what"], row["state"]) for row in rows if row.get("state") in ("missing", "drifted")]


def inside(engine, container, *words):
    return on(NODE, engine, "exec", container, *words).out


def first_answer(node=NODE):
    """A node may take a while to see that the server, or the way there, has another hardware address."""
    return on(node, "dig", "+short", "+time=3", "+tries=10", "@fd00:10::100", "AAAA", "www.v4only.test", status=None)


def expect_addresses(engine):
    name_server, translator = (inside(engine, name, "ip", "-o", "address", "show", "dev", "eth0") for name in ("bind9", "tayga"))
    expect("fd00:10::100/64" in name_server and " inet " not in name_server, f"DNS64 has other addresses:\n{name_server}")
    expect("fd00:10::200/64" in translator and " 172.18.0.200/16 " in translator, f"NAT64 has others:\n{translator}")
    answer = first_answer()
    expect(answer.out.splitlines()[-1:] == ["fd00:10:64:ff9b::cb00:7150"], str(answer))


def repaired(engine, what, fault):
    """The fault is found, named with what it is about, and mended."""
    sh(NODE, fault, seconds=120)
    found = status(4)
    expect((f"{engine} {what}", "drifted") in found or (f"{engine} {what}", "missing") in found, f"after '{fault}': {found}")
    expect(lab.counts(prepare(NODE))[0] > 0, f"after '{fault}': prepare changed nothing")
    expect(status(0) == [], f"after '{fault}' and prepare")
    expect_addresses(engine)


def run_by_hand(engine, name, label):
    return f"{engine} run --detach --name {name} {label} {BASE} sleep 1000"


def faults(engine):
    yield "bind9", f"{engine} stop bind9"
    yield "tayga", f"{engine} kill tayga"
    yield "bind9", f"{engine} rm --force bind9"
    yield "tayga", f"{engine} pause tayga"
    yield "bind9", f"label=$({engine} inspect --format '{{{{.Config.Labels.lazyjack}}}}' bind9); {engine} rm --force bind9; " + \
        run_by_hand(engine, "bind9", "--label lazyjack=$label")
    yield "tayga", f"{engine} rm --force tayga; " + run_by_hand(engine, "tayga", "--label lazyjack=0")
    yield "volume-bind9", f"{engine} rm --force bind9; {engine} volume rm volume-bind9"
    if engine == "docker":
        yield "bind9", "docker network disconnect support_net bind9; docker network connect --ip6 fd00:10::77 support_net bind9"
        yield "tayga", "docker update --restart no tayga"
        yield "support_net", "docker rm --force bind9 tayga; docker network rm support_net"
        yield "support_net", "ip link delete lj-support"


def check_doctor(engine):
    sh(NODE, f"{engine} stop bind9")
    result = on(NODE, "lazyjack", "doctor", status=None)
    expect(f"the container 'bind9' of {engine} is not as lazyjack made it: it does not run; its last words: " in result.text,
           str(result))
    prepare(NODE)


def check_faults(engine):
    check_doctor(engine)
    for what, fault in faults(engine):
        repaired(engine, what, fault)
    if engine == "podman":
        sh(NODE, "ip netns delete lazyjack-dns64")
        status(4)
        prepare(NODE)
        expect_addresses(engine)


def check_crash(engine):
    """A service that ends on its own comes back on its own."""
    for name, process in (("bind9", "named"), ("tayga", "tayga")):
        first = on(NODE, "pidof", process).out.strip()
        sh(NODE, f"kill -9 {first}; for i in $(seq 100); do now=$(pidof {process}) && [ \"$now\" != {first} ] && exit 0; "
                 "sleep 0.1; done; echo 'it did not come back' >&2; exit 1")
        sh(NODE, f"for i in $(seq 50); do {engine} exec {name} true && exit 0; sleep 0.1; done; exit 1")
    sh(NODE, "for i in $(seq 50); do [ -n \"$(dig +short +time=1 +tries=1 @fd00:10::100 AAAA www.v4only.test)\" ] && exit 0; "
             "sleep 0.1; done; exit 1")
    expect_addresses(engine)
    expect(status(0) == [], "after a crash of both")


def check_configuration(engine):
    """Another configuration reaches the service."""
    before = on(NODE, engine, "inspect", "--format", "{{.Id}}", "bind9").out
    sh(NODE, "cp -p config.yaml config.kept; sed -i 's/^dns64:/dns64:\\n  allow_aaaa_use: true/' config.yaml")
    prepare(NODE)
    expect(on(NODE, engine, "inspect", "--format", "{{.Id}}", "bind9").out != before, "the container is the old one")
    expect(on(NODE, "dig", "+short", "@fd00:10::100", "AAAA", "www.v6only.test").out == "2001:db8::80\n", "it reads the old one")
    sh(NODE, "mv config.kept config.yaml")
    prepare(NODE)
    check_image(engine)
    check_taken_back(engine)


def prepare_with(change, **more):
    """With a configuration that this command of sed makes of the node's; the file that init wrote stays as it is."""
    return sh(NODE, f"sed '{change}' config.yaml >/run/other.yaml && lazyjack prepare -c /run/other.yaml", seconds=300, **more)


def has_image(engine, name):
    return on(NODE, engine, "image", "inspect", name, status=None).status == 0


def check_image(engine):
    """Another image takes the place of the one that runs, which goes then; and back."""
    own, other = "localhost/lazyjack-dns64:1", "localhost/mine:2"
    sh(NODE, f"printf 'FROM {own}\\nLABEL mine=2\\n' | {engine} build --tag {other} -", seconds=300)
    prepare_with(f"s,^dns64:,dns64:\\n  image: {other},")
    expect(status(0) == [] and not has_image(engine, own), f"'{own}' is still there")
    expect_addresses(engine)
    prepare(NODE)
    expect(status(0) == [] and has_image(engine, other), f"'{other}' isn't lazyjack's to remove")
    expect_addresses(engine)
    on(NODE, engine, "image", "rm", other)


def check_taken_back(engine):
    """A run that fails behind the network leaves the services and the routes that were there before."""
    before = network_of(snapshot.take(NODE))
    result = prepare_with("s,^dns64:,dns64:\\n  image: 127.0.0.1:1/none:1,; s,mtu: 1500,mtu: 1400,", status=1)
    replaced = "container-network docker support_net" if engine == "docker" else "bridge lj-support"
    expect("127.0.0.1:1/none:1" in result.text and "brought back" in result.text and replaced in result.text, str(result))
    expect(status(0) == [], f"after a run that was taken back:\n{result}")
    snapshot.expect_same(before, network_of(snapshot.take(NODE)), "after a run that was taken back")
    expect_addresses(engine)
    expect(lab.counts(prepare(NODE))[0] == 0, "something was left to do")


def network_of(state):
    """What is lazyjack's of it: engines have addresses and links of their own, others after each boot."""
    return {section: sorted(line.replace(" linkdown", "") for line in state[section] if "fd00:" in line or "172.18." in line)
            for section in NETWORK}


def check_reboot(engine, nodes):
    before = each(nodes, snapshot.take)
    lazyjack("lab", "reboot", NODE)
    sh(NODE, "for i in $(seq 300); do [ \"$(systemctl is-active lazyjack-restore.service)\" != activating ] && exit 0; sleep 0.1; done",
       seconds=60)
    expect(status(0) == [], "after a reboot")
    expect_addresses(engine)
    snapshot.expect_same(network_of(before[0]), network_of(snapshot.take(NODE)), "after a reboot")
    lazyjack("lab", "verify")


def round_trip(engine):
    nodes = [NODE] + [node for node in lab.names() if node != NODE]
    with configured(engine):
        original = dict(zip(nodes, each(nodes, looked_at)))
        on(NODE, "lazyjack", "init")
        lab.give_config(nodes)
        each(nodes, prepare)
        each(nodes, lambda node: on(node, "lazyjack", "up", "--no-kubeadm"))
        expect_addresses(engine)
        expect(lab.counts(prepare(NODE))[0] == 0, "a second prepare changed something")
        expect(status(0) == [], "status")
        lazyjack("lab", "verify")
        yield nodes
        each(nodes, lambda node: on(node, "lazyjack", "down"))
        each(nodes, lambda node: on(node, "lazyjack", "clean"))
        for node in nodes[1:]:
            on(node, "rm", "/root/config.yaml")
        warm(engine)
        after = snapshot.take(NODE)
        snapshot.expect_same(comparable(original[NODE]), comparable(after), "after down and clean")


def full_round_trip(engine):
    install()
    for nodes in round_trip(engine):
        check_faults(engine)
        check_crash(engine)
        check_configuration(engine)
        lazyjack("lab", "verify")
        check_reboot(engine, nodes)


@case("containers: docker: there and back, with faults, a crash and a reboot in between")
def test_docker():
    full_round_trip("docker")


@case("containers: podman: there and back, with faults, a crash and a reboot in between")
def test_podman():
    full_round_trip("podman")


@contextmanager
def thing(make, remove):
    sh(NODE, make)
    try:
        yield
    finally:
        sh(NODE, remove)


def comparable(state):
    """Without what engines do as they like: the order of their rules, Docker's policy at boot, Podman's notes, bridges of
    their own; and without the journal, which tells what was tried."""
    state = snapshot.anonymous(state)
    others = ("var/lib/lazyjack/journal", "var/lib/cni/networks/podman/", ":FORWARD", "type filter hook forward")
    return {section: [line for line in lines
                      if not line.lstrip().startswith(others) and "docker0" not in line and "cni-podman0" not in line]
            for section, lines in state.items()}


def refused(engine, name, make, remove):
    with thing(make, remove):
        before = looked_at(NODE)
        result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
        expect(f"'{name}'" in result.err and "isn't lazyjack's" in result.err, str(result))
        warm(engine)
        snapshot.expect_same(comparable(before), comparable(snapshot.take(NODE)), f"{engine}: after a prepare that found {name}")


@case("containers: names that somebody else has are an error, and nothing is changed")
def test_names():
    for engine in ENGINES:
        with configured(engine):
            on(NODE, "lazyjack", "init")
            for name in ("tayga", "bind9"):
                refused(engine, name, run_by_hand(engine, name, ""), f"{engine} rm --force {name}")
            refused(engine, "volume-bind9", f"{engine} volume create volume-bind9", f"{engine} volume rm volume-bind9")
            if engine == "docker":
                refused(engine, "support_net", "docker network create --subnet 10.99.0.0/24 support_net",
                        "docker network rm support_net")
                # Docker chooses the very network that is the support network.
                with thing("docker network create mine", "docker network rm mine"):
                    result = on(NODE, "lazyjack", "prepare", status=3)
                    expect("'mine' has '172.18.0.0/16'" in result.text and "'docker network rm mine'" in result.text, str(result))
                refused(engine, "lj-support", "ip link add lj-support type bridge", "ip link delete lj-support")


@case("containers: what somebody put in a container's place is left, and an image that was there stays")
def test_foreign():
    for engine in ENGINES:
        with configured(engine):
            sh(NODE, f"{engine} tag {BASE} localhost/lazyjack-nat64:1")  # without an entry point
            on(NODE, "lazyjack", "init")
            result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
            expect("tayga" in result.err, str(result))
            sh(NODE, f"{engine} image inspect localhost/lazyjack-nat64:1; {engine} image rm localhost/lazyjack-nat64:1")
            prepare(NODE)
            sh(NODE, f"{engine} rm --force bind9; " + run_by_hand(engine, "bind9", ""))
            expect((f"{engine} bind9", "missing") in status(4), "it is taken for lazyjack's own")
            result = on(NODE, "lazyjack", "prepare", status=1, seconds=300)
            expect("'bind9'" in result.err and "isn't lazyjack's" in result.err, str(result))
            result = on(NODE, "lazyjack", "clean")
            expect("bind9" in result.text, str(result))
            sh(NODE, f"{engine} inspect bind9; {engine} rm --force bind9")


@case("containers: an engine that isn't there or doesn't answer is found before the first change")
def test_engine():
    for engine in ENGINES:
        with configured(engine):
            on(NODE, "lazyjack", "init")
            with thing(f"mv /usr/bin/{engine} /usr/bin/{engine}.away", f"mv /usr/bin/{engine}.away /usr/bin/{engine}"):
                before = looked_at(NODE)
                result = on(NODE, "lazyjack", "prepare", status=3)
                expect("install package" in result.text and engine in result.text, str(result))
                snapshot.expect_same(before, snapshot.take(NODE), "after a refusal")
    with configured("docker"):
        on(NODE, "lazyjack", "init")
        with thing("systemctl stop docker.socket docker", "systemctl start docker.socket docker"):
            result = on(NODE, "lazyjack", "prepare", status=3)
            expect("does not answer" in result.text, str(result))


def bring_up(nodes, text):
    translation.bring_up(nodes, text)
    each(nodes, first_answer)


@case("containers: names of every kind, and another prefix, by name and by HTTP from a pod")
def test_answers():
    for engine in ENGINES:
        install()
        nodes = translation.loaded()
        only(engine)
        bring_up(nodes, translation.config_of(runtime=engine))
        translation.attach("minion-2")
        translation.expect_answers("minion-2", translation.REPLACED)
        translation.fetch("minion-2", "www.dual.test")
        bring_up(nodes, translation.config_of(allow=True, runtime=engine))
        translation.expect_answers("minion-2", translation.PASSED)
        prefix = "fd64:ff9b:a1b2:c3d4::/64"
        bring_up(nodes, translation.config_of(prefix=prefix, runtime=engine))
        translation.expect_answers("minion-2", (
            ("www.v4only.test", translation.synthesised(translation.V4, prefix=prefix)),
            ("ipv4only.arpa", translation.synthesised("192.0.0.170", "192.0.0.171", prefix=prefix))))
        translation.fetch("minion-2")
        translation.take_down(nodes, [])


@case("containers: DNS64 and NAT64 on two nodes with no other role each, by one engine and by two")
def test_apart():
    for engine in ENGINES:
        install()
        install("minion-1", ("docker",))
        on(NODE, "lazyjack", "clean")
        only(engine)
        translation.places({"master": "nat64", "minion-1": "dns64", "minion-2": "master"},
                           {"master": engine, "minion-1": "docker"})
