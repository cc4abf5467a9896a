# SPDX-License-Identifier: Apache-2.0
"""The list of tests: a function with @case is one; they run in the order of their definition."""

CASES = []


def case(name):
    def register(function):
        CASES.append((name, function))
        return function
    return register
