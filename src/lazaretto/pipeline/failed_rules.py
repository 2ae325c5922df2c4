"""Who is told that a rule could not be tried on a message: the administrators whose mail it was.

The message itself is unscannable, and its tenant's setting for that says what becomes of it.  They are
told whoever sent it, also under the null reverse path: what a sender writes there must not keep a broken
rule a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from lazaretto.core.decision import Decision, Notice
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot

AUDIENCE: Final = "rule-failure"
# By name, as detectors load parsers, and decisions are made where none may be loaded.
SYMBOLS: Final = frozenset({"YARA_TIME_LIMIT"})


def failure_notices(
    findings: Sequence[Finding], decisions: Sequence[Decision], snapshot: TenantSnapshot
) -> Iterator[Notice]:
    """Yield at most one notice: the first rule of ``findings`` that failed, and what became of the mail."""
    failed = next((each for each in findings if each.symbol in SYMBOLS), None)
    if failed is None or not decisions or not snapshot.administrators:
        return
    ordered = sorted(decisions, key=lambda each: each.disposition, reverse=True)
    yield Notice(
        tenant=snapshot.tenant,
        audience=AUDIENCE,
        rule=f"{failed.symbol} {failed.evidence}".replace("://", "[:]//").strip(),
        to=snapshot.administrators,
        about=tuple(address for each in ordered for address in each.recipients),
        disposition=ordered[0].disposition.word,
        language=snapshot.language,
    )
