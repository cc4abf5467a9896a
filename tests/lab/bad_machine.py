# SPDX-License-Identifier: Apache-2.0
"""Machines that are not as they have to be: each gets a clear error with the cure, the right status, and no change."""

import json
from contextlib import contextmanager

import engines
import lab
import snapshot
from cases import case
from lab import expect, on, sh

NODE = "minion-2"


@contextmanager
def fault(node, make, undo):
    """The node with a fault, and without it afterwards."""
    sh(node, make)
    try:
        yield
    finally:
        sh(node, undo)


def refused(node, *words, status, says, environment=()):
    """The command fails with that status, says all of these, and changes nothing."""
    before = snapshot.take(node)
    result = on(node, *environment, "lazyjack", *words, status=status)
    for text in says:
        expect(text in result.text, f"'{text}' is not in the message\n{result}")
    snapshot.expect_same(before, snapshot.take(node), f"{node} after '{' '.join(words)}' was refused")


@case("bad machine: the interface isn't there")
def test_interface():
    lab.fresh()
    lab.configured()
    snapshot.prime(NODE)
    with fault(NODE, "sed -i.orig 's/interface: eth1/interface: eth7/' config.yaml", "mv config.yaml.orig config.yaml"):
        refused(NODE, "prepare", status=3, says=["eth7", "eth1"])


@case("bad machine: another node has the address")
def test_address_elsewhere():
    lab.configured()
    with fault("minion-1", "ip address add fd00:20::4/64 dev eth1 nodad", "ip address del fd00:20::4/64 dev eth1"):
        refused(NODE, "prepare", status=3, says=["fd00:20::4"])


@case("bad machine: another interface of this node has the address")
def test_address_here():
    lab.configured()
    with fault(NODE, "ip link add other type dummy 2>/dev/null || ip link add other type veth peer name other2; "
                     "ip link set other up; ip address add fd00:20::4/64 dev other nodad", "ip link del other"):
        refused(NODE, "prepare", status=3, says=["fd00:20::4", "other"])


@case("bad machine: a program is missing")
def test_program():
    lab.configured()
    for program, line, says in engines.NEEDED[lab.RUNTIME]:
        with fault("master", f"mv {program} {program}.away; sed -i.orig 's/^nat64:/&\\n  {line}/' config.yaml",
                   f"mv {program}.away {program}; mv config.yaml.orig config.yaml"):
            refused("master", "prepare", status=3, says=says)


@case("bad machine: not root")
def test_not_root():
    lab.configured()
    with fault(NODE, "chmod 755 /root", "chmod 700 /root"):
        refused(NODE, "prepare", status=3, says=["root"],
                environment=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"))


@case("bad machine: the disk is full")
def test_full():
    lab.configured()
    with fault(NODE, "mkdir -p /var/lib/lazyjack && mount -t tmpfs -o size=64k,mode=700 tmpfs /var/lib/lazyjack && "
                     "dd if=/dev/zero of=/var/lib/lazyjack/filler bs=4k count=16 2>/dev/null || :",
               "umount /var/lib/lazyjack; rmdir /var/lib/lazyjack"):
        before = snapshot.take(NODE)
        result = on(NODE, "lazyjack", "prepare", status=None)
        expect(result.status in (1, 3) and "full" in result.text, str(result))
        after = snapshot.take(NODE)
        # Whatever could be written before it was full is the journal's own business.
        after["file"] = [line for line in after["file"] if "var/lib/lazyjack/" not in line]
        before["file"] = [line for line in before["file"] if "var/lib/lazyjack/" not in line]
        snapshot.expect_same(before, after, "after a run on a full disk")


@case("bad machine: the disk is read-only")
def test_read_only():
    lab.configured()
    with fault(NODE, "mkdir -p /var/lib/lazyjack && mount -t tmpfs -o ro,mode=700 tmpfs /var/lib/lazyjack",
               "umount /var/lib/lazyjack; rmdir /var/lib/lazyjack"):
        before = snapshot.take(NODE)
        result = on(NODE, "lazyjack", "prepare", status=None)
        expect(result.status in (1, 3) and "ead-only" in result.text, str(result))
        snapshot.expect_same(before, snapshot.take(NODE), "after a run on a read-only disk")


@case("bad machine: the journal is of a newer version")
def test_newer_journal():
    lab.configured()
    line = json.dumps({"lazyjack-journal": 99})
    with fault(NODE, f"mkdir -m 700 /var/lib/lazyjack; echo '{line}' >/var/lib/lazyjack/journal",
               "rm -r /var/lib/lazyjack"):
        for verb in ("prepare", "clean", "status"):
            before = snapshot.take(NODE)
            result = on(NODE, "lazyjack", verb, status=None)
            expect(result.status in (1, 3) and "newer" in result.text, str(result))
            snapshot.expect_same(before, snapshot.take(NODE), f"after {verb} with a newer journal")


@case("bad machine: a second lazyjack is running")
def test_second():
    lab.configured()
    result = on(NODE, "flock", "/run/lazyjack.lock", "lazyjack", "prepare", status=1)
    expect("another lazyjack" in result.err, str(result))
    sh(NODE, "rm -f /run/lazyjack.lock")


@case("bad machine: a symbolic link where a secret has to go")
def test_symlink():
    lab.configured()
    # The path of the key is what init says; a link to a harmless file lies there instead.
    lines = sh("master", "find / -xdev -name ca.key -not -path '/proc/*'").out.split()
    expect(len(lines) == 1, f"no key of init's: {lines}")
    key = lines[0]
    with fault("master", f"mv {key} {key}.away; echo harmless >/etc/harmless; ln -s /etc/harmless {key}",
               f"rm -f {key} /etc/harmless; mv {key}.away {key}"):
        before = snapshot.take("master")
        result = on("master", "lazyjack", "init", status=None)
        expect(result.status in (1, 3) and "symbolic link" in result.text, str(result))
        snapshot.expect_same(before, snapshot.take("master"), "after init with a link for its key")


@case("bad machine: a configuration that is no file, or too large")
def test_config():
    lab.configured()
    with fault(NODE, "mkdir d; mkfifo f; head -c 10485760 /dev/zero | tr '\\0' '#' >large; echo 'a: {' >broken",
               "rm -rf d f large broken"):
        for name, says in (("d", "directory"), ("f", "FIFO"), ("large", "large"), ("absent", "absent"), ("broken", "broken")):
            result = on(NODE, "lazyjack", "validate", "--config", name, status=2, seconds=20)
            expect(says in result.text, f"'{says}' is not in the message\n{result}")
            refused(NODE, "prepare", "--config", name, status=2, says=[])


@case("bad machine: a host that the topology doesn't have")
def test_host():
    lab.configured()
    refused(NODE, "prepare", "--host", "minion-9", status=2, says=["minion-9", "minion-1", "minion-2", "master"])


@case("bad machine: after all this a prepare and a clean work")
def test_end():
    lab.configured()
    before = snapshot.take(NODE)
    on(NODE, "lazyjack", "prepare")
    on(NODE, "lazyjack", "clean")
    snapshot.expect_same(before, snapshot.take(NODE), "after prepare and clean")
    on("master", "lazyjack", "clean")
    lab.CONFIGURED.clear()
