"""All tenants in memory: found by domain, sending address and number, changed one at a time."""

from __future__ import annotations

from datetime import date

from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.lookup import SnapshotTable

DAY = date(2026, 5, 1)


def a_tenant(number: int, text: str = "", version: int = 1) -> TenantSnapshot:
    return compile_snapshot(parse_document(f"tenant: t{number}\n{text}", "x"), TenantId(number), version)


ONE = a_tenant(1, "domains: {one.example: {}}\noutbound: {senders: [192.0.2.0/28, '2001:db8::/32']}")
TWO = a_tenant(2, "domains: {two.example: {}, sub.one.example: {}}\noutbound: {senders: [192.0.2.16]}")


def test_a_tenant_is_found_by_domain_address_and_number() -> None:
    table = SnapshotTable([ONE, TWO], DAY)

    assert table.tenant_of("one.example") is ONE
    assert table.tenant_of("sub.one.example") is TWO
    assert table.tenant_of("other.one.example") is None
    assert table.sender_at("192.0.2.15") is ONE
    assert table.sender_at("192.0.2.16") is TWO
    assert table.sender_at("2001:db8::1") is ONE
    assert table.sender_at("192.0.2.17") is None
    assert table.sender_at("unix") is None
    assert table.by_id(TenantId(2)) is TWO
    assert table.by_id(TenantId(3)) is None


def test_a_certificate_that_several_tenants_registered_shows_none_of_them() -> None:
    own, shared = "ab" * 32, "cd" * 32
    one = a_tenant(1, f"outbound: {{proofs: {{certificates: [{own}, {shared}]}}}}")
    two = a_tenant(
        2, f"outbound: {{proofs: {{certificates: [{shared}], certificate_names: [m.two.example]}}}}"
    )

    table = SnapshotTable([one, two], DAY)

    assert table.sender_showing(own) is one
    assert table.sender_showing("m.two.example") is two
    assert table.sender_showing(shared) is None
    assert table.sender_showing("unknown") is None


def test_a_changed_tenant_replaces_what_it_was_and_leaves_the_others() -> None:
    changed = a_tenant(1, "domains: {new.example: {}}", version=2)

    table = SnapshotTable([ONE, TWO], DAY).with_changes([changed], DAY)

    assert table.tenant_of("one.example") is None
    assert table.tenant_of("new.example") is changed
    assert table.sender_at("192.0.2.1") is None
    assert table.tenant_of("two.example") is TWO
    assert len(table) == 2


def test_an_entry_that_ends_leaves_on_the_next_day_without_a_publication() -> None:
    tenant = a_tenant(1, "blocked_senders: [{entry: x.example, expires: 2026-05-01}]")
    table = SnapshotTable([tenant], DAY)

    today, tomorrow = table, table.with_changes((), date(2026, 5, 2))

    assert today.by_id(TenantId(1)).blocked.entry_for_address("a@x.example") == "x.example"
    assert tomorrow.by_id(TenantId(1)).blocked.entry_for_address("a@x.example") == ""
