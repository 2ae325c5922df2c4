"""Finds who is to get a digest now, and of what; composes, commits and notes each.

The first digest greets.  Where the tenant wants it, whoever has nothing held is greeted as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from lazaretto.core.end_users import DigestWanted, EndUserRight, EndUserSettings
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.run.people_mail.digests import Digest, Item, Welcome, composed_digest, composed_welcome
from lazaretto.run.people_mail.due import hours_of, is_due, last_slot, tells_until
from lazaretto.run.people_mail.letter import Sender
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy, Resting
from lazaretto.tenants.mailboxes import DigestLook, MailboxChoices, Mailboxes, MailboxState

BATCH: Final = 1_000
LOOK_BACK: Final = timedelta(days=14)
"""Nothing older rests for its owner, and links to it would be over."""

MOST_WELCOMES: Final = 500
"""Of one tenant at a time: a large one greets its people over some hours, and its digests go on."""

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
        self._greeted: dict[TenantId, int] = {}
        """At which version everybody of a tenant had been greeted."""

    async def send(self, snapshot: TenantSnapshot, look: DigestLook) -> int:
        """Send what is due at ``look`` to the people of one tenant; return how many mails went.

        Safe to repeat: each person's hour is noted after its digest was committed, and the digest of an
        hour is the same message however often it is composed for one look.
        """
        if not any(each.hours for each in _wanted_by_any(snapshot)):
            return 0
        return await self._lists(snapshot, look) + await self._welcomes(snapshot, look.at)

    async def _lists(self, snapshot: TenantSnapshot, look: DigestLook) -> int:
        resting = await self._resting(snapshot, look.at)
        known = await self._mailboxes.states(snapshot.tenant, list(resting))
        sent = 0
        for mailbox, copies in resting.items():
            choices, state = known.get(mailbox, (MailboxChoices(), MailboxState()))
            digest = await self._digest(snapshot, mailbox, copies, choices, state, look)
            if digest is not None:
                await self._commit(composed_digest(digest, self._sender, look.at))
                await self._mailboxes.note_told(
                    snapshot.tenant,
                    mailbox,
                    slot=digest.slot,
                    until=max(item.at for item in digest.items),
                    welcomed_at=look.at,
                )
                sent += 1
        return sent

    async def _welcomes(self, snapshot: TenantSnapshot, now: datetime) -> int:
        """Greet whoever was not yet; a mailbox that gets no digests is not told of them."""
        if self._greeted.get(snapshot.tenant) == snapshot.version:
            return 0
        sent = 0
        for mailboxes in _parts(_greeted_by(snapshot)):
            known = await self._mailboxes.states(snapshot.tenant, mailboxes)
            for mailbox in mailboxes:
                choices, state = known.get(mailbox, (MailboxChoices(), MailboxState()))
                wanted = snapshot.end_users_of(mailbox).digest
                if state.welcomed_at is not None or not hours_of(wanted, choices):
                    continue
                if sent == MOST_WELCOMES:
                    return sent
                welcome = Welcome(
                    tenant=snapshot.tenant,
                    address=mailbox,
                    language=choices.language or wanted.language or snapshot.language,
                )
                await self._commit(composed_welcome(welcome, self._sender, now))
                await self._mailboxes.note_told(snapshot.tenant, mailbox, welcomed_at=now)
                sent += 1
        self._greeted[snapshot.tenant] = snapshot.version
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
        look: DigestLook,
    ) -> Digest | None:
        settings = snapshot.end_users_of(mailbox)
        wanted = settings.digest
        told = state.told_until
        slot = last_slot(hours_of(wanted, choices), wanted.time_zone, look.at)
        if slot is None or not is_due(slot, state.digested_at):
            return None
        until = tells_until(slot, look)
        new = [
            each
            for each in copies
            if (told is None or each.quarantined_at > told)
            and each.quarantined_at <= until
            and _is_listed(each, settings, choices)
            and not (wanted.leave_out_blocked and _is_blocked(snapshot, mailbox, each))
        ]
        if not new:
            return None
        return Digest(
            tenant=snapshot.tenant,
            address=mailbox,
            language=choices.language or wanted.language or snapshot.language,
            slot=slot,
            until=until,
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


def _wanted_by_any(snapshot: TenantSnapshot) -> Iterable[DigestWanted]:
    """Yield what is wanted for the tenant, and for each domain and group."""
    yield snapshot.people.digest
    yield from (each.people.digest for each in snapshot.levels)


def _greeted_by(snapshot: TenantSnapshot) -> list[str]:
    """Return the registered mailboxes that are to be greeted, in order; an alias is none."""
    if not any(each.welcome for each in _wanted_by_any(snapshot)):
        return []
    return sorted(
        each
        for each in snapshot.addresses
        if each not in snapshot.aliases
        and not snapshot.takes_reports_at(each)
        and snapshot.end_users_of(each).digest.welcome
    )


def _parts(mailboxes: Sequence[str]) -> Iterable[Sequence[str]]:
    return (mailboxes[begin : begin + BATCH] for begin in range(0, len(mailboxes), BATCH))


def _is_listed(copy: QuarantinedCopy, settings: EndUserSettings, choices: MailboxChoices) -> bool:
    asked = {"certain-phishing": "phishing"}.get(copy.reason, copy.reason)
    listed = copy.reason in settings.digest.reasons and asked not in choices.silent
    # What its owner may do nothing about is not told either.
    return listed and bool(settings.rights.get(copy.reason))


def _is_blocked(snapshot: TenantSnapshot, mailbox: str, copy: QuarantinedCopy) -> bool:
    lists = snapshot.personal.get(mailbox)
    return lists is not None and bool(lists.blocked.entry_for_address(copy.sender))
