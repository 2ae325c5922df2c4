"""QR codes that lead to a web address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.coded_addresses import coded_addresses
from lazaretto.detect.codes import names_one_of
from lazaretto.detect.weights import weight_of
from lazaretto.mail.view import MessageView


def _symbol(name: str, summary: str) -> Symbol:
    return Symbol(name=name, score=weight_of(name), summary=summary, verdict=Verdict.PHISHING)


SCAN_CODE_LINK = _symbol("SCAN_CODE_LINK", "A QR code leads to a web address")
SCAN_CODE_DRAWN = _symbol("SCAN_CODE_DRAWN", "A QR code is drawn with cells or characters")
SCAN_CODE_NAMES_RECIPIENT = _symbol("SCAN_CODE_NAMES_RECIPIENT", "A QR code carries the recipient's address")


class ScanCodes:
    """Reads QR codes and tells where they lead."""

    card: ClassVar = DetectorCard(
        name="links.scan-codes",
        summary="Finds QR codes that lead to a web address",
        service=Service.ANTISPAM,
        symbols=(SCAN_CODE_LINK, SCAN_CODE_DRAWN, SCAN_CODE_NAMES_RECIPIENT),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report where the first code leads, how it was drawn, and whether it names the recipient."""
        for code in coded_addresses(message):
            return _told(code.text, code.is_drawn, message, facts)
        return ()


def _told(target: str, is_drawn: bool, message: MessageView, facts: Facts) -> tuple[Finding, ...]:
    findings = [found(SCAN_CODE_LINK, target)]
    if is_drawn:
        findings.append(found(SCAN_CODE_DRAWN))
    named = [*facts.recipients[:5], *(str(each.address) for each in message.mailboxes("to")[:3])]
    if names_one_of(target, named):
        findings.append(found(SCAN_CODE_NAMES_RECIPIENT, target))
    return tuple(findings)
