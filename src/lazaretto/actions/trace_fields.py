"""Header fields by which we speak to the tenant's servers, and those who pretend to be us.

A field under our name is believed behind us, so none that came with the message may pass: neither
``Authentication-Results`` with our id (RFC 8601 §5) nor anything that begins with ``X-Lazaretto-``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lazaretto.core.decision import Splice
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Finding, Verdict
from lazaretto.mail.editing import insert_field
from lazaretto.mail.view import MessageView

DEFAULT_AUTHSERV_ID: Final = "lazaretto"
OUR_PREFIX: Final = "x-lazaretto-"
VERDICT_FIELD: Final = "X-Lazaretto-Verdict"
SCORE_FIELD: Final = "X-Lazaretto-Score"
REASONS_FIELD: Final = "X-Lazaretto-Reasons"
MOST_REASONS: Final = 10
"""The weightiest findings; all of them are in the trace."""
_RESULTS: Final = "authentication-results"
# Bounded, so that a megabyte of brackets costs nothing; an id behind more than that is nobody's.
_LOOKED_AT: Final = 2_000
_LEAD: Final = re.compile(rb"(?:[ \t\r\n]|\([^()\\]{0,400}\))*")
_ID: Final = re.compile(rb'"([^"\\]{0,300})"|([^\s;()"=]{1,300})')


def removed_forgeries(view: MessageView, authserv_id: str) -> Iterator[Splice]:
    """Yield the splices that take out every field which claims to be ours."""
    for field in view.header.fields:
        forged = field.name.startswith(OUR_PREFIX)
        if field.name == _RESULTS:
            forged = _claims(field.raw, authserv_id)
        if forged:
            yield Splice(field.offset, field.length, b"")


def statement(view: MessageView, results: bytes) -> Iterator[Splice]:
    """Yield the splices that insert ``results``, the value of our ``Authentication-Results``."""
    if results:
        yield from insert_field(view, "Authentication-Results", results.decode("ascii", "replace"))


def verdict_fields(
    view: MessageView, verdict: Verdict, score: float, findings: Sequence[Finding] = ()
) -> Iterator[Splice]:
    """Yield the splices that tell the tenant's servers what the message was found to be, and why."""
    yield from insert_field(view, VERDICT_FIELD, verdict.value)
    yield from insert_field(view, SCORE_FIELD, f"{score:.2f}")
    weighty = sorted((each for each in findings if each.score), key=lambda each: -abs(each.score))
    if weighty:
        reasons = ", ".join(f"{each.symbol}={each.score:+.2f}" for each in weighty[:MOST_REASONS])
        yield from insert_field(view, REASONS_FIELD, reasons)


def are_wanted(direction: Direction) -> bool:
    """Tell whether fields of ours belong into such mail: strangers need not know what we think."""
    return direction is Direction.INBOUND


def is_taken_out(name: str, direction: Direction) -> bool:
    """Tell whether every field called ``name`` (lower case) is taken out of such mail."""
    return are_wanted(direction) and name.startswith(OUR_PREFIX)


def _claims(raw: bytes, authserv_id: str) -> bool:
    """Tell whether the value ``raw`` begins with our id, or with what nobody can tell from it."""
    head = raw[:_LOOKED_AT]
    lead = _LEAD.match(head)
    found = _ID.match(head, lead.end() if lead else 0)
    if found is None:
        # Empty, nested or broken: a lenient reader may find our id in it, a strict one nothing.
        return authserv_id.lower().encode("ascii", "replace") in head.lower()
    written = found.group(1) if found.group(1) is not None else found.group(2)
    return written.strip().lower() == authserv_id.lower().encode("ascii", "replace")
