"""A stranger is told from an acquaintance, a forger from the one it imitates, and a lure from a greeting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Acquaintance, AuthResult, Colleagues, Dkim, Dmarc, Facts, Spf
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.impersonation.first_contact import FirstContact
from lazaretto.detect.impersonation.protected_names import ProtectedNames, colleagues_shown
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of

TENANT = TenantSnapshot(
    tenant=TenantId(7),
    name="customer",
    version=1,
    domains={"customer.example": ()},
    addresses=frozenset({"ann.lee@customer.example", "bob@customer.example"}),
)
MESSAGE = view_of(
    b"From: Eve <eve@partner.example>\r\nTo: bob@customer.example\r\nSubject: hi\r\n\r\nhello\r\n"
)
BOB, ANN = "bob@customer.example", "ann.lee@customer.example"
VOUCHED = Dkim(result=AuthResult.PASS, domain="partner.example")


def facts(known: Acquaintance | None, *, is_vouched: bool = True) -> Facts:
    return Facts(
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        client=Client(ip="192.0.2.1"),
        recipients=(BOB,),
        dkim=(VOUCHED,) if is_vouched else (),
        acquaintances=(known,) if known is not None else (),
    )


def acquaintance(*, vouched: tuple[str, ...] = (), claimed: tuple[str, ...] = ()) -> Acquaintance:
    return Acquaintance(tenant=TENANT.tenant, asked=(BOB, ANN), vouched=vouched, claimed=claimed)


def symbols(known: Acquaintance | None, *, is_vouched: bool = True) -> list[tuple[str, str]]:
    found = FirstContact().look(MESSAGE, facts(known, is_vouched=is_vouched), TENANT)
    return [(each.symbol, each.recipient) for each in found]


def test_an_author_whom_nobody_here_knows_writes_for_the_first_time() -> None:
    assert symbols(acquaintance()) == [("FIRST_CONTACT", "")]


def test_an_author_whom_everybody_asked_knows_is_no_news() -> None:
    assert symbols(acquaintance(vouched=("", BOB, ANN))) == []


def test_an_author_whom_a_colleague_knows_is_new_to_the_others_only() -> None:
    assert symbols(acquaintance(vouched=("", ANN))) == [("FIRST_CONTACT_RECIPIENT", BOB)]


def test_a_forger_is_a_stranger_where_the_one_it_imitates_is_known() -> None:
    assert symbols(acquaintance(vouched=("", BOB, ANN)), is_vouched=False) == [("FIRST_CONTACT", "")]


def test_an_author_for_whom_nobody_ever_vouched_is_known_all_the_same() -> None:
    assert symbols(acquaintance(claimed=("", BOB, ANN)), is_vouched=False) == []


def test_where_nothing_is_known_yet_nobody_is_called_a_stranger() -> None:
    assert symbols(None) == []


@pytest.mark.parametrize(
    "other", [None, replace(TENANT, tenant=TenantId(8))], ids=["nobody", "another tenant"]
)
def test_acquaintances_are_one_tenants_own(other: TenantSnapshot | None) -> None:
    assert FirstContact().look(MESSAGE, facts(acquaintance()), other) == ()


@pytest.mark.parametrize(
    ("dmarc", "spf", "signer", "is_vouched"),
    [
        pytest.param(AuthResult.PASS, AuthResult.NONE, "", True, id="DMARC"),
        pytest.param(AuthResult.FAIL, AuthResult.PASS, "partner.example", False, id="DMARC denies it"),
        pytest.param(AuthResult.NONE, AuthResult.PASS, "", True, id="SPF where there is no DMARC"),
        pytest.param(AuthResult.NONE, AuthResult.NONE, "mail.partner.example", True, id="its own signature"),
        pytest.param(AuthResult.NONE, AuthResult.NONE, "mailer.test", False, id="somebody else's signature"),
    ],
)
def test_who_vouches_for_an_author(dmarc: AuthResult, spf: AuthResult, signer: str, is_vouched: bool) -> None:
    told = replace(
        facts(acquaintance(vouched=("", BOB, ANN)), is_vouched=False),
        dmarc=Dmarc(result=dmarc, domain="partner.example"),
        spf=Spf(result=spf, domain="partner.example"),
        dkim=(Dkim(result=AuthResult.PASS, domain=signer),) if signer else (),
    )

    assert (FirstContact().look(MESSAGE, told, TENANT) == ()) is is_vouched


class _Says:
    """Stands in for other detectors: reports one finding."""

    def __init__(self, symbol: str, score: float) -> None:
        self.card = replace(FirstContact.card, name="a.other", symbols=())
        self._finding = Finding(symbol, score, "", Verdict.PHISHING)

    def look(self, *_: object) -> tuple[Finding, ...]:
        return (self._finding,)


@pytest.mark.parametrize(
    ("symbol", "score", "known", "is_lure"),
    [
        pytest.param("FROM_PROTECTED_NAME", 6.0, (), True, id="a borrowed name"),
        pytest.param("FROM_BRAND_ELSEWHERE", 1.2, (), True, id="a brand"),
        pytest.param("BEC_TRANSFER_TODAY", 1.2, (), True, id="hurry and money"),
        pytest.param("CLICK_TEXT", 1.2, (), False, id="something else"),
        pytest.param("FROM_BRAND_ELSEWHERE", 0.0, (), False, id="a finding without weight"),
        pytest.param("BEC_TRANSFER_TODAY", 1.2, ("", BOB, ANN), False, id="an acquaintance in a hurry"),
    ],
)
def test_a_stranger_who_borrows_names_or_is_in_a_hurry_is_suspicious(
    symbol: str, score: float, known: tuple[str, ...], is_lure: bool
) -> None:
    told = facts(acquaintance(vouched=known))

    found = look_at(MESSAGE, told, TENANT, [FirstContact(), _Says(symbol, score)])

    lures = [each for each in found if each.symbol == "FIRST_CONTACT_LURE"]
    assert [each.evidence for each in lures] == ([symbol] if is_lure else [])


@pytest.mark.parametrize(
    ("author", "shown"),
    [
        pytest.param("Ann Lee <x@free.test>", ("Ann Lee",), id="the very name"),
        pytest.param("LEE, Ann <x@free.test>", (), id="a comma parts two mailboxes"),
        pytest.param('"Lee, Ann" <x@free.test>', ("Lee, Ann",), id="surname first"),
        pytest.param("Ann Lee <ann.lee@customer.example>", (), id="herself"),
        pytest.param("Ann Lee <ann@sub.partner.example>", ("Ann Lee",), id="a namesake elsewhere"),
        pytest.param("Bob <x@free.test>", (), id="a first name alone"),
        pytest.param("Ann Leeds <x@free.test>", (), id="another name"),
    ],
)
def test_names_of_the_validation_list_are_known_from_the_whole_list(
    author: str, shown: tuple[str, ...]
) -> None:
    authors = view_of(f"From: {author}\r\n\r\n".encode()).authors

    assert colleagues_shown(authors, TENANT) == shown


def test_a_stranger_under_a_colleagues_name_is_found_without_the_list() -> None:
    """Workers are not given validation lists; what was asked of them comes as a fact."""
    message = view_of(b"From: Ann Lee <x@free.test>\r\n\r\nare you there?\r\n")
    without = replace(TENANT, addresses=frozenset())
    told = replace(facts(None), colleagues=(Colleagues(tenant=TENANT.tenant, names=("Ann Lee",)),))

    found = ProtectedNames().look(message, told, without)

    assert [each.symbol for each in found] == ["FROM_COLLEAGUE_NAME"]
    assert ProtectedNames().look(message, facts(None), without) == ()
