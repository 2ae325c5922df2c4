"""What is remembered of acquaintances is bounded, of one day, and never more than what was found."""

from __future__ import annotations

from datetime import date, timedelta

from lazaretto.core.identity import TenantId
from lazaretto.spool.known_contacts import KnownContacts

TENANT, OTHER = TenantId(7), TenantId(8)
TODAY = date(2026, 3, 2)


def still() -> float:
    return 0.0


def test_only_what_was_found_is_recalled() -> None:
    known = KnownContacts(still)
    known.remember(TENANT, [1], TODAY)

    assert known.recall(TENANT, [(1, 2)], TODAY) == [1]
    assert known.recall(TENANT, [(2, 1)], TODAY) == [1]
    assert known.recall(TENANT, [(1, 2), (3, 4)], TODAY) is None
    assert known.recall(OTHER, [(1, 2)], TODAY) is None


def test_no_more_than_the_most_are_remembered_and_the_least_used_goes_first() -> None:
    known = KnownContacts(still, most=3)
    known.remember(TENANT, [1, 2, 3], TODAY)
    known.recall(TENANT, [(1, 9)], TODAY)

    known.remember(TENANT, [4], TODAY)

    assert len(known) == 3
    assert known.recall(TENANT, [(1, 9)], TODAY) == [1]
    assert known.recall(TENANT, [(2, 9)], TODAY) is None


def test_nothing_is_remembered_beyond_its_day() -> None:
    known = KnownContacts(still)
    known.remember(TENANT, [1], TODAY)

    assert known.recall(TENANT, [(1, 2)], TODAY - timedelta(days=1)) == [1]
    assert known.recall(TENANT, [(1, 2)], TODAY + timedelta(days=1)) is None
    assert len(known) == 0
