"""Digests on a real spool and a clock turned by hand: what is new, once, to those who want it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import uuid4

import pytest

from lazaretto.core.decision import Disposition, Summary
from lazaretto.core.end_users import Weekday
from lazaretto.core.findings import Verdict
from lazaretto.core.mail_links import LinkPurpose, opened
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.run.people_mail.due_digests import DueDigests
from lazaretto.run.people_mail.letter import Sender
from lazaretto.run.people_mail.texts import LANGUAGES, TEXTS
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.mailboxes import (
    LOOK_GIVEN_UP_AFTER,
    DigestChoice,
    DigestLook,
    MailboxChoices,
    Mailboxes,
)
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

DOCUMENT = """\
version: 1
tenant: acme
domains: {customer.example: {routes: [{host: 127.0.0.1}]}}
addresses: [bob@customer.example, carol@customer.example]
aliases: {sales@customer.example: bob@customer.example}
digest: {send: true, hours: {monday: [8], tuesday: [8]}, time_zone: UTC}
personal_lists: {bob@customer.example: {blocked: [eve@evil.example]}}
"""
SENDER = Sender(host_name="mx.platform.example", base_url="https://portal.example", key="key")
MONDAY = datetime(2026, 3, 30, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def control(database_server: EmbeddedServer) -> Iterator[str]:
    name = f"control_{uuid4().hex[:8]}"
    create_database(database_server.dsn("postgres"), name)
    migrate(database_server.dsn(name), "control")
    yield database_server.dsn(name)


class Post:
    """Keeps what is sent; the same id twice is once, as in the spool."""

    def __init__(self) -> None:
        self.sent: dict[str, ComposedMessage] = {}

    async def commit(self, composed: ComposedMessage) -> None:
        self.sent[str(composed.id)] = composed

    def taken(self) -> list[tuple[str, EmailMessage]]:
        """Return what was sent since the last time, by recipient."""
        found = [
            (each.recipients[0], email.message_from_bytes(each.octets, policy=email.policy.default))
            for each in self.sent.values()
        ]
        self.sent.clear()
        return found  # type: ignore[return-value]


class Scene:
    def __init__(self, spool, control: str, text: str = DOCUMENT) -> None:
        self.spool, self.post = spool, Post()
        self.pool = Pool(control, 2)
        self.mailboxes = Mailboxes(self.pool)
        self.snapshot: TenantSnapshot = compile_snapshot(parse_document(text, "acme"), TENANT, 1)
        self.digests = DueDigests(
            Quarantine(spool.pool, spool.settings, clock=spool.clock),
            self.mailboxes,
            self.post.commit,
            self.author_of,
            SENDER,
        )

    async def author_of(self, copy: QuarantinedCopy) -> str:
        return "Shop <news@shop.example>"

    async def rest(self, at: datetime, *addresses: str, reason: str = "spam", **more: str) -> None:
        self.spool.clock.now = at
        submission = a_submission(*addresses, at=at, reverse_path=more.get("sender", "news@shop.example"))
        copy = a_copy(submission, Disposition.QUARANTINE, reason=reason)
        summary = Summary(subject=more.get("subject", "Win <b>now</b>"), message_id="<1@x.example>")
        judgement = replace(a_judgement(copy, verdict=Verdict.SPAM), summary=summary)
        await self.spool.acceptor.commit(submission, judgement)

    async def send(self, now: datetime) -> list[tuple[str, EmailMessage]]:
        look = await self.mailboxes.begin_digest_look(now)
        await self.digests.send(self.snapshot, look)
        await self.mailboxes.end_digest_look(look)
        return self.post.taken()


def plain_text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()  # type: ignore[union-attr,no-any-return]


@pytest.fixture
async def scene(spool, control: str):
    made = Scene(spool, control)
    async with made.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox, digest_look")
    yield made
    await made.pool.close()


async def test_nothing_is_sent_before_the_hour_nothing_without_news_and_nothing_twice(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example")

    assert await scene.send(MONDAY - timedelta(minutes=5)) == []
    ((address, mail),) = await scene.send(MONDAY + timedelta(minutes=3))
    assert address == "bob@customer.example"
    assert await scene.send(MONDAY + timedelta(minutes=8)) == []
    assert await scene.send(MONDAY + timedelta(days=1, minutes=3)) == []
    await scene.rest(MONDAY + timedelta(days=6), "bob@customer.example", subject="Another")
    ((_, second),) = await scene.send(MONDAY + timedelta(days=7, minutes=3))

    assert "Welcome" in mail["Subject"]
    assert second["Subject"] == "1 message is held for you"


async def test_text_and_html_say_the_same_and_strangers_words_stay_words(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example")

    ((_, mail),) = await scene.send(MONDAY)
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]

    for part in (text, html):
        assert "news@shop.example" in part
        assert "https://portal.example/d/" in part
    assert "Win <b>now</b>" in text
    assert "Win &lt;b&gt;now&lt;/b&gt;" in html
    assert "<img" not in html
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_a_link_is_for_this_person_and_this_message_for_fourteen_days(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", "carol@customer.example")

    mails = dict(await scene.send(MONDAY))

    assert set(mails) == {"bob@customer.example", "carol@customer.example"}
    for address, mail in mails.items():
        secret = mail.get_body(("plain",)).get_content().split("/d/")[1].split()[0]  # type: ignore[union-attr]
        link = opened(secret, "key", MONDAY + timedelta(days=13))
        assert link is not None
        assert (link.purpose, link.person, link.tenant) == (LinkPurpose.ITEM, address, TENANT)
        assert opened(secret, "key", MONDAY + timedelta(days=14)) is None
        one_click = mail["List-Unsubscribe"].strip("<>").split("/d/")[1]
        unsubscribe = opened(one_click, "key", MONDAY)
        assert unsubscribe is not None
        assert (unsubscribe.purpose, unsubscribe.person) == (LinkPurpose.UNSUBSCRIBE, address)


async def test_what_comes_for_an_alias_is_told_to_its_mailbox(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "sales@customer.example")

    assert [address for address, _ in await scene.send(MONDAY)] == ["bob@customer.example"]


async def test_senders_whom_somebody_blocked_and_what_nobody_may_decide_are_left_out(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", sender="eve@evil.example")
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", reason="malware")

    assert await scene.send(MONDAY) == []


async def test_hours_language_and_classes_are_as_somebody_chose(scene: Scene) -> None:
    own = MailboxChoices(
        language="fr",
        digest=DigestChoice.OWN,
        hours={Weekday.MONDAY: (15,)},
        silent=frozenset({"bulk"}),
    )
    await scene.mailboxes.choose(TENANT, "Bob@customer.example", own)
    await scene.mailboxes.choose(TENANT, "carol@customer.example", MailboxChoices(digest=DigestChoice.NONE))
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", "carol@customer.example")
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", reason="bulk", subject="Lettre")

    assert await scene.send(MONDAY + timedelta(hours=1)) == []
    ((address, mail),) = await scene.send(MONDAY + timedelta(hours=7))

    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert address == "bob@customer.example"
    assert "Bienvenue" in mail["Subject"]
    assert "Lettre" not in text


async def test_a_process_that_died_between_sending_and_noting_sends_the_very_same_again(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example")
    await scene.digests.send(scene.snapshot, DigestLook(MONDAY))
    (first,) = scene.post.sent
    async with scene.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox")

    await scene.digests.send(scene.snapshot, DigestLook(MONDAY + timedelta(minutes=5)))

    assert list(scene.post.sent) == [first]


async def test_what_came_between_a_crash_and_the_next_look_is_told_at_the_next_hour(scene: Scene) -> None:
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example", subject="Before")
    await scene.digests.send(scene.snapshot, DigestLook(MONDAY + timedelta(minutes=1)))
    async with scene.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox")
    await scene.rest(MONDAY + timedelta(minutes=2), "bob@customer.example", subject="Between")

    await scene.send(MONDAY + timedelta(minutes=5))
    ((_, mail),) = await scene.send(MONDAY + timedelta(days=1))

    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Between" in text and "Before" not in text


BEFORE_THE_OUTAGE = MONDAY - timedelta(minutes=30)
AFTER_IT = MONDAY + timedelta(hours=3)


async def rest_in_an_outage_over_the_hour(scene: Scene) -> None:
    await scene.send(BEFORE_THE_OUTAGE)
    await scene.rest(MONDAY - timedelta(minutes=10), "bob@customer.example", subject="Before")
    await scene.rest(MONDAY + timedelta(hours=2), "bob@customer.example", subject="Between")
    await scene.rest(MONDAY + timedelta(hours=2), "carol@customer.example", subject="Hers")


async def test_a_late_look_tells_what_came_since_the_hour_and_nobody_is_told_twice(scene: Scene) -> None:
    await rest_in_an_outage_over_the_hour(scene)

    late = dict(await scene.send(AFTER_IT))

    assert set(late) == {"bob@customer.example", "carol@customer.example"}
    text = plain_text(late["bob@customer.example"])
    assert "Before" in text and "Between" in text
    assert await scene.send(AFTER_IT + timedelta(minutes=5)) == []
    assert await scene.send(MONDAY + timedelta(days=1)) == []


async def test_after_a_late_look_the_next_hour_is_the_next_of_the_grid(scene: Scene) -> None:
    await rest_in_an_outage_over_the_hour(scene)
    await scene.send(AFTER_IT)
    await scene.rest(AFTER_IT + timedelta(minutes=1), "bob@customer.example", subject="After")

    assert await scene.send(AFTER_IT + timedelta(minutes=5)) == []
    ((_, mail),) = await scene.send(MONDAY + timedelta(days=1))

    assert "After" in plain_text(mail) and "Between" not in plain_text(mail)


async def test_a_late_look_that_a_crash_ended_is_taken_up_as_it_was(scene: Scene) -> None:
    """The digest went and was not noted: the very same is composed again, whatever came meanwhile."""
    await rest_in_an_outage_over_the_hour(scene)
    await scene.digests.send(scene.snapshot, await scene.mailboxes.begin_digest_look(AFTER_IT))
    went = sorted(scene.post.sent)
    async with scene.pool.transaction() as connection:
        await connection.execute("TRUNCATE mailbox")
    await scene.rest(AFTER_IT + timedelta(minutes=1), "bob@customer.example", subject="After")

    again = await scene.mailboxes.begin_digest_look(AFTER_IT + timedelta(minutes=5))
    await scene.digests.send(scene.snapshot, again)

    assert sorted(scene.post.sent) == went
    await scene.mailboxes.end_digest_look(again)
    scene.post.sent.clear()
    ((_, mail),) = await scene.send(MONDAY + timedelta(days=1))
    assert "After" in plain_text(mail) and "Between" not in plain_text(mail)


async def test_a_look_that_never_ends_does_not_hold_up_later_hours(scene: Scene) -> None:
    await scene.mailboxes.begin_digest_look(MONDAY)

    again = await scene.mailboxes.begin_digest_look(MONDAY + LOOK_GIVEN_UP_AFTER)
    later = await scene.mailboxes.begin_digest_look(MONDAY + LOOK_GIVEN_UP_AFTER + timedelta(minutes=5))

    assert again.at == MONDAY
    assert later.at == MONDAY + LOOK_GIVEN_UP_AFTER + timedelta(minutes=5)


async def test_without_digests_in_the_document_nobody_gets_any(spool, control: str) -> None:
    scene = Scene(spool, control, DOCUMENT.replace("send: true", "send: false"))
    await scene.rest(MONDAY - timedelta(hours=2), "bob@customer.example")

    assert await scene.send(MONDAY) == []
    await scene.pool.close()


def test_everything_is_said_in_four_languages() -> None:
    for key, texts in TEXTS.items():
        assert len(texts) == len(LANGUAGES), key
        assert all(texts), key
        gaps = [sorted(part.split("}")[0] for part in text.split("{")[1:]) for text in texts]
        assert all(each == gaps[0] for each in gaps), key
