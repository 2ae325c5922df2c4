"""The test string for spam filters (GTUBE): everybody may try whether spam is found.

The string is put together here from two halves, so that no filter takes this source for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.view import MessageView

GTUBE_TEST = Symbol(
    name="GTUBE_TEST", score=1000.0, summary="Holds the test string for spam filters", verdict=Verdict.SPAM
)
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*" + "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


class Gtube:
    """Looks for the test string in the text."""

    card: ClassVar = DetectorCard(
        name="content.gtube",
        summary="Finds the test string for spam filters",
        service=Service.ANTISPAM,
        symbols=(GTUBE_TEST,),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding."""
        return (found(GTUBE_TEST),) if GTUBE in message.text else ()
