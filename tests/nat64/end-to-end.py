#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""end-to-end.py ATTACH: the translator between a network of IPv6 and one of IPv4, with the kernel's forwarding, conntrack
and masquerade around it, as sockets see it. Namespaces of its own: client6 -- xlat -- server4. TAP on standard output.
The numbers in the names are those of doc/NAT64.md."""

import contextlib
import ctypes
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
SERVER, SERVER6 = "203.0.113.2", "fd00:64::203.0.113.2"
UDP_SEGMENT, IPV6_RECVERR, IPV6_MTU_DISCOVER = 103, 25, 23
IP_MTU_DISCOVER, IP_RECVERR, SO_NO_CHECK = 10, 11, 11


def call(*words, check=True):
    return subprocess.run(words, check=check, capture_output=True, text=True)


def enter(name):
    with open(name, "rb") as file:
        if LIBC.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(name):
    """This thread's sockets are made in that namespace."""
    here = "/proc/thread-self/ns/net"
    with open(here, "rb") as before:
        enter(f"/run/netns/{name}")
        try:
            yield
        finally:
            LIBC.setns(before.fileno(), CLONE_NEWNET)


def make_socket(where, family, kind, protocol=0):
    with inside(where):
        made = socket.socket(family, kind, protocol)
    made.settimeout(3)
    return made


def set_value(where, path, value):
    with inside(where):
        with open(f"/proc/sys/net/{path}", "w", encoding="ascii") as file:
            file.write(str(value))


class Network:
    """The namespaces; `mtu` of the IPv6 side."""

    def __init__(self, program, mtu=1500, inline=False, **environment):
        for name in ("client6", "xlat", "server4"):
            call("ip", "netns", "add", name)
            call("ip", "-n", name, "link", "set", "lo", "up")
        self.program = None
        call("ip", "link", "add", "c0", "netns", "client6", "type", "veth", "peer", "name", "x6", "netns", "xlat")
        call("ip", "link", "add", "s0", "netns", "server4", "type", "veth", "peer", "name", "x4", "netns", "xlat")
        for path in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            set_value("xlat", path, 1)
        for path in ("ipv4/icmp_ratelimit", "ipv4/conf/all/rp_filter", "ipv4/conf/default/rp_filter"):
            set_value("xlat", path, 0)
        for line in (f"client6 link set c0 mtu {mtu} up", f"xlat link set x6 mtu {mtu} up", "xlat link set x4 up",
                     "server4 link set s0 up", "client6 addr add fd00:10::2/64 dev c0 nodad",
                     "client6 addr add fd00:10::3/64 dev c0 nodad", "xlat addr add fd00:10::1/64 dev x6 nodad",
                     "client6 addr add fd00:99::2/64 dev c0 nodad", "xlat addr add fd00:99::1/64 dev x6 nodad",
                     "xlat addr add 203.0.113.1/24 dev x4", f"server4 addr add {SERVER}/24 dev s0",
                     "server4 addr add 203.0.113.66/24 dev s0",
                     "client6 route add default via fd00:10::1", f"xlat link add nat64 mtu {mtu} type ifb",
                     "xlat link set nat64 up", "xlat addr add 192.0.0.8/32 dev nat64",
                     "xlat addr add fd00:10::64/128 dev nat64", "xlat route add fd00:64::/96 dev nat64",
                     f"xlat route add 198.18.0.0/24 dev nat64 mtu {mtu - 28}",
                     f"xlat route add 240.0.0.0/8 dev nat64 mtu {mtu - 28}"):
            call("ip", "-n", *line.split())
        set_value("xlat", "ipv4/conf/nat64/accept_local", 1)
        call("ip", "netns", "exec", "xlat", "nft", "table ip t { chain p { type nat hook postrouting priority 100; "
             'ip saddr { 198.18.0.0/24, 240.0.0.0/8 } oifname != "nat64" masquerade; }; }')
        environment = {**os.environ, "MTU6": str(mtu), "MSS": str(mtu - 68), **environment}
        self.program = subprocess.Popen(["ip", "netns", "exec", "xlat", program, "nat64"] + ["x6"] * inline,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        if self.program.stdout.readline() != "ready\n":
            raise RuntimeError("the program didn't attach")

    def counts(self):
        self.program.stdin.write("counts\n")
        self.program.stdin.flush()
        lines = iter(self.program.stdout.readline, ".\n")
        return {name: int(number) for name, number in (line.split() for line in lines)}

    def close(self):
        if self.program:
            self.program.stdin.close()
            self.program.stdout.close()
            self.program.wait()
        for name in ("client6", "xlat", "server4"):
            call("ip", "netns", "del", name, check=False)


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp_pair(server_port=5353, host="fd00:10::2"):
    server = make_socket("server4", socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, server_port))
    client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    client.bind((host, 0))
    return client, server


def exchange(client, server, data, port=5353):
    client.sendto(data, (SERVER6, port))
    got, peer = server.recvfrom(70000)
    assert got == data, f"{len(got)} octets of {len(data)} came"
    server.sendto(data[::-1], peer)
    got, _ = client.recvfrom(70000)
    assert got == data[::-1], "the answer is another"
    return peer


def echo(size=56, hops=64, destination=SERVER6, host="fd00:10::2", timeout=3):
    """One echo; returns the ICMPv6 message that came: type, code, source, octets."""
    ping = make_socket("client6", socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    ping.settimeout(timeout)
    ping.bind((host, 0))
    ping.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, hops)
    ping.sendto(struct.pack("!BBHHH", 128, 0, 0, 77, 1) + bytes(size), (destination, 0))
    while True:
        message, source = ping.recvfrom(70000)
        if message[0] in (129, 1, 2, 3, 4):
            return message[0], message[1], source[0], message


def transfer(size, up):
    """TCP: so many octets one way, digest compared. Returns the octets a second."""
    listener = make_socket("server4", socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((SERVER, 8080))
    listener.listen()
    client = make_socket("client6", socket.AF_INET6, socket.SOCK_STREAM)
    client.settimeout(20)
    client.connect((SERVER6, 8080))
    server, _ = listener.accept()
    server.settimeout(20)
    sender, receiver = (client, server) if up else (server, client)
    block = bytes(range(256)) * 256
    began = time.monotonic()

    def send():
        for _ in range(size // len(block)):
            sender.sendall(block)
        sender.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send)
    thread.start()
    got, wrong = 0, False
    while True:
        data = receiver.recv(1 << 20)
        if not data:
            break
        wrong = wrong or data != (block * 18)[got % 65536:][:len(data)]
        got += len(data)
    thread.join()
    assert got == size // 65536 * 65536 and not wrong, f"{got} octets of {size} came, wrong: {wrong}"
    for each in (listener, client, server):
        each.close()
    return got / (time.monotonic() - began)


def case_simple(_):
    """1, 16, 26 UDP, TCP, echo there and back"""
    client, server = udp_pair()
    exchange(client, server, b"hello")
    transfer(1 << 20, True)
    transfer(1 << 20, False)
    assert echo()[0] == 129


def case_fragments(_):
    """6, 18 big datagrams as fragments both ways"""
    client, server = udp_pair()
    server.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, 0)
    for size in (1200, 1400, 1473, 3000, 8000, 20000, 60000):
        exchange(client, server, bytes(i * 31 % 251 for i in range(size)))


def case_zero_checksum(network):
    """41 UDP without checksum from IPv4"""
    client, server = udp_pair()
    server.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    for size in (0, 1, 33, 1200):
        exchange(client, server, bytes(size))
    assert network.counts()["udpChecksumsMade"] >= 4


def case_hop_limit(_):
    """11, 22 hop limit ends at each hop"""
    kind, code, source, message = echo(hops=1)
    assert (kind, code, source) == (3, 0, "fd00:10::1"), (kind, code, source)
    for hops in (2, 3):
        kind, code, source, message = echo(hops=hops)
        if kind == 129:
            break
        assert (kind, code) == (3, 0), (kind, code, hops)
        inner = message[8:]
        assert inner[8:24] == socket.inet_pton(socket.AF_INET6, "fd00:10::2"), "the packet in the error is another's"
        assert inner[24:40] == socket.inet_pton(socket.AF_INET6, SERVER6)
        assert inner[6] == 58 and inner[40] == 128, "it isn't the echo"
    assert hops == 3, "two hops: the IPv6 and the IPv4 side of the translator"


def case_refused(_):
    """51 port unreachable and RST reach the socket"""
    client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    client.connect((SERVER6, 9))
    client.send(b"x")
    try:
        client.recv(10)
        raise AssertionError("something answered")
    except ConnectionRefusedError:
        pass
    stream = make_socket("client6", socket.AF_INET6, socket.SOCK_STREAM)
    try:
        stream.connect((SERVER6, 9))
        raise AssertionError("something answered")
    except ConnectionRefusedError:
        pass


def case_ports(_):
    """49 two hosts with one source port get two"""
    server = make_socket("server4", socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, 5354))
    peers = set()
    for host in ("fd00:10::2", "fd00:10::3"):
        client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
        client.bind((host, 41000))
        peers.add(exchange(client, server, host.encode(), 5354))
    assert len(peers) == 2, peers


def case_path_mtu(network):
    """20, 27 path MTU: a smaller IPv4 link behind"""
    call("ip", "-n", "xlat", "link", "set", "x4", "mtu", "1400")
    call("ip", "-n", "server4", "link", "set", "s0", "mtu", "1400")
    client, server = udp_pair()
    client.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, 2)
    client.connect((SERVER6, 5353))
    try:
        client.send(bytes(1440))
        time.sleep(.3)
        client.send(bytes(1440))
        raise AssertionError("the socket isn't told of the MTU")
    except OSError as error:
        assert error.errno == 90, error
    assert client.getsockopt(socket.IPPROTO_IPV6, 24) == 1420
    with contextlib.suppress(OSError):
        client.send(b"takes the error that may be left")
        server.recv(9000)
    client.send(bytes(1420 - 48))
    assert len(server.recv(9000)) == 1372
    transfer(1 << 20, True)
    transfer(1 << 20, False)


def case_small_link(_):
    """20 TCP download over an IPv6 link of 1400"""
    transfer(1 << 22, False)
    transfer(1 << 22, True)


def case_gso(network):
    """45 TCP super-packets cross unsplit"""
    before = network.counts()
    transfer(64 << 20, True)
    transfer(64 << 20, False)
    after = network.counts()
    for way in ("IPv4", "IPv6"):
        packets = after[f"to{way}"] - before[f"to{way}"]
        octets = after[f"to{way}Bytes"] - before[f"to{way}Bytes"]
        assert octets > 64 << 20 and octets / packets > 5000, f"to {way}: {octets / packets:.0f} octets a packet"


def case_udp_gso(network):
    """45 UDP super-packets cross unsplit"""
    client, server = udp_pair()
    exchange(client, server, b"first")
    before = network.counts()["toIPv4"]
    client.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 1200)
    client.sendto(bytes(range(240)) * 100, (SERVER6, 5353))
    for _ in range(20):
        assert server.recv(70000) == bytes(range(240)) * 5
    assert network.counts()["toIPv4"] == before + 1


def case_checksums(_):
    """48 checksums as veth leaves them, and complete ones"""
    for name, device in (("client6", "c0"), ("server4", "s0")):
        call("ip", "netns", "exec", name, "ethtool", "-K", device, "tx", "off", check=False)
    client, server = udp_pair()
    exchange(client, server, b"complete")
    transfer(1 << 20, True)
    transfer(1 << 20, False)
    for name, device in (("client6", "c0"), ("server4", "s0")):
        call("ip", "netns", "exec", name, "ethtool", "-K", device, "tx", "on", check=False)
    exchange(client, server, b"partial")


def case_not_allowed(network):
    """12 a source that isn't allowed is told (checksum left to the device, too)"""
    client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    client.bind(("fd00:99::2", 0))
    client.connect((SERVER6, 5353))
    # The error's checksum on the wire: what the machine's own stack would not look at.
    tap = make_socket("client6", socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
    for size in (1, 100, 1400):
        client.send(bytes(size))
        try:
            client.recv(10)
            raise AssertionError("something answered")
        except PermissionError:
            pass
        while True:
            packet = tap.recv(9000)
            if packet[6] == 58 and packet[40] == 1:
                break
        assert packet[41] == 5 and len(packet) == min(1280, 96 + size), (packet[41], len(packet))
        assert checksum(packet[8:40] + struct.pack("!II", len(packet) - 40, 58) + packet[40:]) == 0
    assert network.counts()["droppedSourceNotAllowed"] == 3


def case_denied(_):
    """14 a denied destination is told at once"""
    stream = make_socket("client6", socket.AF_INET6, socket.SOCK_STREAM)
    try:
        stream.connect(("fd00:64::203.0.113.66", 80))
        raise AssertionError("connected")
    except PermissionError:
        pass


def case_inward(network):
    """53 nobody gets in; 23 the error for an address of no host"""
    call("ip", "-n", "server4", "route", "add", "198.18.0.0/24", "via", "203.0.113.1")
    outside = make_socket("server4", socket.AF_INET, socket.SOCK_DGRAM)
    outside.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    outside.connect(("198.18.0.200", 7))
    outside.send(b"x")
    try:
        outside.recv(10)
        raise AssertionError("something answered")
    except OSError as error:
        assert error.errno == 113, error
    assert network.counts()["droppedNoMapping"] == 1
    call("ip", "-n", "server4", "route", "del", "198.18.0.0/24")


def case_hairpin(_):
    """52 hairpin: one host to another by its pool address"""
    one, server = udp_pair()
    exchange(one, server, b"get an address")
    two = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    two.bind(("fd00:10::3", 5355))
    two.sendto(b"x", (SERVER6, 9))
    time.sleep(.2)
    for last in range(1, 3):
        one.sendto(b"hairpin", (f"fd00:64::198.18.0.{last}", 5355))
    got, peer = two.recvfrom(100)
    assert got == b"hairpin" and peer[0].startswith("fd00:64::c612:"), peer
    two.sendto(b"back", peer)
    assert one.recv(100) == b"back"


def case_server_errors(_):
    """28, 33 time exceeded of an IPv4 router"""
    client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 2)
    client.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    client.connect((SERVER6, 5353))
    client.send(b"x")
    poll = select.poll()
    poll.register(client, 0)
    assert poll.poll(3000), "no error came"
    _, ancillary, _, _ = client.recvmsg(100, 500, 0x2000)
    error = ancillary[0][2]
    number, origin, kind, code = struct.unpack_from("=IBBB", error)
    assert (number, origin, kind, code) == (113, 3, 3, 0), (number, origin, kind, code)


def case_overflow(network):
    """55 more hosts than pool addresses: a second pool of 240.0.0.0/8"""
    server = make_socket("server4", socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, 5353))
    for host in range(0x20, 0x2a):
        call("ip", "-n", "client6", "addr", "add", f"fd00:10::{host:x}/64", "dev", "c0", "nodad")
        client = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
        client.bind((f"fd00:10::{host:x}", 0))
        exchange(client, server, b"more" * host)
    assert network.counts()["mappingsMade"] >= 10
    transfer(1 << 20, False)


def case_exhausted(network):
    """55 the last pool address is gone: the next host is told, the others live"""
    client, server = udp_pair()
    exchange(client, server, b"first")
    other = make_socket("client6", socket.AF_INET6, socket.SOCK_DGRAM)
    other.bind(("fd00:10::3", 0))
    other.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    other.connect((SERVER6, 5353))
    other.send(b"x")
    try:
        other.recv(10)
        raise AssertionError("something answered")
    except OSError as error:
        assert error.errno == 113, error
    exchange(client, server, b"still")


def case_inline(network):
    """inline program: one hop, all else by the device"""
    client, server = udp_pair()
    for _ in range(3):
        exchange(client, server, b"hello")
    exchange(client, server, bytes(5000))
    transfer(8 << 20, True)
    transfer(8 << 20, False)
    assert echo()[0] == 129 and echo(hops=2)[0] == 129
    assert network.counts()["inline"] > 10


def flood(network, name):
    """Random frames from a raw socket, to the device, while an exchange goes on."""
    raw = make_socket("xlat", socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind((name, 0))
    for _ in range(20000):
        frame = os.urandom(12) + os.urandom(1 + os.urandom(1)[0])
        with contextlib.suppress(OSError):
            raw.send(frame[:12] + (b"\x86\xdd\x60" if frame[0] & 1 else b"\x08\x00\x45") + frame[12:])


def case_flood(network):
    """13, 24, 58 rubbish on the device while hosts talk"""
    client, server = udp_pair()
    flood(network, "nat64")
    exchange(client, server, b"still here")
    assert network.counts()["droppedMalformed"] > 1000


GROUPS = (
    ({}, (case_simple, case_fragments, case_zero_checksum, case_hop_limit, case_refused, case_ports, case_gso,
          case_udp_gso, case_checksums, case_not_allowed, case_denied, case_inward, case_hairpin, case_server_errors,
          case_flood, case_path_mtu)),
    ({"mtu": 1400}, (case_small_link, case_fragments)),
    ({"POOL": "2", "OVERFLOW": "1"}, (case_overflow,)),
    ({"POOL": "1"}, (case_exhausted,)),
    ({"inline": True}, (case_inline, case_fragments)),
)


def private():
    if LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    call("mount", "--make-rprivate", "/")
    call("mount", "-t", "tmpfs", "none", "/run")


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP network namespaces take root")
        return 0
    private()
    only = sys.argv[2:]
    number = failed = 0
    print(f"1..{sum(len(cases) for _, cases in GROUPS)}", flush=True)
    for options, cases in GROUPS:
        network = None
        for case in cases:
            number += 1
            name = f"{case.__doc__}{' ' + str(options) if options else ''}"
            if only and case.__name__ not in only:
                print(f"ok {number} - {name} # SKIP not asked for")
                continue
            try:
                network = network or Network(sys.argv[1], **options)
                case(network)
                print(f"ok {number} - {name}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print("# " + traceback.format_exc().strip().replace("\n", "\n# "))
                if network:
                    print(f"# {dict((k, v) for k, v in network.counts().items() if v)}")
                print(f"not ok {number} - {name}", flush=True)
        if network:
            network.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
