"""All honest mail of the shared corpora, and what the detectors of malware say of it.

    python -m tests.load.honest [STEP]

Prints how many messages there were, how many of them have a verdict of each kind, and each such
message with what was said.  ``STEP`` of 10 looks at a tenth.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.detect.malware.contents import open_apart
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from tests.conftest import corpora_folder
from tests.corpus.test_mail_scanner import SETS, members

FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))


@dataclass(frozen=True, slots=True)
class Said:
    """What the detectors of malware say of one message."""

    name: str
    findings: tuple[Finding, ...]


def honest_mail(corpora: Path, step: int) -> Iterator[tuple[str, bytes]]:
    """Yield the messages that their senders meant well, as the corpora label them."""
    with gzip.open(corpora / "mail" / "labels.csv.gz", "rt", newline="") as file:
        honest = {(row["set"], row["id"]) for row in csv.DictReader(file) if row["label"].startswith("ham")}
    for name in SETS:
        for message in members(corpora / "mail" / f"{name}.tar.xz", step):
            if (name, Path(message.name).stem) in honest:
                yield message.name, message.octets


def said(corpora: Path, step: int = 1) -> Iterator[Said]:
    """Look at every message with every detector of malware."""
    open_apart()
    looking = [each for each in detectors() if each.card.name.startswith("malware.")]
    for name, octets in honest_mail(corpora, step):
        yield Said(name, tuple(look_at(view_of(octets), FACTS, None, looking)))


def main() -> None:
    """Print the counts."""
    folder = corpora_folder()
    if folder is None:
        raise SystemExit("no corpora; set LAZARETTO_CORPORA")
    read = 0
    counts: Counter[str] = Counter()
    for each in said(folder, int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        read += 1
        condemned = [finding for finding in each.findings if finding.verdict is not None]
        counts.update(
            {f"{finding.verdict.value} {finding.symbol}" for finding in condemned if finding.verdict}
        )
        for finding in condemned:
            print(each.name, finding.symbol, finding.evidence[:200], flush=True)
    print(f"{read} messages")
    for name, count in counts.most_common():
        print(f"{name:40} {count:6}  {count / read:.6f}")


if __name__ == "__main__":
    main()
