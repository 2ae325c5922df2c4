"""Servers are named once and taken by many domains, one route first and another where it fails."""

from __future__ import annotations

from datetime import date

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import HostLookup, NextHop
from lazaretto.tenants.checking import check
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.remarks import DocumentError

TEXT = """\
version: 1
tenant: acme
routes:
  cloud: [{host: cloud.example, lookup: mx}]
  house: [{host: mx2.a.example, preference: 20}, {host: mx1.a.example}]
domains:
  a.example: {route: house, fallback: cloud}
  b.example: {routes: [{host: mx.b.example}], fallback: cloud}
addresses: [x@a.example]
"""


def hops(text: str, domain: str) -> tuple[NextHop, ...]:
    return compile_snapshot(parse_document(text, "a.yaml"), TenantId(1), 1).domains[domain]


def test_a_domain_takes_its_route_and_then_its_fallback() -> None:
    assert [(hop.host, hop.is_fallback) for hop in hops(TEXT, "a.example")] == [
        ("mx1.a.example", False),
        ("mx2.a.example", False),
        ("cloud.example", True),
    ]
    assert hops(TEXT, "a.example")[2].lookup is HostLookup.MX
    assert [hop.host for hop in hops(TEXT, "b.example")] == ["mx.b.example", "cloud.example"]


def test_what_is_exported_reads_as_the_same_document() -> None:
    document = parse_document(TEXT, "a.yaml")

    assert parse_document(export_document(document), "b.yaml") == document


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("fallback: cloud}\n  b", "fallback: clout}\n  b", "there is no route clout; add it to routes"),
        ("{route: house,", "{route: house, routes: [{host: x.example}],", "remove one of them"),
        ("[{host: cloud.example, lookup: mx}]", "[]", "it has no server"),
        ("lookup: mx", "lookup: txt", "lookup"),
    ],
)
def test_a_mistake_is_told_with_its_place(old: str, new: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        parse_document(TEXT.replace(old, new), "a.yaml")


def test_a_route_that_nobody_takes_is_told() -> None:
    text = TEXT.replace(", fallback: cloud}\n  b", "}\n  b").replace(", fallback: cloud}", "}")

    remarks = [remark.text for remark in check(text, "a.yaml", date(2026, 3, 1))]

    assert any("no domain takes the route cloud" in remark for remark in remarks)
