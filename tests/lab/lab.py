# SPDX-License-Identifier: Apache-2.0
"""The lab, as the tests drive it: by lazyjack's own commands."""

import json
import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

DIRECTORY = "/var/lib/lazyjack-lab"
LAZYJACK = os.path.abspath("build/lazyjack")
RUNTIME = "host"  # general.runtime of every configuration that doesn't say otherwise
AFTER_UP = []  # functions, called when a new lab is up
AFTER_REBOOT = []  # functions of the node that was rebooted
KUBERNETES = None  # directory with bin/ and images/: the nodes get Kubernetes' programs and images from there
CONFIGURED = []
UP_SECONDS = 0.0  # what the last `lab up` took
GENERATION = 0  # of the lab: another one means that nothing was done on its nodes yet
SECONDS = 120  # for any one command; a hang is a failure, never a wait

# Leaks are looked for where nothing traces the program; what is found is an exit status that no test expects.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


class Failure(Exception):
    """A test's expectation did not hold."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


class Result:
    def __init__(self, argv, status, out, err):
        self.argv, self.status, self.out, self.err = argv, status, out, err

    @property
    def text(self):
        return self.out + self.err

    def __str__(self):
        return f"$ {' '.join(self.argv)}\n{self.out[-3000:]}{self.err[-3000:]}status {self.status}"


def run(argv, stdin=None, seconds=SECONDS, environment=None):
    """Run a program to its end. A run past its deadline has status None."""
    child = subprocess.Popen(argv, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                             env={**ENVIRONMENT, **(environment or {})})
    try:
        out, err = child.communicate(stdin, timeout=seconds)
        status = child.returncode if child.returncode >= 0 else 128 - child.returncode
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        status = None
    return Result(argv, status, out, err)


def check(result, status=0):
    """The status was as expected, and no sanitizer had anything to say."""
    expect(result.status == status, f"expected status {status}\n{result}")
    expect("Sanitizer" not in result.text and "runtime error" not in result.text, str(result))
    return result


def lazyjack(*words, status=0, **more):
    """lazyjack on this machine."""
    return check(run([LAZYJACK, *words], **more), status)


def on(node, *words, status=0, **more):
    """A command in a node. `status` None: any."""
    result = run([LAZYJACK, "lab", "exec", node, "--", *words], **more)
    return result if status is None else check(result, status)


def sh(node, script, **more):
    return on(node, "sh", "-c", script, **more)


def names():
    rows = [json.loads(line) for line in run([LAZYJACK, "lab", "status", "--json"]).out.splitlines()]
    return [row["node"] for row in rows if row.get("state") in ("running", "stopped") and row["node"] != "outside"]


def fresh(*words):
    """A new lab, of the usual mode and plugin unless words of `lab up` say otherwise."""
    global GENERATION, UP_SECONDS
    GENERATION += 1
    lazyjack("lab", "down")
    begin = time.monotonic()
    lazyjack("lab", "up", *words, *(("--kubernetes", KUBERNETES) if KUBERNETES else ()), seconds=600)
    UP_SECONDS = time.monotonic() - begin
    for function in AFTER_UP:
        function()


def reboot(node, **more):
    lazyjack("lab", "reboot", node, **more)
    for function in AFTER_REBOOT:
        function(node)


def configured():
    """init done, and every node has the configuration; once, and again on a new lab."""
    if not names():
        fresh()
    if CONFIGURED != [GENERATION]:
        on("master", "lazyjack", "init")
        give_config(names())
        CONFIGURED[:] = [GENERATION]


def each(nodes, function, *more):
    """Call function(node, ...) for all nodes at once; the list of results, or the first failure."""
    with ThreadPoolExecutor(len(nodes) or 1) as pool:
        return list(pool.map(lambda node: function(node, *more), nodes))


def give_config(nodes):
    """What a person does after init: copy the master's file to the others."""
    config = lazyjack("lab", "config").out
    each([node for node in nodes if node != "master"],
         lambda node: on(node, "cp", "/dev/stdin", "/root/config.yaml", stdin=config))


def counts(result):
    """The changed and unchanged counts of a run's last line."""
    changed, unchanged = re.findall(r"(\d+) changed, (\d+) unchanged", result.out)[-1]
    return int(changed), int(unchanged)
