"""Whom a tenant's people know is learnt from what happened to mail, kept unreadable, apart and bounded."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.run.acquainting import ContactTeacher
from lazaretto.spool.contacts import KEEP, RIPE_AFTER, Contacts, Meeting, forget_contacts
from lazaretto.spool.known_contacts import AGAIN_AFTER

TENANT, OTHER = TenantId(7), TenantId(8)
EVE, BOB, ANN = "eve@partner.example", "bob@customer.example", "ann@customer.example"
SECRET = b"s" * 32


class _Directory:
    """Two tenants with one domain each."""

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        domain = {TENANT: "customer.example", OTHER: "other.example"}.get(tenant)
        if domain is None:
            return None
        return TenantSnapshot(tenant=tenant, name=domain, version=1, domains={domain: ()})


def scanned(at: datetime, *, direction: str = "inbound", tenant: int = TENANT, **more: Any) -> OutboxEvent:
    given = {"verdict": "clean", "place": "ready", "recipients": [BOB], "authors": [EVE], "path": "", **more}
    copy = {"direction": direction, "place": given["place"], "recipients": given["recipients"]}
    facts = {
        "authors": given["authors"],
        "reverse_path": given["path"],
        "dmarc": {"result": "pass" if given.get("vouched", True) else "none"},
    }
    return OutboxEvent(
        kind=EventKind.SCANNED,
        at=at,
        tenant=tenant,
        message=uuid4(),
        received_at=at,
        details={"verdict": given["verdict"], "copies": [copy], "facts": facts},
    )


async def told(spool, *events: OutboxEvent, secret: bytes = SECRET) -> Contacts:
    """Let a tenant's mail have been known for long, and tell ``events``."""
    contacts = Contacts(spool.pool, secret)
    old = (spool.clock() - RIPE_AFTER).date()
    for tenant in (TENANT, OTHER):
        first = Meeting(tenant=tenant, person="x@old.example", mailboxes=(), is_vouched=True, day=old)
        await contacts.note([first])
    await ContactTeacher(contacts, _Directory()).tell(events)
    return contacts


async def known(contacts: Contacts, spool, *mailboxes: str, person: str = EVE, tenant: TenantId = TENANT):
    found = await contacts.acquaintance(tenant, person, mailboxes, spool.clock().date())
    assert found is not None
    return found


async def test_harmless_mail_that_was_let_through_makes_acquaintances(spool) -> None:
    contacts = await told(spool, scanned(spool.clock()))

    found = await known(contacts, spool, BOB, ANN, person="EVE@Partner.Example")

    assert (found.vouched, found.claimed) == (("", BOB), ())


async def test_an_author_for_whom_nobody_vouched_is_another_acquaintance(spool) -> None:
    contacts = await told(spool, scanned(spool.clock(), vouched=False))

    found = await known(contacts, spool, BOB)

    assert (found.vouched, found.claimed) == ((), ("", BOB))


async def test_unwanted_and_stopped_mail_makes_none(spool) -> None:
    now = spool.clock()
    contacts = await told(
        spool,
        scanned(now, verdict="spam"),
        scanned(now, place="quarantined"),
        scanned(now, authors=[EVE, "other@partner.example"]),
        scanned(now, authors=["spoofed@customer.example"]),
    )

    found = await known(contacts, spool, BOB)

    assert (found.vouched, found.claimed) == ((), ())


async def test_whoever_is_written_to_is_known_however_it_answers(spool) -> None:
    contacts = await told(spool, scanned(spool.clock(), direction="outbound", recipients=[EVE], path=ANN))

    found = await known(contacts, spool, ANN, BOB)

    assert (found.vouched, found.claimed) == (("", ANN), ("", ANN))


async def test_acquaintances_of_one_tenant_are_none_of_another(spool) -> None:
    contacts = await told(spool, scanned(spool.clock()))

    found = await known(contacts, spool, BOB, tenant=OTHER)

    assert (found.vouched, found.claimed) == ((), ())


async def test_a_tenant_whose_mail_is_new_cannot_tell_strangers(spool) -> None:
    contacts, today = Contacts(spool.pool, SECRET), spool.clock().date()

    assert await contacts.acquaintance(TENANT, EVE, (BOB,), today) is None
    await contacts.note([meeting(today)])
    assert await contacts.acquaintance(TENANT, EVE, (BOB,), today) is None
    assert await contacts.acquaintance(TENANT, EVE, (BOB,), today + RIPE_AFTER) is not None


async def test_nobody_can_read_an_address_from_the_table_nor_try_one_without_the_key(spool) -> None:
    await told(spool, scanned(spool.clock()))

    async with spool.pool.connection() as connection:
        rows = await (await connection.execute("SELECT contact::text FROM contact")).fetchall()
    others = await told(spool, secret=b"t" * 32)

    assert not any("partner" in row[0] or "eve" in row[0] for row in rows)
    found = await known(others, spool, BOB)
    assert (found.vouched, found.claimed) == ((), ())


async def test_under_another_secret_nobody_is_a_stranger_until_mail_was_known_for_long(spool) -> None:
    await told(spool, scanned(spool.clock()))
    after, today = Contacts(spool.pool, b"t" * 32), spool.clock().date()

    assert await after.acquaintance(TENANT, EVE, (BOB,), today) is None
    await after.note([meeting(today)])
    assert await after.acquaintance(TENANT, EVE, (BOB,), today) is None


async def test_what_is_not_renewed_and_what_is_too_much_is_forgotten(spool, monkeypatch) -> None:
    contacts, today = Contacts(spool.pool, SECRET), spool.clock().date()
    await contacts.note([meeting(today - KEEP - timedelta(days=1), person="old@partner.example")])
    await contacts.note([meeting(today - timedelta(days=2), person="rare@partner.example")])
    await contacts.note([meeting(today)])
    # Two rows of the newest, for Bob and for everybody; of the rare one there is no room for both.
    monkeypatch.setattr("lazaretto.spool.contacts.MOST", 2)

    await forget_contacts(spool.pool, spool.clock())

    assert (await known(contacts, spool, BOB)).vouched == ("", BOB)
    assert (await known(contacts, spool, BOB, person="old@partner.example")).vouched == ()
    assert (await known(contacts, spool, BOB, person="rare@partner.example")).vouched == ()


class _Counting:
    """A pool that counts how often somebody takes a connection."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.taken = 0

    def connection(self) -> Any:
        self.taken += 1
        return self._pool.connection()


async def test_nobody_asks_twice_about_one_who_is_known(spool) -> None:
    await told(spool, scanned(spool.clock()))
    asker = Contacts(pool := _Counting(spool.pool), SECRET)

    answers = [await known(asker, spool, BOB) for _ in range(3)]

    assert pool.taken == 1
    assert answers == [answers[0]] * 3
    assert answers[0].vouched == ("", BOB)


async def test_a_stranger_is_asked_about_until_somebody_knows_it(spool) -> None:
    teacher = await told(spool)
    asker = Contacts(pool := _Counting(spool.pool), SECRET)
    assert (await known(asker, spool, BOB)).vouched == ()

    await teacher.note([meeting(spool.clock().date())])

    assert (await known(asker, spool, BOB)).vouched == ("", BOB)
    assert (await known(asker, spool, BOB, ANN)).vouched == ("", BOB)
    assert (await known(asker, spool, BOB, ANN)).vouched == ("", BOB)
    assert pool.taken == 4


async def test_what_one_tenant_was_told_is_no_answer_for_another(spool) -> None:
    contacts = await told(spool, scanned(spool.clock()))

    assert (await known(contacts, spool, BOB)).vouched == ("", BOB)
    assert (await known(contacts, spool, BOB, tenant=OTHER)).vouched == ()


async def test_one_who_is_vouched_for_is_asked_about_again_within_the_hour(spool) -> None:
    teacher, now = await told(spool, scanned(spool.clock())), [0.0]
    asker = Contacts(pool := _Counting(spool.pool), SECRET, lambda: now[0])
    assert (await known(asker, spool, BOB)).claimed == ()

    await ContactTeacher(teacher, _Directory()).tell([scanned(spool.clock(), vouched=False)])
    assert (await known(asker, spool, BOB)).claimed == ()
    now[0] = AGAIN_AFTER

    assert (await known(asker, spool, BOB)).claimed == ("", BOB)
    now[0] *= 5
    assert (await known(asker, spool, BOB)).claimed == ("", BOB)
    assert pool.taken == 2


async def test_one_who_was_forgotten_is_a_stranger_on_the_next_day(spool) -> None:
    contacts, today = await told(spool, scanned(spool.clock())), spool.clock().date()
    assert (await known(contacts, spool, BOB)).vouched == ("", BOB)

    await forget_contacts(spool.pool, spool.clock() + KEEP + timedelta(days=1))
    found = await contacts.acquaintance(TENANT, EVE, (BOB,), today + timedelta(days=1))

    assert found is not None
    assert found.vouched == ()


async def test_a_tenant_whose_mail_is_too_new_is_not_asked_about_until_it_is_known_for_long(spool) -> None:
    asker, today = Contacts(pool := _Counting(spool.pool), SECRET), spool.clock().date()

    assert await asker.acquaintance(TENANT, EVE, (BOB,), today) is None
    assert pool.taken == 1

    await Contacts(spool.pool, SECRET).note([meeting(today)])
    assert await asker.acquaintance(TENANT, EVE, (BOB,), today + timedelta(days=1)) is None
    assert await asker.acquaintance(TENANT, EVE, (BOB,), today + timedelta(days=2)) is None
    assert pool.taken == 2
    assert await asker.acquaintance(TENANT, EVE, (BOB,), today + RIPE_AFTER) is not None


def meeting(day: date, person: str = EVE) -> Meeting:
    return Meeting(tenant=TENANT, person=person, mailboxes=(BOB,), is_vouched=True, day=day)
