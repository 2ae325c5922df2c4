"""Which messages are similar, how long that is remembered, and who comes too early."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Direction, Leg
from lazaretto.edge.gates.greylist import KNOWN_FOR, Greylist
from lazaretto.edge.gates.notices import NoticeRate
from lazaretto.edge.gates.similar import SimilarMessages, kind_of, tally_of
from lazaretto.edge.header_block import is_automatic
from lazaretto.testing.edge_fakes import ACME, OTHER

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEG = Leg(tenant=ACME.tenant, direction=Direction.OUTBOUND)
INBOUND = Leg(tenant=ACME.tenant, direction=Direction.INBOUND)


def kind(subject: bytes, size: int = 1_000, domain: str = "customer.example") -> object:
    return kind_of(LEG, domain, b"\r\nFrom: a\r\nSubject: " + subject + b"\r\n", size)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (kind(b"Invoice 4711"), kind(b"RE: invoice #4712!"), True),
        (kind(b"Invoice", size=9_000), kind(b"Invoice", size=15_000), True),
        (kind(b"Invoice", size=9_000), kind(b"Invoice", size=90_000), False),
        (kind(b"Invoice"), kind(b"Reminder"), False),
        (kind(b"Invoice"), kind(b"Invoice", domain="xn--bcher-kva.example"), False),
        (kind_of(LEG, "x", b"\r\n", 5), kind_of(LEG, "x", b"\r\nSubject:\r\n", 6), True),
        (kind_of(LEG, "x", b"\r\n", 5), kind_of(INBOUND, "x", b"\r\n", 5), False),
    ],
)
def test_numbers_and_small_differences_do_not_make_messages_different(
    one: object, other: object, alike: bool
) -> None:
    assert (one == other) is alike


def test_similar_messages_are_counted_in_copies_and_not_by_what_they_say() -> None:
    similar, invoice = (
        SimilarMessages(tally_of(10), limit=10),
        kind_of(LEG, "x", b"\r\nSubject: secret\r\n", 5),
    )
    similar.count(invoice, 4, AT)
    similar.count(invoice, 4, AT)
    similar.count(invoice, 4, AT, back=True)

    assert similar.with_more(invoice, 6, AT) == 10
    assert b"secret" in invoice.subject
    assert "secret" not in invoice.key[1]


def test_a_greylisted_triple_is_known_once_it_came_back_in_time() -> None:
    greylist = Greylist(delay=60, window=600, most=10)

    def ask(now: float, ip: str = "192.0.2.1", sender: str = "a@x.example") -> bool:
        return greylist.is_early(ip, sender, "bob@customer.example", now)

    assert [ask(0), ask(59)] == [True, True]
    assert ask(60, sender="b@x.example")
    assert not ask(61, ip="192.0.2.200", sender="A@X.EXAMPLE")
    assert not ask(62)
    assert ask(61 + KNOWN_FOR)


def test_who_comes_back_too_late_begins_again() -> None:
    greylist = Greylist(delay=60, window=600, most=10)

    assert [greylist.is_early("2001:db8::1", "", "b@x.example", now) for now in (0, 601, 700)] == [
        True,
        True,
        False,
    ]


def test_the_greylist_is_bounded() -> None:
    greylist = Greylist(delay=1, window=600, most=2)
    for number in range(5):
        greylist.is_early("192.0.2.1", f"a{number}@x.example", "b@x.example", now=0)

    early = [greylist.is_early("192.0.2.1", f"a{n}@x.example", "b@x.example", now=2) for n in (4, 3, 0)]
    assert early == [False, False, True]


def test_notices_are_one_per_sender_and_few_per_tenant() -> None:
    rate = NoticeRate(per_tenant=2)

    assert [rate.allow(ACME.tenant, path, now=1) for path in ("a@x", "A@x", "b@x", "c@x")] == [
        True,
        False,
        True,
        False,
    ]
    assert rate.allow(OTHER.tenant, "a@x", now=1)
    assert rate.allow(ACME.tenant, "a@x", now=3_602)


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        (b"\r\nAuto-Submitted: auto-generated\r\n", True),
        (b"\r\nauto-submitted: No\r\n", False),
        (b"\r\nPrecedence: Bulk\r\n", True),
        (b"\r\nPrecedence: first-class\r\n", False),
        (b"\r\nList-Id: <l.example>\r\n", True),
        (b"\r\nSubject: List-Id: x\r\n", False),
    ],
)
def test_programs_and_lists_are_known_by_their_fields(header: bytes, automatic: bool) -> None:
    assert is_automatic(header) is automatic
