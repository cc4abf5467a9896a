# SPDX-License-Identifier: Apache-2.0
"""Whole clusters with the real kubeadm: up on all nodes, what people want of a cluster, down and clean, and again."""

import ipaddress
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import lab
import snapshot
from cases import case
from lab import check, each, expect, lazyjack, on, sh

ORIGINAL = {}
UP = []  # the generation of the lab whose nodes are a cluster
WAIT = 300  # seconds, for anything that Kubernetes has to bring about
FIGURES = {}

WEB = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{operator: Exists}]
      containers:
      - name: web
        image: lab.local/busybox:1
        imagePullPolicy: Never
        command: [sh, -c, 'hostname >/www/index.html; exec httpd -f -vv -p 8080 -h /www']
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 2}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""


def kubectl(*words, **more):
    return on("master", "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--cache-dir=/run/kubectl", *words, seconds=WAIT, **more)


def until(function, what):
    """Ask again until it says something true."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        answer = function()
        if answer:
            return answer
        time.sleep(0.5)
    raise lab.Failure(f"waited {WAIT} s for {what}")


def primed(node):
    snapshot.prime(node)
    return snapshot.take(node)


def original():
    """Nodes as they were made, looked at once a lab."""
    if not lab.names():
        lab.fresh()
    if ORIGINAL.get("generation") != lab.GENERATION:
        ORIGINAL.clear()
        nodes = lab.names()
        ORIGINAL.update(zip(nodes, each(nodes, primed)))
        ORIGINAL["generation"] = lab.GENERATION
    return lab.names()


def prepared():
    """init and prepare on all nodes."""
    nodes = original()
    on("master", "lazyjack", "init")
    lab.give_config(nodes)
    each(nodes, lambda node: on(node, "lazyjack", "prepare"))
    return nodes


def up(node):
    return on(node, "lazyjack", "up", seconds=WAIT)


def ready():
    for node in lab.names():
        kubectl("wait", "--for=condition=Ready", f"node/{node}", f"--timeout={WAIT}s")


def cluster():
    """The cluster, brought up once; minions start first, so that they have to wait for the master."""
    if UP == [lab.GENERATION]:
        return lab.names()
    begin = time.monotonic()
    nodes = prepared()
    middle = time.monotonic()
    with ThreadPoolExecutor(len(nodes)) as pool:
        runs = {node: pool.submit(up, node) for node in reversed(nodes)}
        for node, run in runs.items():
            result = run.result()
            took = re.search(f"kubeadm {'init' if node == 'master' else 'join'} took ([0-9.]+) s", result.out)
            expect(took, str(result))
            FIGURES[f"kubeadm on {node}"] = float(took.group(1))
    ready()
    FIGURES["lab up, images included"] = lab.UP_SECONDS
    FIGURES["init and prepare"] = middle - begin
    FIGURES["up until all Ready"] = time.monotonic() - middle
    UP[:] = [lab.GENERATION]
    return nodes


def take_down():
    nodes = lab.names()
    UP.clear()
    each(nodes, lambda node: on(node, "lazyjack", "down", seconds=WAIT))
    each(nodes, lambda node: sh(node, "[ $(hostname) = master ] || rm -f /root/config.yaml"))
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    for node, state in zip(nodes, each(nodes, snapshot.take)):
        snapshot.expect_same(ORIGINAL[node], state, f"{node} after down and clean")


def addresses():
    return {f"fd00:20::{number + 2}": node for number, node in enumerate(lab.names())}


def expect_addresses():
    rows = json.loads(kubectl("get", "nodes", "-o", "json").out)["items"]
    seen = {entry["address"]: row["metadata"]["name"] for row in rows for entry in row["status"]["addresses"]
            if entry["type"] == "InternalIP"}
    expect(seen == addresses(), f"InternalIPs: {seen}")


@case("cluster: minions wait for the master, kubeadm is shown live, all nodes get Ready with their IPv6 addresses")
def test_cluster():
    cluster()
    expect_addresses()
    print("# " + kubectl("get", "nodes", "-o", "wide").out.replace("\n", "\n# "))
    for what, seconds in FIGURES.items():
        print(f"# {what}: {seconds:.1f} s")


@case("cluster: verify and status find everything well")
def test_verify():
    cluster()
    lazyjack("lab", "verify", seconds=WAIT)
    each(lab.names(), lambda node: on(node, "lazyjack", "status"))


@case("cluster: a second up changes nothing and says so")
def test_again():
    for node in cluster():
        result = up(node)
        expect(lab.counts(result)[0] == 0, str(result))


@case("cluster: a node leaves and joins again, with an IPv4 default route that must not mislead it")
def test_again_with_ipv4():
    cluster()
    on("minion-2", "lazyjack", "down", seconds=WAIT)
    kubectl("delete", "node", "minion-2")
    sh("minion-2", "ip link add d0 type bridge && ip link set d0 up && ip address add 192.0.2.2/24 dev d0 && "
                   "ip route add default via 192.0.2.1 dev d0")
    warning = on("minion-2", "lazyjack", "prepare").text
    expect("ipv4-default-route" in warning and "192.0.2.1" in warning, warning)
    begin = time.monotonic()
    result = up("minion-2")
    seconds = time.monotonic() - begin
    kubeadm = float(re.search(r"kubeadm join took ([0-9.]+) s", result.out).group(1))
    print(f"# up on a minion: {seconds:.1f} s, of them {seconds - kubeadm:.2f} s beside kubeadm")
    ready()
    expect_addresses()
    sh("minion-2", "ip link delete d0")
    log = sh("minion-2", "cat /var/lib/lazyjack/work-area/kubeadm/kubeadm.log").out
    expect("[preflight]" in log and "joined the cluster" in log, log)
    token = re.search(r"token: \"?([a-z0-9]{6}\.[a-z0-9]{16})", sh("minion-2", "cat config.yaml").out).group(1)
    expect(token not in log and token not in result.text, "the token is in the log")


def web():
    """A pod with a page on each node: [(pod, address, node)]"""
    kubectl("apply", "-f", "-", stdin=WEB)
    kubectl("rollout", "status", "ds/web", f"--timeout={WAIT}s")
    rows = json.loads(kubectl("get", "pods", "-l", "app=web", "-o", "json").out)["items"]
    return [(row["metadata"]["name"], row["status"]["podIP"], row["spec"]["nodeName"]) for row in rows]


def fetch(pod, url):
    return kubectl("exec", pod, "--", "timeout", "10", "wget", "-qO-", url, status=None)


@case("cluster: pods of different nodes reach each other with their own addresses, a Service, and names")
def test_pods():
    nodes = cluster()
    pods = web()
    expect(len(pods) == len(nodes), str(pods))
    for pod, address, node in pods:
        expect(ipaddress.ip_address(address) in ipaddress.ip_network(f"fd00:40:0:0:{nodes.index(node) + 2}::/80"),
               f"{pod} on {node} has {address}")
    for pod, own, _ in pods:
        for other, address, _ in pods:
            result = check(fetch(pod, f"http://[{address}]:8080/"))
            expect(result.out.strip() == other, str(result))
    for other, _, _ in pods:
        seen = kubectl("logs", other).text
        for pod, own, _ in pods:
            expect(pod == other or f"[{own}]" in seen or f"{own}:" in seen,
                   f"{other} doesn't see {pod} by its own address {own}:\n{seen[-2000:]}")
    kubectl("-n", "kube-system", "rollout", "status", "deploy/coredns", f"--timeout={WAIT}s")
    service = kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}").out
    for pod, _, _ in pods:
        check(fetch(pod, f"http://[{service}]/"))
        until(lambda pod=pod: fetch(pod, "http://web/").status == 0, f"{pod} to reach the Service by name")
    for node in nodes:
        on(node, "curl", "-gsS", "-m", "10", f"http://[{service}]/")


@case("cluster: pods reach an IPv4-only host by name")
def test_outside():
    cluster()
    for pod, _, _ in web():
        until(lambda pod=pod: fetch(pod, "http://www.v4only.test/").status == 0, f"{pod} to reach www.v4only.test")


@case("cluster: the kubeconfig goes into the user's own file and out of it again")
def test_kubeconfig():
    cluster()
    sh("master", "mkdir -p /root/.kube && kubectl config --kubeconfig=/root/.kube/config set-cluster other "
                 "--server=https://other.test:6443 >/dev/null && cp -p /root/.kube/config /root/before")
    on("master", "lazyjack", "up", "--kubeconfig")
    rows = on("master", "kubectl", "get", "nodes", "-o", "name").out.split()
    expect(len(rows) == len(lab.names()), str(rows))
    expect("other" in on("master", "kubectl", "config", "get-clusters").out, "the user's own cluster is gone")
    result = on("minion-1", "lazyjack", "up", "--kubeconfig", status=2)
    expect("master" in result.text, str(result))


@case("cluster: a node that restarts comes back by itself")
def test_reboot():
    nodes = cluster()
    for node in ("minion-1", "master"):
        lab.reboot(node, seconds=WAIT)
    until(lambda: kubectl("get", "--raw", "/readyz", status=None).status == 0, "the API server after a reboot")
    until(lambda: all(row["status"] == "True" for item in json.loads(kubectl("get", "nodes", "-o", "json").out)["items"]
                      for row in item["status"]["conditions"] if row["type"] == "Ready"), "all nodes Ready again")
    for node in nodes:
        on(node, "lazyjack", "status")
    until(lambda: lab.run([lab.LAZYJACK, "lab", "verify"], seconds=WAIT).status == 0, "verify after a reboot")


@case("cluster: down and clean leave every node as it was, and it all works a second time on the same nodes")
def test_round_trip():
    cluster()
    sh("master", "test ! -e /root/before || { lazyjack down && cmp /root/.kube/config /root/before && "
                 "rm -r /root/.kube /root/before; }", seconds=WAIT)
    # The reboot above gave links other addresses; a lab of its own makes the comparison exact.
    lab.fresh()
    cluster()
    take_down()
    cluster()
    lazyjack("lab", "verify", seconds=WAIT)
    take_down()


@case("cluster: a customised kubeadm.conf is used as it is, and kept")
def test_customised():
    prepared()
    path = "/var/lib/lazyjack/work-area/kubeadm.conf"
    sh("master", f"sed -i 's/^kind: \"KubeProxyConfiguration\"/&\\nmetricsBindAddress: \"[::1]:10299\"/' {path}; "
                 f"grep -q 10299 {path}")
    up("master")
    config = kubectl("-n", "kube-system", "get", "configmap", "kube-proxy", "-o", "yaml").out
    expect("10299" in config, config)
    result = on("master", "lazyjack", "prepare")
    expect(f"{path}.bak" in result.text, str(result))
    sh("master", f"grep -q 10299 {path}.bak && ! grep -q 10299 {path} && rm {path}.bak")
    on("master", "lazyjack", "down", seconds=WAIT)
    take_down()


@case("cluster: the real kubeadm takes what is written for it")
def test_documents():
    prepared()
    path = "/var/lib/lazyjack/work-area/kubeadm.conf"
    help_text = on("master", "kubeadm", "config", "--help").out
    if re.search(r"^\s+validate\b", help_text, re.MULTILINE):
        on("master", "kubeadm", "config", "validate", f"--config={path}")
    on("master", "kubeadm", "config", "migrate", f"--old-config={path}", "--new-config=/root/new.yaml")
    sh("master", "mkdir -p /etc/kubernetes/pki; kubeadm init --dry-run --ignore-preflight-errors=ImagePull "
                 f"--config={path} >/root/dry 2>&1 || {{ cat /root/dry; exit 1; }}; "
                 "rm -rf /root/new.yaml /root/dry /etc/kubernetes/pki /etc/kubernetes/tmp", seconds=WAIT)
    take_down()
