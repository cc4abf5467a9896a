# SPDX-License-Identifier: Apache-2.0
"""A cluster of three masters behind one address: the real kubeadm on all of them, one fails, all lead back."""

import json
import re

import lab
import snapshot
from cases import case
from kubernetes import ORIGINAL, UP, WAIT, cluster, kubectl, original, ready, until, up
from lab import each, expect, lazyjack, on, sh

MASTERS = ("master", "minion-1", "minion-2")
ENDPOINT = "fd00:20::100"  # what keepalived would move from one master to another
KEY = re.compile(r'certificate-key: "([0-9a-f]{64})"')


def hold(node):
    """As keepalived does it: never the source of the node's own connections, and the others are told where it is now."""
    sh(node, "sysctl -qw net.ipv6.conf.eth1.ndisc_notify=1; "
             f"ip address replace {ENDPOINT}/128 dev eth1 preferred_lft 0; for i in $(seq 100); do "
             f"ip -6 address show dev eth1 tentative | grep -q {ENDPOINT} || exit 0; sleep 0.1; done; exit 1")


def release(node):
    sh(node, f"ip address del {ENDPOINT}/128 dev eth1 2>/dev/null; sysctl -qw net.ipv6.conf.eth1.ndisc_notify=0")


def several():
    """The lab's configuration with three masters, on the first one."""
    text = lazyjack("lab", "config").out
    text = text.replace("general:\n", f'general:\n  control-plane-endpoint: "[{ENDPOINT}]:6443"\n', 1)
    for node in MASTERS[1:]:
        text, n = re.subn(rf'(  {node}:\n.*\n    opmodes: )".*"', r'\1"master"', text)
        expect(n == 1, f"{node} in:\n{text}")
    on("master", "cp", "/dev/stdin", "/root/config.yaml", stdin=text)


def masters():
    """The cluster of three masters and a minion, brought up once."""
    if UP != [lab.GENERATION]:
        lab.fresh("--nodes", "4")
        original()
        on("master", "cp", "-p", "/root/config.yaml", "/root/config.before")
        several()
        hold("master")
    return cluster()


def kubectl_on(node, *words, **more):
    return on(node, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--cache-dir=/run/kubectl", "--request-timeout=20s",
              *words, **more)


def etcd_members():
    out = kubectl_on(MASTERS[1], "-n", "kube-system", "exec", f"etcd-{MASTERS[1]}", "--", "etcdctl", "--endpoints", "https://[::1]:2379",
                  "--cacert", "/etc/kubernetes/pki/etcd/ca.crt", "--cert", "/etc/kubernetes/pki/etcd/server.crt",
                  "--key", "/etc/kubernetes/pki/etcd/server.key", "member", "list", "-w", "json").out
    return sorted(member["name"] for member in json.loads(out)["members"])


def state(node):
    """Whether the first master is Ready, asked on this one."""
    return kubectl_on(node, "get", "node", "master", "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}", status=None).out


@case("several masters: all join at once, the API answers at their common address, verify and a second up find all well")
def test_up():
    nodes = masters()
    rows = json.loads(kubectl("get", "nodes", "-l", "node-role.kubernetes.io/master", "-o", "json").out)["items"]
    expect(sorted(row["metadata"]["name"] for row in rows) == sorted(MASTERS), str(rows))
    expect(etcd_members() == sorted(MASTERS), str(etcd_members()))
    for node in nodes:
        conf = "admin" if node in MASTERS else "kubelet"
        expect(f"https://[{ENDPOINT}]:6443" in on(node, "cat", f"/etc/kubernetes/{conf}.conf").out, f"{node} asks elsewhere")
        expect(lab.counts(up(node))[0] == 0, f"a second up changes something on {node}")
        on(node, "lazyjack", "status")
    lazyjack("lab", "verify", seconds=WAIT)


@case("several masters: the certificate key is where it has to be and nowhere else")
def test_key():
    nodes = masters()
    key = KEY.search(on("master", "cat", "/root/config.yaml").out).group(1)
    allowed = {"/root/config.yaml", "/root/config.yaml.bak", "/var/lib/lazyjack/work-area/kubeadm.conf"}
    for node in nodes:
        found = set(sh(node, f"grep -rlsF {key} /root /etc /run /tmp /var/lib/lazyjack /var/log || :").out.split())
        expect(found <= allowed, f"{node}: {found}")
        expect((allowed & found == {"/root/config.yaml"}) == (node not in MASTERS), f"{node}: {found}")
        expect(key not in sh(node, "journalctl --no-pager -q").out, f"{node}: it is in the system's journal")
    expect(key not in on("master", "lazyjack", "config", "show").out, "config show tells it")


@case("several masters: with the first one gone, the address moves to another and the cluster goes on")
def test_failure():
    masters()
    sh("master", "systemctl stop kubelet; crictl ps -q | xargs -r crictl stop -t 1 >/dev/null; ip link set eth1 down")
    hold("minion-1")

    until(lambda: kubectl_on("minion-1", "get", "--raw", "/readyz", status=None).out == "ok", "the API server")
    until(lambda: kubectl_on("minion-1", "create", "namespace", "after", status=None).status == 0, "a quorum of etcd")
    until(lambda: state("minion-1") in ("False", "Unknown"), "the cluster to notice")
    kubectl_on("minion-1", "delete", "namespace", "after", "--wait=false")
    # Back again, and the address with it.
    release("minion-1")
    sh("master", "ip link set eth1 up; systemctl start kubelet")
    on("master", "lazyjack", "prepare")
    hold("master")
    on("master", "lazyjack", "up", seconds=WAIT)
    until(lambda: state("master") == "True", "the first master to be Ready again")
    lazyjack("lab", "verify", seconds=WAIT)


@case("several masters: a master leaves and joins again, which etcd hears of; not as a minion meanwhile")
def test_leave():
    masters()
    config = on("minion-2", "cat", "/root/config.yaml").out
    changed = re.sub(r'(  minion-2:\n.*\n    opmodes: )".*"', r'\1"minion"', config)
    on("minion-2", "cp", "/dev/stdin", "/run/other.yaml", stdin=changed)
    result = on("minion-2", "lazyjack", "up", "-c", "/run/other.yaml", status=2)
    expect("another role" in result.text, str(result))
    on("minion-2", "lazyjack", "down", seconds=WAIT)
    expect(etcd_members() == sorted(MASTERS[:2]), str(etcd_members()))
    up("minion-2")
    kubectl("wait", "--for=condition=Ready", "node/minion-2", f"--timeout={WAIT}s")
    expect(etcd_members() == sorted(MASTERS), str(etcd_members()))


@case("several masters: without the uploaded keys a master is told how to bring them back, and joins then")
def test_expired():
    masters()
    on("minion-2", "lazyjack", "down", seconds=WAIT)
    kubectl("-n", "kube-system", "delete", "secret", "kubeadm-certs")  # as the token cleaner does after two hours
    result = on("minion-2", "lazyjack", "up", status=1, seconds=WAIT)
    expect("upload-certs --upload-certs --config" in result.text, str(result))
    on("master", "kubeadm", "init", "phase", "upload-certs", "--upload-certs", "--skip-certificate-key-print", "--config",
       "/var/lib/lazyjack/work-area/kubeadm.conf", seconds=WAIT)
    up("minion-2")
    kubectl("wait", "--for=condition=Ready", "node/minion-2", f"--timeout={WAIT}s")


@case("several masters: the first one leaves; it begins no second cluster, and joins when another one is first")
def test_first_leaves():
    nodes = masters()
    release("master")
    hold("minion-1")
    on("master", "lazyjack", "down", seconds=WAIT)
    expect(etcd_members() == sorted(MASTERS[1:]), str(etcd_members()))
    result = on("master", "lazyjack", "up", status=3)
    expect("on 'minion-1'" in result.text and "put 'minion-1' before it" in result.text, str(result))
    config = on("master", "cat", "/root/config.yaml").out
    block = re.search(r"  minion-1:\n(    .*\n)+", config).group(0)
    other = config.replace(block, "").replace("topology:\n", "topology:\n" + block, 1)
    for node in nodes:
        on(node, "cp", "/dev/stdin", "/root/config.yaml", stdin=other)
        on(node, "lazyjack", "prepare")
    for node in nodes:
        up(node)
    expect(etcd_members() == sorted(MASTERS), str(etcd_members()))
    ready()
    for node in nodes:
        expect(lab.counts(up(node))[0] == 0, f"a second up changes something on {node}")
        rows = [json.loads(line) for line in on(node, "lazyjack", "status", "--json", status=None).out.splitlines()]
        expect(not [row for row in rows if row["kind"] == "kubeadm" and row["state"] != "in-place"], f"{node}: {rows}")
    lazyjack("lab", "verify", seconds=WAIT)


@case("several masters: down, one master after another, then clean, lead back on every node")
def test_down():
    nodes = masters()
    UP.clear()
    for node in ("minion-3", "minion-2", "master", "minion-1"):
        on(node, "lazyjack", "down", seconds=WAIT)
    for node in MASTERS[:2]:
        release(node)
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    # The file was edited since init wrote into it, so that init's change stays, and its copy.
    sh("master", "mv /root/config.before /root/config.yaml; rm -f /root/config.yaml.bak")
    each(nodes[1:], lambda node: on(node, "rm", "-f", "/root/config.yaml"))
    for node, state in zip(nodes, each(nodes, snapshot.take)):
        snapshot.expect_same(ORIGINAL[node], state, f"{node} after down and clean")
