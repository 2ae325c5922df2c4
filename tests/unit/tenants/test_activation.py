"""The default disclaimer applies from the day of activation, and not before."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.identity import TenantId
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

TEXT = "tenant: acme\ndomains: {customer.example: {}}\ncontract: {activated: 2026-05-02}\n"


@pytest.mark.parametrize(
    ("more", "day", "applies"),
    [
        pytest.param("", 1, False, id="the day before"),
        pytest.param("", 2, True, id="the very day"),
        pytest.param("disclaimers: {inbound: {use: on}}\n", 1, True, id="wanted at once"),
        pytest.param("disclaimers: {inbound: {use: off}}\n", 3, False, id="not wanted"),
    ],
)
def test_the_default_disclaimer_applies_from_activation(more: str, day: int, applies: bool) -> None:
    snapshot = compile_snapshot(parse_document(TEXT + more, "x"), TenantId(1), 1)
    facts = Facts(received_at=datetime(2026, 5, day, tzinfo=UTC), client=Client(ip="192.0.2.1"))

    (decision,) = judge((), facts, snapshot, ["bob@customer.example"], Direction.INBOUND).decisions

    assert any(order.action == "disclaimer" for order in decision.orders) is applies
