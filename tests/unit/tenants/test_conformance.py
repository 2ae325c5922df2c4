"""Where a tenant leaves the profile: whose duty it is, since when, and what that does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.tenants.conformance import Party, PastVersion, conformance
from lazaretto.tenants.document import parse_document

BASE = "tenant: acme\n"


def a_version(day: int, text: str) -> PastVersion:
    return PastVersion(
        document=parse_document(BASE + text, "x"), published_at=datetime(2026, 5, day, tzinfo=UTC)
    )


@pytest.mark.parametrize("profile", ["annex-1", "standard", "strict"])
def test_a_shipped_profile_conforms(profile: str) -> None:
    assert list(conformance(parse_document(f"{BASE}profile: {profile}\n", "x"), ())) == []


def test_a_deviation_dates_from_the_version_that_brought_it() -> None:
    past = [
        a_version(4, "antispam: {spf: log, spam: quarantine}\n"),
        a_version(3, "antispam: {spf: off}\n"),
        a_version(2, ""),
        a_version(1, "antispam: {spf: log}\n"),
    ]

    (deviation,) = conformance(past[0].document, past)

    assert (deviation.path, deviation.value) == ("antispam.spf", "log")
    assert deviation.since == datetime(2026, 5, 3, tzinfo=UTC)
    assert deviation.suspends_levels


@pytest.mark.parametrize(
    ("contract", "duty"),
    [
        ("{formula: reactive}", Party.TENANT),
        ("{formula: reactive, assist: true}", Party.OPERATOR),
        ("{formula: full-care}", Party.OPERATOR),
    ],
)
def test_only_the_tenants_own_duty_suspends_levels(contract: str, duty: Party) -> None:
    document = parse_document(f"{BASE}contract: {contract}\nantispam: {{dmarc: off}}\n", "x")

    (deviation,) = conformance(document, ())

    assert deviation.duty is duty
    assert deviation.suspends_levels is (duty is Party.TENANT)


@pytest.mark.parametrize(
    "setting",
    [
        "sensitivity: low",
        "bulk: off",
        "spam: log",
        "dmarc: log",
        "approved_ips: false",
        "blocked_ips: quarantine",
    ],
)
def test_every_setting_of_the_profile_is_looked_at(setting: str) -> None:
    document = parse_document(f"{BASE}antispam: {{{setting}}}\n", "x")

    assert [each.path for each in conformance(document, ())] == [f"antispam.{setting.partition(':')[0]}"]
