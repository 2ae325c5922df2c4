"""The signature system: mail that is a near copy of what others reported, or of what came into a trap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar, Self

from lazaretto.core.address import fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.reputation.digests import signatures_of
from lazaretto.detect.reputation.signature_file import SignatureFile
from lazaretto.detect.settings import DetectSettings
from lazaretto.mail.view import MessageView

SIGNATURE_SPAM = Symbol(
    name="SIGNATURE_SPAM",
    score=6.0,
    summary="The body, or a file in it, is a near copy of known spam",
    verdict=Verdict.SPAM,
)
SIGNATURE_LINK = Symbol(
    name="SIGNATURE_LINK", score=2.5, summary="A link of known spam stands in it", verdict=Verdict.SPAM
)
TRAP_ADDRESS = Symbol(
    name="TRAP_ADDRESS",
    score=6.0,
    summary="It was sent to an address that nobody uses and nobody gave away",
    verdict=Verdict.SPAM,
)


class Signatures:
    """Compares a message with the signatures in force, and knows the traps."""

    card: ClassVar = DetectorCard(
        name="reputation.signatures",
        summary="Finds near copies of spam that was reported or came into a trap",
        service=Service.ANTISPAM,
        symbols=(SIGNATURE_SPAM, SIGNATURE_LINK, TRAP_ADDRESS),
    )

    def __init__(self, file: SignatureFile | None = None, traps: Iterable[str] = ()) -> None:
        self._file = file
        self._traps = frozenset(map(fold, traps))

    @classmethod
    def configured(cls, settings: DetectSettings) -> Self:
        """Return a detector that reads the file of ``settings`` and knows its traps."""
        file = SignatureFile(Path(settings.signatures)) if settings.signatures else None
        return cls(file, settings.traps)

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding of each symbol."""
        findings = []
        if self._traps and any(fold(each) in self._traps for each in facts.recipients):
            findings.append(found(TRAP_ADDRESS))
        if self._file is not None and len(self._file):
            findings += self._known(message, self._file)
        return findings

    def _known(self, message: MessageView, file: SignatureFile) -> list[Finding]:
        # One look-up for all signatures of the message.
        entries = file.find(key for each in signatures_of(message) for key in each.keys)
        agreeing = Counter((each.signature, each.kind, each.enough) for each in entries)
        known = sorted(
            {(kind, number) for (number, kind, enough), keys in agreeing.items() if keys >= enough}
        )
        copies = [f"{kind} like report {number}" for kind, number in known if kind != "url"]
        links = [f"link of report {number}" for kind, number in known if kind == "url"]
        return [
            *([found(SIGNATURE_SPAM, ", ".join(copies[:3]))] if copies else []),
            *([found(SIGNATURE_LINK, ", ".join(links[:3]))] if links else []),
        ]
