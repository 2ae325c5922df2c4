"""Reading labelled mail and scoring it: the work behind ``lazaretto evaluate``."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import AuthResult, Dkim, Dmarc, Spf
from lazaretto.pipeline.wire import Recorded
from lazaretto.run.scanning import DEFAULT_CLIENT, Assumptions, Scanning, ScanReport
from lazaretto.run.scorecard import LABELS, Scored

_IP: Final = re.compile(r"[0-9a-fA-F.:]{3,45}\Z")
_RESULTS: Final = {
    **{result.value: result for result in AuthResult},
    # Words that receivers of the past wrote for the same thing.
    "bestguesspass": AuthResult.NONE,
    "tempfail": AuthResult.TEMPERROR,
    "timeout": AuthResult.TEMPERROR,
    "hardfail": AuthResult.FAIL,
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """One row of the labels' file."""

    file: Path
    label: str
    set_name: str
    kind: str
    cluster: str
    assumptions: Assumptions


def labelled_files(labels: Path, folder: Path | None) -> list[Labelled]:
    """Return every row whose label counts; raises ``ConfigurationError`` when the file is not one."""
    base = folder or labels.parent
    return [_labelled(row, base) for row in _rows(labels) if _counts(row)]


def unknown_labels(labels: Path) -> Counter[str]:
    """Return the labels that make a row not count, and how many rows each."""
    return Counter(row["label"] or "" for row in _rows(labels) if not _counts(row))


def evaluate(
    work: list[Labelled], scanning: Scanning, progress: Callable[[int, ScanReport], None]
) -> Iterator[Scored]:
    """Yield a score for every message that could be read; ``progress`` sees every report."""
    reports = scanning.reports_on((each.file, each.assumptions) for each in work)
    for index, (labelled, report) in enumerate(zip(work, reports, strict=True)):
        progress(index + 1, report)
        if report.judgement is None:
            continue
        yield Scored(
            file=str(labelled.file),
            label=labelled.label,
            verdict=report.judgement.verdict,
            score=report.judgement.score,
            milliseconds=report.milliseconds,
            set_name=labelled.set_name,
            kind=labelled.kind,
            cluster=labelled.cluster,
        )


def _rows(labels: Path) -> list[dict[str, str]]:
    try:
        with labels.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if not {"file", "label"} <= set(reader.fieldnames or ()):
                raise ConfigurationError(f"{labels}: needs the columns file and label")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise ConfigurationError(f"cannot read {labels}: {failure}") from failure


def _counts(row: dict[str, str]) -> bool:
    return row["label"] in LABELS or bool(row.get("kind"))


def _labelled(row: dict[str, str], base: Path) -> Labelled:
    ip = (row.get("client_ip") or "").strip()
    recorded = _recorded(row) if {"spf", "dkim", "dmarc"} & row.keys() else None
    return Labelled(
        file=base / row["file"],
        label=row["label"],
        set_name=row.get("set") or "",
        kind=row.get("kind") or "",
        cluster=row.get("cluster") or "",
        assumptions=Assumptions(
            helo=(row.get("helo") or "").strip(),
            reverse_path=(row.get("mail_from") or "").strip().strip("<>"),
            recorded=recorded,
            client_ip=ip if _IP.match(ip) else DEFAULT_CLIENT,
        ),
    )


def _recorded(row: dict[str, str]) -> Recorded:
    sender = domain_of((row.get("mail_from") or "").strip().strip("<>"))
    spf, dkim, dmarc = (
        _RESULTS.get((row.get(name) or "").strip().lower()) for name in ("spf", "dkim", "dmarc")
    )
    return Recorded(
        spf=Spf(result=spf or AuthResult.NONE, domain=sender),
        dkim=(Dkim(result=dkim),) if dkim is not None and dkim is not AuthResult.NONE else (),
        dmarc=Dmarc(result=dmarc or AuthResult.NONE),
    )
