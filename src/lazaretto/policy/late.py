"""Decisions about a message whose sender was told 250 already, or cannot be told anything else.

One reply covers all recipients, and a message that was looked at later has no reply left.  What
would have been refused is then kept in quarantine or deleted, as its rule says; it is never
bounced, because the return path of such mail is seldom its sender's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lazaretto.core.decision import Decision, Disposition, Judgement


def after_acceptance(decision: Decision) -> Decision:
    """Return what ``decision`` becomes once the message is accepted; twice does no more than once."""
    if decision.disposition is not Disposition.REJECT:
        return decision
    return replace(decision, disposition=decision.after_acceptance, judged=decision.disposition)


def accepted(judgement: Judgement) -> Judgement:
    """Return ``judgement`` for a message whose client is told 250, whatever some of its copies deserve.

    One reply covers all recipients: who would have been refused alone is quarantined or deleted.
    """
    copies = tuple(
        replace(copy, decision=after_acceptance(copy.decision))
        if copy.decision.disposition is Disposition.REJECT
        else copy
        for copy in judgement.copies
    )
    late = {one: copy.decision.disposition.word for copy in copies for one in copy.decision.recipients}
    notices = tuple(
        replace(notice, disposition=late.get(notice.about[0], notice.disposition))
        for notice in judgement.notices
    )
    return replace(judgement, copies=copies, notices=notices)


def is_refusable(decisions: Iterable[Decision]) -> bool:
    """Tell whether one 550 does justice to every recipient; False when there are no decisions."""
    dispositions = {decision.disposition for decision in decisions}
    return dispositions == {Disposition.REJECT}
