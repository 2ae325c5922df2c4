"""An edge of the same home whose look finds nothing, at no cost: accepting and delivering alone.

Only for comparing the rest of the product with servers that do not look into mail: everything but
the look is the product's, composed as ``lazaretto serve edge`` composes it.

Runs as ``python -m tests.load.accepting HOME HOST:PORT``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lazaretto.core.decision import Copy, Decision, Disposition, Judgement
from lazaretto.core.findings import Verdict
from lazaretto.core.submission import Submission
from lazaretto.pipeline.asking import Asker
from lazaretto.run import edge
from lazaretto.run.home import Home
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import load_settings


class NoLook(Asker):
    """Finds nothing in any message."""

    async def look(self, submission: Submission) -> Judgement | None:
        """Return at once that everybody gets the message as it is."""
        copies = tuple(
            Copy(
                tenant=leg.tenant,
                direction=leg.direction,
                decision=Decision(
                    recipients=tuple(recipient.address for recipient in leg.recipients),
                    disposition=Disposition.DELIVER,
                ),
            )
            for leg in submission.legs
        )
        return Judgement(verdict=Verdict.CLEAN, score=0.0, findings=(), copies=copies)


if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    edge.Asker = NoLook  # type: ignore[attr-defined]
    options = RunOptions(smtp=sys.argv[2], dns_file=str(home.folder / "dns.json"))
    edge.run_edge(home, load_settings(home), options)
