#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py OBJECT OUTPUT: a file's octets as a C source for nat64/object.h."""

import sys

with open(sys.argv[1], "rb") as file:
    octets = file.read()
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.write('/* Made by embed.py. */\n#include "nat64/object.h"\n\n')
    out.write("const unsigned char nat64_object[] __attribute__((aligned(16))) = {\n")
    for at in range(0, len(octets), 24):
        out.write("".join(f"{octet}," for octet in octets[at:at + 24]) + "\n")
    out.write("};\n\nconst size_t nat64_object_size = sizeof(nat64_object);\n")
