# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with clusters, provoked with the real kubeadm where it can be: a clear error, the right status, nothing
left half-done; and lazyjack stopped or killed in the midst of kubeadm."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import kubernetes
import lab
import snapshot
from bad_machine import fault
from cases import case
from kubernetes import WAIT, kubectl, original, prepared, ready, take_down, until, up
from lab import each, expect, on, sh

NODE = "minion-2"
STATE = "/var/lib/lazyjack/work-area/kubeadm"
CONF = "/var/lib/lazyjack/work-area/kubeadm.conf"


@contextmanager
def timeout(node, seconds):
    """The node's deadline for kubeadm, in its configuration and in kubeadm.conf."""
    with fault(node, f"sed -i.orig 's/^general:/&\\n  kubeadm-timeout: {seconds}/' config.yaml && lazyjack prepare",
               "mv config.yaml.orig config.yaml; lazyjack prepare"):
        yield


@contextmanager
def program(node, path, script):
    """A stand-in for a program, for faults that the real one does not have."""
    sh(node, f"mv {path} {path}.away; cat >{path}; chmod 755 {path}", stdin="#!/bin/sh\n" + script)
    try:
        yield
    finally:
        sh(node, f"mv {path}.away {path}")


def fails(node, says, status=1, seconds=WAIT):
    """`up` fails with all of these words, and takes back what it did."""
    before = snapshot.take(node)
    result = on(node, "lazyjack", "up", status=status, seconds=seconds)
    for text in says:
        expect(text in result.text, f"'{text}' is not in the message\n{result}")
    after = snapshot.take(node)
    changing = ("var/lib/lazyjack/journal", f"{STATE[1:]}/kubeadm.log")
    for state in (before, after):
        state["file"] = [line for line in state["file"] if not line.startswith(changing)]
    snapshot.expect_same(before, after, f"{node} after 'up' failed")
    return result


@case("cluster faults: swap is on")
def test_swap():
    prepared()
    with fault(NODE, "printf 'Filename Type Size Used Priority\\n/swap file 1024 0 -2\\n' >/run/swaps && "
                     "mount --bind /run/swaps /proc/swaps", "umount /proc/swaps; rm /run/swaps"):
        fails(NODE, ["swap"], status=3)


@case("cluster faults: a port of the control plane, or the kubelet's, is in use")
def test_ports():
    prepared()
    for node, port, user in (("master", 2379, "etcd"), (NODE, 10250, "the kubelet")):
        with fault(node, f"systemd-run --quiet --unit=holder socat TCP6-LISTEN:{port},reuseaddr STDOUT && for i in $(seq 100); do "
                         f"ss -Hltn 'sport = :{port}' | grep -q . && exit 0; sleep 0.1; done; exit 1", "systemctl stop holder"):
            fails(node, ["'socat' (process ", f") holds port {port}, which {user} needs"], status=3)


@case("cluster faults: kubeadm is too old, or not of the kubelet's minor version")
def test_versions():
    prepared()
    with program(NODE, "/usr/bin/kubeadm", "echo v1.12.3\n"):
        fails(NODE, ["1.12.3", "too old"], status=3)
    with program(NODE, "/usr/bin/kubelet", "echo Kubernetes v1.19.4\n"):
        fails(NODE, ["kubelet", "v1.19.4", "same minor"], status=3)


@case("cluster faults: a minion without a master waits, says for what, and gives up")
def test_no_master():
    prepared()
    with timeout(NODE, 4):
        fails(NODE, ["waiting for the API server of 'master' at 'fd00:20::2'", "'lazyjack up' on 'master' first"])


@case("cluster faults: the kubelet never starts")
def test_kubelet():
    prepared()
    with program("master", "/usr/bin/kubelet",
                 '[ "$1" = --version ] && echo Kubernetes v1.20.2 && exit\necho this kubelet is broken >&2\nexit 1\n'), \
            timeout("master", 60):
        fails("master", ["this kubelet is broken", "the kubelet does not start"])


@case("cluster faults: the API server never answers")
def test_api_server():
    prepared()
    with timeout("master", 50):
        sh("master", f"sed -i 's/^apiServer:/&\\n  extraArgs:\\n    no-such-flag: \"x\"/' {CONF} && grep -q no-such {CONF}")
        fails("master", ["kube-apiserver", STATE + "/kubeadm.log"])
        sh("master", "lazyjack prepare")
    sh("master", f"rm -f {CONF}.bak")


@case("cluster faults: an image isn't there")
def test_image():
    prepared()
    image = sh("master", "ctr -n k8s.io images ls -q | grep /coredns:").out.strip()
    with fault("master", f"ctr -n k8s.io images tag {image} lab.local/kept:1 && ctr -n k8s.io images rm --sync {image}",
               f"ctr -n k8s.io images tag lab.local/kept:1 {image}; ctr -n k8s.io images rm lab.local/kept:1"):
        fails("master", ["ImagePull", image, "kubeadm config images list"])


def master_up():
    nodes = prepared()
    if on("master", "test", "-e", "/etc/kubernetes/kubelet.conf", status=None).status != 0:
        up("master")
    return nodes


@case("cluster faults: a minion with a wrong token, or a wrong hash")
def test_wrong_secrets():
    master_up()
    with fault(NODE, "cp -p config.yaml config.yaml.right", "mv config.yaml.right config.yaml; lazyjack prepare"):
        with timeout(NODE, 50):
            sh(NODE, "sed -i 's/^\\( *token: *\\).*/\\1\"zzzzzz.0123456789abcdef\"/' config.yaml && lazyjack prepare")
            fails(NODE, ["token", "zzzzzz"])
        with timeout(NODE, 50):
            sh(NODE, f"sed -i 's/^\\( *token-cert-hash: *\\).*/\\1\"{'0' * 64}\"/' config.yaml && lazyjack prepare")
            fails(NODE, ["token-cert-hash", "master"])


@case("cluster faults: a node that belongs to a cluster already is left alone, by up and by down")
def test_other_cluster():
    master_up()
    on(NODE, "lazyjack", "up", "--no-kubeadm")
    on(NODE, "kubeadm", "join", f"--config={CONF}", seconds=WAIT)
    result = on(NODE, "lazyjack", "up", status=3)
    expect("kubelet.conf" in result.text and "kubeadm reset" in result.text, str(result))
    on(NODE, "lazyjack", "down")
    sh(NODE, "test -e /etc/kubernetes/kubelet.conf && systemctl is-active kubelet.service")
    sh(NODE, "kubeadm reset -f && systemctl start kubelet", seconds=WAIT)
    kubectl("delete", "node", NODE)
    kubernetes.UP.clear()
    lab.fresh()


def stopped_in(node, phase, signal):
    """`up`, with a signal to lazyjack as soon as kubeadm has come to the phase. Its result."""
    sh(node, f"rm -f {STATE}/kubeadm.log")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(lambda: on(node, "lazyjack", "up", status=None, seconds=WAIT))
        # In the node, since some phases are over before a second command could be run there.
        seen = sh(node, f"for i in $(seq 10000); do grep -qsF '[{phase}]' {STATE}/kubeadm.log && exec pkill -{signal} -x "
                        "lazyjack; sleep 0.02; done; exit 1", status=None, seconds=WAIT)
        expect(seen.status == 0, f"kubeadm didn't come to phase {phase}, or up had ended:\n{run.result()}")
        result = run.result()
    until(lambda: on(node, "pgrep", "-x", "kubeadm", status=None).status == 1, "the end of kubeadm")
    return result


def killed_then_up(node, phases):
    for phase in phases:
        result = stopped_in(node, phase, "KILL")
        expect(result.status == 137, str(result))
        result = up(node)
        print(f"# {node}: killed in {phase}, then up")
        kubectl("wait", "--for=condition=Ready", f"node/{node}", f"--timeout={WAIT}s")
        on(node, "lazyjack", "status")
        on(node, "lazyjack", "down", seconds=WAIT)


@case("cluster faults: lazyjack is killed in the midst of init; up goes on")
def test_killed_init():
    prepared()
    killed_then_up("master", ("certs", "kubelet-start", "wait-control-plane", "addons"))
    take_down()


@case("cluster faults: lazyjack is killed in the midst of join; up goes on")
def test_killed_join():
    master_up()
    kubectl("wait", "--for=condition=Ready", "node/master", f"--timeout={WAIT}s")
    killed_then_up("minion-1", ("preflight", "kubelet-start"))


@case("cluster faults: killed in the midst of join and of init, down and clean lead back to the beginning")
def test_killed_down():
    master_up()
    stopped_in("minion-1", "kubelet-start", "KILL")
    on("master", "lazyjack", "down", seconds=WAIT)
    stopped_in("master", "wait-control-plane", "KILL")
    take_down()


@case("cluster faults: down is killed, or ended by Ctrl-C, in the midst of reset; the next one ends it and keeps others' files")
def test_cut_reset():
    original()
    others = {"/var/lib/kubelet/config.json": "{}", "/var/lib/kubelet/seccomp/audit.json": "{}",
              "/var/lib/cni/networks/podman/10.88.0.2": "0123 eth0"}
    for path, text in others.items():
        sh("master", f"mkdir -p {path.rsplit('/', 1)[0]}; printf '{text}' >{path}; chmod 600 {path}")
    before = snapshot.take("master")
    prepared()
    up("master")
    # Without the pod's entry in the API server kubeadm looks for etcd for minutes.
    until(lambda: kubectl("-n", "kube-system", "get", "pod", "etcd-master", status=None).status == 0, "etcd's pod")
    for signal, status in (("KILL", 137), ("INT", 1)):
        # kubeadm of 1.31 cleans the kubelet's directory first, that of 1.16 the CNI configurations as well.
        with program("master", "/usr/bin/kubeadm", "systemctl stop kubelet\nrm -f /var/lib/kubelet/*\nrm -rf "
                     f"/etc/cni/net.d/* /var/lib/cni/networks\npkill -{signal} -x lazyjack\nexec sleep 60\n"):
            on("master", "lazyjack", "down", status=status)
        sh("master", "test -e /etc/kubernetes/kubelet.conf && test ! -e /var/lib/kubelet/lazyjack")
        print(f"# master: SIG{signal} in the midst of reset")
    result = on("master", "lazyjack", "down", seconds=WAIT)
    expect("did not make" not in result.text, str(result))
    on("master", "lazyjack", "clean")
    snapshot.expect_same(before, snapshot.take("master"), "master after down was cut short")
    kubernetes.UP.clear()
    lab.fresh()


@case("cluster faults: Ctrl-C in the midst of init and of join takes back what was done")
def test_interrupted():
    prepared()
    for node, phase in (("master", "wait-control-plane"), ("minion-1", "kubelet-start")):
        before = snapshot.take(node)
        begin = time.monotonic()
        result = stopped_in(node, phase, "INT")
        expect(result.status == 1 and "interrupted" in result.text, str(result))
        print(f"# {node}: back {time.monotonic() - begin:.1f} s after it was begun")
        after = snapshot.take(node)
        for state in (before, after):
            state["file"] = [line for line in state["file"] if "/kubeadm.log" not in line and "/journal" not in line]
        snapshot.expect_same(before, after, f"{node} after Ctrl-C")
        if node == "master":
            up("master")
    each(["minion-1", "minion-2"], up)
    ready()
    take_down()
