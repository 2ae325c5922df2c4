"""Newsletters and other mail to many: a class of its own, neither wanted nor unwanted by itself.

Discussion lists carry the same fields as newsletters and others besides, where to post, to subscribe
and to read on; they are letters between people and no bulk.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.view import MessageView

_CAMPAIGN_FIELDS = (
    "feedback-id",
    "x-campaign",
    "x-campaignid",
    "x-campaign-id",
    "x-mailgun-sid",
    "x-sg-eid",
    "x-mc-user",
    "x-csa-complaints",
    "x-job",
    "x-mailer-recptid",
    "x-mailchimp-campaign",
    "x-report-abuse",
    "x-newsletter-id",
    "x-mail-campaign",
    "x-ems-message-id",
    "x-sib-id",
)


def _is_discussion(message: MessageView) -> bool:
    return any(message.first(name) is not None for name in ("list-post", "list-subscribe", "list-archive"))


def _list_unsubscribe(message: MessageView, facts: Facts) -> str | None:
    field = message.first("list-unsubscribe")
    return field.decoded[:80] if field is not None and not _is_discussion(message) else None


def _precedence(message: MessageView, facts: Facts) -> str | None:
    field = message.first("precedence")
    if field is None or _is_discussion(message):
        return None
    return field.decoded if field.decoded.strip().lower() in ("bulk", "junk") else None


def _campaign(message: MessageView, facts: Facts) -> str | None:
    return next((name for name in _CAMPAIGN_FIELDS if message.first(name) is not None), None)


CHECKS = (
    check(
        "BULK_LIST_UNSUBSCRIBE", "Offers a way to unsubscribe in its header", _list_unsubscribe, Verdict.BULK
    ),
    check("BULK_PRECEDENCE", "Calls itself bulk", _precedence, Verdict.BULK),
    check("BULK_CAMPAIGN", "Carries the mark of a mass mailing service", _campaign, Verdict.BULK),
)


class Bulk:
    """Asks whether a message was sent to many."""

    card: ClassVar = DetectorCard(
        name="content.bulk",
        summary="Finds newsletters and other mail to many",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
