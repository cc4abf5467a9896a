# SPDX-License-Identifier: Apache-2.0
"""Clusters of the real kubeadm in every mode with every plugin, and with a plugin that brings its own network."""

import ipaddress
import json

import lab
import snapshot
from cases import case
from kubernetes import ORIGINAL, UP, WAIT, WEB, cluster, kubectl, original, ready, take_down, until, up
from lab import check, each, expect, lazyjack, on, sh

NODE_NETWORKS = {"ipv6": ["fd00:20::/64"], "ipv4": ["10.20.0.0/16"], "dual-stack": ["fd00:20::/64", "10.20.0.0/16"]}
MANIFEST = "/root/network.yaml"

# A plugin of the test's own: it puts a CNI configuration on each node, and routes to the others' pods.
NETWORK = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: network, namespace: kube-system}
spec:
  selector: {matchLabels: {app: network}}
  template:
    metadata: {labels: {app: network}}
    spec:
      hostNetwork: true
      terminationGracePeriodSeconds: 1
      tolerations: [{operator: Exists}]
      volumes: [{name: cni, hostPath: {path: /etc/cni/net.d, type: DirectoryOrCreate}}]
      containers:
      - name: network
        image: lab.local/busybox:1
        imagePullPolicy: Never
        securityContext: {capabilities: {add: [NET_ADMIN]}}
        volumeMounts: [{name: cni, mountPath: /cni}]
        command:
        - sh
        - -c
        - |
          case $(hostname) in master) own=2;; minion-1) own=3;; *) own=4;; esac
          for id in 2 3 4; do [ $id = $own ] || ip route replace 10.244.$id.0/24 via 10.20.0.$id; done
          cat >/cni/.new <<X
          {"cniVersion": "1.0.0", "name": "trial", "plugins": [{"type": "bridge", "bridge": "trial0",
            "isDefaultGateway": true, "ipMasq": true, "mtu": 1450, "ipam": {"type": "host-local",
            "dataDir": "/run/trial", "ranges": [[{"subnet": "10.244.$own.0/24"}]]}}]}
          X
          mv /cni/.new /cni/05-trial.conflist
          exec sleep 1000000
"""

# What that plugin leaves on a node, which is nobody's business but its own.
REMAINS = ("rm -f /etc/cni/net.d/05-trial.conflist; ip link del trial0 2>/dev/null; rm -rf /run/trial; "
           "for id in 2 3 4; do ip route del 10.244.$id.0/24 2>/dev/null; done; :")


def fetch(pod, address):
    host = f"[{address}]" if ":" in address else address
    return kubectl("exec", pod, "--", "timeout", "10", "wget", "-qO-", f"http://{host}:8080/", status=None)


def check_pods(families):
    """A pod on each node reaches all others at each of their addresses."""
    kubectl("apply", "-f", "-", stdin=WEB)
    kubectl("rollout", "status", "ds/web", f"--timeout={WAIT}s")
    rows = json.loads(kubectl("get", "pods", "-l", "app=web", "-o", "json").out)["items"]
    expect(len(rows) == len(lab.names()), str(rows))
    for row in rows:
        addresses = [entry["ip"] for entry in row["status"]["podIPs"]]
        expect(len(addresses) == families, f"{row['metadata']['name']} has {addresses}")
        for other in rows:
            for entry in other["status"]["podIPs"]:
                result = check(fetch(row["metadata"]["name"], entry["ip"]))
                expect(result.out.strip() == other["metadata"]["name"], str(result))
    kubectl("delete", "-f", "-", stdin=WEB)


def check_nodes(mode):
    networks = [ipaddress.ip_network(text) for text in NODE_NETWORKS[mode]]
    for row in json.loads(kubectl("get", "nodes", "-o", "json").out)["items"]:
        found = [ipaddress.ip_address(entry["address"]) for entry in row["status"]["addresses"]
                 if entry["type"] == "InternalIP"]
        expect(len(found) == len(networks) and all(address in network for address, network in zip(found, networks)),
               f"{row['metadata']['name']}: {found}")


def round_trip(mode, plugin):
    lab.fresh("--mode", mode, "--plugin", plugin)
    nodes = cluster()
    check_nodes(mode)
    result = lazyjack("lab", "verify", "--json", seconds=WAIT)
    rows = [json.loads(line) for line in result.out.splitlines()]
    for wanted in ("mgmt", "mtu", "pod", "api", "ready", "service", "cluster-dns", "name"):
        expect([row for row in rows if row.get("check") == wanted], f"no check '{wanted}'\n{result}")
    check_pods(len(NODE_NETWORKS[mode]))
    each(nodes, lambda node: on(node, "lazyjack", "status"))
    for node in nodes:
        expect(lab.counts(up(node))[0] == 0, f"a second up changes something on {node}")
    take_down()


@case("cluster modes: ipv4 with bridge")
def test_ipv4_bridge():
    round_trip("ipv4", "bridge")


@case("cluster modes: ipv4 with ptp")
def test_ipv4_ptp():
    round_trip("ipv4", "ptp")


@case("cluster modes: ipv6 with bridge")
def test_ipv6_bridge():
    round_trip("ipv6", "bridge")


@case("cluster modes: ipv6 with ptp")
def test_ipv6_ptp():
    round_trip("ipv6", "ptp")


@case("cluster modes: dual-stack with bridge")
def test_dual_bridge():
    round_trip("dual-stack", "bridge")


@case("cluster modes: dual-stack with ptp")
def test_dual_ptp():
    round_trip("dual-stack", "ptp")


def set_plugin(nodes, lines):
    """The configuration with these instead of its plugin, on all nodes."""
    sh("master", f"sed -i '/^  plugin/d; s|^general:|&\\n{lines}|' /root/config.yaml")
    lab.give_config(nodes)


@case("cluster modes: a plugin that brings its own network, by its manifest")
def test_own_network():
    lab.fresh("--mode", "ipv4")
    nodes = original()
    on("master", "cp", "/root/config.yaml", "/root/config.before")
    set_plugin(nodes, "  plugin: none")
    on("master", "lazyjack", "init")
    lab.give_config(nodes)
    each(nodes, lambda node: on(node, "lazyjack", "prepare"))
    result = up("master")
    expect("stay NotReady" in result.text and "plugin-manifest" in result.text, str(result))
    expect(sh("master", "ip link show br0; nft list table ip lazyjack; ls /etc/cni/net.d/10-lazyjack.conflist",
              status=None).out == "", "something of lazyjack's own network is there")
    subnet = until(lambda: kubectl("get", "node", "master", "-o", "jsonpath={.spec.podCIDR}").out, "the node's pod subnet")
    expect(subnet == "10.244.0.0/24", subnet)
    nodes_json = json.loads(kubectl("get", "node", "master", "-o", "json").out)
    expect([entry for entry in nodes_json["status"]["conditions"] if entry["type"] == "Ready"][0]["status"] == "False",
           "the node is Ready without a network")
    rows = [json.loads(line) for line in on("master", "lazyjack", "verify", "--json", status=None, seconds=WAIT).out.splitlines()]
    expect([row for row in rows if "pods are left out" in row.get("remark", "")], str(rows))
    expect(not [row for row in rows if row.get("from", "").endswith("/pod")], str(rows))

    set_plugin(nodes, f"  plugin: none\\n  plugin-manifest: {MANIFEST}")
    result = on("master", "lazyjack", "up", status=3)
    expect(MANIFEST in result.text, str(result))
    on("master", "cp", "/dev/stdin", MANIFEST, stdin=NETWORK)
    result = up("master")
    expect(lab.counts(result)[0] == 1 and "manifest" in result.out, str(result))
    each(nodes[1:], up)
    ready()
    until(lambda: all(sh(node, "test -e /etc/cni/net.d/05-trial.conflist", status=None).status == 0 for node in nodes),
          "the plugin's files")
    expect(lab.counts(up("master"))[0] == 0, "a second up changes something")
    each(nodes[1:], lambda node: on(node, "lazyjack", "status"))
    # The master's configuration was edited since init wrote into it, which status tells.
    rows = [json.loads(line) for line in on("master", "lazyjack", "status", "--json", status=None).out.splitlines()]
    expect([row["kind"] for row in rows if row["state"] not in ("in-place", "foreign")] == ["edited-file"], str(rows))
    lazyjack("lab", "verify", seconds=WAIT)
    check_pods(1)

    on("master", "sed", "-i", "s/name: network$/&/; 1i # edited", MANIFEST)
    expect(lab.counts(up("master"))[0] == 1, "an edited manifest is not applied again")
    result = on("master", "lazyjack", "down", seconds=WAIT)
    expect("undone" in result.out, str(result))
    each(nodes[1:], lambda node: on(node, "lazyjack", "down", seconds=WAIT))
    UP.clear()
    each(nodes, lambda node: sh(node, REMAINS + "; [ $(hostname) = master ] || rm -f /root/config.yaml"))
    each(nodes, lambda node: on(node, "lazyjack", "clean"))
    # Since the configuration was edited, init's change of it stays, and so does its copy.
    sh("master", f"mv /root/config.before /root/config.yaml; rm /root/config.yaml.bak {MANIFEST}")
    for node, state in zip(nodes, each(nodes, snapshot.take)):
        snapshot.expect_same(ORIGINAL[node], state, f"{node} after down and clean")


@case("cluster modes: back to the usual lab")
def test_end():
    lab.fresh()
