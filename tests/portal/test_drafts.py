"""Drafts: changes wait for their publishing, meet those of others, and are tried on past mail."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from lazaretto.core.events import EventKind
from lazaretto.db.partitions import ensure
from lazaretto.db.sql import query
from lazaretto.journal.looks import look_story
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.shipping import _row_set
from lazaretto.journal.tables import LOOK
from lazaretto.store.given import StoreSettings
from lazaretto.store.scope import Forbidden, Scope
from lazaretto.tenants.placing import UNSAID, WrongSettings
from tests.portal.people import a_tenant, someone

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
domains:
  {name}.example: {}
addresses: ['bob@{name}.example']
"""
SPAM = ("antispam", "spam")


@pytest.fixture
def tenant(store: StoreSettings) -> str:
    """A tenant of its own."""
    return a_tenant(TEXT)


def test_a_draft_is_nothing_until_it_is_published(tenant: str) -> None:
    from lazaretto.store import drafts, tenancy

    scope = someone(tenant)

    drafts.place(scope, {SPAM: "quarantine"})
    before = tenancy.in_force(scope)
    applied = drafts.publish(scope, note="less noise")

    assert "quarantine" not in before.text
    assert "spam: quarantine" in tenancy.in_force(scope).text
    assert applied.version == before.version + 1
    assert not drafts.edited(scope).is_draft
    assert tenancy.history(scope)[0].note == "less noise"


def test_a_draft_that_says_what_is_in_force_ends(tenant: str) -> None:
    from lazaretto.store import drafts

    scope = someone(tenant)

    drafts.place(scope, {SPAM: "quarantine"})
    assert drafts.edited(scope).is_draft
    drafts.place(scope, {SPAM: UNSAID})

    assert not drafts.edited(scope).is_draft


def test_everybody_has_a_draft_of_their_own(tenant: str) -> None:
    from lazaretto.store import drafts

    one, other = someone(tenant), someone(tenant)

    drafts.place(one, {SPAM: "quarantine"})

    assert not drafts.edited(other).is_draft


def test_changes_that_others_published_meanwhile_stay(tenant: str) -> None:
    from lazaretto.store import drafts, tenancy

    one, other = someone(tenant), someone(tenant)
    drafts.place(one, {SPAM: "quarantine"})
    drafts.place(other, {("max_message_size",): "20"})
    drafts.publish(other)

    drafts.publish(one)

    text = tenancy.in_force(one).text
    assert "spam: quarantine" in text
    assert "max_message_size: 20" in text


def test_the_same_setting_changed_by_two_is_told_and_not_overwritten(tenant: str) -> None:
    from lazaretto.store import drafts, tenancy

    one, other = someone(tenant), someone(tenant)
    drafts.place(one, {SPAM: "quarantine"})
    drafts.place(other, {SPAM: "delete"})
    drafts.publish(other)

    with pytest.raises(drafts.Conflict) as conflict:
        drafts.publish(one)
    assert conflict.value.paths == (SPAM,)
    assert "spam: delete" in tenancy.in_force(one).text

    drafts.publish(one, insist=True)
    assert "spam: quarantine" in tenancy.in_force(one).text


def test_who_may_not_change_a_service_cannot_even_draft_it(tenant: str) -> None:
    from lazaretto.store import drafts

    with pytest.raises(Forbidden):
        drafts.place(someone(tenant, "read-only"), {SPAM: "quarantine"})


def test_what_is_wrong_is_told_and_drafts_nothing(tenant: str) -> None:
    from lazaretto.store import drafts

    scope = someone(tenant)

    with pytest.raises(WrongSettings):
        drafts.place(scope, {SPAM: "explode"})

    assert not drafts.edited(scope).is_draft


def _spam_story(tenant: int, recipient: str, number: int) -> Any:
    moment = datetime.now(UTC) - timedelta(hours=number + 1)
    facts = {"reverse_path": "x@other.example", "authors": ["x@other.example"], "client_ip": "192.0.2.9"}
    return look_story(
        OutboxEvent(
            kind=EventKind.SCANNED,
            at=moment,
            tenant=tenant,
            message=uuid4(),
            received_at=moment,
            details={
                "findings": [{"symbol": "SPAMMY", "score": 9.0, "evidence": "", "class": "spam"}],
                "score": 9.0,
                "sums": {"spam": 9.0, "phishing": 0.0, "bulk": 0.0},
                "facts": facts,
                "copies": [{"direction": "inbound", "recipients": [recipient]}],
            },
        )
    )


def _fill(scope: Scope, count: int) -> None:
    from lazaretto.store.mailpath import mail_path

    stories = [
        _spam_story(scope.of_tenant, f"bob@{scope.tenant_name}.example", number) for number in range(count)
    ]

    async def fill() -> None:
        pool = mail_path()._pools[2]
        async with pool.transaction() as connection:
            await ensure(connection, LOOK, [story.received_at for story in stories])
            await connection.execute(
                query("lazaretto.journal", "add_looks"), {"looks": _row_set(stories)}, prepare=False
            )

    mail_path().wait(fill())


def _ended(scope: Scope, run: Any) -> Any:
    from lazaretto.store import backtests

    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = backtests.backtest(scope, run.id)
        if found.finished:
            return found
        time.sleep(0.1)
    raise AssertionError("the time machine did not end")


def test_a_draft_is_tried_on_past_mail_before_it_is_published(tenant: str) -> None:
    from lazaretto.store import backtests, drafts

    scope = someone(tenant)
    _fill(scope, 3)
    draft = drafts.place(scope, {SPAM: "quarantine"})

    run = _ended(scope, backtests.begin(scope, draft.text, days=3))

    assert run.problem == ""
    assert run.done == 3
    assert list(run.outcome["changed"].values()) == [3]
    assert "quarantine" in next(iter(run.outcome["changed"]))


def test_the_same_question_is_asked_once(tenant: str) -> None:
    from lazaretto.store import backtests, drafts

    scope = someone(tenant)
    draft = drafts.place(scope, {SPAM: "quarantine"})

    one, other = (backtests.begin(scope, draft.text, days=2) for _ in range(2))

    assert one.id == other.id
    _ended(scope, one)


def test_nobody_reads_what_another_tenant_tried(tenant: str) -> None:
    from lazaretto.core.errors import ScopeError
    from lazaretto.store import backtests, drafts

    scope = someone(tenant)
    run = backtests.begin(scope, drafts.place(scope, {SPAM: "quarantine"}).text, days=1)
    _ended(scope, run)

    with pytest.raises(ScopeError):
        backtests.backtest(someone(a_tenant(TEXT)), run.id)
