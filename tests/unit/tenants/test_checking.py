"""The linter finds what is allowed and not meant, and is silent about what is fine."""

from __future__ import annotations

from datetime import date

import pytest

from lazaretto.tenants.checking import check
from lazaretto.tenants.remarks import Severity

TODAY = date(2026, 5, 1)
FINE = """\
version: 1
tenant: acme
domains:
  customer.example:
    routes: [{host: mx.customer.example, tls: verified}]
addresses: [alice@customer.example, bob@customer.example]
administrators: [alice@customer.example]
protected_names: [Élise Dupont]
approved_senders: [partner.example, {entry: 198.51.100.7, expires: 2026-12-31}]
blocked_senders: [spammer.example]
rules:
  - name: Copy
    when: {symbols: SPF_*, direction: inbound}
    action: {copy_to: bob@customer.example}
"""


def test_a_document_that_is_fine_gets_no_remark() -> None:
    assert check(FINE, "customer.yaml", TODAY) == ()


def test_the_minimal_document_gets_no_error() -> None:
    text = "tenant: acme\ndomains: {customer.example: {routes: [{host: 127.0.0.1, port: 2626}]}}\n"

    remarks = check(text, "customer.yaml", TODAY)

    assert [each.severity for each in remarks] == [Severity.WARNING]
    assert "no address is registered" in remarks[0].text


def test_errors_come_without_warnings() -> None:
    remarks = check("tenant: acme\nwrong: 1\n", "customer.yaml", TODAY)

    assert [(each.severity, each.line) for each in remarks] == [(Severity.ERROR, 2)]


def test_a_warning_is_shown_as_one_with_its_line() -> None:
    remark = check("tenant: acme\n", "customer.yaml", TODAY)[0]

    assert remark.shown("customer.yaml").startswith("customer.yaml:1: warning: there is no domain")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("partner.example,", "customer.example,", "is the tenant's own"),
        (
            "rules:",
            "outbound: {proofs: {certificate_names: [mail.customer.example, mail.provider.example]}}\nrules:",
            "mail.provider.example is not below the tenant's domains",
        ),
        ("partner.example,", "eve@customer.example,", "is the tenant's own"),
        ("partner.example,", "gmail.com,", "everybody can have an address at gmail.com"),
        ("partner.example,", "co.uk,", "everybody can register below co.uk"),
        ("partner.example,", "198.0.0.0/8,", "holds very many hosts"),
        ("partner.example,", "spammer.example,", "is blocked as well"),
        ("partner.example,", "partner.example, partner.example,", "is listed twice"),
        ("2026-12-31", "2026-04-30", "ended on 2026-04-30"),
        ("[spammer.example]", "[bob@customer.example]", "is the tenant's own sender"),
        ("[spammer.example]", "['2001::/16']", "holds very many hosts"),
        (", tls: verified", "", "mail to mx.customer.example may travel in clear"),
        ("host: mx.customer.example", "host: 192.0.2.1", "no certificate is valid for the address"),
        ("routes: [{host: mx.customer.example, tls: verified}]", "{}", "has no routes"),
        ("alice@customer.example, bob@", "alice@other.example, bob@", "is in none of the tenant's domains"),
        ("alice@customer.example, bob@", "BOB@customer.example, bob@", "is registered twice"),
        ("administrators: [alice@", "administrators: [eve@", "notifications are refused"),
        ("[Élise Dupont]", "[Dupont]", "is one word"),
        ("rules:", "outbound: {senders: [0.0.0.0/1]}\nrules:", "and each may send"),
        ("rules:", "antispam: {spf: log}\nrules:", "without spf the service levels"),
        ("rules:", "antispam: {dmarc: off}\nrules:", "without dmarc the service levels"),
        ("rules:", "antispam: {sensitivity: low}\nrules:", "low sensitivity"),
        ("rules:", "antimalware: {unscannable: off}\nrules:", "is delivered unseen"),
        (
            "rules:",
            "address_registration: off\nantispam: {spam: quarantine}\nrules:",
            "no quarantine while address_registration is off",
        ),
        ("{symbols: SPF_*, direction: inbound}", "{}", "speaks about every message"),
        ("{copy_to: bob@customer.example}", "{}", "it delivers without any change"),
        ("{copy_to: ", "{disposition: delete, copy_to: ", "its changes are lost"),
        (
            "{copy_to: ",
            "{disposition: deliver, redirect_to: bob@customer.example, copy_to: ",
            "no effect unless",
        ),
        ("symbols: SPF_*", "verdicts: malware", "malware is never delivered"),
        ("symbols: SPF_*", "recipients: x@other.example", "so it never receives"),
    ],
)
def test_a_seeded_mistake_is_found_in_its_line(old: str, new: str, words: str) -> None:
    assert old in FINE
    text = FINE.replace(old, new, 1)

    found = [each for each in check(text, "x", TODAY) if words in each.text]

    assert len(found) == 1
    assert found[0].severity is Severity.WARNING
    assert 1 <= found[0].line <= text.count("\n")


def test_a_remark_points_to_the_entry_it_is_about() -> None:
    text = (
        "tenant: acme\napproved_senders:\n  - fine.example\n  - entry: gmail.com\n    reason: all friends\n"
    )

    found = [each for each in check(text, "x", TODAY) if "gmail" in each.text]

    assert [(each.line, each.column) for each in found] == [(4, 5)]


@pytest.mark.parametrize(
    ("second", "shadowed"),
    [
        ("{verdicts: spam}", True),
        ("{verdicts: spam, recipients: bob@customer.example}", True),
        ("{verdicts: [spam, bulk]}", False),
        ("{score_at_least: 3}", False),
    ],
)
def test_a_rule_that_adds_nothing_to_an_earlier_one_is_told(second: str, shadowed: bool) -> None:
    rules = "".join(
        f"  - {{name: {name}, when: {when}, action: {{disposition: delete}}}}\n"
        for name, when in (("one", "{verdicts: spam}"), ("two", second))
    )

    found = [
        each for each in check(f"tenant: acme\nrules:\n{rules}", "x", TODAY) if "never adds" in each.text
    ]

    assert bool(found) is shadowed
    assert all(each.line == 4 for each in found)
