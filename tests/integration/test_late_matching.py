"""What becomes known to be bad is found among delivered mail: by whole traits, by sums and by patterns."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.indicators import IndicatorKind, plain_digest
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.detect.malware.traits import digests_of, traits_of
from lazaretto.journal.late_matching import BadTrait, LateMatcher
from lazaretto.journal.tables import FEATURE, MESSAGE, RECIPIENT
from lazaretto.journal.terms import Term
from lazaretto.mail.scanner import view_of
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
    trace: Pool, tenant: int = TENANT, *, at: datetime = NOW, digests: bytes | None = None
) -> UUID:
    """Have ``LETTER`` in the trace of ``tenant`` as something that somebody has."""
    view, message = view_of(LETTER), uuid4()
    facts = Facts(received_at=at, client=Client(ip="192.0.2.1"), reverse_path="ann@partner.example")
    kept = digests_of(traits_of(view, facts).kept()) if digests is None else digests
    key = (at, tenant, message)
    terms = [Term.ATTACHMENT.of("Rechnung-4711.PDF.exe"), Term.ATTACHMENT.of(".exe"), "u:evil.example"]
    async with trace.transaction() as connection:
        await connection.execute(
            "INSERT INTO feature VALUES (%s, %s, %s, %s)",
            (*key, list(struct.unpack(f"!{len(kept) // 8}q", kept))),
        )
        await connection.execute(
            "INSERT INTO trace_message (received_at, tenant, message, direction, subject, terms)"
            " VALUES (%s, %s, %s, 'inbound', %s, %s)",
            (*key, SUBJECT, terms),
        )
        await connection.execute(
            "INSERT INTO trace_recipient (received_at, tenant, message, address, folded, domain, place)"
            " VALUES (%s, %s, %s, 'bob@one.example', 'bob@one.example', 'one.example', 'delivered')",
            key,
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
