"""An explanation says in four languages what was found, what applied, and what would have changed it."""

from __future__ import annotations

import string

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.policy.explanation import Explained, explanation
from lazaretto.policy.explanation_texts import LANGUAGES, TEXTS
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

SNAPSHOT = compile_snapshot(
    parse_document("tenant: acme\ndomains: {customer.example: {}}\nantispam: {spam: quarantine}\n", "x"),
    TenantId(1),
    4,
)
DETAILS = {
    "verdict": "spam",
    "score": 5.7,
    "findings": [
        {"symbol": "SPAMMY", "score": 5.7, "class": "spam", "evidence": "cheap pills"},
        {"symbol": "SENDER_APPROVED_ADDRESS", "score": 0.0, "evidence": "partner.example"},
    ],
    "copies": [
        {
            "direction": "inbound",
            "recipients": ["bob@customer.example"],
            "disposition": "deliver",
            "judged": "deliver",
            "settings": [
                {"setting": "approved_senders = partner.example; without it: antispam.spam = quarantine"}
            ],
        }
    ],
    "version": 4,
    "versions": {"rules": "1.2", "tenant:acme": "4"},
    "timings": {"look": 2.1},
}


def words(language: str) -> list[str]:
    return list(explanation(Explained(details=DETAILS, snapshot=SNAPSHOT), language, lambda *_: ""))


def test_it_says_what_would_have_happened_without_the_approval() -> None:
    lines = words("en")

    assert "Without the approval of partner.example: kept in quarantine." in lines
    assert "0.7 above the limit for spam." in lines
    assert "Judged again with what is kept: the same decision." in lines
    assert any("version 4 of the configuration of acme" in line for line in lines)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "The method impersonation.user_names left the sender alone: approved for this method by "
            "x.example.",
        ),
        ("fr", "approuvé pour cette méthode par x.example."),
        ("nl", "goedgekeurd voor deze methode door x.example."),
        ("de", "für diese Methode zugelassen durch x.example."),
    ],
)
def test_it_says_by_which_entry_a_stranger_may_use_a_name(language: str, told: str) -> None:
    approved = {"symbol": "FROM_NAME_APPROVED", "score": 0.0, "evidence": "user_names by x.example"}
    about = Explained(details={**DETAILS, "findings": [approved]}, snapshot=SNAPSHOT)

    assert told in "\n".join(explanation(about, language, lambda *_: "", shows_evidence=False))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_said_in_every_language(language: str) -> None:
    assert len(words(language)) == len(words("en"))
    assert language == "en" or words(language)[0] != words("en")[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_values(language: str) -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert {name: fields(text) for name, text in TEXTS[language].items()} == {
        name: fields(text) for name, text in TEXTS["en"].items()
    }
