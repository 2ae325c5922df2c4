"""What a document lets people do with their own quarantine, and when they are told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lazaretto.core.decision import Decision, Disposition
from lazaretto.core.end_users import CERTAIN_PHISHING, EndUserRight, Weekday
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import AuthResult, Dkim, Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.reputation.newsletters import WantedNewsletters
from lazaretto.mail.scanner import view_of
from lazaretto.policy.judging import judge
from lazaretto.spool.planning import quarantine_row
from lazaretto.spool.settings import SpoolSettings
from lazaretto.tenants.checking import check
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import export_document, parse_document
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot
from lazaretto.tenants.remarks import DocumentError

DAY = datetime(2026, 5, 1, 12, tzinfo=UTC)
BASE = """\
tenant: acme
domains: {customer.example: {}}
addresses: [ann@customer.example, bob@customer.example]
groups: {helpers: {members: [ann@customer.example]}}
"""
R = EndUserRight


def snapshot(text: str) -> TenantSnapshot:
    document = parse_document(BASE + text, "acme.yaml")
    again = parse_document(export_document(document), "again")
    assert again == document
    return decode_snapshot(encode_snapshot(compile_snapshot(document, TenantId(1), 1)))


def judged(snapshot: TenantSnapshot, *findings: Finding, facts: Facts | None = None) -> tuple[Decision, ...]:
    known = facts or Facts(received_at=DAY, client=Client(ip="192.0.2.1"))
    people = ["ann@customer.example", "bob@customer.example"]
    return judge(findings, known, snapshot, people, Direction.INBOUND).decisions


def test_rights_hold_for_each_reason_apart() -> None:
    people = snapshot("quarantine: {spam: limited, bulk: [release, see-why], policy: none}\n").people

    assert people.may(R.REQUEST_RELEASE, "spam") and not people.may(R.RELEASE, "spam")
    assert people.may(R.RELEASE, "bulk") and people.may(R.SEE_WHY, "bulk")
    assert not any(people.may(right, "policy") for right in R)
    assert not any(people.may(right, "never heard of") for right in R)


@pytest.mark.parametrize(
    "reason", ["spam", "bulk", "phishing", "certain_phishing", "impersonation", "policy", "unscannable"]
)
def test_release_and_request_exclude_each_other(reason: str) -> None:
    with pytest.raises(DocumentError, match="exclude each other"):
        parse_document(f"{BASE}quarantine: {{{reason}: [release, request-release]}}\n", "x")


def test_release_and_request_exclude_each_other_for_a_group_too() -> None:
    group = "groups: {g: {settings: {quarantine: {spam: [release, request-release]}}}}\n"
    with pytest.raises(DocumentError, match="exclude each other"):
        parse_document("tenant: acme\n" + group, "x")


@pytest.mark.parametrize("reason", ["malware", "suspected", CERTAIN_PHISHING])
def test_a_release_of_what_is_dangerous_becomes_a_request(reason: str) -> None:
    people = snapshot("quarantine: {malware: full, certain_phishing: full}\n").people

    assert not people.may(R.RELEASE, reason)
    assert people.may(R.REQUEST_RELEASE, reason)


def test_malware_allows_nothing_where_nothing_is_said() -> None:
    assert not any(snapshot("").people.may(right, "malware") for right in R)


def test_check_says_that_a_release_will_be_a_request() -> None:
    remarks = check(f"{BASE}quarantine: {{malware: [release]}}\n", "acme.yaml", DAY.date())

    assert any("request-release" in remark.text for remark in remarks)


def test_a_group_has_rights_and_a_digest_of_its_own() -> None:
    text = BASE.replace(
        "[ann@customer.example]}", "[ann@customer.example], settings: {quarantine: {spam: none}}}"
    )
    known = compile_snapshot(
        parse_document(text + "digest: {send: true, hours: {monday: [8, 16]}}\n", "x"), TenantId(1), 1
    )

    assert not known.end_users_of("ann@customer.example").may(R.RELEASE, "spam")
    assert known.end_users_of("bob@customer.example").may(R.RELEASE, "spam")
    assert known.end_users_of("ann@customer.example").digest.hours == {Weekday.MONDAY: (8, 16)}


@pytest.mark.parametrize(
    "text", ["address_registration: off\n", "quarantine: {end_users: false}\n"], ids=["off", "not wanted"]
)
def test_there_is_no_quarantine_of_their_own_without_registration_or_wish(text: str) -> None:
    assert snapshot(text).people.rights == {}


def test_digests_are_off_until_somebody_wants_them() -> None:
    assert snapshot("").end_users_of("bob@customer.example").digest.hours == {}


def test_a_digest_lists_certain_phishing_with_phishing() -> None:
    digest = snapshot("digest: {send: true, reasons: [phishing], language: nl}\n").people.digest

    assert digest.reasons == {"phishing", CERTAIN_PHISHING}
    assert digest.language == "nl" and digest.hours[Weekday.FRIDAY] == (8,)


def test_an_excluded_address_gets_no_digest_and_keeps_its_rights() -> None:
    known = snapshot("digest: {send: true, excluded: [Bob@customer.example]}\n")

    assert known.end_users_of("bob@customer.example").digest.hours == {}
    assert known.end_users_of("bob@customer.example").may(R.RELEASE, "spam")
    assert known.end_users_of("ann@customer.example").digest.hours


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{hours: {monday: [24]}}", "24 is no hour", id="hour"),
        pytest.param("{time_zone: Mars/Base}", "no time zone", id="zone"),
        pytest.param("{hours: {someday: [8]}}", "someday", id="day"),
        pytest.param("{reasons: [boredom]}", "boredom", id="reason"),
    ],
)
def test_a_digest_that_cannot_be_is_refused(text: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        parse_document(f"{BASE}digest: {text}\n", "x")


def test_certain_phishing_is_told_apart() -> None:
    known = snapshot("")
    weak = judged(known, Finding("LURE", 6.0, "", Verdict.PHISHING))
    strong = judged(known, Finding("LURE", 10.0, "", Verdict.PHISHING))

    assert {each.quarantine_reason for each in weak} == {"phishing"}
    assert {each.quarantine_reason for each in strong} == {CERTAIN_PHISHING}


def test_mail_rests_as_long_as_the_tenant_says() -> None:
    known = snapshot("quarantine: {keep_days: {phishing: 3}}\nantispam: {spam: quarantine}\n")
    phishing = judged(known, Finding("LURE", 10.0, "", Verdict.PHISHING))[0]
    spam = judged(known, Finding("HINT", 6.0, "", Verdict.SPAM))[0]

    assert (phishing.keep_days, spam.keep_days) == (3, 0)


@pytest.mark.parametrize(
    ("keep_days", "reason", "days"), [(3, "spam", 3), (0, "spam", 14), (0, "malware", 30)]
)
def test_a_quarantined_copy_ends_on_the_day_that_was_decided(keep_days: int, reason: str, days: int) -> None:
    row = quarantine_row(
        tenant=TenantId(1),
        message=MessageId(uuid4()),
        number=1,
        direction="inbound",
        recipients=[(1, "bob@customer.example")],
        reason=reason,
        now=DAY,
        settings=SpoolSettings(),
        keep_days=keep_days,
    )

    assert row.expires_at - DAY == timedelta(days=days)


@pytest.mark.parametrize("days", [0, 31])
def test_retention_is_bounded(days: int) -> None:
    with pytest.raises(DocumentError):
        parse_document(f"{BASE}quarantine: {{keep_days: {{malware: {days}}}}}\n", "x")


NEWS = """\
newsletters: {wanted: [{list: News.Shop.example, signed_by: shop.example%s}]}
antispam: {bulk: quarantine}
"""
LETTER = b"From: Shop <a@shop.example>\r\nList-Id: Shop News <news.shop.example>\r\n\r\nBuy.\r\n"


def found_in(known: TenantSnapshot, signer: str) -> tuple[Finding, ...]:
    facts = Facts(
        received_at=DAY,
        client=Client(ip="192.0.2.1"),
        recipients=("ann@customer.example", "bob@customer.example"),
        dkim=(Dkim(result=AuthResult.PASS, domain=signer, selector="s"),),
    )
    return tuple(WantedNewsletters().look(view_of(LETTER), facts, known))


def fates(known: TenantSnapshot, signer: str) -> dict[str, Disposition]:
    decisions = judged(known, Finding("MASS", 9.0, "", Verdict.BULK), *found_in(known, signer))
    return {who: each.disposition for each in decisions for who in each.recipients}


def test_a_wanted_newsletter_is_no_bulk_mail() -> None:
    assert set(fates(snapshot(NEWS % ""), "shop.example").values()) == {Disposition.DELIVER}


def test_a_list_id_alone_is_worth_nothing() -> None:
    assert set(fates(snapshot(NEWS % ""), "other.example").values()) == {Disposition.QUARANTINE}


def test_a_newsletter_that_one_person_wants_comes_to_that_person_alone() -> None:
    known = snapshot(NEWS % ", recipients: [ann@customer.example]")

    assert fates(known, "shop.example") == {
        "ann@customer.example": Disposition.DELIVER,
        "bob@customer.example": Disposition.QUARANTINE,
    }


def test_an_exception_ends_with_its_day() -> None:
    assert found_in(snapshot(NEWS % ", expires: 2026-05-01"), "shop.example")
    assert not found_in(snapshot(NEWS % ", expires: 2026-04-30"), "shop.example")
