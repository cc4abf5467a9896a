# SPDX-License-Identifier: Apache-2.0
"""general.insecure and general.kubernetes-version with the real kubeadm."""

import re

import kubernetes
import snapshot
from cases import case
from lab import expect, lazyjack, on

NODES = ("master", "minion-1")
WARNING = "can take the cluster over"


def write(node, insecure=True, version=None):
    text = re.sub(r'^ +token(-cert-hash)?: .*\n', "", lazyjack("lab", "config").out, flags=re.MULTILINE)
    if insecure:
        text = text.replace("general:\n", "general:\n  insecure: true\n", 1)
    if version:
        text = text.replace("general:\n", f"general:\n  kubernetes-version: {version}\n", 1)
    on(node, "cp", "/dev/stdin", "/root/test.yaml", stdin=text)


def run(node, *words, **more):
    return on(node, "lazyjack", *words, "-c", "/root/test.yaml", seconds=kubernetes.WAIT, **more)


@case("insecure: no init, no token; kubeadm makes the authority, a minion joins unchecked; every command warns")
def test_insecure():
    kubernetes.original()
    for node in NODES:
        write(node)
    before = snapshot.take("master")
    result = run("master", "init")
    expect("not needed" in result.text, str(result))
    snapshot.expect_same(before, snapshot.take("master"), "master after init")
    for words in (("validate",), ("init",), ("prepare", "--dry-run"), ("verify", "--dry-run"), ("up", "--dry-run")):
        result = run("master", *words, status=None)
        expect(WARNING in result.text, f"no warning\n{result}")
    for verb in ("prepare", "up"):
        for node in NODES:
            result = run(node, verb)
            expect(WARNING in result.err, f"no warning\n{result}")
    on("master", "test", "!", "-e", "/var/lib/lazyjack/work-area/certs")
    conf = on("minion-1", "cat", "/var/lib/lazyjack/work-area/kubeadm.conf").out
    expect("unsafeSkipCAVerification: true" in conf and "caCertHashes" not in conf, conf)
    subject = on("master", "openssl", "x509", "-noout", "-subject", "-in", "/etc/kubernetes/pki/ca.crt").out
    expect("kubernetes" in subject, f"the authority isn't kubeadm's: {subject}")
    for node in NODES:
        kubernetes.kubectl("wait", "--for=condition=Ready", f"node/{node}", f"--timeout={kubernetes.WAIT}s")
    for node in reversed(NODES):
        on(node, "lazyjack", "down", seconds=kubernetes.WAIT)
    for node in NODES:
        on(node, "rm", "/root/test.yaml")
        on(node, "lazyjack", "clean")
        snapshot.expect_same(kubernetes.ORIGINAL[node], snapshot.take(node), f"{node} after down and clean")


@case("kubernetes-version: 'latest', kubeadm's own, and another patch are taken; another minor version stops up")
def test_version():
    kubernetes.original()
    for version, said in (("latest", "v1.20.2"), ("v1.20.2", "v1.20.2"), ("v1.20.0", "v1.20.0")):
        write("master", version=version)
        result = run("master", "prepare")
        expect("wants Kubernetes" not in result.text, str(result))
        conf = on("master", "cat", "/var/lib/lazyjack/work-area/kubeadm.conf").out
        expect(f'kubernetesVersion: "{said}"' in conf, conf)
    for version in ("v1.19.16", "v1.21.0"):
        write("master", version=version)
        result = run("master", "prepare")
        expect(f"wants Kubernetes {version}, but 'kubeadm' is v1.20.2" in result.text, str(result))
        before = snapshot.take("master")
        result = run("master", "up", status=3)
        expect(f"wants Kubernetes {version}, but 'kubeadm' is v1.20.2" in result.text, str(result))
        snapshot.expect_same(before, snapshot.take("master"), "master after a refused up")
    for version in ("1.20.2", "v1.20", "newest"):
        write("master", version=version)
        result = run("master", "validate", status=2)
        expect(version in result.text and "write 'latest' or a full version like" in result.text, str(result))
    on("master", "rm", "/root/test.yaml")
    on("master", "lazyjack", "clean")
    snapshot.expect_same(kubernetes.ORIGINAL["master"], snapshot.take("master"), "master after clean")
