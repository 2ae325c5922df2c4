"""What detectors know besides their code: rules, lists, weights, models and sums.

The program ships some of it beside its code.  A signed bundle may bring newer: a folder that the
bundle has stands for the program's folder as a whole, so that a rule can also be taken away; a
single file stands for the program's file.  What a bundle does not have is the program's own.

Knowledge is read once per process, so ``use`` comes before the first look into it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from lazaretto.core.errors import ConfigurationError

PACKAGE: Final = "lazaretto.detect"
ENDINGS: Final = (".toml", ".txt", ".yar", ".json", ".csv")
"""What knowledge is written in; nothing of it is ever executed."""

_FOR_FITTING: Final = frozenset({"learned/letters"})
"""Read by those who fit a model, never by a look."""


class _Source:
    """Where this process takes its knowledge from."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.live: Path | None = None
        self.was_read = False


_SOURCE: Final = _Source()


def use(folder: Path | None, live: Path | None = None) -> None:
    """Take knowledge from the bundle unpacked in ``folder``; None = the program's own alone.

    In ``live`` lies what changes while detectors look.

    Raises ``ConfigurationError`` when this process has read some already: half of it would be old.
    """
    if _SOURCE.was_read and folder != _SOURCE.folder:
        raise ConfigurationError("rules were read before the bundle was chosen; this process must start anew")
    _SOURCE.folder = folder
    _SOURCE.live = live


def live(name: str) -> Path | None:
    """Return where the file ``name`` is that changes while detectors look; None where nothing is shared."""
    return None if _SOURCE.live is None else _SOURCE.live / name


def knowledge(path: str) -> Traversable:
    """Return the folder or file at ``path`` (``content/rules``): the bundle's, or else the program's."""
    _SOURCE.was_read = True
    if _SOURCE.folder is not None:
        brought = _SOURCE.folder / path
        if brought.exists():
            return brought
    return built_in().joinpath(path)


def built_in() -> Traversable:
    """Return the folder of the knowledge that the program ships."""
    return resources.files(PACKAGE)


def shipped_files() -> Iterator[tuple[str, Traversable]]:
    """Yield path and file of all knowledge that the program ships, in the order of the paths."""
    return _files(built_in(), "")


def _files(folder: Traversable, place: str) -> Iterator[tuple[str, Traversable]]:
    for each in sorted(folder.iterdir(), key=lambda one: one.name):
        path = f"{place}/{each.name}" if place else each.name
        if path in _FOR_FITTING:
            continue
        if each.is_dir():
            yield from _files(each, path)
        elif each.name.endswith(ENDINGS):
            yield path, each
