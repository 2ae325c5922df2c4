"""Finds who is to get a digest now, and of what; composes, commits and notes each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from lazaretto.core.end_users import EndUserRight, EndUserSettings
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.run.people_mail.digests import Digest, Item, composed_digest
from lazaretto.run.people_mail.due import hours_of, is_due, last_slot
from lazaretto.run.people_mail.letter import Sender
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy, Resting
from lazaretto.tenants.mailboxes import MailboxChoices, Mailboxes, MailboxState

BATCH: Final = 1_000
LOOK_BACK: Final = timedelta(days=14)
"""Nothing older rests for its owner, and links to it would be over."""

Commit = Callable[[ComposedMessage], Awaitable[None]]
AuthorOf = Callable[[QuarantinedCopy], Awaitable[str]]
"""Return the From field of a copy's message as people read it; empty where it cannot be read."""


class DueDigests:
    """Sends the digests of all tenants."""

    def __init__(
        self,
        quarantine: Quarantine,
        mailboxes: Mailboxes,
        commit: Commit,
        author_of: AuthorOf,
        sender: Sender,
    ) -> None:
        self._quarantine = quarantine
        self._mailboxes = mailboxes
        self._commit = commit
        self._author_of = author_of
        self._sender = sender

    async def send(self, snapshot: TenantSnapshot, now: datetime) -> int:
        """Send what is due at ``now`` to the people of one tenant; return how many digests went.

        Safe to repeat: each person's hour is noted after its digest was committed, and the digest of an
        hour is the same message however often it is composed.
        """
        if not _sends_any(snapshot):
            return 0
        resting = await self._resting(snapshot, now)
        known = await self._mailboxes.states(snapshot.tenant, list(resting))
        sent = 0
        for mailbox, copies in resting.items():
            choices, state = known.get(mailbox, (MailboxChoices(), MailboxState()))
            digest = await self._digest(snapshot, mailbox, copies, choices, state, now)
            if digest is not None:
                await self._commit(composed_digest(digest, self._sender, now))
                await self._mailboxes.note_told(
                    snapshot.tenant,
                    mailbox,
                    slot=digest.slot,
                    until=max(item.at for item in digest.items),
                    welcomed=True,
                )
                sent += 1
        return sent

    async def _resting(self, snapshot: TenantSnapshot, now: datetime) -> Mapping[str, list[QuarantinedCopy]]:
        """Return what rests for each mailbox, newest first."""
        found: dict[str, list[QuarantinedCopy]] = {}
        after: UUID | None = None
        wanted = Resting(since=now - LOOK_BACK)
        while True:
            rows = await self._quarantine.list(
                tenant=snapshot.tenant, resting=wanted, after=after, limit=BATCH
            )
            for row in rows:
                for mailbox in dict.fromkeys(snapshot.mailbox_of(each) for each in row.recipients):
                    if snapshot.accepts(mailbox):
                        found.setdefault(mailbox, []).append(row)
            if len(rows) < BATCH:
                return found
            after = rows[-1].id

    async def _digest(
        self,
        snapshot: TenantSnapshot,
        mailbox: str,
        copies: Sequence[QuarantinedCopy],
        choices: MailboxChoices,
        state: MailboxState,
        now: datetime,
    ) -> Digest | None:
        settings = snapshot.end_users_of(mailbox)
        wanted = settings.digest
        told = state.told_until
        new = [
            each
            for each in copies
            if (told is None or each.quarantined_at > told)
            and each.quarantined_at <= now
            and _is_listed(each, settings, choices)
            and not (wanted.leave_out_blocked and _is_blocked(snapshot, mailbox, each))
        ]
        if not new:
            return None
        slot = last_slot(hours_of(wanted, choices), wanted.time_zone, now)
        if slot is None or not is_due(slot, state.digested_at, new[-1].quarantined_at):
            return None
        return Digest(
            tenant=snapshot.tenant,
            address=mailbox,
            language=choices.language or wanted.language or snapshot.language,
            slot=slot,
            items=tuple([await self._item(each, settings) for each in new]),
            is_first=state.welcomed_at is None,
            time_zone=wanted.time_zone,
        )

    async def _item(self, copy: QuarantinedCopy, settings: EndUserSettings) -> Item:
        shows = settings.may(EndUserRight.VIEW_HEADER, copy.reason) or settings.may(
            EndUserRight.PREVIEW, copy.reason
        )
        return Item(
            copy=copy.id,
            author=await self._author_of(copy) or copy.sender,
            subject=copy.subject if shows else "",
            reason=copy.reason,
            at=copy.quarantined_at,
        )


def _sends_any(snapshot: TenantSnapshot) -> bool:
    return bool(snapshot.people.digest.hours) or any(each.people.digest.hours for each in snapshot.levels)


def _is_listed(copy: QuarantinedCopy, settings: EndUserSettings, choices: MailboxChoices) -> bool:
    asked = {"certain-phishing": "phishing"}.get(copy.reason, copy.reason)
    listed = copy.reason in settings.digest.reasons and asked not in choices.silent
    # What its owner may do nothing about is not told either.
    return listed and bool(settings.rights.get(copy.reason))


def _is_blocked(snapshot: TenantSnapshot, mailbox: str, copy: QuarantinedCopy) -> bool:
    lists = snapshot.personal.get(mailbox)
    return lists is not None and bool(lists.blocked.entry_for_address(copy.sender))
