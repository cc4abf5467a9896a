#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion in real shells: test-completion.py PROGRAM. TAP."""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
CONFIG = """topology:
  alpha: {interface: eth1, opmodes: "master dns64 nat64", id: 2}
  beta-7: {interface: eth1, opmodes: minion, id: 3}
  "$(touch PWNED)": {interface: eth1, opmodes: minion, id: 4}
general: [this is, not valid
"""

# The line up to the cursor, candidates that must be there, candidates that must not. In the directory are c.yaml,
# "other file.yaml" and logs/.
CASES = [
    ("lazyjack ", {"init", "prepare", "lab", "completion"}, {"__complete", "--config", "c.yaml"}),
    ("lazyjack pre", {"prepare"}, {"up"}),
    ("lazyjack -v 2 --keep pre", {"prepare"}, {"up"}),
    ("lazyjack --config c.yaml pre", {"prepare"}, {"c.yaml"}),
    ("lazyjack prepare --", {"--config", "--host", "--dry-run", "--json", "--log-dir"}, {"--nodes", "--stderrthreshold"}),
    ("lazyjack prepare --dr", {"--dry-run"}, {"--json"}),
    ("lazyjack prepare -dr", {"-dry-run"}, {"--dry-run"}),
    ("lazyjack PREPARE --ho", {"--host"}, {"--help"}),
    ("lazyjack lab --", {"--nodes", "--config"}, {"--serve"}),
    ("lazyjack --js", {"--json"}, set()),
    ("lazyjack lab ", {"up", "down", "exec", "reboot", "verify"}, {"prepare"}),
    ("lazyjack lab --nodes 3 re", {"reboot"}, {"up"}),
    ("lazyjack lab up ", set(), {"up", "c.yaml", "master"}),
    ("lazyjack help sta", {"status"}, {"up"}),
    ("lazyjack completion ", {"bash", "zsh", "fish"}, {"init"}),
    ("lazyjack validate ", {"c.yaml"}, {"prepare"}),
    ("lazyjack config show ", {"c.yaml"}, {"show"}),
    ("lazyjack config show c.yaml ", set(), {"show", "c.yaml"}),
    ("lazyjack prepare --config ", {"c.yaml"}, {"prepare"}),
    ("lazyjack prepare -c c", {"c.yaml"}, {"other file.yaml"}),
    ("lazyjack prepare --config=c", {"c.yaml"}, {"other file.yaml"}),
    ("lazyjack prepare --config=", {"c.yaml"}, {"prepare"}),
    ("lazyjack prepare --log-dir ", {"logs"}, {"c.yaml"}),
    ("lazyjack prepare --log-dir=l", {"logs"}, {"c.yaml"}),
    ("lazyjack prepare --config c.yaml --host ", {"alpha", "beta-7"}, {"c.yaml"}),
    ("lazyjack prepare -c c.yaml -host be", {"beta-7"}, {"alpha"}),
    ("lazyjack -config=c.yaml prepare --host=", {"alpha", "beta-7"}, {"c.yaml"}),
    ("lazyjack --config=c.yaml --host=al", {"alpha"}, {"beta-7"}),
    ("lazyjack --config 'deep dir/d.yaml' --host ", {"gamma"}, {"alpha"}),
    ("lazyjack --config deep\\ dir/d.yaml --host ", {"gamma"}, {"alpha"}),
    ("lazyjack --config absent.yaml --host ", set(), {"alpha", "c.yaml"}),
    ("lazyjack --config logs --host ", set(), {"alpha", "c.yaml"}),
    ("lazyjack init --key-type ", {"rsa", "ecdsa"}, {"c.yaml"}),
    ("lazyjack init --key-type=e", {"ecdsa"}, {"rsa"}),
    ("lazyjack lab exec master -- ", set(), {"up", "c.yaml", "prepare"}),
    ("lazyjack lab exec master -- ls --", set(), {"--config"}),
    ("lazyjack banana ", set(), {"init", "c.yaml"}),
    ("lazyjack version ", set(), {"init", "c.yaml"}),
    ("lazyjack prepare --for", set(), {"--force"}),
]

BASH = r"""
source <(lazyjack completion bash)
COMP_LINE=$1 COMP_POINT=${#1}
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
last=${COMP_WORDS[-1]}
[[ $last == = ]] && last=
_lazyjack "$1" "$last" "${COMP_WORDS[-2]}"
[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
"""

ZSH = r"""
autoload -Uz compinit && compinit -D -u
source <(lazyjack completion zsh)
# What would be shown: the calls that offer something, instead of the screen.
_describe() { shift; [[ $1 == lazyjack ]] && shift; local one; for one in ${(P)1}; do print -r -- ${${one%%:*}#-*=}; done }
compset() { PREFIX=${PREFIX#-*=} }
_files() { if [[ $1 == -/ ]]; then print -rl -- ${PREFIX}*(N/); else print -rl -- ${PREFIX}*(N) ; fi }
words=("${(@z)1}")
[[ $1 == *' ' ]] && words+=('')
CURRENT=$#words PREFIX=$words[-1]
_lazyjack
"""


def bash_words(line):
    """What readline makes of a line: words divided at blanks and at '=', quotes kept."""
    words, word, quote = [], "", ""
    for char in line:
        if char == " " and not quote and not word.endswith("\\"):
            words += [word] if word else []
            word = ""
        elif char == "=" and not quote:
            words += [word, "="] if word else ["="]
            word = ""
        else:
            quote = "" if char == quote else char if char == "'" and not quote else quote
            word += char
    return words + [word] if word or line.endswith(" ") else words


def shell(words, directory):
    path = f"{directory}/bin:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": directory, "LC_ALL": "C.UTF-8", "TERM": "dumb", "USER": "root",
                   "XDG_CONFIG_HOME": directory, "XDG_DATA_HOME": directory, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
    return subprocess.run(words, cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)


def in_bash(line, directory):
    result = shell(["bash", "--norc", "-c", BASH, "bash", line, *bash_words(line)], directory)
    return result.stdout.splitlines(), result.stderr


def in_zsh(line, directory):
    result = shell(["zsh", "-f", "-c", ZSH, "zsh", line], directory)
    return result.stdout.splitlines(), result.stderr


def in_fish(line, directory):
    result = shell(["fish", "--no-config", "-c", "lazyjack completion fish | source; complete -C $argv[1]", line], directory)
    return [row.split("\t")[0] for row in result.stdout.splitlines()], result.stderr


def normal(candidate):
    """Without what shells put around a value: the directory's slash, quotes, the option in front."""
    head, equals, tail = candidate.partition("=")
    return (tail if equals and head.startswith("-") else candidate).rstrip("/").replace("\\", "")


def check_case(ask, case, directory):
    line, wanted, unwanted = case
    candidates, errors = ask(line, directory)
    offered = {normal(candidate) for candidate in candidates}
    if errors:
        return f"errors: {errors}"
    if os.path.exists(directory + "/PWNED"):
        return "a host name was run"
    if not wanted <= offered or unwanted & offered or (not wanted and offered):
        return f"offered: {sorted(offered)}"
    return None


def read_until(terminal, mark):
    seen, end = "", time.monotonic() + 30
    while mark not in seen and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096).decode(errors="replace")
    return seen


def check_keys(directory):
    """In an interactive bash, the tab key completes."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(directory)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                   {**os.environ, "PATH": f"{directory}/bin:{os.environ['PATH']}", "PS1": "> ", "TERM": "dumb",
                    "INPUTRC": "/dev/null", "HOME": directory, "HISTFILE": ""})
    try:
        os.write(terminal, b"source <(lazyjack completion bash); echo REA''DY\n")
        read_until(terminal, "READY")
        # Control-A and '#': the line is a comment before it is entered.
        os.write(terminal, b"lazyjack prep\t--conf\tc.y\t--host=be\t--lo\tlo\t\x01#\necho DO''NE; exit\n")
        seen = read_until(terminal, "DONE")
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    wanted = "lazyjack prepare --config c.yaml --host=beta-7 --log-dir logs/"
    return None if wanted in seen.replace("\a", "").replace("\r", "") else repr(seen)


def check_complete_quiet(directory):
    """__complete never says anything on standard error, whatever it is given."""
    for words in ([], [""], ["--"], ["--", ""], ["--", "-"], ["--", "--"], ["--", "--config"], ["--", "-c", "/", "--host", ""],
                  ["--", "="], ["--", "-="], ["--", "--=", ""], ["--", "lab", "exec", ""], ["--", "__complete", ""],
                  ["--", "-vvvv", "-v", "9", "--", ""], ["--", "help", "help", ""], ["--", "prepare", "-nvc", ""]):
        result = shell([PROGRAM, "__complete", *words], directory)
        if result.stderr or result.returncode not in (0, 2):
            return f"{words}: {result.returncode}: {result.stderr}"
    return None


LAB = """mount -t tmpfs none /var/lib || exit 77
mkdir -p /var/lib/lazyjack-lab/master/root /var/lib/lazyjack-lab/minion-1/root
exec "$@"
"""


def in_private_lab(words, directory):
    """Run with two empty lab nodes that only this process sees."""
    return shell(["unshare", "-m", "sh", "-c", LAB, "sh", *words], directory)


def check_lab_nodes(directory):
    """Nodes of the lab, for the verbs that take one."""
    for words, wanted in ((["exec", ""], ["master", "minion-1", "outside"]), (["reboot", "m"], ["master", "minion-1"]),
                          (["-v", "--nodes", "3", "exec", "mi"], ["minion-1"]), (["up", ""], []), (["exec", "master", ""], [])):
        result = in_private_lab([PROGRAM, "__complete", "--", "lab", *words], directory)
        if [line.split("\t")[0] for line in result.stdout.splitlines()] != wanted or result.stderr:
            return f"{words}: {result.stdout}{result.stderr}"
    return None


def make_directory(directory):
    for name in ("bin", "logs", "deep dir"):
        os.mkdir(f"{directory}/{name}")
    os.symlink(PROGRAM, directory + "/bin/lazyjack")
    for name, text in (("c.yaml", CONFIG), ("other file.yaml", ""),
                       ("deep dir/d.yaml", "topology:\n  gamma: {interface: eth1, opmodes: minion, id: 3}\n")):
        with open(f"{directory}/{name}", "w", encoding="ascii") as out:
            out.write(text)


def main():
    checks = [("completing never complains", check_complete_quiet), ("the tab key in bash", check_keys)]
    if in_private_lab(["true"], "/").returncode == 0:
        checks.append(("nodes of the lab", check_lab_nodes))
    else:
        checks.append(("nodes of the lab # SKIP no private mount namespace here", lambda directory: None))
    for name, ask in (("bash", in_bash), ("zsh", in_zsh), ("fish", in_fish)):
        if not shutil.which(name):
            checks.append((f"{name} # SKIP {name} is not installed", lambda directory: None))
            continue
        checks += [(f"{name}: {case[0]}|", lambda directory, ask=ask, case=case: check_case(ask, case, directory))
                   for case in CASES]
    print(f"1..{len(checks)}")
    failed = 0
    for number, (name, function) in enumerate(checks, 1):
        with tempfile.TemporaryDirectory() as directory:
            make_directory(directory)
            fault = function(directory)
        failed += fault is not None
        print(f"{'not ok' if fault else 'ok'} {number} - {name}")
        if fault:
            print("# " + fault.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
