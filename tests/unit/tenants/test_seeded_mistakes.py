"""The linter finds seeded mistakes, each by its sentence, and says nothing about the shipped profiles."""

from __future__ import annotations

from datetime import date

import pytest

from lazaretto.tenants.checking import check

TODAY = date(2026, 5, 1)
CLEAN = """\
tenant: acme
domains: {customer.example: {routes: [{host: mx.customer.example, tls: verified}]}}
addresses: [ann@customer.example, bob@customer.example]
administrators: [ann@customer.example]
"""


def rules(*lines: str) -> str:
    return "rules:\n" + "".join(f"- {line}\n" for line in lines)


MISTAKES = [
    ("approved_senders: [customer.example]", "the tenant's own: who forges it"),
    ("approved_senders: [gmail.com]", "everybody can have an address at gmail.com"),
    ("approved_senders: [co.uk]", "everybody can register below co.uk"),
    ("impersonation: {approved: {every_method: [gmail.com]}}", "everybody can have an address at gmail.com"),
    ("impersonation: {approved: {user_names: [co.uk]}}", "everybody can register below co.uk"),
    ("impersonation: {approved: {user_names: [ann@customer.example]}}", "the tenant's own, and no stranger"),
    (
        "impersonation: {approved: {every_method: [a.example], reply_names: [A.example]}}",
        "a.example is approved for every method as well",
    ),
    (
        "options: {impersonation.approved.reply_names: a.example}",
        "write its entries in impersonation.approved.reply_names",
    ),
    ("options: {impersonation.approved: a.example}", "in impersonation.approved.every_method"),
    ("approved_senders: [10.0.0.0/8]", "holds very many hosts"),
    ("approved_senders: [{entry: a.example, expires: 2026-04-30}]", "ended on 2026-04-30"),
    ("approved_senders: [a.example]\nblocked_senders: [a.example]", "is blocked as well, and blocking wins"),
    ("blocked_senders: [ann@customer.example]", "is the tenant's own sender"),
    ("blocked_senders: [a.example, A.example]", "is listed twice"),
    ("addresses: [a@other.example]", "is in none of the tenant's domains"),
    ("domains: {}", "there is no domain"),
    ("domains: {customer.example: {}}", "has no routes"),
    ("domains: {customer.example: {routes: [{host: mx.a.example}]}}", "may travel in clear"),
    ("domains: {customer.example: {routes: [{host: 192.0.2.1, tls: verified}]}}", "no certificate is valid"),
    ("administrators: [eve@customer.example]", "is not registered, so notifications are refused"),
    ("antispam: {spf: log}", "without spf the service levels"),
    ("antispam: {dmarc: off}", "without dmarc the service levels"),
    ("antispam: {sensitivity: low}", "low sensitivity"),
    ("antispam: {thresholds: {spam: 50}}", "catches next to nothing"),
    ("antispam: {thresholds: {spam: 0.5}}", "stops much good mail"),
    ("antispam: {spam: redirect, redirect_address: x@elsewhere.example}", "leaves the organisation"),
    (
        "antispam: {bulk: bulk-address, bulk_address: x@customer.example}",
        "x@customer.example is not reg",
    ),
    ("antimalware: {unscannable: log}", "is delivered unseen"),
    ("address_registration: off\nantispam: {spam: quarantine}", "there is no quarantine while"),
    ("protected_names: [Ann]", "is one word"),
    (rules("{name: a, when: {}, action: {tag_subject: x}}"), "speaks about every message"),
    (rules("{name: a, when: {symbols: X}, action: {}}"), "delivers without any change"),
    (
        rules(
            "{name: a, when: {symbols: [X, Y]}, action: {disposition: delete}}",
            "{name: b, when: {symbols: [X]}, action: {disposition: delete}}",
        ),
        'never adds anything to the rule "a"',
    ),
    (rules("{name: a, when: {verdicts: malware}, action: {tag_subject: x}}"), "malware is never delivered"),
    (rules("{name: a, when: {symbols: X}, action: {disposition: delete, tag_subject: x}}"), "are lost"),
    (
        rules(
            "{name: a, when: {symbols: X}, action: {tag_subject: x}}",
            "{name: a, when: {symbols: Y}, action: {tag_subject: x}}",
        ),
        'two rules are called "a"',
    ),
    ("tls_partners: {customer.example: {}}", "is the tenant's own domain"),
    ("tls_partners: {bank.example: {mode: any}}", "any certificate will do"),
    ("groups: {g: {settings: {antispam: {spam: delete}}}}", "has settings and no members"),
    ("groups: {g: {members: [bob@customer.example]}}", "has no settings of its own"),
    (
        "groups: {g: {members: [eve@customer.example], settings: {antispam: {spam: delete}}}}",
        "no mail reaches this member",
    ),
    (
        "groups:\n  a: {members: [bob@customer.example], settings: {antispam: {spam: delete}}}\n"
        "  b: {members: [bob@customer.example], settings: {antispam: {spam: log}}}",
        "differ in antispam.spam",
    ),
    (
        "groups: {g: {members: [bob@customer.example], settings: {antispam: {spam: tag-subject}}}}",
        "are those of the tenant anyway",
    ),
    ("aliases: {x@customer.example: y@customer.example}", "is not registered; add it"),
    ("address_patterns: ['*@customer.example']", "nothing is refused there"),
    (
        "contract: {options: []}\nimpersonation: {user_names: tag-subject}",
        "without the option",
    ),
    ("contract: {formula: full-care, mailboxes: 5}", "full-care begins at 25"),
    ("disclaimers: {outbound: {text: hello}}", "has a text and is not used"),
]


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES, ids=[sentence for _, sentence in MISTAKES])
def test_a_seeded_mistake_is_found(mistake: str, sentence: str) -> None:
    keys = {line.partition(":")[0] for line in mistake.splitlines() if line[:1].isalpha()}
    kept = "".join(f"{line}\n" for line in CLEAN.splitlines() if line.partition(":")[0] not in keys)

    remarks = check(f"{kept}{mistake}\n", "x", TODAY)

    assert any(sentence in remark.text for remark in remarks), [remark.text for remark in remarks]


def test_there_are_at_least_thirty_of_them() -> None:
    assert len(MISTAKES) >= 30


@pytest.mark.parametrize("profile", ["annex-1", "standard", "strict"])
def test_nothing_is_found_in_a_shipped_profile(profile: str) -> None:
    assert check(f"{CLEAN}profile: {profile}\n", "x", TODAY) == ()
