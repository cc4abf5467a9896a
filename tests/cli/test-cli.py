#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line: test-cli.py PROGRAM. Wrong words get the right status and say what is right. TAP."""

import json
import os
import stat
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])

# words, exit status, what standard output or error has to say
CASES = [
    (["version"], 0, "lazyjack "),
    (["--version"], 0, "lazyjack "),
    (["VERSION"], 0, "lazyjack "),
    (["version", "--json"], 0, '{"version":'),
    (["help"], 0, "prepare"),
    (["--help"], 0, "Commands:"),
    (["help", "prepare"], 0, "--dry-run"),
    (["prepare", "--help"], 0, "Options of every command"),
    (["help", "prepair"], 2, "did you mean 'prepare'"),
    ([], 2, "Commands:"),
    (["prepair"], 2, "did you mean 'prepare'"),
    (["banana"], 2, "there is no command 'banana'"),
    (["prepare", "--dry-rnu"], 2, "did you mean '--dry-run'"),
    (["prepare", "--config"], 2, "needs a value"),
    (["--config", "x", "--dry-rnu", "prepare"], 2, "did you mean '--dry-run'"),
    (["prepare", "now"], 2, "takes no argument"),
    (["up"], 2, "--no-kubeadm"),
    (["validate", "--config", "absent.yaml"], 2, "absent.yaml"),
    (["--config", "absent.yaml", "validate"], 2, "absent.yaml"),
    (["validate", "/"], 2, "directory"),
    (["lab", "lift"], 2, "lift"),
]

TOKEN = "abcdef.0123456789abcdef"


def run(words, **more):
    return subprocess.run([PROGRAM, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                          check=False, **more)


def check_case(words, status, says):
    result = run(words)
    text = result.stdout + result.stderr
    if result.returncode != status:
        return f"status {result.returncode}, not {status}: {text}"
    return None if says in text else f"'{says}' is not in: {text}"


def check_log_directory():
    """--log-dir makes a file that only its owner can read, whatever the command's fate."""
    with tempfile.TemporaryDirectory() as directory:
        run(["status", "--log-dir", directory + "/logs", "-vv"])
        names = os.listdir(directory + "/logs")
        if len(names) != 1 or not names[0].startswith("lazyjack-status-"):
            return f"log files: {names}"
        mode = stat.S_IMODE(os.stat(f"{directory}/logs/{names[0]}").st_mode)
        return None if mode == 0o600 else f"mode {mode:o}"


def check_secrets():
    """A token in a file with errors comes up in no output."""
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/c.yaml"
        with open(path, "w", encoding="ascii") as out:
            out.write(f"general:\n  token: \"{TOKEN}\"\n  tokn: \"{TOKEN}\"\n  mode: [\"{TOKEN}\"]\n")
        for words in (["validate", path], ["validate", path, "--json"], ["prepare", "-vv", "-c", path]):
            result = run(words)
            if TOKEN in result.stdout + result.stderr:
                return f"{words}: the token is shown"
            if result.returncode not in (2, 3):
                return f"{words}: status {result.returncode}"
    return None


def check_json():
    """Every line of validate --json is an object with the promised fields."""
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/c.yaml"
        with open(path, "w", encoding="ascii") as out:
            out.write("general:\n  mod: ipv6\ntopology: 7\n")
        result = run(["validate", path, "--json"])
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        fields = {"file", "line", "column", "severity", "message", "hint"}
        if result.returncode != 2 or len(rows) < 2 or any(set(row) != fields for row in rows):
            return f"{result.returncode}: {result.stdout}"
        return None if any((row["line"], row["column"]) == (2, 3) for row in rows) else str(rows)


def check_full_output():
    """Output that cannot be written is a failure, and said."""
    for words in (["version"], ["help"], ["version", "--json"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        if result.returncode != 1 or "cannot write to standard output" not in result.stderr:
            return f"{words}: {result.returncode}: {result.stderr}"
    return None


def check_closed_output():
    """A closed standard output is nobody else's: what is printed goes nowhere, not into a file opened meanwhile."""
    result = subprocess.run(["sh", "-c", 'exec "$0" version >&- 2>&-', PROGRAM], timeout=60, check=False)
    return None if result.returncode == 0 else f"status {result.returncode}"


def main():
    checks = [(" ".join(["lazyjack", *words]), lambda case=case: check_case(*case)) for case in CASES
              for words in [case[0]]]
    checks += [(function.__doc__.splitlines()[0], function)
               for function in (check_log_directory, check_secrets, check_json, check_full_output, check_closed_output)]
    print(f"1..{len(checks)}")
    failed = 0
    for number, (name, function) in enumerate(checks, 1):
        fault = function()
        failed += fault is not None
        print(f"{'not ok' if fault else 'ok'} {number} - {name}")
        if fault:
            print("# " + fault.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
