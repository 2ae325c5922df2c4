"""One attempt for one copy, from its content to the settlement that follows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from lazaretto.core.errors import ContentDamaged, LazarettoError
from lazaretto.core.queued import Outcome, QueuedCopy, QueueKind, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery.bounce import Notice, compose, returns_all
from lazaretto.delivery.consequences import Attempt, Rules, needs_original, settlement_of
from lazaretto.delivery.courier import Carried, Courier
from lazaretto.delivery.holding import Held
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.reasons import GIVEN_UP
from lazaretto.delivery.retry import Schedule
from lazaretto.delivery.seams import Clock, Contents
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.signing import Signing
from lazaretto.mail.octets import Octets

LanguagesOf = Callable[[QueuedCopy], tuple[str, ...]]
"""Tell in which languages the sender of a copy is told about it."""


def _in_english(_copy: QueuedCopy) -> tuple[str, ...]:
    return ("en",)


@dataclass(frozen=True, slots=True)
class Made:
    """What an attempt came to."""

    settlement: Settlement
    carried: Carried | None
    """None when no host was to be called."""


class ContentUnread(Exception):
    """There was no attempt: what was to be sent could not be read, and no host is to blame."""

    def __init__(self, failure: LazarettoError) -> None:
        super().__init__(str(failure))
        self.is_damaged = isinstance(failure, ContentDamaged)
        """It is there, and is not what was stored."""

    @property
    def reply(self) -> Reply:
        """What is told of the copy that waits."""
        what = "is damaged" if self.is_damaged else "cannot be read now"
        return Reply(451, "4.3.0", f"the stored content {what}")


class Attempts:
    """Makes attempts and says what follows from them."""

    def __init__(
        self,
        contents: Contents,
        settings: DeliverySettings,
        hostname: str,
        clock: Clock,
        languages: LanguagesOf = _in_english,
        signing: Signing | None = None,
    ) -> None:
        self._contents = contents
        self._languages = languages
        self._signing = signing
        self._clock = clock
        self._most_returned = settings.notice_max_octets
        self._jitter = random.Random().random  # noqa: S311  (spreads load, keeps no secret)
        self._rules = Rules(
            schedule=Schedule(
                first_delay=settings.first_delay,
                longest_delay=settings.longest_delay,
                growth=settings.delay_growth,
            ),
            tls_give_up_after=settings.tls_give_up_after,
            hostname=hostname,
        )

    async def make(self, held: Held, courier: Courier) -> Made:
        """Do what is due for ``held``, by ``courier`` where a host is to be called.

        Raises ``ContentUnread`` before anybody was called.
        """
        copy = held.copy
        payload = Payload(copy, await self._read(copy) if held.octets is None else held.octets)
        if copy.kind is QueueKind.DELAY_NOTICE:
            return Made(await self._tell_of_delay(copy, payload), None)
        if copy.kind is QueueKind.BOUNCE:
            return Made(await self._give_up(copy, payload), None)
        if self._signing is not None:
            payload = await self._signing.signed(copy, payload)
        carried = await courier.carry(copy, payload)
        attempt = Attempt(
            outcomes=carried.outcomes,
            notifies=carried.notifies,
            tls_unmet=carried.tls_unmet,
            original=await self._original(copy, payload, carried.outcomes),
            languages=self._languages(copy),
        )
        # The lease may have been taken anew while the copy was carried.
        return Made(self._settlement(held.copy, attempt), carried)

    async def _read(self, copy: QueuedCopy) -> Octets:
        try:
            return await self._contents.open(copy.content)
        except LazarettoError as failure:
            raise ContentUnread(failure) from failure

    def put_off(self, copy: QueuedCopy, problem: Reply, pause: timedelta = timedelta(0)) -> Settlement:
        """Return what follows when ``copy`` is not tried, or not to an end, because of ``problem``."""
        not_before = self._clock() + pause
        attempt = Attempt(
            outcomes=_all_deferred(copy, problem), not_before=not_before, languages=self._languages(copy)
        )
        return self._settlement(copy, attempt)

    def _settlement(self, copy: QueuedCopy, attempt: Attempt) -> Settlement:
        return settlement_of(copy, attempt, self._rules, now=self._clock(), jitter=self._jitter())

    async def _original(
        self, copy: QueuedCopy, payload: Payload, outcomes: tuple[RecipientOutcome, ...]
    ) -> bytes:
        """Return what a notification would return; nothing where none can follow."""
        if not needs_original(copy, outcomes):
            return b""
        whole = payload.whole
        if whole is not None and len(whole) <= self._most_returned and returns_all(copy, Notice.FAILED):
            return whole
        return await self._header(payload)

    async def _header(self, payload: Payload) -> bytes:
        header = await payload.header()
        if len(header) <= self._most_returned:
            return header
        # Cut between two lines, so that no half field is shown.
        return header[: header.rfind(b"\n", 0, self._most_returned) + 1]

    async def _tell_of_delay(self, copy: QueuedCopy, payload: Payload) -> Settlement:
        """Tell the sender that a message is late; the row of the copy itself is another one."""
        now = self._clock()
        notice = compose(
            Notice.DELAYED,
            copy,
            _all_deferred(copy, Reply(451, "4.4.7", "not delivered yet")),
            original=await self._header(payload),
            hostname=self._rules.hostname,
            now=now,
            languages=self._languages(copy),
        )
        composed = () if notice is None else (notice,)
        return Settlement(lease=copy.lease, at=now, outcomes=(), next_at=None, composed=composed)

    async def _give_up(self, copy: QueuedCopy, payload: Payload) -> Settlement:
        """End a message that an operator gave up, without a try."""
        outcomes = _for_all(copy, Outcome.FAILED, GIVEN_UP)
        original = await self._original(copy, payload, outcomes)
        return self._settlement(
            copy, Attempt(outcomes=outcomes, original=original, languages=self._languages(copy))
        )


def _all_deferred(copy: QueuedCopy, problem: Reply) -> tuple[RecipientOutcome, ...]:
    return _for_all(copy, Outcome.DEFERRED, problem)


def _for_all(copy: QueuedCopy, outcome: Outcome, reply: Reply) -> tuple[RecipientOutcome, ...]:
    return tuple(
        RecipientOutcome(number=recipient.number, outcome=outcome, reply=reply)
        for recipient in copy.recipients
    )
