"""Rotating keys touches no content: everything stays readable, and nothing sealed is written again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.queued import (
    ContentKind,
    ContentRef,
    Outcome,
    QueuedCopy,
    RecipientOutcome,
    Settlement,
)
from lazaretto.core.reply import Reply
from lazaretto.db.partitions import ensure
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.data_keys import DataKeyRows
from lazaretto.spool.intake import discard, take
from lazaretto.spool.key_rows import InlineContentRows, TenantKeyRows
from lazaretto.spool.keys import HeldKey, Keys
from lazaretto.spool.named_references import MessageReferences
from lazaretto.spool.sweeping import Sweeper
from lazaretto.spool.tables import CONTENT_KEPT
from lazaretto.testing.messages import a_copy, a_judgement, a_submission

pytestmark = pytest.mark.integration

ACME, OTHER = TenantId(7), TenantId(8)
SMALL = b"Subject: small\r\n\r\nbody\r\n"
LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 10_000


@dataclass(frozen=True)
class Stored:
    """What rests somewhere, sealed."""

    files: dict[Path, tuple[int, int, bytes]]
    """Inode, time of change and checksum."""
    rows: list[tuple[object, ...]]


def stored(spool) -> Stored:
    files = {
        path: (path.stat().st_ino, path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest())
        for path in (spool.home / "content").rglob("*")
        if path.is_file()
    }
    # The row version tells of any UPDATE, even one that changes nothing.
    rows = spool.sql(
        "SELECT 'content', tenant, message, octets, xmin::text FROM content"
        " UNION ALL SELECT 'kept', tenant, message, octets, xmin::text FROM content_kept ORDER BY 1, 2, 3"
    )
    return Stored(files, rows)


def content_of(spool, octets: bytes) -> ReceivedContent:
    (spool.home / "tmp").mkdir(exist_ok=True)
    return take(octets, spool.home / "tmp", ContentSettings())


async def accept(
    spool, octets: bytes, disposition: Disposition = Disposition.DELIVER, *tenants: TenantId
) -> tuple[QueuedCopy, ...]:
    legs = tuple(
        Leg(
            tenant=tenant,
            direction=Direction.INBOUND,
            recipients=(Recipient(address=f"bob@t{tenant}.example"),),
        )
        for tenant in tenants or (ACME,)
    )
    submission = a_submission(legs=legs, content=content_of(spool, octets))
    copies = [
        a_copy(submission, disposition, leg.recipients[0].address, tenant=leg.tenant, reason="spam")
        for leg in legs
    ]
    queued = await spool.acceptor.commit(submission, a_judgement(*copies))
    discard(submission.content)
    return queued


async def a_spool_full_of_mail(spool) -> None:
    """Fill it: small and large, queued, quarantined, of two tenants, waiting for a look, deleted."""
    for octets in (SMALL, LARGE):
        await accept(spool, octets)
        await accept(spool, octets, Disposition.QUARANTINE)
        await accept(spool, octets, Disposition.DELIVER, ACME, OTHER)
        unscanned = a_submission(content=content_of(spool, octets))
        await spool.acceptor.commit(unscanned, None)
        discard(unscanned.content)
    await accept(spool, SMALL, Disposition.DELETE)
    await _move_a_row_to_the_kept(spool)


async def _move_a_row_to_the_kept(spool) -> None:
    """Do by hand what becomes of content that outlives its hour."""
    async with spool.pool.transaction() as connection:
        await ensure(connection, CONTENT_KEPT, [spool.clock()])
        await connection.execute(
            "WITH oldest AS (SELECT min(message::text)::uuid AS message FROM content),"
            " moved AS (DELETE FROM content USING oldest WHERE content.message = oldest.message"
            " RETURNING content.tenant, content.message, content.stored_at, content.octets)"
            " INSERT INTO content_kept (tenant, message, stored_at, octets)"
            " SELECT tenant, message, stored_at, octets FROM moved"
        )


def references(spool) -> list[ContentRef]:
    """Return what the rows say about all content that is kept."""
    rows = spool.sql(
        "SELECT tenant, id, content_kind, content_reference, wrapped_key, key_version, size, sha256"
        " FROM message WHERE wrapped_key <> '' ORDER BY tenant, id"
    )
    return [
        ContentRef(
            tenant=TenantId(tenant),
            message=message,
            kind=ContentKind(kind),
            reference=reference,
            wrapped_key=wrapped,
            key_version=version,
            size=size,
            sha256=sha256,
        )
        for tenant, message, kind, reference, wrapped, version, size, sha256 in rows
    ]


async def assert_readable(store: Contents, refs: Sequence[ContentRef]) -> None:
    for ref in refs:
        octets = b"".join([piece async for piece in store.stream(ref)])
        assert octets == (SMALL if ref.kind is ContentKind.INLINE else LARGE)


async def another_process(spool) -> Contents:
    """Return a store that learnt everything from the disk and the database."""
    keys = await Keys.open(spool.home / "master.key", TenantKeyRows(spool.pool))
    return Contents(keys, InlineContentRows(spool.pool).fetch, FileContent(spool.home / "content"))


def versions(spool, tenant: TenantId) -> list[int]:
    rows = spool.sql(
        "SELECT DISTINCT key_version FROM message WHERE tenant = %s AND wrapped_key <> '' ORDER BY 1", tenant
    )
    return [version for (version,) in rows]


async def test_after_rotating_and_wrapping_again_everything_is_readable_and_no_content_was_written(
    spool,
) -> None:
    await a_spool_full_of_mail(spool)
    before, old = stored(spool), references(spool)
    stale = await another_process(spool)

    assert await spool.keys.rotate(ACME) == 2
    rewrapped = await spool.keys.rewrap(ACME, DataKeyRows(spool.pool), batch=3)

    new = references(spool)
    assert rewrapped == sum(ref.tenant == ACME for ref in old) == 8
    assert (versions(spool, ACME), versions(spool, OTHER)) == ([2], [1])
    assert [ref for ref in new if ref.tenant == OTHER] == [ref for ref in old if ref.tenant == OTHER]
    assert not {r.wrapped_key for r in new if r.tenant == ACME} & {r.wrapped_key for r in old}
    assert len(before.files) == 5
    assert [row[0] for row in before.rows].count("kept") == 1
    assert stored(spool) == before
    for store in (spool.store, stale, await another_process(spool)):
        await assert_readable(store, new)
    # Copies that were leased before are still in somebody's hands.
    await assert_readable(spool.store, old)


async def test_a_new_master_key_opens_everything_and_the_old_one_nothing(spool) -> None:
    await a_spool_full_of_mail(spool)
    await spool.keys.rotate(ACME)
    before, refs = stored(spool), references(spool)
    wrapped = spool.sql("SELECT wrapped FROM tenant_key ORDER BY tenant, version")
    old_file = (spool.home / "master.key").read_bytes()

    assert await spool.keys.rotate_master() == 3

    assert (spool.home / "master.key").read_bytes() != old_file
    assert not set(wrapped) & set(spool.sql("SELECT wrapped FROM tenant_key"))
    assert stored(spool) == before
    assert references(spool) == refs
    await assert_readable(await another_process(spool), refs)
    assert await accept(spool, SMALL)


async def test_retired_versions_are_kept_and_wrap_nothing_new(spool) -> None:
    await accept(spool, SMALL)
    await spool.keys.rotate(ACME)

    await spool.keys.rewrap(ACME, DataKeyRows(spool.pool))
    (copy,) = await accept(spool, SMALL)

    assert copy.content.key_version == 2
    rows = spool.sql("SELECT version, retired_at IS NULL, wrapped <> '' FROM tenant_key ORDER BY version")
    assert rows == [(1, False, True), (2, True, True)]


class BreakingRows(DataKeyRows):
    """Data keys in a database that goes away after some batches."""

    def __init__(self, pool, batches: int) -> None:
        super().__init__(pool)
        self.batches = batches

    async def replace(self, tenant: TenantId, keys: Sequence[HeldKey]) -> None:
        if self.batches == 0:
            raise TemporaryFailure("the database is away")
        self.batches -= 1
        await super().replace(tenant, keys)


async def test_wrapping_again_that_was_interrupted_goes_on_where_it_stopped(spool) -> None:
    await a_spool_full_of_mail(spool)
    await spool.keys.rotate(ACME)
    holder = BreakingRows(spool.pool, batches=2)

    with pytest.raises(TemporaryFailure):
        await spool.keys.rewrap(ACME, holder, batch=2)

    assert versions(spool, ACME) == [1, 2]
    await assert_readable(spool.store, references(spool))
    assert spool.sql("SELECT count(*) FROM tenant_key WHERE retired_at IS NOT NULL") == [(0,)]
    holder.batches = 100
    assert await spool.keys.rewrap(ACME, holder, batch=2) == 4
    assert versions(spool, ACME) == [2]


async def test_a_key_that_was_wrapped_by_a_later_version_meanwhile_stays_as_it_is(spool) -> None:
    await accept(spool, SMALL)
    rows = DataKeyRows(spool.pool)
    await spool.keys.rotate(ACME)
    (held,) = await rows.wrapped_before(ACME, 2, 10)
    slow = await spool.keys.wrap(ACME, await spool.keys.unwrap(ACME, held.wrapped, held.version))
    await spool.keys.rotate(ACME)
    await spool.keys.rewrap(ACME, DataKeyRows(spool.pool))

    await rows.replace(ACME, [HeldKey(held.holder, slow.wrapped, slow.version)])
    await rows.replace(ACME, [HeldKey(str(new_message_id()), slow.wrapped, slow.version)])

    assert versions(spool, ACME) == [3]
    await assert_readable(spool.store, references(spool))


async def test_mail_comes_and_goes_while_keys_are_wrapped_again(spool) -> None:
    copies = [(await accept(spool, SMALL))[0] for _ in range(40)]
    await spool.keys.rotate(ACME)

    async def settle_all() -> None:
        for first in range(0, len(copies), 4):
            await spool.queue.settle(
                [_delivered(spool, copy) for copy in reversed(copies[first : first + 4])]
            )
            await accept(spool, SMALL)

    await asyncio.gather(spool.keys.rewrap(ACME, DataKeyRows(spool.pool), batch=5), settle_all())

    assert spool.places(copies[0].lease.message) == ["delivered"]
    assert versions(spool, ACME) == [2]
    await assert_readable(spool.store, references(spool))


def _delivered(spool, copy: QueuedCopy) -> Settlement:
    outcome = RecipientOutcome(number=0, outcome=Outcome.DELIVERED, reply=Reply(250, "2.0.0", "thanks"))
    return Settlement(lease=copy.lease, at=spool.clock(), outcomes=(outcome,), next_at=None)


async def test_references_are_named_as_long_as_a_row_of_their_message_has_them(spool) -> None:
    await accept(spool, LARGE)
    await accept(spool, LARGE, Disposition.QUARANTINE)
    named = [ref.reference for ref in references(spool)]
    alien = f"9999999999/20260301/12/{new_message_id()}-00000000"
    # The same message, kept once more by a commit that failed.
    again = named[0][:-8] + "0" * 8
    nobody = f"7/20260301/12/{'-' * 36}-00000000"

    rows = MessageReferences(spool.pool)

    assert set(await rows.named(ContentKind.FILE, [*named, alien, again, nobody])) == set(named)
    assert set(await rows.named(ContentKind.FILE, [again])) == set()
    assert set(await rows.named(ContentKind.S3, named)) == set()
    assert set(await rows.named(ContentKind.FILE, [])) == set()
    with pytest.raises(ValueError, match="not a reference"):
        await rows.named(ContentKind.FILE, ["../../etc/passwd"])


async def test_a_sweep_spares_what_is_queued_or_in_quarantine_and_takes_the_rest(spool) -> None:
    await accept(spool, LARGE)
    await accept(spool, LARGE, Disposition.QUARANTINE)
    refs = references(spool)
    content = content_of(spool, LARGE)
    orphan = await spool.store.keep(content, ACME, new_message_id())
    discard(content)
    settings = ContentSettings()
    place = FileContent(spool.home / "content")
    sweeper = Sweeper(spool.home / "tmp", [place], MessageReferences(spool.pool), settings)

    swept = await sweeper.sweep(spool.clock() + settings.orphan_age + timedelta(minutes=1))

    assert swept.orphans == 1
    assert not (spool.home / "content" / orphan.reference).exists()
    await assert_readable(spool.store, refs)


def test_only_messages_and_signing_keys_hold_data_keys_and_references(spool) -> None:
    """A column elsewhere would have to be wrapped again and asked about as well."""
    found = spool.sql(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (column_name LIKE %s OR column_name LIKE %s) ORDER BY 1, 2",
        "%key%",
        "%reference%",
    )

    assert found == [
        # Names an acquaintance by its digest; it opens nothing.
        ("contact", "key"),
        ("message", "content_reference"),
        ("message", "key_version"),
        ("message", "wrapped_key"),
        # Wrapped again by `lazaretto keys rotate` as well: tests/journeys/test_signing.py.
        ("signing_key", "key_version"),
        ("signing_key", "wrapped_key"),
    ]
