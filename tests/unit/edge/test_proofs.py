"""What shows that a client sends for a tenant, where its address shows nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lazaretto.core.address import Address
from lazaretto.core.networks import NetworkIndex
from lazaretto.core.snapshot import HeaderToken, OutboundProofs
from lazaretto.edge.gates.proof import Certificate, Sender, Shown, sender_of, without_tokens
from lazaretto.edge.gates.sender import shown_by_address
from lazaretto.testing.edge_fakes import ACME, OTHER, FixedDirectory

TOKEN = HeaderToken(name="X-Acme-Proof", value="0123456789abcdef")
PRINT = "ab" * 32
PROVING = replace(
    ACME,
    outbound_proofs=OutboundProofs(
        certificates=frozenset({PRINT}),
        certificate_names=frozenset({"mail.customer.example"}),
        header_tokens=(TOKEN,),
    ),
)
DIRECTORY = FixedDirectory(PROVING, OTHER)
ALICE, OLGA = Address("alice", "customer.example"), Address("olga", "other.example")
OWN = Certificate(PRINT)


@pytest.mark.parametrize(
    ("path", "shown", "sender"),
    [
        pytest.param(ALICE, Shown(), None, id="nothing shown"),
        pytest.param(OLGA, Shown(registered=PROVING), Sender(PROVING), id="registered address"),
        pytest.param(None, Shown(registered=PROVING), Sender(PROVING), id="null path, registered"),
        pytest.param(ALICE, Shown(certificate=OWN), Sender(PROVING), id="fingerprint"),
        pytest.param(
            ALICE,
            Shown(certificate=Certificate("00", frozenset({"mail.customer.example"}))),
            Sender(PROVING),
            id="name",
        ),
        pytest.param(
            ALICE,
            Shown(certificate=Certificate("00", frozenset({"customer.example"}))),
            None,
            id="other name",
        ),
        pytest.param(
            OLGA, Shown(certificate=OWN), Sender(PROVING), id="sends for the certificate's owner only"
        ),
        pytest.param(None, Shown(certificate=OWN), Sender(PROVING), id="null path, certificate"),
        pytest.param(None, Shown(certificate=Certificate("00")), None, id="null path, unknown certificate"),
        pytest.param(None, Shown(shares_address=True), None, id="null path, token"),
        pytest.param(
            ALICE, Shown(shares_address=True), Sender(PROVING, owes_token=True), id="owes its token"
        ),
        pytest.param(
            ALICE, Shown(shares_address=True, certificate=OWN), Sender(PROVING), id="certificate is enough"
        ),
        pytest.param(OLGA, Shown(shares_address=True), None, id="a tenant without tokens"),
        pytest.param(Address("a", "far.example"), Shown(shares_address=True), None, id="no tenant"),
    ],
)
def test_a_proof_counts_for_its_own_tenant_only(
    path: Address | None, shown: Shown, sender: Sender | None
) -> None:
    assert sender_of(path, shown, DIRECTORY) == sender


def test_a_shared_address_shows_nobody_even_when_it_is_registered() -> None:
    shared = NetworkIndex([("127.0.0.8/29", "shared")])

    assert shown_by_address("127.0.0.9", DIRECTORY, shared) == Shown(shares_address=True)
    assert shown_by_address("127.0.0.9", DIRECTORY, NetworkIndex([])) == Shown(registered=PROVING)


@pytest.mark.parametrize(
    ("header", "left"),
    [
        (b"A: b\r\nX-Acme-Proof: 0123456789abcdef\r\nC: d\r\n", b"A: b\r\nC: d\r\n"),
        (b"x-acme-proof :0123456789abcdef \r\n", b""),
        (b"X-Acme-Proof: wrong\r\nX-ACME-PROOF:\r\n\t0123456789abcdef\r\nB: c\r\n", b"B: c\r\n"),
        (b"A: b\r\nX-Acme-Proof: 0123456789abcdef0\r\n", None),
        (b"A: X-Acme-Proof: 0123456789abcdef\r\n", None),
        (b"A: b\r\n X-Acme-Proof: 0123456789abcdef\r\n", None),
        (b"X-Acme-Proof-Too: 0123456789abcdef\r\n", None),
        (b"", None),
    ],
)
def test_a_token_is_found_and_taken_out_whole(header: bytes, left: bytes | None) -> None:
    assert without_tokens(header, (TOKEN,)) == left


def test_looking_for_tokens_in_a_hostile_header_is_quick() -> None:
    header = b"X-Acme-Proof:" + b" \r\n" * 300_000 + b"x"

    assert without_tokens(header, (TOKEN,)) is None
