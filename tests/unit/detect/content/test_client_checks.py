"""What sending computers call themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts, Leaving
from lazaretto.core.identity import TenantId
from lazaretto.detect.content.client_checks import ClientChecks
from lazaretto.mail.scanner import view_of

MESSAGE = view_of(b"From: a@b.example\r\n\r\nhi\r\n")


def _facts(helo: str, ip: str = "203.0.113.77") -> Facts:
    return Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip=ip, helo=helo))


@pytest.mark.parametrize(
    ("helo", "symbol"),
    [
        pytest.param("[203.0.113.77]", "HELO_NUMBER", id="literal"),
        pytest.param("203.0.113.77", "HELO_NUMBER", id="bare"),
        pytest.param("[IPv6:2001:db8::1]", "HELO_NUMBER", id="version 6"),
        pytest.param("friend", "HELO_NO_DOMAIN", id="one word"),
        pytest.param("WIN-344VU98D3RU", "HELO_NO_DOMAIN", id="a desk"),
        pytest.param("pool-203-0-113-77.city.provider.example", "HELO_HOME_LINE", id="numbers and pool"),
        pytest.param("77.113.broadband7.provider.example", "HELO_HOME_LINE", id="backwards"),
        pytest.param("cb00714d.provider.example", "HELO_HOME_LINE", id="in hexadecimal"),
        pytest.param("acqp6.neoplus.adsl.provider.example", "HELO_HOME_LINE", id="kind of line"),
        pytest.param("mail.firm.example", "", id="server"),
        pytest.param("a192-156.smtp-out.firm.example", "", id="numbered server"),
        pytest.param("mx77-113.firm.example", "", id="server with the numbers"),
        pytest.param("static.77.113.0.203.clients.host.example", "", id="rented server"),
        pytest.param("gamma.firm.example", "", id="any host"),
        pytest.param("", "", id="unknown"),
    ],
)
def test_names_of_lines_and_desks_are_told_from_names_of_servers(helo: str, symbol: str) -> None:
    found = {finding.symbol for finding in ClientChecks().look(MESSAGE, _facts(helo), None)}

    assert found == ({symbol} if symbol else set())


def test_numbers_of_another_address_mean_nothing() -> None:
    assert ClientChecks().look(MESSAGE, _facts("h-7-9.firm.example", "198.51.100.4"), None) == []
    assert ClientChecks().look(MESSAGE, _facts("h-0-0.firm.example", "0.0.0.0"), None) == []


def test_our_customers_may_call_their_desks_what_they_like() -> None:
    leaving = replace(_facts("friend"), leaving=Leaving(tenant=TenantId(1)))

    assert ClientChecks().look(MESSAGE, leaving, None) == []
