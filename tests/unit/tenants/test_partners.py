"""Enforced TLS in a document: each partner with its demand, contradictions refused, one spelling."""

from __future__ import annotations

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import AddressFamily, TenantSnapshot, TlsMode
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot
from lazaretto.tenants.remarks import DocumentError

PIN = "ab" * 32
TEXT = f"""\
tenant: acme
tls_partners:
  Partner.example:
    mode: strong
    minimum_version: TLSv1.3
    excluded: [lab.partner.example]
    trusted_names: ["*.mail.example", mx.partner.example]
  bank.example: {{mode: pinned, pins: ["{":".join(["AB"] * 32)}"]}}
  plain.example: {{}}
"""


def compiled(text: str) -> TenantSnapshot:
    return compile_snapshot(parse_document(text, "x"), TenantId(7), 3)


def test_partners_reach_the_mail_path() -> None:
    snapshot = decode_snapshot(encode_snapshot(compiled(TEXT)))

    partner, bank = snapshot.tls_partners["partner.example"], snapshot.tls_partners["bank.example"]
    assert (partner.mode, partner.minimum_version) == (TlsMode.STRONG, "TLSv1.3")
    assert partner.trusted_names == (".mail.example", "mx.partner.example")
    assert (bank.mode, bank.pins) == (TlsMode.PINNED, (PIN,))
    assert snapshot.tls_partners["plain.example"].mode is TlsMode.VALID


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("partner.example", "partner.example"),
        ("eu.partner.example", "partner.example"),
        ("lab.partner.example", None),
        ("a.lab.partner.example", None),
        ("evilpartner.example", None),
        ("example", None),
    ],
)
def test_sub_domains_are_meant_unless_they_are_excluded(domain: str, found: str | None) -> None:
    partner = compiled(TEXT).tls_partner_of(domain)

    assert (None if partner is None else partner.domain) == found


def test_the_nearest_partner_counts() -> None:
    text = "tenant: acme\ntls_partners: {a.example: {}, eu.a.example: {mode: any}}\n"

    partner = compiled(text).tls_partner_of("mx.eu.a.example")

    assert partner is not None
    assert partner.mode is TlsMode.ANY


def test_partners_are_written_in_one_way() -> None:
    document = parse_document(TEXT, "x")

    text = export_document(document)

    assert parse_document(text, "x") == document
    assert export_document(parse_document(text, "x")) == text
    assert PIN in text


@pytest.mark.parametrize(
    ("partner", "problem"),
    [
        ("{mode: pinned}", "need each other"),
        (f"{{pins: [{PIN}]}}", "need each other"),
        ("{mode: pinned, pins: [abc]}", "is not a SHA-256"),
        ("{trusted_names: [mx.a.example]}", "only with mode `strong`"),
        ("{mode: strong, trusted_names: ['*']}", "is not a domain"),
        ("{excluded: [b.example]}", "b.example is no sub-domain of a.example"),
        ("{mode: verified}", "is not possible; choose one of"),
        ("{minimum_version: TLSv1.1}", "is not possible; choose one of"),
    ],
)
def test_a_contradiction_is_refused(partner: str, problem: str) -> None:
    with pytest.raises(DocumentError) as failure:
        parse_document(f"tenant: acme\ntls_partners:\n  a.example: {partner}\n", "x")

    assert problem in str(failure.value)


def test_routes_say_how_much_goes_where() -> None:
    route = "{host: mx.a.example, weight: 3, family: ipv6, max_connections: 2, messages_per_minute: 60}"
    (hop,) = compiled(f"tenant: acme\ndomains: {{a.example: {{routes: [{route}]}}}}\n").domains["a.example"]

    assert (hop.weight, hop.family) == (3, AddressFamily.IPV6)
    assert (hop.max_connections, hop.messages_per_minute) == (2, 60)
