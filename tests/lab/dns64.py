# SPDX-License-Identifier: Apache-2.0
"""DNS64 behind name servers of other kinds than the lab's plain one: signed zones, and one that fails."""

import re
from contextlib import contextmanager

from cases import case
from lab import expect, on, sh
from translation import PREFIX, V4, attach, bring_up, config_of, embed, in_pod, loaded, originals, take_down

OUTSIDE = "outside"

SIGNED = """zone "signed" { type primary; file "/var/cache/bind/lab.signed"; dnssec-policy default; inline-signing yes; };
"""
SIGNED_ZONE = """$TTL 60
@ SOA ns.test. root.test. 1 3600 600 86400 60
@ NS ns.test.
www A 203.0.113.80
"""

# named can't be made to fail for one type of record alone. An A query gets an address, an AAAA query what the name says.
RESPONDER = r"""
use IO::Socket::INET;
my $socket = IO::Socket::INET->new(LocalAddr => "203.0.113.53", LocalPort => 53, Proto => "udp") or die "$@";
my %codes = (formerr => 1, servfail => 2, notimp => 4, refused => 5);
while (my $peer = $socket->recv(my $query, 4096)) {
    my ($id, $flags) = unpack("n2", $query);
    my $at = 12;
    my $name = lc(substr($query, 13, ord(substr($query, 12, 1))));
    $at += 1 + ord(substr($query, $at, 1)) while ord(substr($query, $at, 1));
    my $type = unpack("n", substr($query, $at + 1, 2));
    my $answer = $type == 1 ? pack("n3 N n C4", 0xc00c, 1, 1, 60, 4, 203, 0, 113, 80) : "";
    my $code = $type == 28 ? $codes{$name} // 0 : 0;
    $socket->send(pack("n6", $id, 0x8480 | ($flags & 0x100) | $code, 1, $answer ? 1 : 0, 0, 0)
        . substr($query, 12, $at - 7) . $answer);
}
"""


@contextmanager
def signed_zone():
    sh(OUTSIDE, "cp /etc/bind/named.conf /root/named.conf; cat >>/etc/bind/named.conf", stdin=SIGNED)
    sh(OUTSIDE, "cat >/var/cache/bind/lab.signed; chown -R bind /var/cache/bind", stdin=SIGNED_ZONE)
    try:
        sh(OUTSIDE, "systemctl restart named; for i in $(seq 100); do "
                    "dig +short +time=1 +tries=1 +dnssec @203.0.113.53 A www.signed | grep -q ' 60 ' && exit 0; sleep 0.1; done; exit 1")
        yield
    finally:
        sh(OUTSIDE, "mv /root/named.conf /etc/bind/named.conf; rm -f /var/cache/bind/lab.signed*; systemctl restart named")


@contextmanager
def failing_server():
    sh(OUTSIDE, "systemctl stop named; cat >/root/responder.pl", stdin=RESPONDER)
    try:
        sh(OUTSIDE, "systemd-run --quiet --unit lab-responder perl /root/responder.pl; for i in $(seq 100); do "
                    "dig +short +time=1 +tries=1 @203.0.113.53 A plain.test | grep -q . && exit 0; sleep 0.1; done; exit 1")
        yield
    finally:
        sh(OUTSIDE, "systemctl stop lab-responder; rm -f /root/responder.pl; systemctl start named")


def ask(node, *words):
    """(status, addresses, flags) of what the node's own name server says."""
    out = in_pod(node, "dig", "+time=5", "+tries=2", *words).out
    found = re.search(r"status: (\w+).*?;; flags: ([a-z ]+);", out, re.DOTALL)
    expect(found, out)
    return found.group(1), re.findall(r"\sIN\s+AAAA\s+([0-9a-f:]+)$", out, re.MULTILINE), found.group(2).split()


@case("dns64: signed answers stay as they are for who checks signatures, and are synthesised for all others")
def test_signed():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of())
    attach("minion-2")
    with signed_zone():
        wanted = [embed(PREFIX, V4)]
        status, addresses, flags = ask("minion-2", "AAAA", "www.signed")
        expect((status, addresses) == ("NOERROR", wanted) and "ad" not in flags, f"{status} {addresses} {flags}")
        # RFC 6147 section 5.5: a client that sets DO and CD does its own validation, and its own synthesis.
        for words in (("+dnssec", "+cdflag"), ("+dnssec",)):
            status, addresses, flags = ask("minion-2", *words, "AAAA", "www.signed")
            expect((status, addresses) == ("NOERROR", []) and "ad" not in flags, f"{words}: {status} {addresses} {flags}")
        expect(ask("minion-2", "+cdflag", "AAAA", "www.signed")[:2] == ("NOERROR", wanted), "CD alone")
    take_down(nodes, before)


@case("dns64: a server that fails for AAAA alone: its failure is passed on at once, other names have their answers")
def test_failing():
    nodes = loaded()
    before = originals(nodes)
    bring_up(nodes, config_of())
    attach("minion-2")
    with failing_server():
        for name in ("servfail", "refused", "notimp", "formerr"):
            expect(ask("minion-2", "AAAA", f"{name}.broken.test")[:2] == ("SERVFAIL", []), name)
        expect(ask("minion-2", "AAAA", "plain.broken.test")[:2] == ("NOERROR", [embed(PREFIX, V4)]), "a sound name beside them")
    on("minion-2", "lazyjack", "status", "-c", "/root/test.yaml")
    take_down(nodes, before)
