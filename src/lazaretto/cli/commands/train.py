"""``lazaretto train``: fit the learned models to labelled mail."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.learned import model, trees

if TYPE_CHECKING:
    from lazaretto.run.training_quality import Quality


@click.command(epilog="Example: lazaretto train build/mail --out build/learned --version 2026.11")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DATA_FOLDER")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder where the models, the weights of rules and how often each was right are written.",
)
@click.option(
    "--leave-out",
    "left_out",
    multiple=True,
    metavar="SET",
    help="Neither learn from nor measure this set; may be repeated.",
)
@click.option("--version", "version", default="1", show_default=True, help="What the models are called.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=os.cpu_count() or 1, help="Default: one per CPU."
)
@click.option(
    "--keep-looks",
    "shelf",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps what was seen in each message, for the next fit of the same program.",
)
def command(
    data: Path, out: Path, left_out: tuple[str, ...], version: str, processes: int, shelf: Path | None
) -> None:
    """Fit the models to DATA_FOLDER (labels.csv and the mail it names) and say how good they are.

    A quarter of every source is held out in turn, then each source as a whole; the table tells what
    becomes of mail that the models have not seen.  Sets whose licence forbids it are measured only.
    """
    try:
        from lazaretto.run.training import train
        from lazaretto.run.training_quality import precision_table
    except ImportError as failure:
        raise ConfigurationError(
            f"training needs {failure.name}: install it with pip install 'lazaretto[train]'"
        ) from failure
    trained = train(data, left_out, version, processes, shelf)
    out.mkdir(parents=True, exist_ok=True)
    (out / model.SHIPPED).write_text(model.written(trained.model), encoding="utf-8")
    (out / trees.SHIPPED).write_text(trees.written(trained.forest), encoding="utf-8")
    (out / "weights.toml").write_text(_with_weights(trained.weights), encoding="utf-8")
    page = precision_table(trained.precision, trained.weights)
    (out / "rule-precision.md").write_text(page, encoding="utf-8")
    click.echo(
        f"{'held out':9}{'set':22}{'kind':20}{'n':>7}{'rules':>9}{'all':>9}   catch at 1, 0.1, 0.01, 0 %; "
        "95 % of 0.1 and 0.01"
    )
    for row in trained.quality:
        click.echo(_line(row))


def _with_weights(fitted: dict[str, float]) -> str:
    """Return the table of weights with the ``fitted`` ones in their lines."""
    text = knowledge("weights.toml").read_text(encoding="utf-8")
    return re.sub(
        r"^([A-Z0-9_]+) = .*$",
        lambda line: f"{line[1]} = {fitted[line[1]]:g}" if line[1] in fitted else line[0],
        text,
        flags=re.MULTILINE,
    )


def _line(row: Quality) -> str:
    catch = " ".join(f"{share:.4f}" for share in row.catch_at)
    if row.between:
        catch += "  " + " ".join(f"{low:.3f}-{high:.3f}" for low, high in row.between[1:3])
        catch += f"  of {row.wanted}"
    return (
        f"{row.split:9}{row.set_name:22}{row.kind:20}{row.messages:>7}"
        f"{row.flagged_by_rules:>9.4f}{row.flagged:>9.4f}   {catch}"
    )
