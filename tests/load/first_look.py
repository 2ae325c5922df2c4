"""A scanning station of the same home that has one or two detectors of each family only.

Only for telling what the journey itself costs, apart from how much is looked for: everything but the
choice of detectors is the product's, composed as ``lazaretto serve scan`` composes it.

Runs as ``python -m tests.load.first_look HOME``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lazaretto.detect.api import Detector
from lazaretto.detect.registry import detectors
from lazaretto.detect.settings import DetectSettings
from lazaretto.run import scan
from lazaretto.run.home import Home
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import load_settings

FIRST = frozenset(
    {
        "authentication.results",
        "content.gtube",
        "content.header",
        "content.phrases",
        "impersonation.protected-names",
        "malware.completeness",
        "malware.eicar",
        "malware.files",
        "malware.hash-list",
        "reputation.sender-lists",
    }
)


def first_detectors(settings: DetectSettings) -> list[Detector]:
    """Return those that the product began with, in their present form."""
    chosen = [each for each in detectors(settings) if each.card.name in FIRST]
    if missing := FIRST - {each.card.name for each in chosen}:
        sys.exit(f"no such detectors: {', '.join(sorted(missing))}")
    return chosen


if __name__ == "__main__":
    home = Home(Path(sys.argv[1]))
    scan.detectors = first_detectors  # type: ignore[assignment]
    scan.run_scan(home, load_settings(home), RunOptions())
