#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests on lab nodes: run.py [--engines | --kubernetes DIR] PROGRAM [WORD...]. TAP on standard output; with words, only
the tests whose name has one. With DIR, which holds bin/ and images/, the tests of whole clusters instead of those of
nodes; with --engines those of DNS64 and NAT64 in containers, which take minutes for the engines alone.

There is one lab for all of them. A test leaves the nodes as it found them; when one fails, the lab is made anew for the
next, so that one fault is one failure."""

import os
import sys
import time
import traceback

import lab
from cases import CASES


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


def main():
    modules = ("lab_itself", "round_trip", "killed", "bad_machine", "promises", "translation", "dns64", "nat64",
               "addresses", "install", "modes")
    if sys.argv[1:2] == ["--engines"]:
        modules = ("containers",)
        del sys.argv[1]
    elif sys.argv[1:2] == ["--kubernetes"]:
        lab.KUBERNETES = os.path.abspath(sys.argv[2])
        modules = ("kubernetes", "kubernetes_faults", "insecure", "kubernetes_modes", "kubernetes_ha")
        del sys.argv[1:3]
    if len(sys.argv) > 1:
        lab.LAZYJACK = os.path.abspath(sys.argv[1])
    if os.geteuid() != 0:
        sys.exit("the lab needs root")
    # Imported late: they read lab.LAZYJACK only when they run, but their order here is the order of the tests.
    for module in modules:
        __import__(module)
    # Those of modules that others import for their functions alone don't count.
    wanted = [(name, function) for name, function in CASES
              if function.__module__ in modules and (len(sys.argv) < 3 or any(word in name for word in sys.argv[2:]))]
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
