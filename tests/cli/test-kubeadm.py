#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The golden kubeadm documents against a real kubeadm: test-kubeadm.py PROGRAM (not run). TAP.

kubeadm is LAZYJACK_KUBE_DIR/bin/kubeadm, else the one in PATH. It only reads each file, in a network namespace without
any way out, so that it can neither touch this machine nor ask the internet.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "golden")

# Minor versions of kubeadm that read each (kubernetes/kubernetes, cmd/kubeadm/app/apis/kubeadm/VERSION/doc.go).
READERS = {"v1beta1": (13, 21), "v1beta2": (15, 26), "v1beta3": (22, 36), "v1beta4": (31, 99)}
GATE = (20, 20)  # of a dual-stack master's v1beta2
VALIDATE_FIRST = 26

# What kubeadm logs instead of failing when it does not know a field; "unknown" alone would hit its own advice.
STRICT = re.compile(r"strict|unknown field|unknown configuration|unmarshal", re.I)


def find_kubeadm():
    """The program, or None and why there is none."""
    directory = os.environ.get("LAZYJACK_KUBE_DIR")
    if directory:
        path = os.path.join(directory, "bin", "kubeadm")
        return (path, "") if os.access(path, os.X_OK) else (None, f"LAZYJACK_KUBE_DIR is set, but no {path} is there")
    path = shutil.which("kubeadm")
    return path, "no kubeadm in PATH, and LAZYJACK_KUBE_DIR is not set"


def isolated(*words):
    return subprocess.run(["unshare", "-n", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def version_of(kubeadm):
    """("v1.20.2", 20)"""
    text = isolated(kubeadm, "version", "-o", "short").stdout.strip()
    return text, int(re.match(r"v1\.(\d+)", text).group(1))


def is_read(name, minor):
    api = name.split("-")[1]
    first, last = READERS[api]
    if api == "v1beta2" and "dual-stack" in name:
        first, last = GATE
    return first <= minor <= last


def check(kubeadm, version, minor, path, directory):
    """None, or what kubeadm has against the file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # A kubeadm makes clusters of its own version or the one before only; what is tested is the form of the documents.
    text = re.sub(r'^kubernetesVersion: "v1\.\d+\.\d+"$', f'kubernetesVersion: "{version}"', text, flags=re.M)
    given, made = os.path.join(directory, "given.yaml"), os.path.join(directory, "made.yaml")
    with open(given, "w", encoding="utf-8") as file:
        file.write(text)
    if minor >= VALIDATE_FIRST:
        result = isolated(kubeadm, "config", "validate", "--config", given)
    else:
        result = isolated(kubeadm, "config", "migrate", "--old-config", given, "--new-config", made)
    said = result.stdout + result.stderr
    return said if result.returncode != 0 or STRICT.search(said) else None


def check_misspelt(kubeadm, version, minor, name, directory):
    """The test itself: a field that does not exist has to be noticed."""
    wrong = os.path.join(directory, "wrong.yaml")
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as file:
        text = file.read()
    with open(wrong, "w", encoding="utf-8") as file:
        file.write(text.replace("criSocket", "criSockets"))
    return None if check(kubeadm, version, minor, wrong, directory) else "kubeadm took 'criSockets'"


def main():
    names = sorted(name for name in os.listdir(GOLDEN) if re.match(r"kubeadm-v1.*\.yaml$", name))
    kubeadm, reason = find_kubeadm()
    if kubeadm is None:
        print(f"1..1\nok 1 - documents # SKIP {reason}")
        return 0
    version, minor = version_of(kubeadm)
    print(f"1..{len(names) + 1}")
    number = failed = 0

    def tell(error, what):
        nonlocal number, failed
        number += 1
        failed += error is not None
        print(f"{'not ok' if error else 'ok'} {number} - {what}")
        for line in (error or "").splitlines():
            print(f"# {line}")

    with tempfile.TemporaryDirectory() as directory:
        read = [name for name in names if is_read(name, minor)]
        for name in names:
            if name in read:
                tell(check(kubeadm, version, minor, os.path.join(GOLDEN, name), directory), f"{name} by {version}")
            else:
                tell(None, f"{name} # SKIP the kubeadm at hand is {version}, which does not read it")
        tell(check_misspelt(kubeadm, version, minor, read[0], directory) if read else
             f"no golden file is for {version}", "a misspelt key is noticed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
