"""Whoever is new to a quarantine is greeted: once, in their language, also where nothing is held.

On a real spool, and a clock turned by hand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import uuid4

import pytest

from lazaretto.core.queued import ComposedMessage
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.server import EmbeddedServer
from lazaretto.run.people_mail import due_digests
from lazaretto.run.people_mail.digests import Welcome, composed_welcome
from lazaretto.run.people_mail.due_digests import DueDigests
from lazaretto.spool.quarantine import Quarantine
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.mailboxes import DigestChoice, DigestLook, MailboxChoices
from lazaretto.testing.messages import TENANT
from tests.integration.test_digests import DOCUMENT, MONDAY, SENDER, Scene

BOB, CAROL = "bob@customer.example", "carol@customer.example"
GREETING = DOCUMENT.replace("send: true", "send: true, welcome: true")
SOON = MONDAY + timedelta(hours=3)
"""At no hour at which digests go."""


@pytest.fixture(scope="module")
def control(database_server: EmbeddedServer) -> Iterator[str]:
    name = f"control_{uuid4().hex[:8]}"
    create_database(database_server.dsn("postgres"), name)
    migrate(database_server.dsn(name), "control")
    yield database_server.dsn(name)


@pytest.fixture
async def greeting(spool, control: str) -> AsyncIterator[Scene]:
    made = Scene(spool, control, GREETING)
    async with made.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox")
    yield made
    await made.pool.close()


class Dies(Exception):
    """The process is gone."""


def committing(scene: Scene, *, dies_after: int | None = None) -> DueDigests:
    """Return digests that go into the real spool, of a process that may die right after a commit."""
    left = [dies_after]

    async def commit(composed: ComposedMessage) -> None:
        await scene.spool.acceptor.commit_composed(composed)
        if left[0] is not None:
            left[0] -= 1
            if left[0] == 0:
                raise Dies

    quarantine = Quarantine(scene.spool.pool, scene.spool.settings, clock=scene.spool.clock)
    return DueDigests(quarantine, scene.mailboxes, commit, scene.author_of, SENDER)


async def waiting(scene: Scene) -> list[str]:
    """Return for whom mail waits in the spool, once for each message."""
    async with scene.spool.pool.connection() as connection:
        rows = await (
            await connection.execute(
                "SELECT address FROM queue JOIN recipient USING (tenant, message, number)"
            )
        ).fetchall()
    return sorted(row[0] for row in rows)


async def test_everybody_is_greeted_once_an_alias_is_nobody(greeting: Scene) -> None:
    first = await greeting.send(SOON)

    assert sorted(address for address, _ in first) == [BOB, CAROL]
    assert await greeting.send(SOON + timedelta(minutes=5)) == []
    assert await greeting.send(SOON + timedelta(days=9)) == []


async def test_it_says_what_a_quarantine_is_in_the_language_of_each_and_ends_by_a_click(
    greeting: Scene,
) -> None:
    await greeting.mailboxes.choose(TENANT, BOB, MailboxChoices(language="fr"))

    mails = dict(await greeting.send(SOON))

    assert mails[BOB]["Subject"] == "Bienvenue dans votre quarantaine : ce que c'est"
    assert mails[BOB]["Content-Language"] == "fr"
    assert mails[CAROL]["Subject"] == "Welcome to your quarantine: what it is"
    for address, mail in mails.items():
        for kind in ("plain", "html"):
            text = mail.get_body((kind,)).get_content()  # type: ignore[union-attr]
            assert address in text and "https://portal.example/q/" in text
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["Auto-Submitted"] == "auto-generated"


async def test_who_was_greeted_gets_a_list_without_a_second_welcome(greeting: Scene) -> None:
    await greeting.send(MONDAY - timedelta(hours=3))
    await greeting.rest(MONDAY - timedelta(hours=2), BOB)

    ((address, mail),) = await greeting.send(MONDAY)

    assert (address, mail["Subject"]) == (BOB, "1 message is held for you")


async def test_who_gets_a_list_that_greets_gets_no_welcome_besides(greeting: Scene) -> None:
    await greeting.rest(MONDAY - timedelta(hours=2), BOB)

    mails = await greeting.send(MONDAY)

    assert sorted(address for address, _ in mails) == [BOB, CAROL]
    assert "what is held for you" in dict(mails)[BOB]["Subject"]


async def test_who_wants_no_digests_is_not_greeted_and_neither_is_who_gets_none(spool, control: str) -> None:
    scene = Scene(spool, control, GREETING.replace("welcome: true", f"welcome: true, excluded: [{CAROL}]"))
    async with scene.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox")
    await scene.mailboxes.choose(TENANT, BOB, MailboxChoices(digest=DigestChoice.NONE))

    assert await scene.send(SOON) == []
    await scene.pool.close()


async def test_without_the_option_only_a_list_greets(greeting: Scene) -> None:
    greeting.snapshot = compile_snapshot(parse_document(DOCUMENT, "acme"), TENANT, 2)

    assert await greeting.send(SOON) == []
    assert await greeting.send(MONDAY + timedelta(days=7)) == []


async def test_somebody_who_is_registered_later_is_greeted_then(greeting: Scene) -> None:
    await greeting.send(SOON)
    more = GREETING.replace("carol@customer.example]", "carol@customer.example, dora@customer.example]")
    greeting.snapshot = compile_snapshot(parse_document(more, "acme"), TENANT, 2)

    assert [address for address, _ in await greeting.send(SOON + timedelta(days=1))] == [
        "dora@customer.example"
    ]


async def test_many_are_greeted_over_several_looks_and_nobody_is_left_out(
    greeting: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_digests, "MOST_WELCOMES", 1)

    looks = [await greeting.send(SOON + timedelta(minutes=5 * each)) for each in range(4)]

    assert [[address for address, _ in each] for each in looks] == [[BOB], [CAROL], [], []]


async def test_a_process_that_dies_between_commit_and_note_greets_everybody_and_nobody_twice(
    greeting: Scene,
) -> None:
    with pytest.raises(Dies):
        await committing(greeting, dies_after=1).send(greeting.snapshot, DigestLook(SOON))
    after_the_crash = await waiting(greeting)

    await committing(greeting).send(greeting.snapshot, DigestLook(SOON + timedelta(minutes=5)))

    assert after_the_crash == [BOB]
    assert await waiting(greeting) == [BOB, CAROL]


async def test_a_first_list_that_was_not_noted_is_repeated_at_most_once_and_never_lost(
    greeting: Scene,
) -> None:
    greeting.snapshot = compile_snapshot(parse_document(DOCUMENT, "acme"), TENANT, 1)
    await greeting.rest(MONDAY - timedelta(hours=2), BOB)
    with pytest.raises(Dies):
        await committing(greeting, dies_after=1).send(greeting.snapshot, DigestLook(MONDAY))

    # It comes back within the hour: the same mail.  Then only at the next one: that repeats it once.
    same = committing(greeting, dies_after=1)
    with pytest.raises(Dies):
        await same.send(greeting.snapshot, DigestLook(MONDAY + timedelta(minutes=30)))
    within_the_hour = await waiting(greeting)
    later = committing(greeting)
    for minutes in (0, 5, 10):
        await later.send(greeting.snapshot, DigestLook(MONDAY + timedelta(days=1, minutes=minutes)))

    assert within_the_hour == [BOB]
    assert await waiting(greeting) == [BOB, BOB]


def test_the_mail_for_a_mailbox_is_the_same_at_any_time() -> None:
    welcome = Welcome(tenant=TENANT, address=BOB, language="de")
    first, second = (composed_welcome(welcome, SENDER, at) for at in (SOON, SOON + timedelta(days=3)))
    mail = message_from_bytes(first.octets, policy=default)

    assert first.id == second.id
    assert isinstance(mail, EmailMessage) and mail["To"] == BOB
