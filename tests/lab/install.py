# SPDX-License-Identifier: Apache-2.0
"""`prepare --install`: packages come from a repository in the node, made of what it had installed and of small fakes."""

import time
from contextlib import contextmanager

import lab
import snapshot
import translation
from bad_machine import fault
from cases import case
from lab import expect, on, sh

NODE = "master"
REPOSITORY = "/srv/repository"
PREPARE = ("lazyjack", "prepare", "--install", "-c", "/root/test.yaml")

# Taken from the node, with their real scripts; the first two are wanted, the last comes along.
REAL = ("bind9", "tayga", "bind9-utils")

# name, version, what it depends on, program and its words, script that runs on installation
FAKES = (
    ("conntrack", "1", "conntrack-companion", "conntrack", "", ""),
    ("conntrack-companion", "1", "", "", "", ""),
    ("containerd", "1", "", "containerd", "", ""),
    ("kubeadm", "1.20.2-00", "kubelet, kubernetes-cni", "kubeadm", "v1.20.2", ""),
    ("kubelet", "1.20.2-00", "", "kubelet", "Kubernetes v1.20.2", ""),
    ("kubectl", "1.20.2-00", "", "kubectl", "gitVersion: v1.20.2", ""),
    ("kubernetes-cni", "0.8.7-00", "", "", "", ""),
)

# dpkg-repack(1) in a few lines: the package's files and scripts as they are on the node.
REPACK = r"""
set -e
mkdir -p $repository
for package in $packages; do
    rm -rf /tmp/pack; mkdir -p /tmp/pack/DEBIAN
    dpkg -L $package | while read -r path; do
        if [ -d "$path" ]; then mkdir -p "/tmp/pack$path"; elif [ -e "$path" ]; then cp -a "$path" "/tmp/pack$path"; fi
    done
    dpkg -s $package | sed '/^Status:/d; /^Conffiles:/,/^[^ ]/{/^Conffiles:/d; /^ /d}' >/tmp/pack/DEBIAN/control
    dpkg-query -W -f "\${Conffiles}\n" $package | awk "NF > 1 { print \$1 }" >/tmp/pack/DEBIAN/conffiles
    for part in preinst postinst prerm postrm triggers; do
        [ ! -e /var/lib/dpkg/info/$package.$part ] || cp -a /var/lib/dpkg/info/$package.$part /tmp/pack/DEBIAN/$part
    done
    dpkg-deb -Zgzip -b /tmp/pack $repository >/dev/null
done
rm -rf /tmp/pack
"""

FAKE = r"""
set -e
mkdir -p $repository /tmp/pack/DEBIAN /tmp/pack/usr/bin /tmp/pack/usr/share/lab
echo "$version" >/tmp/pack/usr/share/lab/$name
printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Lab <root@localhost>\nDescription: test\n' $name $version >/tmp/pack/DEBIAN/control
[ -z "$depends" ] || echo "Depends: $depends" >>/tmp/pack/DEBIAN/control
if [ -n "$program" ]; then printf '#!/bin/sh\necho "%s"\n' "$says" >/tmp/pack/usr/bin/$program; chmod 755 /tmp/pack/usr/bin/$program; fi
if [ -n "$postinst" ]; then printf '#!/bin/sh\n%s\n' "$postinst" >/tmp/pack/DEBIAN/postinst; chmod 755 /tmp/pack/DEBIAN/postinst; fi
dpkg-deb -Zgzip -b /tmp/pack $repository >/dev/null
rm -rf /tmp/pack
"""

INDEX = r"""
set -e
cd $repository; rm -f Packages
for file in *.deb; do
    dpkg-deb -f $file; echo "Filename: ./$file"; echo "Size: $(stat -c %s $file)"
    echo "SHA256: $(sha256sum $file | cut -d' ' -f1)"; echo
done >Packages
[ -e /etc/apt.away ] || { cp -a /etc/apt /etc/apt.away; rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*; }
echo "deb [trusted=yes] file:$repository ./" >/etc/apt/sources.list.d/lab.list
apt-get -q update >/dev/null
"""


def script(text, **variables):
    sh(NODE, "".join(f"{name}='{value}'\n" for name, value in {"repository": REPOSITORY, **variables}.items()) + text)


def fake(name, version="1", depends="", program="", says="", postinst=""):
    script(FAKE, name=name, version=version, depends=depends, program=program, says=says, postinst=postinst)


def index():
    script(INDEX)


def packages():
    return on(NODE, "dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Want} ${db:Status-Status}\n").out.splitlines()


def state():
    """What a run has to leave as it was. dpkg's and apt's own books are compared by what they say."""
    sections = snapshot.take(NODE)
    sections["file"] = [line for line in sections["file"]
                        if not line.startswith(("var/lib/dpkg", "var/lib/apt", "var/lib/systemd/deb-systemd-helper"))
                        # adduser(8) keeps the files before its change
                        and line.split()[0] not in ("etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-",
                                                    "etc/.pwd.lock", "etc/ld.so.cache")]
    sections["packages"] = packages()
    sections["automatic"] = on(NODE, "apt-mark", "showauto").out.split()
    return sections


MADE = []  # the generation of the lab that has the repository


@contextmanager
def machine(without=("bind9", "tayga", "bind9-utils")):
    """The node without these packages, which its repository offers; afterwards as it was."""
    translation.loaded()
    if MADE != [lab.GENERATION]:
        script(REPACK, packages=" ".join(REAL))
        for row in FAKES:
            fake(*row)
        index()
        MADE[:] = [lab.GENERATION]
    sh(NODE, f"dpkg --purge {' '.join(without)} && systemctl daemon-reload")
    translation.write(NODE, translation.config_of())
    snapshot.prime(NODE)
    try:
        yield
    finally:
        sh(NODE, "lazyjack clean >/dev/null 2>&1; rm -f /root/test.yaml; dpkg --configure -a >/dev/null 2>&1; "
                 f"DEBIAN_FRONTEND=noninteractive dpkg -i $(for name in {' '.join(REAL)}; do echo {REPOSITORY}/${{name}}_*.deb; done) "
                 ">/dev/null 2>&1; systemctl disable --now named tayga >/dev/null 2>&1; :", status=None)


def refused(says, status, *words):
    before = state()
    result = on(NODE, *PREPARE, *words, status=status)
    for text in says:
        expect(text in result.text, f"'{text}' is not in the message\n{result}")
    snapshot.expect_same(before, state(), "after a refusal")


def answers():
    snapshot.settle(NODE)
    answer = on(NODE, "dig", "+short", "@fd00:10::100", "AAAA", "www.v4only.test").out.split()
    expect(answer == [translation.embed(translation.PREFIX, translation.V4)], str(answer))


@case("install: packages for the node's roles, Kubernetes' own held, services not started; clean removes all of it")
def test_install():
    with machine():
        before = state()
        result = on(NODE, *PREPARE)
        here = packages()
        for name in ("bind9", "tayga", "bind9-utils", "conntrack", "conntrack-companion", "containerd", "kubernetes-cni"):
            expect(any(line.startswith(f"{name} ") and line.endswith("install installed") for line in here), f"{name}\n{result}")
        held = on(NODE, "apt-mark", "showhold").out.split()
        expect(held == ["kubeadm", "kubectl", "kubelet"], str(held))
        for unit in ("named", "tayga"):
            expect(on(NODE, "systemctl", "is-enabled", unit, status=None).out.strip() == "masked", f"{unit} isn't masked")
        listening = on(NODE, "ss", "-Hlntu", "sport", "=", "53").out
        expect(not listening, f"a name server runs on the node itself: {listening}")
        answers()
        again = on(NODE, *PREPARE)
        expect(again.out.count("0 changed") == 2, str(again))
        expect("0 changed" in on(NODE, "lazyjack", "prepare", "-c", "/root/test.yaml").out, "prepare without the option")
        expect(packages() == here, "prepare without the option removed packages")
        on(NODE, "lazyjack", "status")
        on(NODE, "lazyjack", "clean")
        snapshot.expect_same(before, state(), "after clean")


@case("install: what another runtime needs no more goes when the run comes to its good end, and not when it fails")
def test_other_runtime():
    with machine():
        before = state()
        fake("docker.io", "1", "", "docker", "")  # it answers nothing that makes sense
        index()
        on(NODE, *PREPARE)
        translation.write(NODE, translation.config_of(runtime="docker"))
        result = on(NODE, *PREPARE, status=1)
        expect("not understood" in result.text, str(result))
        answers()
        here = {line.split()[0] for line in packages()}
        expect({"bind9", "tayga", "docker.io"} <= here, f"a run that failed removed packages: {here}")
        on(NODE, "lazyjack", "status", "-c", "/root/test.yaml")
        translation.write(NODE, translation.config_of())
        result = on(NODE, *PREPARE)
        answers()
        here = {line.split()[0] for line in packages() if line.endswith("installed")}
        expect("docker.io" not in here and {"bind9", "tayga"} <= here, f"{here}\n{result}")
        on(NODE, "lazyjack", "clean")
        sh(NODE, f"rm {REPOSITORY}/docker.io_1_all.deb")
        index()
        snapshot.expect_same(before, state(), "after clean")


@case("install: somebody's configuration files of a removed package, and what was held and installed before, stay")
def test_kept():
    with machine(without=("tayga",)):
        sh(NODE, "dpkg --remove bind9 && echo '// mine' >>/etc/bind/named.conf.local")
        on(NODE, "dpkg", "-i", f"{REPOSITORY}/kubectl_1.20.2-00_all.deb")
        on(NODE, "apt-mark", "hold", "kubectl")
        before = state()
        expect("bind9 1:" in "".join(line + "\n" for line in packages() if line.endswith("config-files")), "bind9 isn't removed")
        on(NODE, *PREPARE)
        on(NODE, "lazyjack", "clean")
        snapshot.expect_same(before, state(), "after clean")
        expect("// mine" in on(NODE, "cat", "/etc/bind/named.conf.local").out, "the file of bind9's owner changed")
        sh(NODE, "apt-mark unhold kubectl; dpkg --purge kubectl bind9")


@case("install: a dry run names the packages and installs none")
def test_dry_run():
    with machine():
        before = state()
        result = on(NODE, *PREPARE, "--dry-run")
        expect("install --no-install-recommends bind9" in result.out and "apt-mark hold kubeadm" in result.out, str(result))
        snapshot.expect_same(before, state(), "after a dry run")


@case("install: another distribution is told what to install")
def test_other_distribution():
    with machine():
        with fault(NODE, "cp -a --remove-destination /etc/os-release /root/os-release; rm /etc/os-release; "
                         "printf 'ID=fedora\\nPRETTY_NAME=\"Fedora Linux 39\"\\n' >/etc/os-release",
                   "rm /etc/os-release; mv /root/os-release /etc/os-release"):
            refused(["Debian and Ubuntu", "Fedora Linux 39", "bind9 (named)", "tayga (tayga)", "kubeadm"], 3)


@case("install: what can't be installed, or not without changing other packages, is refused before any change")
def test_impossible():
    with machine():
        with fault(NODE, f"mv {REPOSITORY}/tayga_*.deb /root/; {{ :; }}", f"mv /root/tayga_*.deb {REPOSITORY}/"):
            index()
            refused(["package tayga", "apt-get update"], 1)
        index()
        fake("lab-base", "1")
        on(NODE, "dpkg", "-i", f"{REPOSITORY}/lab-base_1_all.deb")
        fake("lab-base", "2")
        fake("conntrack", "2", "lab-base (>= 2)", "conntrack")
        index()
        refused(["package conntrack", "upgrade 'lab-base'"], 1)
        fake("conntrack", "3", "", "conntrack")
        sh(NODE, "printf 'Conflicts: lab-base\\n' >/dev/null")
        sh(NODE, f"rm -f {REPOSITORY}/conntrack_[23]_all.deb {REPOSITORY}/lab-base_*; dpkg --purge lab-base")
        index()


@case("install: a package that fails to install is taken back, with all the others")
def test_failing():
    with machine():
        fake("conntrack", "2", "conntrack-companion", "conntrack", "", "echo it does not work >&2; exit 1")
        index()
        before = state()
        result = on(NODE, *PREPARE, status=1)
        expect("does not work" in result.text or "conntrack" in result.text, str(result))
        snapshot.expect_same(before, state(), "after a failed installation")
        sh(NODE, f"rm {REPOSITORY}/conntrack_2_all.deb; test ! -e /var/lib/lazyjack")
        index()


@case("install: what somebody's own package has come to need stays, and is named")
def test_needed():
    with machine():
        before = packages()
        on(NODE, *PREPARE)
        fake("lab-mine", "1", "conntrack-companion, tayga")
        on(NODE, "dpkg", "-i", f"{REPOSITORY}/lab-mine_1_all.deb")
        result = on(NODE, "lazyjack", "clean")
        expect("'tayga' stays, since 'lab-mine' needs it" in result.text, str(result))
        left = sorted(line.split()[0] for line in set(packages()) - set(before))
        expect(left == ["conntrack-companion", "lab-mine", "tayga"], f"left: {left}")
        sh(NODE, f"dpkg --purge lab-mine tayga conntrack-companion; rm {REPOSITORY}/lab-mine_1_all.deb")


@case("install: killed at any moment, the next run brings the node to a good end, forward or back")
def test_killed():
    with machine():
        before = state()
        begin = time.monotonic()
        on(NODE, *PREPARE)
        seconds = time.monotonic() - begin
        on(NODE, "lazyjack", "clean")
        for part in range(1, 9):
            on(NODE, "timeout", "-s", "KILL", f"{seconds * part / 9:.2f}", *PREPARE, status=None)
            if part % 2:
                on(NODE, *PREPARE)
                on(NODE, "lazyjack", "status")
            on(NODE, "lazyjack", "clean")
            snapshot.expect_same(before, state(), f"killed after {part}/9 of {seconds:.1f} s")
