"""The trace field says what we saw, and nothing that a client wrote gets out of its place."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.envelope import Client, Envelope, Recipient, Tls
from lazaretto.core.identity import MessageId
from lazaretto.edge.trace_header import protocol_word, trace_header

AT = datetime(2026, 11, 24, 11, 0, 0, tzinfo=UTC)
ID = MessageId(UUID("01a20d51-1497-77fd-bb07-fa08541e9a47"))
TLS = Tls(protocol="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", bits=256)
BOB = Recipient(address="bob@customer.example")
OLGA = Recipient(address="olga@other.example")


def header(client: Client, *recipients: Recipient, smtputf8: bool = False) -> str:
    envelope = Envelope(reverse_path="", recipients=recipients, smtputf8=smtputf8)
    octets = trace_header(
        message=ID, client=client, envelope=envelope, host_name="mx.example", at=AT, hop_key=b""
    )
    return octets.decode("ascii")


def test_one_recipient_is_named() -> None:
    client = Client(ip="192.0.2.1", helo="a.example", hostname="b.example", tls=TLS)

    assert header(client, BOB) == (
        "Received: from a.example (b.example [192.0.2.1])\r\n"
        "\tby mx.example (Lazaretto)\r\n"
        "\twith ESMTPS (TLSv1.3 TLS_AES_256_GCM_SHA384 256 bits) id 01a20d51-1497-77fd-bb07-fa08541e9a47\r\n"
        "\tfor <bob@customer.example>;\r\n"
        "\tTue, 24 Nov 2026 11:00:00 +0000\r\n"
        "X-Lazaretto-Id: 01a20d51-1497-77fd-bb07-fa08541e9a47\r\n"
    )


def test_several_recipients_do_not_learn_of_one_another() -> None:
    shown = header(Client(ip="2001:db8::1", helo="a.example"), BOB, OLGA)

    assert "customer.example" not in shown
    assert "other.example" not in shown
    assert "([IPv6:2001:db8::1])" in shown


@pytest.mark.parametrize(
    ("client", "smtputf8", "word"),
    [
        pytest.param(Client(ip="192.0.2.1", extended=False), False, "SMTP", id="HELO"),
        pytest.param(Client(ip="192.0.2.1"), False, "ESMTP", id="EHLO"),
        pytest.param(Client(ip="192.0.2.1", tls=TLS), False, "ESMTPS", id="TLS"),
        pytest.param(Client(ip="192.0.2.1"), True, "UTF8SMTP", id="SMTPUTF8"),
        pytest.param(Client(ip="192.0.2.1", tls=TLS), True, "UTF8SMTPS", id="SMTPUTF8 in TLS"),
    ],
)
def test_the_keyword_says_how_it_came(client: Client, smtputf8: bool, word: str) -> None:
    assert protocol_word(client, Envelope(reverse_path="", recipients=(), smtputf8=smtputf8)) == word


@given(st.text(), st.text(), st.text())
def test_no_claim_adds_a_line(helo: str, hostname: str, address: str) -> None:
    shown = header(Client(ip="192.0.2.1", helo=helo, hostname=hostname), Recipient(address=address))

    lines = shown.split("\r\n")
    assert len(lines) == 7
    assert all(line.isprintable() for line in (each.replace("\t", "") for each in lines))
