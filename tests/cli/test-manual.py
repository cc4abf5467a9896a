#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages: test-manual.py PROGRAM. troff takes them without a warning, and they say what help says. TAP."""

import os
import re
import shutil
import subprocess
import sys

PROGRAM = os.path.abspath(sys.argv[1])


def run(words, text=None):
    return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)


def names():
    listed = run([PROGRAM, "help"]).stdout.split("Commands:")[1].split("Options")[0]
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def rendered(page):
    """The page as a terminal shows it, without bold and underlining."""
    result = run(["groff", "-man", "-ww", "-Tutf8", "-P-c"], page)
    return re.sub(r".\x08", "", result.stdout), result.stderr


def words_of(text):
    return " ".join(text.replace("\u2010", "-").split())


def check_page(command):
    page = run([PROGRAM, "help", "--man", *([command] if command else [])])
    if page.returncode != 0 or page.stderr or not page.stdout.startswith(".\\\""):
        return f"{page.returncode}: {page.stderr}"
    text, warnings = rendered(page.stdout)
    if warnings:
        return warnings
    options = re.findall(r"^ {2}(?:-., |    )(--[a-z-]+)", run([PROGRAM, "help", *([command] if command else [])]).stdout, re.M)
    shown = words_of(text)
    missing = [word for word in [*options, "NAME", "SYNOPSIS", "EXIT STATUS", "SEE ALSO"] if word not in shown]
    if missing or len(options) < 8:
        return f"missing: {missing}, options: {options}"
    if command:
        first = run([PROGRAM, "help", command]).stdout.split("\n\n")[1]
        return None if words_of(first.rstrip(".\n")) in shown else f"'{first}' is not in: {shown}"
    return None if all(f"lazyjack-{name}(1)" in shown for name in names()) else f"references: {shown}"


def main():
    groff = shutil.which("groff")
    pages = [None, *names()]
    print(f"1..{len(pages)}")
    failed = 0
    for number, command in enumerate(pages, 1):
        name = f"lazyjack-{command}.1" if command else "lazyjack.1"
        if not groff:
            print(f"ok {number} - {name} # SKIP groff is not installed")
            continue
        fault = check_page(command)
        failed += fault is not None
        print(f"{'not ok' if fault else 'ok'} {number} - {name}")
        if fault:
            print("# " + fault.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
