"""Whose word counts: blocks and approvals of administrators and users, engines, and all other services.

The order is malware, an administrator's block, an administrator's approval, a user's block, a user's
approval, engines.  It decides only which blocks and approvals apply; among everything that applies
the most severe disposition wins.  An approval assigns no action: it takes away what antispam methods
want, and nothing of any other service.  A user's approval never covers phishing.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum
from typing import Final

from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import Rule

ADMINISTRATORS_BLOCKS: Final = frozenset({"SENDER_BLOCKED_ADDRESS", "SENDER_BLOCKED_IP"})
USERS_BLOCKS: Final = frozenset({"SENDER_BLOCKED_BY_USER"})
USERS_APPROVALS: Final = frozenset({"SENDER_APPROVED_BY_USER"})
"""Findings about the own list of one recipient; see ``Finding.recipient``."""


class Standing(IntEnum):
    """Whose word a rule or an approval is, the strongest first."""

    MALWARE = 1
    ADMINISTRATORS_BLOCK = 2
    ADMINISTRATORS_APPROVAL = 3
    USERS_BLOCK = 4
    USERS_APPROVAL = 5
    ENGINE = 6
    """An antispam method's own finding."""
    OTHER_SERVICE = 7
    """Impersonation, data rules, rules of the tenant's own: lists do not touch them."""


def standing_of(rule: Rule, *, is_malware: bool = False) -> Standing:
    """Return whose word ``rule`` is about a message; a rule may ask for malware and for spam alike."""
    if is_malware and Verdict.MALWARE in rule.when.verdicts:
        return Standing.MALWARE
    if not rule.when.symbols.isdisjoint(ADMINISTRATORS_BLOCKS):
        return Standing.ADMINISTRATORS_BLOCK
    if not rule.when.symbols.isdisjoint(USERS_BLOCKS):
        return Standing.USERS_BLOCK
    return Standing.ENGINE if rule.approval_waives else Standing.OTHER_SERVICE


def waived(present: Collection[Standing], *, is_phishing: bool) -> frozenset[Standing]:
    """Return whose words do not count where all of ``present`` were spoken.

    ``is_phishing`` tells whether the message reaches that class.
    """
    if Standing.MALWARE in present:
        return frozenset(Standing) - {Standing.MALWARE}
    if Standing.ADMINISTRATORS_BLOCK in present:
        return frozenset({Standing.ADMINISTRATORS_APPROVAL, Standing.USERS_APPROVAL})
    if Standing.ADMINISTRATORS_APPROVAL in present:
        return frozenset({Standing.USERS_BLOCK, Standing.USERS_APPROVAL, Standing.ENGINE})
    if Standing.USERS_BLOCK in present or is_phishing:
        return frozenset({Standing.USERS_APPROVAL})
    if Standing.USERS_APPROVAL in present:
        return frozenset({Standing.ENGINE})
    return frozenset()
