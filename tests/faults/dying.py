"""What lets a process die at its points; runs inside the product's processes, before their own code."""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.faults.points import DEAD_SUFFIX, POINTS, Point

_SUPERVISION = "lazaretto.run.children"


def prepare(command: Sequence[str], folder: str) -> None:
    """Have the points of this process's role wrapped when their modules are imported."""
    role = command[command.index("serve") + 1] if "serve" in command else ""
    changes: dict[str, list[Callable[[ModuleType], None]]] = {}
    for point in POINTS:
        if point.role == role:
            module = point.function.partition(":")[0]
            changes.setdefault(module, []).append(functools.partial(_wrap, point, Path(folder)))
    if "run" in command:
        changes[_SUPERVISION] = [_each_death_is_the_first]
    if changes:
        sys.meta_path.insert(0, _Finder(changes))


def _each_death_is_the_first(children: ModuleType) -> None:
    # The pause before a restart grows with deaths that follow one another; these are made, and far apart
    # in what they stand for.
    children.LONGEST_PAUSE = 0.0  # type: ignore[attr-defined]


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules as everybody does, and changes some of them right after they were run."""

    def __init__(self, changes: dict[str, list[Callable[[ModuleType], None]]]) -> None:
        self._changes = changes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._changes:
            return None
        changes = self._changes.pop(name)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        run = spec.loader.exec_module

        def run_and_change(module: ModuleType) -> None:
            run(module)
            for change in changes:
                change(module)

        spec.loader.exec_module = run_and_change  # type: ignore[method-assign]
        return spec


def _wrap(point: Point, folder: Path, module: ModuleType) -> None:
    owner: Any = module
    *owners, name = point.function.partition(":")[2].split(".")
    for each in owners:
        owner = getattr(owner, each)
    setattr(owner, name, _dying(getattr(owner, name), point, folder))


def _dying(function: Callable[..., Any], point: Point, folder: Path) -> Callable[..., Any]:
    armed = folder / point.name

    def applies(*arguments: Any) -> bool:
        return armed.exists() and point.applies(*arguments)

    def die(*arguments: Any) -> None:
        try:
            armed.rename(armed.with_name(armed.name + DEAD_SUFFIX))
        except FileNotFoundError:
            return  # Somebody else died of it.
        point.first(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        is_meant = applies(*arguments)
        if is_meant and point.dies_before:
            die(*arguments)
        result = function(*arguments, **options)
        if is_meant:
            die(*arguments)
        return result

    @functools.wraps(function)
    async def wrapped_coroutine(*arguments: Any, **options: Any) -> Any:
        is_meant = applies(*arguments)
        if is_meant and point.dies_before:
            die(*arguments)
        result = await function(*arguments, **options)
        if is_meant:
            die(*arguments)
        return result

    return wrapped_coroutine if inspect.iscoroutinefunction(function) else wrapped
