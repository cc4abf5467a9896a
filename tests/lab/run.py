#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests on lab nodes: run.py [--runtime ENGINE] [--kubernetes DIR] PROGRAM [WORD...]. TAP on standard output; with words,
only the tests whose name has one. With DIR, which holds bin/ and images/, the tests of whole clusters instead of those of
nodes. With ENGINE, docker or podman, the same tests with that runtime for DNS64 and NAT64, and those of containers.

There is one lab for all of them. A test leaves the nodes as it found them; when one fails, the lab is made anew for the
next, so that one fault is one failure."""

import argparse
import os
import sys
import time
import traceback

import engines
import lab
from cases import CASES

# `lab` itself asks for no runtime, the translator in the kernel is the host's, and what the packages of --install are for
# doesn't matter to them; containers.py has the case of an engine's own.
HOST_ONLY = ("lab_itself", "nat64", "install")
NODES = ("lab_itself", "round_trip", "killed", "bad_machine", "promises", "translation", "dns64", "nat64", "addresses", "install",
         "modes")
CLUSTERS = ("kubernetes", "kubernetes_faults", "insecure", "kubernetes_modes", "kubernetes_ha")


def run_case(function):
    begin = time.monotonic()
    try:
        function()
        fault = None
    except lab.Failure as failure:
        fault = str(failure)
    except Exception:  # pylint: disable=broad-except
        fault = traceback.format_exc()
    return fault, time.monotonic() - begin


def modules_for(arguments):
    if arguments.kubernetes:
        return CLUSTERS
    if arguments.runtime == "host":
        return NODES
    return (*(module for module in NODES if module not in HOST_ONLY), "containers")


def arguments_of():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runtime", choices=("host", *engines.PACKAGES), default=lab.RUNTIME)
    parser.add_argument("--kubernetes", metavar="DIR", type=os.path.abspath)
    parser.add_argument("program", nargs="?", type=os.path.abspath, default=lab.LAZYJACK)
    parser.add_argument("words", nargs="*", metavar="WORD")
    return parser.parse_args()


def main():
    arguments = arguments_of()
    lab.LAZYJACK, lab.KUBERNETES, lab.RUNTIME = arguments.program, arguments.kubernetes, arguments.runtime
    if lab.RUNTIME != "host":
        lab.AFTER_UP.append(engines.equip)
        lab.AFTER_REBOOT.append(engines.awake)
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    modules = modules_for(arguments)
    # Their order is the order of the tests.
    for module in modules:
        __import__(module)
    # Those of modules that others import for their functions alone don't count.
    wanted = [(name, function) for name, function in CASES
              if function.__module__ in modules and (not arguments.words or any(word in name for word in arguments.words))]
    print(f"1..{len(wanted)}", flush=True)
    failed = 0
    try:
        lab.fresh()
        for number, (name, function) in enumerate(wanted, 1):
            fault, seconds = run_case(function)
            print(f"{'not ok' if fault else 'ok'} {number} - {name} ({seconds:.1f} s)")
            if fault:
                failed += 1
                print("\n".join("# " + line for line in fault.splitlines()))
                run_case(lab.fresh)
            sys.stdout.flush()
    finally:
        run_case(lambda: lab.lazyjack("lab", "down"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
