# SPDX-License-Identifier: Apache-2.0
"""`lazyjack lab`: what it makes, and that nothing of it stays."""

import glob
import json
import os
import signal
import subprocess
import time

import lab
from cases import case
from lab import check, expect, lazyjack, on, run, sh

KILLS = 12  # points of `lab up` at which it is killed; each costs a second or two


def machine():
    """The machine's own network, which no lab command may touch."""
    looks = (["ip", "-o", "link"], ["ip", "-o", "address"], ["ip", "-4", "route", "show", "table", "all"],
             ["ip", "-6", "route", "show", "table", "all"], ["ip", "rule"], ["ip", "-6", "rule"])
    return [line.split("valid_lft")[0] for look in looks for line in check(run(look)).out.splitlines()]


def processes_below(path):
    found = []
    for top, _, _ in os.walk(path):
        try:
            with open(f"{top}/cgroup.procs", encoding="ascii") as file:
                found += file.read().split()
        except OSError:
            pass
    return found


def remains():
    """Everything of a lab that is on the machine."""
    found = [path for path in glob.glob("/run/netns/*") if os.path.basename(path).startswith(("lab-", "lazyjack-lab"))]
    with open("/proc/self/mounts", encoding="utf-8") as file:
        found += [line.split()[1] for line in file if lab.DIRECTORY in line.split()[1]]
    for pattern in ("/sys/fs/cgroup/lazyjack-lab", "/sys/fs/cgroup/*/lazyjack-lab", lab.DIRECTORY,
                    "/run/lazyjack-lab*", "/run/systemd/nspawn/propagate/master",
                    "/run/systemd/nspawn/propagate/minion-*", "/run/systemd/nspawn/propagate/outside"):
        found += glob.glob(pattern)
    return found


def tracer(number):
    """Only lazyjack itself: whom it starts lives on."""
    return ["strace", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
            "-e", f"inject=fdatasync:signal=SIGKILL:when={number}"]


def killed_up(number):
    """Returns False when `lab up` ended before it came to that point."""
    result = run(tracer(number) + [lab.LAZYJACK, "lab", "up", "--nodes", "1"],
                 environment={"ASAN_OPTIONS": "detect_leaks=0"})
    lazyjack("lab", "down")
    expect(not remains(), f"killed at the {number}th sync of its journal, then 'lab down': left: {remains()}\n{result}")
    return result.status != 0


@case("lab: nothing is left after lab down, wherever lab up was killed")
def test_killed_up():
    lazyjack("lab", "down")
    before = machine()
    number, step, points = 1, 1, 0
    while points < KILLS and killed_up(number):
        number, step, points = number + step, step + 1, points + 1
    expect(points > 3, "lab up was never killed: it doesn't sync its journal")
    expect(machine() == before, "the machine's own network is another")


@case("lab: nothing is left of a lab up that was asked to stop while the nodes boot")
def test_stopped_up():
    lazyjack("lab", "down")
    for number in (signal.SIGINT, signal.SIGTERM):
        child = subprocess.Popen([lab.LAZYJACK, "lab", "up", "--nodes", "1"], env=lab.ENVIRONMENT,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + lab.SECONDS
        while not processes_below("/sys/fs/cgroup/systemd/lazyjack-lab/master") and \
                not processes_below("/sys/fs/cgroup/lazyjack-lab/master") and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(number)
        text = child.communicate(timeout=lab.SECONDS)[1]
        expect(child.returncode == 1 and "interrupted" in text, f"status {child.returncode}: {text}")
        expect(not remains(), f"left: {remains()}")


@case("lab: up, status, exec")
def test_up():
    before = machine()
    lazyjack("lab", "up")
    expect(machine() == before, "the machine's own network is another")
    expect(lab.names() == ["master", "minion-1", "minion-2"], str(lab.names()))
    rows = [json.loads(line) for line in lazyjack("lab", "status", "--json").out.splitlines()]
    expect({row["node"]: row["state"] for row in rows} ==
           {name: "running" for name in ("master", "minion-1", "minion-2", "outside")}, str(rows))
    expect(lab.counts(lazyjack("lab", "up"))[0] == 0, "a second lab up changed something")
    expect(sh("master", "cat; exit 7", stdin="words", status=7).out == "words", "input or status did not pass")
    expect("minion-2" in on("minion-3", "true", status=125).err, "the nodes that there are were not named")
    on("master", "no-such-program", status=127)
    expect(on("minion-1", "hostname").out == "minion-1\n", "wrong host name")
    expect("203.0.113.2/24" in on("master", "ip", "-4", "address", "show", "eth0").out, "no uplink")
    for node in lab.names():
        expect("inet6 fd" not in on(node, "ip", "-6", "address", "show", "eth1").out, f"{node} has an address already")


@case("lab: the outside has names of every kind, and a page, and no IPv6")
def test_outside():
    def look_up(name, kind):
        return on("master", "dig", "+short", "+time=2", "@203.0.113.53", name, kind).out.split()

    expect(look_up("www.v4only.test", "A") == ["203.0.113.80"], "A")
    expect(look_up("www.v4only.test", "AAAA") == [], "AAAA of a name that has none")
    expect(look_up("www.v6only.test", "AAAA") == ["2001:db8::80"], "AAAA")
    expect(look_up("www.none.test", "A") == [], "A of a name that has none")
    expect(look_up("www.alias.test", "A")[-1] == "203.0.113.80", "chain of names")
    expect(sorted(look_up("ipv4only.arpa", "A")) == ["192.0.0.170", "192.0.0.171"], "ipv4only.arpa")
    expect("NXDOMAIN" in on("master", "dig", "@203.0.113.53", "no.such.name").out, "a name that isn't there")
    for address in ("203.0.113.80", "198.51.100.10", "198.51.100.11"):
        expect("lazyjack lab" in on("master", "curl", "-s", "-m", "5", f"http://{address}/").out, address)
    expect(on("outside", "ip", "-6", "address", "show", "eth0").out == "", "IPv6 outside")


@case("lab: reboot of one node keeps its files and renews its network")
def test_reboot():
    sh("minion-1", "echo kept >/root/kept; ip link set eth1 mtu 1400; touch /run/gone")
    lazyjack("lab", "reboot", "minion-1")
    expect(sh("minion-1", "cat /root/kept; rm /root/kept").out == "kept\n", "a file was lost")
    expect("mtu 1500" in on("minion-1", "ip", "link", "show", "eth1").out, "the old link is still there")
    sh("minion-1", "[ ! -e /run/gone ]")


@case("lab: a second lab command at the same time is refused")
def test_lock():
    holder = run(["flock", "/run/lazyjack-lab.lock", lab.LAZYJACK, "lab", "up"])
    expect(holder.status == 1 and "another lazyjack" in holder.err, str(holder))
    if os.path.exists("/run/lazyjack-lab.lock"):
        os.unlink("/run/lazyjack-lab.lock")
