#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""lazyjack config, and a configuration from a web server: test-config.py PROGRAM. TAP."""

import contextlib
import http.server
import json
import os
import re
import shutil
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(sys.argv[1])
SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "samples")
NAMES = ["orca", "lazyjack-1.0", "lazyjack-1.3-ipv6", "lazyjack-1.3-ipv4", "lazyjack-1.3-dual-stack"]
MODES = ["ipv6", "ipv4", "dual-stack"]
TOKEN = "7aee33.05f81856d78346bd"


def run(*words, **more):
    return subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, **more)


def sample(name):
    return os.path.join(SAMPLES, name + ".yaml")


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def shown(path, *words):
    result = run("config", "show", "--json", path, *words)
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


class Directory(tempfile.TemporaryDirectory):
    def __enter__(self):
        self.name = os.path.realpath(self.name)
        return lambda name: os.path.join(self.name, name)


def test_samples_of_earlier_releases():
    """Every historic form is valid as it is, with warnings about old keys, what is unsafe and what is too old."""
    for name in NAMES:
        result = run("validate", "--json", sample(name))
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 0, (name, result.stdout)
        old = [row for row in rows if "migrate" in (row["hint"] or "")]
        assert len(old) == {"orca": 6, "lazyjack-1.0": 4}.get(name, 0), (name, rows)
        rest = [row["message"] for row in rows if row not in old]
        assert all("work-area" in message or "insecure" in message or "1.12 is too old" in message for message in rest), (name, rest)


def test_migrate_means_the_same():
    """Migrated, each sample has no old key and makes the same cluster, field by field."""
    with Directory() as at:
        for name in NAMES:
            result = run("config", "migrate", sample(name))
            assert result.returncode == 0 and not result.stderr, (name, result.stderr)
            write(at("new.yaml"), result.stdout)
            assert "migrate" not in run("validate", at("new.yaml")).stdout, name
            assert shown(sample(name), "--secrets") == shown(at("new.yaml"), "--secrets"), name
            again = run("config", "migrate", "--config", at("new.yaml"))
            assert again.stdout == result.stdout, name


def test_migrate_in_place():
    """--write keeps owner, mode, attributes and the old text; what it named .bak before is kept, too."""
    with Directory() as at:
        shutil.copy(sample("orca"), at("c.yaml"))
        os.chmod(at("c.yaml"), 0o640)
        if os.geteuid() == 0:
            os.chown(at("c.yaml"), 1234, 4321)
        os.symlink("c.yaml", at("link.yaml"))
        write(at("c.yaml.bak"), "mine")
        expected, old = run("config", "migrate", at("c.yaml")).stdout, read(at("c.yaml"))
        assert run("config", "migrate", "--write", "--dry-run", at("c.yaml")).stdout == expected
        assert read(at("c.yaml")) == old
        result = run("config", "migrate", at("link.yaml"), "--write")
        assert result.returncode == 0 and "c.yaml.bak.1" in result.stdout, result.stdout + result.stderr
        assert os.path.islink(at("link.yaml")) and read(at("c.yaml")) == expected
        assert read(at("c.yaml.bak")) == "mine" and read(at("c.yaml.bak.1")) == old
        for name in ("c.yaml", "c.yaml.bak.1"):
            info = os.stat(at(name))
            assert stat.S_IMODE(info.st_mode) == 0o640, oct(info.st_mode)
            assert os.geteuid() != 0 or (info.st_uid, info.st_gid) == (1234, 4321)
        result = run("config", "migrate", "-w", at("c.yaml"))
        assert result.returncode == 0 and "already" in result.stdout
        assert sorted(os.listdir(at(""))) == ["c.yaml", "c.yaml.bak", "c.yaml.bak.1", "link.yaml"]


def test_migrate_refuses():
    """A file with errors or with a key that cannot be rewritten stays, and the message says where."""
    with Directory() as at:
        for text, says in (("plugin: flannel\n", "flannel"), ("plugin: >-\n  bridge\n", "line 2"),
                           ("plugin: bridge\nnonsense: x\n", "nonsense")):
            write(at("c.yaml"), text)
            result = run("config", "migrate", "--write", at("c.yaml"))
            assert result.returncode == 2 and says in result.stderr, result.stderr
            assert read(at("c.yaml")) == text and os.listdir(at("")) == ["c.yaml"]
        for words in (["--write", at("absent.yaml")], [at("absent.yaml")]):
            result = run("config", "migrate", *words)
            assert result.returncode == 2 and "absent.yaml" in result.stderr, result.stderr


def test_show_fields():
    """All values, defaults filled in, and what follows from them."""
    result = shown(sample("orca"))
    assert result["general"]["kubeadm-timeout"] == 600 and result["general"]["insecure"] is False
    assert result["pod_net"] == {"cidr": "fd00:40::/64", "mtu": 1500, "node_size": 80}
    derived = result["derived"]
    assert derived["cluster_dns"] == ["fd00:30::a"]
    assert derived["support_gateways"] == ["fd00:10::1", "172.18.0.1"]
    assert derived["dns64_forwarder"] == "fd00:10:64:ff9b::4066:6f7" and derived["nat64_engine"] == "auto"
    master, minion = derived["nodes"]
    assert master["roles"] == ["master", "dns64", "nat64"] and minion["roles"] == ["minion"]
    assert minion["name"] == "a-minion" and minion["addresses"] == ["fd00:20::3/64"]
    assert minion["pods"] == [{"subnet": "fd00:40:0:0:3::/80", "gateway": "fd00:40::3:0:0:1", "via": "fd00:20::3"}]
    assert {"to": "fd00:10::/64", "via": "fd00:20::2", "dev": "eth0"} in minion["routes"]
    assert {"to": "172.18.0.128/25", "via": "172.18.0.200"} in master["routes"]
    assert {"to": "fd00:30::/110", "via": "fd00:20::2", "dev": "eth0"} in minion["routes"]
    assert {"to": "fd00:40:0:0:2::/80", "via": "fd00:20::2", "dev": "eth0"} in minion["routes"]
    dual = shown(sample("lazyjack-1.3-dual-stack"))
    assert dual["derived"]["nodes"][1]["addresses"] == ["10.192.0.3/16", "fd00:20::3/64"]
    assert [pods["subnet"] for pods in dual["derived"]["nodes"][1]["pods"]] == ["10.244.3.0/24", "fd00:40:0:0:3::/80"]
    assert "nat64" not in dual and "node_size" not in dual["pod_net"]
    to = [route["to"] for route in dual["derived"]["nodes"][1]["routes"]]
    assert to == ["10.96.0.0/12", "10.244.2.0/24", "10.244.4.0/24", "fd00:40:0:0:2::/80", "fd00:40:0:0:4::/80"], to


def test_show_routes():
    """Each node's routes in the modes without NAT64, in JSON and as comments; a plugin's own network has none to pods."""
    path = sample("lazyjack-1.3-ipv4")
    master, minion = [node["routes"] for node in shown(path)["derived"]["nodes"]][:2]
    others = [{"to": f"10.244.{node}.0/24", "via": f"10.192.0.{node}", "dev": "eth1"} for node in (2, 3, 4)]
    assert master == [{"to": "10.96.0.0/12", "dev": "eth1"}, others[1], others[2]], master
    assert minion == [{"to": "10.96.0.0/12", "via": "10.192.0.2", "dev": "eth1"}, others[0], others[2]], minion
    text = run("config", "show", path).stdout
    assert "# route 10.96.0.0/12 dev eth1\n" in text and "# route 10.244.3.0/24 via 10.192.0.3 dev eth1\n" in text, text
    with Directory() as at:
        write(at("c.yaml"), re.sub("plugin: .*", "plugin: calico", read(path)))
        assert shown(at("c.yaml"))["derived"]["nodes"][0]["routes"] == master[:1]


def test_show_keeps_the_secret():
    """The token is shown with --secrets alone."""
    for words in (["config", "show"], ["config", "show", "--json"], ["config", "show", "-vv"]):
        result = run(*words, sample("orca"))
        assert result.returncode == 0 and TOKEN not in result.stdout + result.stderr, words
        assert "<masked>" in result.stdout
        assert TOKEN in run(*words, "--secrets", sample("orca")).stdout, words


def test_sample_of_several_masters():
    """`config sample --ha` is valid in every mode; the key of such a cluster is shown as little as the token."""
    key = "0123456789abcdef" * 4
    with Directory() as at:
        for mode in ("ipv6", "ipv4", "dual-stack"):
            text = run("config", "sample", "--ha", "--mode", mode).stdout
            write(at("c.yaml"), text.replace("# certificate-key:", f"certificate-key: {key}"))
            result = run("validate", at("c.yaml"))
            assert result.returncode == 0 and result.stderr == "", result.stderr
            roles = [node["roles"][0] for node in shown(at("c.yaml"))["derived"]["nodes"]]
            assert roles == ["master"] * 3 + ["minion"] * 2, roles
            assert key not in run("config", "show", at("c.yaml")).stdout
            assert key in run("config", "show", "--secrets", at("c.yaml")).stdout
        write(at("c.yaml"), text.replace("# certificate-key:", f"certificate-key: {key}0"))
        result = run("validate", at("c.yaml"))
        said = result.stdout + result.stderr
        assert result.returncode == 2 and "general.certificate-key" in said and key not in said, said


def test_show_is_a_configuration():
    """What is shown is a configuration that means the same: text and JSON."""
    with Directory() as at:
        for name in NAMES:
            write(at("text.yaml"), run("config", "show", "--secrets", sample(name)).stdout)
            object_ = shown(sample(name), "--secrets")
            assert shown(at("text.yaml"), "--secrets") == object_, name
            object_.pop("derived")
            write(at("object.yaml"), json.dumps(object_))
            assert shown(at("object.yaml"), "--secrets")["derived"] == shown(sample(name))["derived"], name


def test_show_of_a_bad_file():
    """Errors are told as those of validate, in JSON on standard output."""
    with Directory() as at:
        write(at("c.yaml"), "mgmt_net:\n  cidr: x\n")
        result = run("config", "show", "--json", at("c.yaml"))
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.returncode == 2 and any(row["line"] == 2 for row in rows), result.stdout
        result = run("config", "show", at("c.yaml"))
        assert result.returncode == 2 and not result.stdout and "c.yaml:2:9" in result.stderr, result.stderr


def test_show_of_many_nodes():
    """5,000 nodes take time in proportion, not more."""
    with Directory() as at:
        text = read(sample("lazyjack-1.3-ipv6")).replace("fd00:40::/72", "fd00:40::/64").replace("topology:\n", "topology:\n" + "".join(
            f"  node-{i}:\n    interface: eth0\n    opmodes: minion\n    id: {i}\n" for i in range(4, 5002)))
        write(at("c.yaml"), text)
        write(at("bits.yaml"), text.replace("    mtu: 9000\n", "    mtu: 9000\n    node_size: 80\n"))
        begin = time.monotonic()
        nodes = shown(at("bits.yaml"))["derived"]["nodes"]
        assert len(nodes) == 5000 and [route["to"] for route in nodes[-1]["routes"]][-1] == "fd00:30::/110"
        assert time.monotonic() - begin < 20


def test_samples():
    """Each mode's sample is valid, without a warning."""
    with Directory() as at:
        for mode in MODES:
            result = run("config", "sample", "--mode", mode)
            write(at("c.yaml"), result.stdout)
            result = run("validate", at("c.yaml"))
            assert result.returncode == 0 and result.stdout.count("\n") == 1, result.stdout
            assert result.stdout.endswith(f"valid: 3 nodes, {mode}\n"), result.stdout
    result = run("config", "sample", "--mode", "ipv5")
    assert result.returncode == 2 and "dual-stack" in result.stderr, result.stderr


def kind_of(value):
    return ("null" if value is None else "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int)
            else "string" if isinstance(value, str) else "object")


def violations(schema, value, path=""):
    """The part of JSON Schema that ours uses, and nothing else: an unknown keyword is a mistake here."""
    for keyword, rule in schema.items():
        is_object = isinstance(value, dict)
        if keyword == "type":
            allowed = rule if isinstance(rule, list) else [rule]
            if kind_of(value) not in allowed:
                yield f"{path}: {kind_of(value)} is not of {allowed}"
        elif keyword == "enum":
            if not any(value == one and kind_of(value) == kind_of(one) for one in rule):
                yield f"{path}: {value} is none of {rule}"
        elif keyword == "pattern":
            if isinstance(value, str) and not re.search(rule, value):
                yield f"{path}: {value} does not match {rule}"
        elif keyword == "minimum":
            if kind_of(value) == "integer" and value < rule:
                yield f"{path}: {value} is below {rule}"
        elif keyword == "maximum":
            if kind_of(value) == "integer" and value > rule:
                yield f"{path}: {value} is above {rule}"
        elif keyword == "maxLength":
            if isinstance(value, str) and len(value) > rule:
                yield f"{path}: {value} is too long"
        elif keyword == "minProperties":
            if is_object and len(value) < rule:
                yield f"{path}: too few"
        elif keyword == "required":
            for name in rule:
                if is_object and name not in value:
                    yield f"{path}: no {name}"
        elif keyword == "properties":
            for name, part in rule.items():
                if is_object and name in value:
                    yield from violations(part, value[name], f"{path}.{name}")
        elif keyword == "propertyNames":
            for name in value if is_object else ():
                yield from violations(rule, name, f"{path}.{name}")
        elif keyword == "additionalProperties":
            for name in value if is_object else ():
                if name in schema.get("properties", {}):
                    continue
                if rule is False:
                    yield f"{path}: unknown {name}"
                else:
                    yield from violations(rule, value[name], f"{path}.{name}")
        elif keyword == "allOf":
            for part in rule:
                yield from violations(part, value, path)
        elif keyword == "not":
            if not list(violations(rule, value, path)):
                yield f"{path}: {value} is not allowed"
        elif keyword == "if":
            if not list(violations(rule, value, path)):
                yield from violations(schema["then"], value, path)
        else:
            assert keyword in ("$schema", "title", "description", "default", "examples", "then"), keyword


def schema_check():
    """A function that says what is wrong with an object; the well-known library looks as well where it is there."""
    schema = json.loads(run("config", "schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(run("config", "schema", "--json").stdout) == schema
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
        jsonschema.Draft202012Validator.check_schema(schema)
        library = jsonschema.Draft202012Validator(schema)
    except ImportError:
        library = None

    def check(value):
        found = list(violations(schema, value))
        assert library is None or library.is_valid(value) == (not found), (found, value)
        return found
    return check


def test_schema_takes_modern_files():
    """The JSON Schema accepts every sample in the present form, and what is shown of it."""
    check = schema_check()
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError:
        yaml = None
    for name in NAMES:
        value = shown(sample(name))
        value.pop("derived")
        assert check(value) == [], (name, check(value))
        if yaml:
            value = yaml.safe_load(run("config", "migrate", sample(name)).stdout)
            assert check(value) == [], (name, check(value))
    for mode in MODES:
        if yaml:
            value = yaml.safe_load(run("config", "sample", "--mode", mode).stdout)
            assert check(value) == [], (mode, check(value))


def test_schema_refuses():
    """The JSON Schema refuses unknown keys, foreign and missing ones, and values of the wrong form; what it takes is valid."""
    check = schema_check()
    good = shown(sample("lazyjack-1.3-ipv6"))
    good.pop("derived")

    def change(path, value):
        copy = json.loads(json.dumps(good))
        at, *rest = copy, *path[:-1]
        for name in rest:
            at = at.setdefault(name, {})
        if value is KeyError:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        return copy

    bad = [
        (["nonsense"], 1), (["general", "nonsense"], 1), (["topology", "a-minion", "nonsense"], 1), (["plugin"], "ptp"),
        (["mgmt_net", "subnet"], "fd00::"), (["dns64", "allow_ipv6_use"], True), (["general", "mode"], "ipv7"),
        (["general", "mode"], "ipv4"), (["general", "mode"], "dual-stack"), (["mgmt_net", "cidr2"], "10.0.0.0/8"),
        (["mgmt_net", "cidr"], KeyError), (["nat64", "ip"], None), (["dns64", "cidr"], ""), (["nat64"], KeyError), (["topology"], {}), (["topology"], KeyError),
        (["topology", "a-minion", "id"], KeyError), (["topology", "a-minion", "id"], 0), (["topology", "a_b"], {}),
        (["pod_net", "mtu"], 1279), (["pod_net", "mtu"], 65536), (["pod_net", "mtu"], "many"),
        (["pod_net", "mtu"], "01500"), (["pod_net", "mtu"], True), (["topology", "a-minion", "id"], ""), (["general", "insecure"], 1),
        (["topology", "a-minion", "interface"], True),
        (["nat64", "v4_ip"], "fd00::1"), (["dns64", "ip"], "10.0.0.1"), (["support_net", "v4cidr"], "172.18.0.0"),
        (["general", "token"], "abc"), (["general", "insecure"], "maybe"), (["general", "cri-socket"], "run/x"),
        (["general", "kubernetes-version"], "1.30"), (["topology", "a-minion", "interface"], "a/b"),
    ]
    for path, value in bad:
        assert check(change(path, value)), (path, value)
    for path, value in ((["general", "token"], "<provide-token>"), (["general", "token"], None), (["general", "token"], ""),
                        (["general", "insecure"], "yes"), (["general", "mode"], None), (["mgmt_net", "cidr2"], None),
                        (["general", "cri-socket"], "unix:///run/x.sock"), (["general"], None),
                        (["general", "mode"], ""), (["general", "plugin"], ""), (["general", "insecure"], "TRUE"),
                        (["general", "insecure"], "off"), (["general", "insecure"], ""), (["general", "kubeadm-timeout"], "600"),
                        (["general", "kubeadm-timeout"], ""), (["pod_net", "mtu"], "1500"),
                        (["topology", "a-minion", "id"], "3"), (["topology", "a-minion", "interface"], 1)):
        assert check(change(path, value)) == [], (path, value, check(change(path, value)))
        with Directory() as at:
            write(at("c.yaml"), json.dumps(change(path, value)))
            assert run("validate", at("c.yaml")).returncode == 0, (path, value, run("validate", at("c.yaml")).stdout)


def test_words():
    """Wrong words get the right status and say what is right."""
    for words, says in ((["config"], "show, migrate, sample"), (["config", "shwo"], "did you mean 'config show'"),
                        (["config", "keys", "x"], "unexpected argument 'x'"), (["config", "show", "a", "b"], "'b'")):
        result = run(*words)
        assert result.returncode == 2 and says in result.stderr, (words, result.stderr)
    assert "pod_net.mtu: 1280 to 65535 octets; default 1500" in run("config", "keys").stdout


class Handler(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_GET(self):  # pylint: disable=invalid-name
        self.seen.append(self.path)
        path = self.path.split("?")[0]
        if path in ("/to-http", "/to-file", "/to-good", "/for-ever"):
            self.send_response(302)
            host = self.headers["Host"]
            self.send_header("Location", {"/to-http": f"http://{host}/good", "/to-file": "file:///etc/hostname",
                                          "/to-good": "/good", "/for-ever": "/for-ever"}[path])
            self.end_headers()
            return
        if path not in ("/good", "/large", "/endless"):
            self.send_error(404)
            return
        self.send_response(200)
        body = read(sample("orca")).encode()
        if path == "/large":
            self.send_header("Content-Length", str(9 << 20))
        elif path == "/good":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)
            for _ in range(40 if path == "/endless" else 9 if path == "/large" else 0):
                self.wfile.write(b"#" * (1 << 20))

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


@contextlib.contextmanager
def server():
    """An HTTPS server with a certificate of an authority of its own: (URL without path, file of the authority)."""
    with Directory() as at:
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test CA", "-keyout", at("ca.key"),
                "-out", at("ca.crt"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", at("key"), "-out", at("csr"))
        write(at("ext"), "subjectAltName=DNS:localhost\n")
        openssl("x509", "-req", "-in", at("csr"), "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2",
                "-extfile", at("ext"), "-out", at("crt"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at("crt"), at("key"))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
            httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
            httpd.daemon_threads = True
            httpd.handle_error = lambda *_: None
            thread = threading.Thread(target=httpd.serve_forever, daemon=True)
            thread.start()
            yield f"https://localhost:{httpd.server_port}", at("ca.crt")
            httpd.shutdown()
            thread.join()


def trusting(ca):
    return {"env": {"SSL_CERT_FILE": ca, "HOME": os.environ.get("HOME", "/"), "PATH": os.environ["PATH"]}}


def test_url_is_read():
    """--config https://... reads what the server has, also behind a redirect; what follows '?' is not shown."""
    with server() as (url, ca):
        for path in ("/good", "/to-good", "/good?key=s3cret"):
            result = run("validate", "--config", url + path, **trusting(ca))
            assert result.returncode == 0 and "valid: 2 nodes" in result.stdout, (path, result.stdout, result.stderr)
            assert "s3cret" not in result.stdout + result.stderr
        assert "/good?key=s3cret" in Handler.seen
        result = run("config", "show", "--json", url + "/good", **trusting(ca))
        assert json.loads(result.stdout) == shown(sample("orca"))
        result = run("config", "migrate", url + "/good", **trusting(ca))
        assert result.stdout == run("config", "migrate", sample("orca")).stdout
        # A command that acts on a node: it gets as far as finding its node in what it read.
        result = run("prepare", "--dry-run", "--config", url + "/good?s3cret", "--host", "nobody", **trusting(ca))
        assert result.returncode in (2, 3) and "s3cret" not in result.stdout + result.stderr
        assert os.geteuid() != 0 or "not in the topology" in result.stderr, result.stderr


def test_url_is_checked():
    """An unknown authority, a redirect to what is no HTTPS, a missing file, too much: an error that says so."""
    with server() as (url, ca):
        result = run("validate", url + "/good")
        assert result.returncode == 2 and "certificate" in result.stderr, result.stderr
        for path, says in (("/to-http", "http"), ("/to-file", "file"), ("/none", "404"), ("/large", "exceeded"),
                           ("/endless", "too"), ("/for-ever", "redirect")):
            result = run("validate", url + path, **trusting(ca))
            assert result.returncode == 2 and says in result.stderr and not result.stdout, (path, result.stderr)
            assert "cannot fetch" in result.stderr or "too" in result.stderr, result.stderr
        rows = json.loads(run("validate", "--json", url + "/none", **trusting(ca)).stdout)
        assert rows["line"] == 0 and rows["file"] == url + "/none", rows
    result = run("validate", url + "/good", **trusting(ca))
    assert result.returncode == 2 and "curl" in result.stderr, result.stderr


def test_url_is_not_edited():
    """init and migrate --write refuse a URL and say so; plain HTTP and a password in the URL are refused everywhere."""
    for words in (["init", "--config"], ["config", "migrate", "--write"]):
        result = run(*words, "https://localhost/c.yaml?s3cret")
        assert result.returncode == 2 and "can be read, but not edited" in result.stderr, (words, result.stderr)
        assert "s3cret" not in result.stderr
    for url, says in (("http://localhost/c.yaml", "'https://'"), ("https://me:s3cret@localhost/", "leave it out")):
        for words in (["validate"], ["config", "show"], ["config", "migrate"], ["prepare", "-n", "--config"]):
            result = run(*words, url)
            assert os.geteuid() == 0 or words[0] != "prepare" or result.returncode == 3
            assert result.returncode in (2, 3) and "s3cret" not in result.stderr, (words, result.stderr)
            assert says in result.stderr or result.returncode == 3, (words, result.stderr)


def test_url_without_curl():
    """Without curl the message says what to install."""
    hidden = ["unshare", "--mount", "sh", "-c", 'mount --bind /dev/null "$(command -v curl)" && exec "$@"', "sh"]
    probe = subprocess.run([*hidden, "/bin/true"], capture_output=True, check=False, timeout=60)
    if probe.returncode != 0:
        return "SKIP no mount namespace"
    result = subprocess.run([*hidden, PROGRAM, "validate", "https://localhost/"], capture_output=True, text=True,
                            check=False, timeout=60)
    assert result.returncode == 2 and "without the program 'curl': install it" in result.stderr, result.stderr
    return None


def main():
    tests = [value for name, value in sorted(globals().items()) if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        note = ""
        try:
            skip = test()
            note = f" # {skip}" if skip else ""
            fault = None
        except AssertionError as error:
            fault = f"line {error.__traceback__.tb_next.tb_lineno}: {error}"
        failed += fault is not None
        print(f"{'not ok' if fault else 'ok'} {number} - {test.__doc__.splitlines()[0]}{note}", flush=True)
        if fault:
            print("# " + fault.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
