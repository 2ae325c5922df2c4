"""``lazaretto evaluate``: catch and false-positive rates on labelled mail."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from lazaretto.run.evaluating import evaluate, labelled_files, unknown_labels
from lazaretto.run.scanning import Scanning, ScanReport
from lazaretto.run.scorecard import Scored, scorecard

PROGRESS_EVERY = 100
SHOWN_UNREAD = 20


@click.command(epilog="Example: lazaretto evaluate labels.csv --json > result.json")
@click.argument("labels", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder to which file names are relative; default: the folder of LABELS.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--each",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write one JSON line per message here.",
)
def command(labels: Path, folder: Path | None, as_json: bool, each: Path | None) -> None:
    """Look at every message that LABELS names and compare the verdicts with the labels."""
    work = labelled_files(labels, folder)
    for label, count in sorted(unknown_labels(labels).items()):
        click.echo(f"label {label!r} is unknown: {count} rows do not count", err=True)
    unread: list[ScanReport] = []

    def progress(done: int, report: ScanReport) -> None:
        if report.judgement is None:
            unread.append(report)
        if done % PROGRESS_EVERY == 0 or done == len(work):
            sys.stderr.write(f"\r{done} of {len(work)} messages")
            sys.stderr.flush()

    with Scanning(None, None) as scanning:
        scored = list(evaluate(work, scanning, progress))
    sys.stderr.write("\n")
    for report in unread[:SHOWN_UNREAD]:
        click.echo(f"{report.file}: {report.problem}", err=True)
    if unread:
        click.echo(f"{len(unread)} of {len(work)} files could not be read and do not count", err=True)
    if each is not None:
        each.write_text("".join(_line(one) for one in scored), encoding="utf-8")
    card = scorecard(scored)
    click.echo(json.dumps(card) if as_json else _table(card))


def _line(one: Scored) -> str:
    told = {
        "file": one.file,
        "label": one.label,
        "verdict": one.verdict.value,
        "score": one.score,
        "ms": one.milliseconds,
    }
    return json.dumps(told) + "\n"


def _table(card: dict[str, Any]) -> str:
    steps = list(card["all"]["catch_at_fp"])
    head = f"{'set':22}{'ham':>7}{'spam':>7}{'phish':>7}{'catch':>9}{'fp':>9}" + "".join(
        f"{'@' + s:>9}" for s in steps
    )
    rows = [_row(name, rates, steps) for name, rates in [*card["sets"].items(), ("all", card["all"])]]
    kinds = [f"{name:22}{row['n']:>7}{row['flagged']:>9} flagged" for name, row in card["kinds"].items()]
    slow = [f"{row['ms']:>9.1f} ms  {row['file']}" for row in card["slowest"]]
    cost = f"CPU per message: {card['cpu_ms_per_message']} ms; the slowest:"
    return "\n".join([head, *rows, "", *kinds, "", cost, *slow])


def _row(name: str, rates: dict[str, Any], steps: list[str]) -> str:
    cells = [rates["catch"], rates["fp"], *(rates["catch_at_fp"][step] for step in steps)]
    counts = f"{name:22}{rates['ham']:>7}{rates['spam']:>7}{rates['phishing']:>7}"
    return counts + "".join(f"{'-' if cell is None else format(cell, '.4f'):>9}" for cell in cells)
