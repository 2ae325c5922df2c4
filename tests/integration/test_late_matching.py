"""What becomes known to be bad is found among delivered mail: by whole traits, by sums and by patterns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.indicators import IndicatorKind, plain_digest
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.detect.malware.traits import traits_of
from lazaretto.journal.late_matching import BadTrait, LateMatcher
from lazaretto.journal.stories import signed_digests
from lazaretto.journal.tables import FEATURE, MESSAGE, RECIPIENT
from lazaretto.journal.terms import Term
from lazaretto.mail.scanner import view_of
from lazaretto.run.retro import is_vouched_for
from tests.integration.conftest import Databases
from tests.unit.detect.malware.containers import a_letter

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
TENANT, OTHER = 1, 2
SUBJECT = "Überweisung 4711 für die Straße"
LETTER = a_letter({"Rechnung-4711.PDF.exe": b"MZ"}, "See https://www.evil.example/kit/a.php?x=1", SUBJECT)


@pytest.fixture
async def trace(databases: Databases) -> AsyncIterator[Pool]:
    pool = Pool(databases.trace, 2)
    for table in (FEATURE, MESSAGE, RECIPIENT):
        async with pool.transaction() as connection:
            await ensure(
                connection, table, [Span.DAY.start_of(NOW), Span.DAY.start_of(NOW - timedelta(days=40))]
            )
            await connection.execute(f"TRUNCATE {table.table}")  # type: ignore[arg-type]
    yield pool
    await pool.close()


async def delivered(
    trace: Pool,
    tenant: int = TENANT,
    *,
    at: datetime = NOW,
    digests: bytes | None = None,
    earlier: bool = False,
    place: str = "delivered",
    direction: str = "inbound",
) -> UUID:
    """Have ``LETTER`` in the trace of ``tenant``; with ``earlier`` as an earlier version kept it."""
    view, message = view_of(LETTER), uuid4()
    facts = Facts(received_at=at, client=Client(ip="192.0.2.1"), reverse_path="ann@partner.example")
    traits = traits_of(view, facts).kept()
    kept = traits.digests if digests is None else digests
    spelt = (None, None) if earlier else (list(traits.names), traits.subject)
    key = (at, tenant, message)
    terms = [Term.ATTACHMENT.of("Rechnung-4711.PDF.exe"), Term.ATTACHMENT.of(".exe"), "u:evil.example"]
    async with trace.transaction() as connection:
        await connection.execute(
            "INSERT INTO feature VALUES (%s, %s, %s, %s, %s, %s)",
            (*key, list(signed_digests(kept)), *spelt),
        )
        await connection.execute(
            "INSERT INTO trace_message (received_at, tenant, message, direction, subject, terms)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (*key, direction, SUBJECT, terms),
        )
        await connection.execute(
            "INSERT INTO trace_recipient (received_at, tenant, message, address, folded, domain, place)"
            " VALUES (%s, %s, %s, 'bob@one.example', 'bob@one.example', 'one.example', %s)",
            (*key, place),
        )
    return message


async def matched(trace: Pool, *traits: BadTrait) -> set[UUID]:
    return {each.message for each in await LateMatcher(trace).matches(traits, NOW - timedelta(days=30))}


def entry(kind: IndicatorKind, value: str, tenant: int | None = TENANT) -> BadTrait:
    return BadTrait(kind, value, f"indicator {value}", tenant)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IndicatorKind.SUBJECT, "überweisung * für*"),
        (IndicatorKind.SUBJECT, "*strasse"),
        (IndicatorKind.ATTACHMENT_NAME, "rechnung-*.pdf.exe"),
        (IndicatorKind.ATTACHMENT_NAME, "*.exe"),
        (IndicatorKind.ATTACHMENT_NAME, "*4711*"),
        (IndicatorKind.URL, "evil.example"),
        (IndicatorKind.URL, "www.evil.example/kit"),
        (IndicatorKind.URL, "evil.example/kit"),
        (IndicatorKind.ATTACHMENT_SHA256, hashlib.sha256(b"MZ").hexdigest()),
    ],
    ids=str,
)
async def test_a_new_entry_is_found_in_mail_of_its_tenant(
    trace: Pool, kind: IndicatorKind, value: str
) -> None:
    ours, theirs = await delivered(trace), await delivered(trace, OTHER)

    assert await matched(trace, entry(kind, value)) == {ours}
    assert await matched(trace, entry(kind, value, None)) == {ours, theirs}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IndicatorKind.SUBJECT, "überweisung"),
        (IndicatorKind.SUBJECT, "rechnung*"),
        (IndicatorKind.ATTACHMENT_NAME, "überweisung*"),
        (IndicatorKind.ATTACHMENT_NAME, ".ex*"),
        (IndicatorKind.ATTACHMENT_NAME, "rechnung-*.pdf"),
        (IndicatorKind.URL, "example/kit"),
    ],
    ids=str,
)
async def test_what_an_entry_does_not_say_is_not_found(trace: Pool, kind: IndicatorKind, value: str) -> None:
    await delivered(trace)

    assert await matched(trace, entry(kind, value)) == set()


@pytest.mark.parametrize("listed", ["evil.example", "www.evil.example/kit/a.php"])
async def test_a_listed_sum_is_found_though_nobody_knows_what_it_is_of(trace: Pool, listed: str) -> None:
    ours = await delivered(trace)
    total = hashlib.sha256(listed.encode()).hexdigest()

    assert await matched(trace, BadTrait(IndicatorKind.URL, total, "list", is_sum=True)) == {ours}
    assert await matched(trace, BadTrait(IndicatorKind.URL, total[::-1], "list", is_sum=True)) == set()


async def test_addresses_that_an_earlier_version_kept_are_found(trace: Pool) -> None:
    ours = await delivered(trace, digests=plain_digest(IndicatorKind.URL, "evil.example"))

    assert await matched(trace, entry(IndicatorKind.URL, "evil.example")) == {ours}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IndicatorKind.SUBJECT, "überweisung * für*"),
        (IndicatorKind.ATTACHMENT_NAME, "rechnung-*.pdf.exe"),
    ],
    ids=str,
)
async def test_patterns_find_what_the_trace_tells_of_mail_that_an_earlier_version_kept(
    trace: Pool, kind: IndicatorKind, value: str
) -> None:
    ours = await delivered(trace, earlier=True)

    assert await matched(trace, entry(kind, value)) == {ours}


async def test_an_entry_for_one_direction_convicts_no_mail_of_the_other(trace: Pool) -> None:
    ours, _ = await delivered(trace, direction="outbound"), await delivered(trace)

    assert await matched(trace, replace(entry(IndicatorKind.URL, "evil.example"), direction="outbound")) == {
        ours
    }


async def test_what_rests_convicts_nobody_until_it_is_released(trace: Pool) -> None:
    await delivered(trace, place="quarantined")

    assert await matched(trace, entry(IndicatorKind.URL, "evil.example")) == set()


@pytest.mark.parametrize(
    ("allowed", "vouched"),
    [
        ((TENANT, "url", "evil.example"), True),
        ((None, "url", "www.evil.example/kit"), True),
        ((OTHER, "url", "evil.example"), False),
        ((TENANT, "url", "www.evil.example/kit/a.php"), False),
        ((TENANT, "attachmentname", "www.evil.example/kit"), False),
    ],
)
def test_a_list_convicts_nothing_late_that_somebody_responsible_vouches_for(
    allowed: tuple[int | None, str, str], *, vouched: bool
) -> None:
    listed = BadTrait(IndicatorKind.URL, "www.evil.example/kit", "list of addresses")

    assert is_vouched_for(listed, TENANT, frozenset({allowed})) is vouched
    assert not is_vouched_for(replace(listed, indicator=12), TENANT, frozenset({allowed}))


async def test_mail_of_more_than_thirty_days_is_left_alone(trace: Pool) -> None:
    await delivered(trace, at=NOW - timedelta(days=40))

    assert await matched(trace, entry(IndicatorKind.SUBJECT, "überweisung*")) == set()


async def test_no_word_of_a_pattern_means_anything_to_the_search(trace: Pool) -> None:
    """Stars apart, everything stands for itself."""
    await delivered(trace)
    odd = [
        entry(IndicatorKind.SUBJECT, value)
        for value in ("(*", "[a-z]*", "*.*.*", "a|b*", "\\d+*", "überweisung.4711*")
    ]

    assert await matched(trace, *odd) == set()


async def test_a_message_that_was_convicted_is_not_convicted_again_by_another_trait(trace: Pool) -> None:
    before, ours = await delivered(trace), await delivered(trace)
    rows = [
        {
            "tenant": TENANT,
            "message": str(before),
            "cause": cause,
            "at": at.isoformat(),
            "event": {"cause": cause},
        }
        for cause, at in (
            ("shared digest", NOW),
            ("hash list", NOW - timedelta(minutes=1)),
        )
    ]
    for batch in (rows, rows[:1]):
        async with trace.transaction() as connection:
            statement = query("lazaretto.journal", "add_malware_events")
            await connection.execute(statement, {"malware": json.dumps(batch)})

    async with trace.connection() as connection:
        cursor = await connection.execute("SELECT cause FROM malware_event WHERE message = %s", (before,))
        assert await cursor.fetchall() == [("hash list",)]
    assert await matched(trace, entry(IndicatorKind.SUBJECT, "überweisung*")) == {ours}
