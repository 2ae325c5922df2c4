"""``lazaretto train``: fit the learned model to labelled mail."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lazaretto.detect.learned.model import written
from lazaretto.run.training import NON_COMMERCIAL, Quality, train


@click.command(epilog="Example: lazaretto train build/mail --out model.txt --version 2026.11")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DATA_FOLDER")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the model is written.",
)
@click.option(
    "--leave-out",
    "left_out",
    multiple=True,
    default=NON_COMMERCIAL,
    show_default=True,
    metavar="SET",
    help="Learn nothing from this set; may be repeated.",
)
@click.option("--version", "version", default="1", show_default=True, help="What the model is called.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Default: one per CPU."
)
def command(data: Path, out: Path, left_out: tuple[str, ...], version: str, processes: int) -> None:
    """Fit the model to DATA_FOLDER (labels.csv and the mail it names) and say how good it is.

    Each source is held out in turn; the table tells what becomes of mail that the model has not seen.
    """
    trained = train(data, left_out, version, processes)
    out.write_text(written(trained.model), encoding="utf-8")
    click.echo(f"{'held out':16}{'kind':20}{'messages':>9}{'rules':>9}{'together':>9}")
    for row in trained.quality:
        click.echo(_line(row))


def _line(row: Quality) -> str:
    return f"{row.fold:16}{row.kind:20}{row.messages:>9}{row.flagged_by_rules:>9.4f}{row.flagged:>9.4f}"
