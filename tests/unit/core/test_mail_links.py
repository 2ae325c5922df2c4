"""A link in a mail says what it was made for, to nobody else's profit, and for fourteen days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.identity import TenantId
from lazaretto.core.mail_links import VALID_FOR, LinkPurpose, MailLink, opened, sealed

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LINK = MailLink(
    purpose=LinkPurpose.ITEM,
    tenant=TenantId(7),
    person="bob@customer.example",
    item="0198f2c4",
    expires_at=NOW + VALID_FOR,
)


def test_a_link_says_what_it_was_made_of() -> None:
    assert opened(sealed(LINK, "key"), "key", NOW) == LINK


def test_after_fourteen_days_it_is_nothing() -> None:
    text = sealed(LINK, "key")

    assert opened(text, "key", NOW + timedelta(days=14) - timedelta(seconds=1)) == LINK
    assert opened(text, "key", NOW + timedelta(days=14)) is None


def test_one_made_with_another_key_is_nothing() -> None:
    assert opened(sealed(LINK, "another"), "key", NOW) is None


@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_one_that_was_changed_anywhere_is_nothing(position: int, character: str) -> None:
    text = sealed(LINK, "key")
    position %= len(text) - 1
    changed = text[:position] + character + text[position + 1 :]

    assert opened(changed, "key", NOW) in ((LINK,) if changed == text else (None,))


@pytest.mark.parametrize("text", ["", "x", "é", "=" * 10, "A" * 5_000, "../../etc"])
def test_what_is_no_link_is_nothing(text: str) -> None:
    assert opened(text, "key", NOW) is None
