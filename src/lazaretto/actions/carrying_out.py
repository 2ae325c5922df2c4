"""A decision's orders to what is spliced, and who gets it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from lazaretto.actions.api import Change, Occasion
from lazaretto.actions.catalogue.tag_subject import TagSubject
from lazaretto.actions.joining import joined
from lazaretto.actions.registry import actions
from lazaretto.actions.trace_fields import (
    DEFAULT_AUTHSERV_ID,
    are_wanted,
    removed_forgeries,
    statement,
    verdict_fields,
)
from lazaretto.core.address import fold
from lazaretto.core.decision import (
    ALWAYS_CARRIED_OUT,
    ActionOrder,
    Decision,
    Difference,
    Disposition,
    NoticeOrder,
    Splice,
)
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.differences import differences
from lazaretto.mail.view import MessageView

log = logging.getLogger(__name__)
TAG: Final = TagSubject.card.name
_GOES_OUT: Final = (Disposition.DELIVER, Disposition.REDIRECT)


class Judged(Protocol):
    """What actions need to know of a judgement."""

    @property
    def verdict(self) -> Verdict:
        """The message's class."""

    @property
    def score(self) -> float:
        """Higher is worse."""

    @property
    def direction(self) -> Direction:
        """Which way the message goes."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it was made of, but for what is one recipient's affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that is to happen to one copy besides its disposition."""

    splices: tuple[Splice, ...] = ()
    """Sorted, without overlaps, at most one at each offset."""
    differences: tuple[Difference, ...] = ()
    """What they change, for people."""
    deliver_to: tuple[str, ...] = ()
    """Who gets it in place of its recipients; empty = they do."""
    copies_to: tuple[str, ...] = ()
    """Who gets a copy besides."""
    notices: tuple[NoticeOrder, ...] = ()
    """Who is told, whatever becomes of the copy."""


def changes(
    view: MessageView | None,
    decision: Decision,
    judged: Judged,
    facts: Facts,
    snapshot: TenantSnapshot,
    *,
    authserv_id: str = DEFAULT_AUTHSERV_ID,
    results: bytes = b"",
) -> Changes:
    """Return what ``decision`` orders; a copy that is not going out is left as received.

    Without a ``view`` the copy is sent where it is ordered to, unchanged.  ``results`` is the value
    of our ``Authentication-Results`` field; empty when there is none.
    """
    occasion = Occasion(
        view=view,
        verdict=judged.verdict,
        score=judged.score,
        direction=judged.direction,
        snapshot=snapshot,
        findings=judged.findings,
    )
    by_action = tuple(_ordered(decision, occasion))
    ordered = tuple(change for _action, change in by_action)
    notices = tuple(dict.fromkeys(each for one in ordered for each in one.notices))
    if decision.disposition not in _GOES_OUT:
        return Changes(notices=notices)
    splices = [*_trace(occasion, authserv_id, results), *(each for one in ordered for each in one.splices)]
    redirected = decision.disposition is Disposition.REDIRECT
    return Changes(
        splices=joined(splices),
        differences=tuple(_told(occasion, authserv_id, by_action)),
        deliver_to=_each_once(one.deliver_to for one in ordered) if redirected else (),
        copies_to=_each_once(one.copies_to for one in ordered),
        notices=notices,
    )


def _told(
    occasion: Occasion, authserv_id: str, by_action: Iterable[tuple[str, Change]]
) -> Iterator[Difference]:
    """Yield what differs, but for the fields that we add to all incoming mail."""
    view = occasion.view
    if view is None:
        return
    if are_wanted(occasion.direction):
        yield from differences(view, tuple(removed_forgeries(view, authserv_id)))
    for action, change in by_action:
        yield from differences(view, change.splices, action)


def _ordered(decision: Decision, occasion: Occasion) -> Iterator[tuple[str, Change]]:
    known = actions()
    goes_out = decision.disposition in _GOES_OUT
    for order in _tags_in_one(decision.orders):
        if not goes_out and order.action not in ALWAYS_CARRIED_OUT:
            continue
        action = known.get(order.action)
        if action is None:
            # A snapshot of a newer program; what it decided still holds, one change is missing.
            log.error("unknown action", extra={"action": order.action})
            continue
        yield order.action, action.change(order.parameters, occasion)


def _tags_in_one(orders: Iterable[ActionOrder]) -> list[ActionOrder]:
    """Return ``orders``, each once, with the tags of all in one: a message has one subject."""
    tags = dict.fromkeys(each.parameters.get("tag", "").strip() for each in orders if each.action == TAG)
    joined_tag = ActionOrder(action=TAG, parameters={"tag": " ".join(filter(None, tags))})
    unique: list[ActionOrder] = [joined_tag] if tags else []
    for order in orders:
        if order.action != TAG and order not in unique:
            unique.append(order)
    return unique


def _trace(occasion: Occasion, authserv_id: str, results: bytes) -> Iterator[Splice]:
    view = occasion.view
    if view is None or not are_wanted(occasion.direction):
        return
    yield from removed_forgeries(view, authserv_id)
    yield from statement(view, results)
    yield from verdict_fields(view, occasion.verdict, occasion.score, occasion.findings)


def _each_once(addresses: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple({fold(address): address for some in addresses for address in some}.values())
