#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line: test-cli.py PROGRAM. Wrong words get the right status and say what is right. TAP."""

import json
import os
import re
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
    (["up", "--config", "absent.yaml"], 2, "absent.yaml"),
    (["validate", "--config", "absent.yaml"], 2, "absent.yaml"),
    (["--config", "absent.yaml", "validate"], 2, "absent.yaml"),
    (["validate", "/"], 2, "directory"),
    (["lab", "lift"], 2, "lift"),
    (["Help", "PREPARE"], 0, "lazyjack prepare"),
    (["help", "lab"], 0, "lab reboot NODE"),
    (["-version"], 0, "lazyjack "),
    (["-help"], 0, "Commands:"),
    (["--json"], 2, "no command given"),
    (["--jsno"], 2, "did you mean '--json'"),
    (["-jsno", "version"], 2, "did you mean '--json'"),
    (["--", "version"], 2, "no command given"),
    (["-v", "version"], 0, "lazyjack "),
    (["-v", "2", "version"], 0, "lazyjack "),
    (["--v=2", "-logtostderr", "version"], 0, "lazyjack "),
    (["-v", "two", "version"], 2, "there is no command 'two'"),
    (["-v=two", "version"], 2, "'two' is no value for '-v': a number from 0 to 99"),
    (["version", "-v", "100"], 2, "'100' is no value for '-v'"),
    (["version", "-alsologtostderr=false", "-stderrthreshold", "warning", "-vmodule=a=2,b*=1",
      "-log_backtrace_at", "a.go:7"], 0, "lazyjack "),
    (["version", "-stderrthreshold=LOUD"], 2, "'LOUD' is no value for '-stderrthreshold': 'INFO', 'WARNING'"),
    (["version", "--logtostderr=maybe"], 2, "'maybe' is no value for '--logtostderr': true or false"),
    (["-config=absent.yaml", "VALIDATE"], 2, "absent.yaml"),
    (["-config", "absent.yaml", "validate"], 2, "absent.yaml"),
    (["--nodes", "3", "version"], 2, "unknown option '--nodes'"),
    (["--nodes", "99", "lab", "up"], 2, "'99' is no value for '--nodes'"),
    (["--key-type", "dsa", "init"], 2, "'dsa' is no value for '--key-type': 'rsa' or 'ecdsa'"),
    (["completion"], 2, "bash, zsh or fish"),
    (["completion", "tcsh"], 2, "none for 'tcsh'"),
    (["help", "--man", "banana"], 2, "there is no command 'banana'"),
]

COMMANDS = {"validate", "init", "prepare", "up", "verify", "status", "down", "clean", "restore", "lab", "completion",
            "version", "help"}
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


HOSTS = """general:
  mode: ipv6
topology:
  alpha: {interface: eth1, opmodes: "master dns64 nat64", id: 2}
  beta-7: {interface: eth1, opmodes: minion, id: 3}
mgmt_net: {cidr: "fd00:20::/64"}
pod_net: {cidr: "fd00:40::/72"}
service_net: {cidr: "fd00:30::/110"}
support_net: {cidr: "fd00:10::/64", v4cidr: "172.18.0.0/16"}
nat64: {v4_cidr: "172.18.0.128/25", v4_ip: "172.18.0.200", ip: "fd00:10::200"}
dns64: {cidr: "fd00:10:64:ff9b::/96", ip: "fd00:10::100", remote_server: "8.8.8.8"}
"""


def check_host():
    """A wrong --host gets the nearest name of the configuration."""
    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/c.yaml"
        with open(path, "w", encoding="ascii") as out:
            out.write(HOSTS)
        for words in (["verify", "--host", "beta7"], ["-host=beta7", "verify"]):
            result = run([*words, "-config", path, "--dry-run"])
            if result.returncode != 2 or "did you mean 'beta-7'" not in result.stderr:
                return f"{words}: {result.returncode}: {result.stderr}"
    return None


def check_levels():
    """-log_dir is --log-dir, and the old spelling of a level does not become an argument."""
    with tempfile.TemporaryDirectory() as directory:
        result = run(["-v", "2", "-logtostderr", f"-log_dir={directory}", "-config", directory + "/no.yaml", "prepare"])
        if result.returncode not in (2, 3) or len(os.listdir(directory)) != 1:
            return f"{result.returncode}: {result.stderr}: {os.listdir(directory)}"
    return None


def list_commands():
    overview = run(["help"]).stdout.split("Commands:")[1].split("Options")[0]
    return [line.split()[0] for line in overview.splitlines() if line.strip()]


def check_help_is_complete():
    """Each command in the list has its help."""
    listed = list_commands()
    if not COMMANDS <= set(listed):
        return str(listed)
    for command in listed:
        text = run([command, "--help"]).stdout
        if text != run(["help", command]).stdout or not text.startswith(f"lazyjack {command}") or "--config" not in text:
            return f"{command}: {text}"
    return None


def check_options_agree():
    """A name is an option with a value in each command that has it, or in none: options may stand before the command."""
    values = {}
    for command in list_commands():
        for line in run(["help", command]).stdout.splitlines():
            found = re.match(r" {2}(?:-., |    )--([a-z-]+)( [A-Z]+)?  ", line)
            if found and values.setdefault(found[1], bool(found[2])) != bool(found[2]):
                return f"{command}: --{found[1]}"
    return None if len(values) > 12 else str(values)


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
               for function in (check_log_directory, check_host, check_levels, check_options_agree, check_secrets, check_json,
                                check_help_is_complete, check_full_output, check_closed_output)]
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
