"""Decisions about a message whose sender was told 250 already, or cannot be told anything else.

One reply covers all recipients, and a message that was looked at later has no reply left.  What
would have been refused is then kept in quarantine or deleted, as its rule says; it is never
bounced, because the return path of such mail is seldom its sender's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lazaretto.core.decision import Decision, Disposition


def after_acceptance(decision: Decision) -> Decision:
    """Return what ``decision`` becomes once the message is accepted; twice does no more than once."""
    if decision.disposition is not Disposition.REJECT:
        return decision
    return replace(decision, disposition=decision.after_acceptance, judged=decision.disposition)


def is_refusable(decisions: Iterable[Decision]) -> bool:
    """Tell whether one 550 does justice to every recipient; False when there are no decisions."""
    dispositions = {decision.disposition for decision in decisions}
    return dispositions == {Disposition.REJECT}
