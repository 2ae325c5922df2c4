"""Settings at three levels: the nearer one wins, setting by setting, and the rest is inherited."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot
from lazaretto.tenants.remarks import DocumentError
from lazaretto.tenants.showing import shown

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
SPAM = Finding("SPAMMY", 9.0, "", Verdict.SPAM)
TEXT = """\
tenant: acme
domains:
  customer.example:
    routes: [{host: 127.0.0.1}]
  branch.example:
    routes: [{host: 127.0.0.1}]
    settings:
      antispam: {spam: delete, bulk: log}
addresses: [ann@customer.example, bob@customer.example, carl@branch.example, dora@branch.example]
aliases: {chief@customer.example: ann@customer.example}
groups:
  directors:
    members: [ann@customer.example, carl@branch.example]
    settings:
      antispam: {spam: quarantine, thresholds: {spam: 3.0}}
  everybody:
    order: 200
    members: [ann@customer.example, bob@customer.example]
    settings:
      antispam: {spam: log, phishing: delete}
"""


def snapshot(more: str = "") -> TenantSnapshot:
    return compile_snapshot(parse_document(TEXT + more, "x"), TenantId(1), 1)


def fates(*recipients: str, findings: tuple[Finding, ...] = (SPAM,)) -> dict[str, Disposition]:
    judged = judge(findings, FACTS, snapshot(), recipients, Direction.INBOUND)
    return {one: each.disposition for each in judged.decisions for one in each.recipients}


@pytest.mark.parametrize(
    ("recipient", "disposition"),
    [
        pytest.param("eve@customer.example", Disposition.DELIVER, id="the tenant's own"),
        pytest.param("dora@branch.example", Disposition.DELETE, id="the domain's"),
        pytest.param("carl@branch.example", Disposition.QUARANTINE, id="the group's before the domain's"),
        pytest.param("Ann@customer.example", Disposition.QUARANTINE, id="the group that speaks first"),
        pytest.param("chief@customer.example", Disposition.QUARANTINE, id="an alias is its mailbox"),
        pytest.param("bob@customer.example", Disposition.DELIVER, id="the group that only logs"),
    ],
)
def test_the_nearest_level_that_speaks_decides(recipient: str, disposition: Disposition) -> None:
    assert fates(recipient) == {recipient: disposition}


def test_recipients_of_one_message_are_judged_each_by_their_own_level() -> None:
    assert fates("eve@customer.example", "dora@branch.example", "carl@branch.example") == {
        "eve@customer.example": Disposition.DELIVER,
        "dora@branch.example": Disposition.DELETE,
        "carl@branch.example": Disposition.QUARANTINE,
    }


def test_a_limit_of_a_group_holds_for_the_group_alone() -> None:
    doubtful = Finding("SPAMMY", 3.5, "", Verdict.SPAM)

    assert fates("carl@branch.example", "dora@branch.example", findings=(doubtful,)) == {
        "carl@branch.example": Disposition.QUARANTINE,
        "dora@branch.example": Disposition.DELIVER,
    }


def test_a_reason_names_the_level_it_comes_from() -> None:
    judged = judge((SPAM,), FACTS, snapshot(), ["dora@branch.example"], Direction.INBOUND)

    assert judged.decisions[0].reasons[0].setting == "antispam.spam = delete (domain branch.example)"


def test_levels_survive_the_way_to_other_processes() -> None:
    compiled = snapshot()

    assert decode_snapshot(encode_snapshot(compiled)) == compiled


def test_what_holds_is_shown_with_its_origin() -> None:
    document = parse_document(f"{TEXT}profile: strict\nmax_message_size: 10\n", "x")

    origins = {
        each.path: (each.value, each.origin) for each in shown(document, address="carl@branch.example")
    }

    assert origins["antispam.spam"] == ("quarantine", "group directors")
    assert origins["antispam.bulk"] == ("log", "domain branch.example")
    assert origins["antispam.sensitivity"] == ("strict", "profile strict")
    assert origins["max_message_size"] == (10, "global")
    assert origins["antispam.spf"] == ("block-and-delete", "default")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("groups: {g: {settings: {antispam: {spf: log}}}}", id="SPF is never a group's"),
        pytest.param("groups: {g: {settings: {antimalware: {malware: delete}}}}", id="nor is malware"),
        pytest.param(
            "domains: {a.example: {settings: {antispam: {greylisting: true}}}}",
            id="greylisting is the tenant's",
        ),
        pytest.param("groups: {g: {settings: {antispam: {spam: redirect}}}}", id="redirect needs somebody"),
    ],
)
def test_what_cannot_differ_at_a_level_is_an_error(settings: str) -> None:
    with pytest.raises(DocumentError):
        parse_document(f"tenant: acme\n{settings}\n", "x")


@pytest.mark.parametrize("profile", ["annex-1", "standard", "strict"])
def test_export_and_apply_change_nothing_whatever_the_profile(profile: str) -> None:
    document = parse_document(f"{TEXT}profile: {profile}\nantispam: {{spam: tag-subject}}\n", "x")

    text = export_document(document)
    again = parse_document(text, "x")

    assert again == document
    assert export_document(again) == text
    assert again.antispam.spam.value == "tag-subject"


ACTIONS = st.sampled_from(
    ["off", "log", "add-header", "tag-subject", "quarantine", "delete", "block-and-delete"]
)


@hypothesis_settings(deadline=None, max_examples=50)
@given(tenant=ACTIONS, domain=st.none() | ACTIONS, group=st.none() | ACTIONS)
def test_group_before_domain_before_tenant(tenant: str, domain: str | None, group: str | None) -> None:
    def at(choice: str | None) -> str:
        return "{}" if choice is None else f'{{antispam: {{spam: "{choice}"}}}}'

    text = (
        f'tenant: a\nantispam: {{spam: "{tenant}"}}\naddresses: [b@a.example]\n'
        f"domains: {{a.example: {{settings: {at(domain)}}}}}\n"
        f"groups: {{g: {{members: [b@a.example], settings: {at(group)}}}}}\n"
    )
    document = parse_document(text, "x")

    value = next(
        each.value for each in shown(document, address="b@a.example") if each.path == "antispam.spam"
    )

    assert value == (group or domain or tenant)
    assert parse_document(export_document(document), "x") == document


def accepted(text: str, address: str) -> bool:
    return compile_snapshot(parse_document(text, "x"), TenantId(1), 1).accepts(address)


@pytest.mark.parametrize(
    ("address", "exists"),
    [
        ("bob@a.example", True),
        ("bob+news@a.example", True),
        ("eve+news@a.example", False),
        ("ticket-17@a.example", True),
        ("ticket-@a.example", False),
        ("TICKET-9@A.example", True),
        ("chief@a.example", True),
        ("ticket-17@b.example", False),
    ],
)
def test_an_address_exists_when_it_is_listed_an_alias_or_follows_from_a_rule(
    address: str, exists: bool
) -> None:
    text = (
        "tenant: a\ndomains: {a.example: {}, b.example: {}}\naddresses: [bob@a.example]\n"
        "aliases: {chief@a.example: bob@a.example}\nplus_addresses: true\n"
        "address_patterns: ['ticket-*@a.example']\n"
    )

    assert accepted(text, address) is exists


def test_the_shortest_document_is_valid_and_has_the_default_profile() -> None:
    document: TenantDocument = parse_document("version: 1\ntenant: acme\n", "x")

    assert document.profile.value == "annex-1"
    assert export_document(document) == "version: 1\ntenant: acme\n"
