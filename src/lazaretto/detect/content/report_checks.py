"""Reports of what became of a message (RFC 3464, RFC 3462): mail between servers, not from people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.view import MessageView

_REPORTERS: Final = ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")
_STATUS = re.compile(rb"^(?:action|status|final-recipient)\s*:", re.I | re.M)


def _delivery_report(message: MessageView, facts: Facts) -> str | None:
    """A report has a machine's part with its fields, comes from nobody, and leads nowhere."""
    container = next((part for part in message.parts[:3] if part.content_type == "multipart/report"), None)
    status = next((part for part in message.parts if part.content_type == "message/delivery-status"), None)
    said = next((part for part in message.leaves if part.main_type == "text"), None)
    if container is None or status is None or said is None or said.decoded(20_000).count(b"http") > 2:
        return None
    author = message.author
    nobody = author is not None and author.address.local.lower() in _REPORTERS
    if facts.reverse_path or not nobody:
        return None
    return "" if len(_STATUS.findall(status.decoded(20_000))) > 1 else None


CHECKS = (
    check("DELIVERY_REPORT", "Is a mail server's report of a delivery", _delivery_report),
)  # fmt: skip


class ReportChecks:
    """Asks whether a message is a report from a server."""

    card: ClassVar = DetectorCard(
        name="content.report",
        summary="Knows reports of deliveries",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)
